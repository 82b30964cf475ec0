import { statSync } from 'node:fs';
import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Returnable } from '../../../modules/define.ts';
import { failed, isPlan, type Outcome, type StateCtx, type Verdict } from '../../define.ts';
import { cached as cachedState, notCached, shown } from '../file/cached.ts';
import { withDefaults } from '../file/defaults.ts';
import { directory } from '../file/directory.ts';
import type { Args, Contents, Job } from './args.ts';
import { contentsOf, presentOf } from './contents.ts';
import { jobOf } from './job.ts';
import { enforceOwner, type Ownership } from './ownership.ts';
import { keepSum, keptSum } from './sums.ts';
import { clear, remove, unpack } from './unpack.ts';

/** What of an archive is there, and what is to be done. */
interface Situation {
  readonly archive: string;
  readonly contents: Contents;
  readonly needed: boolean;
  readonly isMissing: boolean;
  readonly hashChanged: boolean;
  /** What goes because it is of another kind. */
  readonly inTheWay: readonly string[];
}

export async function extracted(ctx: StateCtx, args: Args): Promise<Verdict> {
  const job = await jobOf(ctx, args);
  if ('result' in job) return job;
  const verdict = await checkJob(ctx, job);
  if (job.warnings.length === 0) return verdict;
  const { warnings } = job;
  if (!isPlan(verdict)) return { ...verdict, warnings };
  return { predicted: { ...verdict.predicted, warnings }, apply: async () => ({ ...(await verdict.apply()), warnings }) };
}

async function checkJob(ctx: StateCtx, job: Job): Promise<Verdict> {
  const { source, isLocal, args } = job;
  if (args.skip_files_list_verify && (await isSame(ctx, job))) {
    const comment =
      `Archive ${shown(source)} existing source sum is the same as the expected one and skip_files_list_verify argument was set to ` +
      'True. Extraction is not needed';
    return { result: ctx.testing ? null : true, comment, changes: {} };
  }
  if (isLocal) return check(ctx, job, source);
  const comment = `Archive ${shown(source)} would be cached (if necessary) and checked to discover if extraction is needed`;
  return { predicted: { comment, changes: {} }, apply: () => fetchAndUnpack(ctx, job) };
}

/** Whether the archive has the hash that it had when it was last unpacked. */
async function isSame(ctx: StateCtx, { source, isLocal, hash }: Job): Promise<boolean> {
  const place = isLocal ? source : await ctx.call('cp.is_cached', [source], { saltenv: ctx.saltenv });
  const kept = typeof place === 'string' && place !== '' ? await keptSum(ctx, place) : undefined;
  return hash !== undefined && kept === hash;
}

const settled = async (verdict: Verdict): Promise<Outcome> => (isPlan(verdict) ? verdict.apply() : verdict);

async function fetchAndUnpack(ctx: StateCtx, job: Job): Promise<Outcome> {
  const { args, source } = job;
  const given = Object.fromEntries(
    Object.keys(cachedState.args).flatMap((key) => (key in args ? [[key, args[key as keyof Args]]] : [])),
  ) as Record<string, Returnable>;
  const told = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const how = { ...told, name: source, saltenv: ctx.saltenv };
  let fetched: Outcome;
  try {
    fetched = await settled(await cachedState.check(ctx, withDefaults(cachedState.args, how)));
  } catch (error) {
    return failed(`Failed to cache ${shown(source)}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!fetched.result) return { ...fetched, more: { name: source } };
  const archive = String(await ctx.call('cp.is_cached', [source], { saltenv: ctx.saltenv }));
  const outcome = await settled(await check(ctx, job, archive));
  const keeps = ctx.extra['keep_source'] ?? ctx.extra['keep'] ?? true;
  if (keeps || outcome.result === false) return outcome;
  const dropped = await settled(await notCached.check(ctx, { name: source, saltenv: ctx.saltenv }));
  return dropped.result === false ? { ...outcome, warnings: [dropped.comment] } : outcome;
}

/** Of an archive that lies on this machine. */
async function check(ctx: StateCtx, job: Job, archive: string): Promise<Verdict> {
  const { args, name } = job;
  const unsigned = args.signature ? await unverified(ctx, args, archive) : undefined;
  if (unsigned !== undefined) return failed(`Failed verifying the source file's signature: ${unsigned}`);
  const keeps = Boolean(args.source_hash) && args.source_hash_update && !args.skip_verify;
  const before = await keptSum(ctx, archive);
  // Salt notes the hash here already, also when nothing is unpacked afterwards.
  if (keeps) await keepSum(ctx, archive);
  const contents = await contentsOf(ctx, job, archive);
  if ('result' in contents) return contents;
  const { isMissing, incorrect } = await presentOf(name, contents);
  const inTheWay = args.clean ? [] : incorrect;
  if (incorrect.length > 0) {
    const told = blocked(ctx, job, incorrect);
    if (told !== undefined) return told;
  }
  const wanted = args.overwrite || isMissing || inTheWay.length > 0;
  const hashChanged = !wanted && args.source_hash_update && before !== undefined && before !== (await keptSum(ctx, archive));
  const situation = { archive, contents, needed: wanted || hashChanged, isMissing, hashChanged, inTheWay };
  return situation.needed ? extraction(ctx, job, situation) : atRest(ctx, job, situation);
}

async function unverified(ctx: StateCtx, args: Args, archive: string): Promise<string | undefined> {
  const signatures: string[] = [];
  for (const one of [args.signature ?? []].flat().map(String)) {
    const path = await ctx.call('cp.cache_file', [one, ctx.saltenv]);
    if (!path) return `Detached signature file ${one} not found`;
    signatures.push(String(path));
  }
  const { keyring = null, gnupghome = null, signed_by_any = null, signed_by_all = null } = args;
  const signature = Array.isArray(args.signature) ? signatures : (signatures[0] ?? null);
  const how = { filename: archive, signature, keyring, gnupghome, signed_by_any, signed_by_all };
  const told = (await ctx.call(`${args.sig_backend}.verify`, [], how)) as { readonly res?: boolean; readonly message?: string };
  if (told.res === true) return undefined;
  await remove([archive, ...signatures]);
  return `The file's signature could not be verified: ${told.message}`;
}

/** What to say of paths at which something of another kind lies, unless it may be taken away. */
function blocked(ctx: StateCtx, { args, name }: Job, incorrect: readonly string[]): Outcome | undefined {
  const what =
    `The below paths (relative to ${name}) exist, but are the incorrect type (file instead of directory, symlink instead of file, ` +
    'etc.).';
  const paths = `\n\n${incorrect.map((path) => `- ${path}`).join('\n')}`;
  if (ctx.testing && args.clean) {
    const then = " Since the 'clean' option is enabled, the destination paths would be cleared and the archive would be extracted.";
    return { result: null, comment: what + then + paths, changes: {} };
  }
  if (ctx.testing && args.clean_parent) {
    const then =
      " Since the 'clean_parent' option is enabled, the destination parent directory would be removed first and then re-created and " +
      'the archive would be extracted';
    return { result: null, comment: what + then, changes: {} };
  }
  if (args.clean || args.force) return undefined;
  return failed(
    `${what} To proceed with extraction, set 'force' to True. Note that this will remove these paths before extracting.${paths}`,
  );
}

const explained = (comment: string, { hashChanged, isMissing }: Situation): string =>
  comment + (hashChanged ? ', due to source_hash update' : isMissing ? ', due to absence of one or more files/dirs' : '');

async function extraction(ctx: StateCtx, job: Job, situation: Situation): Promise<Verdict> {
  const { args, source, isLocal, hash, name } = job;
  if (isLocal && hash !== undefined && !args.skip_verify && (await ctx.call('file.check_hash', [source, hash])) !== true)
    return failed(`${shown(source)} does not match the desired source_hash ${hash}`);
  const removed = situation.inTheWay.map((path) => join(name, path));
  const comment = `Archive ${shown(source)} would be extracted to ${name}${args.clean ? ', after cleaning destination path(s)' : ''}`;
  return {
    predicted: { comment: explained(comment, situation), changes: removed.length > 0 ? { removed } : {} },
    apply: () => extract(ctx, job, situation),
  };
}

async function extract(ctx: StateCtx, job: Job, situation: Situation): Promise<Outcome> {
  const { name, args, source, most } = job;
  const changes: Record<string, Returnable> = {};
  const way = await remove(situation.inTheWay.map((path) => join(name, path)));
  if (way.gone.length > 0) changes['removed'] = way.gone;
  if (way.errors.length > 0)
    return failed(
      [
        'One or more paths existed by were the incorrect type (i.e. file instead of directory or vice-versa), but could not be removed. ' +
          'The following errors were observed:\n',
        ...way.errors,
      ].join('\n'),
      changes,
    );
  const cleared = await clear(job, situation.contents);
  if (cleared.removed !== undefined) changes['removed'] ??= cleared.removed;
  if (cleared.unfit !== undefined) return failed(cleared.unfit, changes);
  const isNew = statSync(name, { throwIfNoEntry: false })?.isDirectory() !== true;
  if (isNew) {
    const how = { name, ...(args.user ? { user: args.user } : {}), makedirs: true };
    await settled(await directory.check(ctx, withDefaults(directory.args, how)));
  }
  const files = await unpack(ctx, job, situation.archive);
  if (typeof files !== 'string' && 'result' in files) {
    // A directory that holds nothing is no trace of an archive that could not be read.
    if (isNew && job.format === 'tar' && job.options === undefined) await rmdir(name).catch(() => undefined);
    return { ...files, changes: { ...changes, ...files.changes } };
  }
  const ownership = await enforceOwner(ctx, job, situation.contents);
  if (ownership.changed) changes['updated ownership'] = true;
  if (files.length === 0) return withOwnership(args, failed(`No files were extracted from ${shown(source)}`, changes), ownership);
  if (isNew) changes['directories_created'] = [name];
  changes['extracted_files'] = files;
  const trimmed = most === undefined ? '' : `. Output was trimmed to ${most} number of lines`;
  const comment = explained(`${shown(source)} extracted to ${name}`, situation) + trimmed;
  return withOwnership(args, { result: true, comment, changes }, ownership);
}

/** All is there; its owner may be another one. */
async function atRest(ctx: StateCtx, job: Job, { contents }: Situation): Promise<Verdict> {
  const comment = 'All files in archive are already present';
  const look = async (): Promise<Outcome> => {
    const ownership = await enforceOwner(ctx, job, contents);
    const changes = ownership.changed ? { 'updated ownership': true } : {};
    const told = ownership.changed && ctx.testing ? '. Ownership would be updated on one or more files/directories.' : '';
    const result = ownership.changed && ctx.testing ? null : true;
    return withOwnership(job.args, { result, comment: comment + told, changes }, ownership);
  };
  return ctx.testing ? look() : { predicted: { comment, changes: {} }, apply: look };
}

function withOwnership(args: Args, { result, comment, changes }: Outcome, { missing, failed: not }: Ownership): Outcome {
  const lost =
    missing.length === 0
      ? ''
      : `\n\nWhile trying to enforce user/group ownership, the following paths were missing:\n${missing.map((path) => `\n- ${path}`).join('')}`;
  const kept =
    not.length === 0
      ? ''
      : `\n\nWhile trying to enforce user/group ownership, Salt was unable to change ownership on the following paths:\n${not.map((path) => `\n- ${path}`).join('')}`;
  const isFailed = not.length > 0 || (missing.length > 0 && !args.if_missing);
  return { result: isFailed ? false : result, comment: comment + lost + kept, changes };
}
