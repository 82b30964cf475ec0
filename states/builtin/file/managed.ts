import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { isMapping } from '../../../kernel/targeting/python.ts';
import { CommandFailed, type Returnable } from '../../../modules/define.ts';
import { systemText } from '../../../modules/exec/file/errno.ts';
import { failed, inOrder, isPlan, type Outcome, type StateCtx, state, type Verdict } from '../../define.ts';
import { defined } from '../defined.ts';
import { accumulators } from './accumulated.ts';
import { blank, isDirectory, isFile, isThere, modeWord, OTHERS, outcomeOf, pathOf, type Report, unknownOwners } from './common.ts';
import { givenContents } from './contents.ts';
import { MANAGED_ARGS, type Managed } from './managed_args.ts';

const NOTE = '\nNote: No changes made, actual changes may\nbe different due to other states.';
const COMBINED = `in combination with 'contents', 'contents_pillar', or 'contents_grains'`;

/** A file with the content of a source, of a template, or as given. */
export const managed = state({
  doc: 'A file with the content of a source, of a template, or as given.',
  examples: ['/etc/motd:\n  file.managed:\n    - source: salt://motd'],
  args: MANAGED_ARGS,
  extra: OTHERS,
  handles: ['check_cmd'],
  check: async (ctx, args) => warned(ctx, await checkManaged(ctx, args)),
});

/** A mode of files is `file.recurse`'s; here it would be a silent mistake. */
function warned(ctx: StateCtx, verdict: Verdict): Verdict {
  if (!('file_mode' in ctx.extra)) return verdict;
  const warnings = ["The 'file_mode' argument will be ignored.  Please use 'mode' instead to set file permissions."];
  if (!isPlan(verdict)) return { ...verdict, warnings };
  return { ...verdict, apply: async () => ({ ...(await verdict.apply()), warnings }) };
}

/** A file that is to be managed, with all that was asked for made definite. */
interface Wanted {
  readonly path: string;
  readonly args: Managed;
  readonly keepMode: boolean;
  readonly contents: Returnable | undefined;
  readonly context: Readonly<Record<string, Returnable>>;
  /** Owner, mode and flags, as functions of `file` take them. */
  readonly meta: Readonly<Record<'user' | 'group' | 'mode' | 'attrs', Returnable>>;
  readonly selinux: Readonly<Record<string, Returnable>>;
}

/** The verdict on a managed file; `file.recurse` and others ask for it, too. */
export async function checkManaged(ctx: StateCtx, args: Managed): Promise<Verdict> {
  if (args.name === '') return failed('Destination file name is required');
  const meant = await pathOf(args.name, 'managed');
  if ('refused' in meant) return meant.refused;
  const { path } = meant;
  const refused = contradiction(args);
  if (refused !== undefined) return failed(refused);
  const given = await givenContents(ctx, args);
  if (typeof given === 'string') return failed(given);
  if (!args.create && !(await isFile(path))) return inOrder(`File ${path} is not present and is not set for creation`);
  const user = args.user ?? ctx.extra['owner'] ?? null;
  const unknown = await unknownOwners(ctx, user, args.group);
  if (unknown !== '') return failed(unknown);
  if (!isAbsolute(path)) return failed(`Specified file ${path} is not an absolute path`);
  if (await isDirectory(path)) return failed(`Specified target ${path} is a directory`);
  if (args.context !== undefined && !isMapping(args.context)) return failed('Context must be formed as a dict');
  if (args.defaults && !isMapping(args.defaults)) return failed('Defaults must be formed as a dict');
  const gathered = accumulators(ctx, path);
  const wanted: Wanted = {
    path,
    args,
    keepMode: isKeep(args.mode),
    contents: given.contents,
    context: { ...(args.context as Wanted['context'] | undefined), ...(gathered === undefined ? {} : { accumulator: gathered }) },
    meta: { user, group: args.group ?? null, mode: isKeep(args.mode) ? null : (modeWord(args.mode) ?? null), attrs: args.attrs ?? null },
    selinux: Object.fromEntries(Object.entries(args.selinux ?? {}).filter(([key]) => /^se(user|role|type|range)$/.test(key))),
  };
  const stays = !args.replace || (isNothing(args.source) && given.contents === undefined) || (await hasItsHash(ctx, wanted));
  if (stays && (await isThere(path))) return await metaAlone(ctx, wanted);
  if (ctx.testing) return await foreseen(ctx, wanted);
  return { predicted: { comment: '', changes: {} }, apply: async () => await make(ctx, wanted) };
}

const isKeep = (mode: Returnable | undefined): boolean => typeof mode === 'string' && mode.toLowerCase() === 'keep';
const isNothing = (source: Returnable | undefined): boolean => !source || (Array.isArray(source) && source.length === 0);

function contradiction({ source, mode, contents, contents_pillar, contents_grains }: Managed): string | undefined {
  const given = [contents, contents_pillar, contents_grains].filter((one) => one !== undefined).length;
  if (!isNothing(source) && given > 0) return `'source' cannot be used ${COMBINED}`;
  if (isKeep(mode) && given > 0) return `Mode preservation cannot be used ${COMBINED}`;
  return given > 1 ? `Only one of 'contents', 'contents_pillar', and 'contents_grains' is permitted` : undefined;
}

/** A source from the web is not fetched when the file is known to be it already. */
async function hasItsHash(ctx: StateCtx, { path, args, contents }: Wanted): Promise<boolean> {
  const asked =
    contents === undefined && args.template === undefined && !isNothing(args.source) && !args.skip_verify && args.source_hash !== '';
  if (!asked || !(await isThere(path))) return false;
  try {
    const [source, hash] = (await ctx.call('file.source_list', [
      args.source ?? null,
      args.source_hash,
      ctx.saltenv,
    ])) as readonly Returnable[];
    if (typeof source !== 'string' || !hash || /^(salt|file):/.test(source) || isAbsolute(source)) return false;
    const { source_hash_name = null, verify_ssl } = args;
    const sum = (await ctx.call('file.get_source_sum', [path, source, hash, source_hash_name, ctx.saltenv], {
      verify_ssl,
      ...signed(args),
    })) as {
      readonly hsum: string;
      readonly hash_type: string;
    };
    return (await ctx.call('file.get_hash', [path, sum.hash_type])) === sum.hsum;
  } catch (error) {
    if (error instanceof CommandFailed) return false;
    throw error;
  }
}

/** The content stays; owner and mode may not. */
async function metaAlone(ctx: StateCtx, { path, args, meta, selinux }: Wanted): Promise<Verdict> {
  const hold = async () => {
    const { user, group, mode, attrs } = meta;
    const given = [path, blank(path), user, group, mode, attrs, args.follow_symlinks];
    return (await ctx.call('file.check_perms', given, selinux)) as unknown as [Report, { readonly lmode?: string }];
  };
  if (ctx.testing) {
    const [report, { lmode }] = await hold();
    const changes = meta.mode !== null && lmode !== undefined && meta.mode !== lmode;
    const comment = changes
      ? `File ${path} will be updated with permissions ${meta.mode} from its current state of ${lmode}`
      : `File ${path} not updated`;
    return { ...outcomeOf(report), comment };
  }
  const apply = async (): Promise<Outcome> => {
    const [report] = await hold();
    const outcome = outcomeOf(report);
    const same = Object.keys(outcome.changes).length === 0 && outcome.result === true;
    return same ? { ...outcome, comment: `File ${path} exists with proper permissions. No changes made.` } : outcome;
  };
  return { predicted: { comment: '', changes: {} }, apply };
}

const signed = ({ source_hash_sig, signed_by_any, signed_by_all, keyring, gnupghome }: Managed): Record<string, Returnable> =>
  defined({ source_hash_sig, signed_by_any, signed_by_all, keyring, gnupghome });
const lenient = ({ ignore_ordering, ignore_whitespace, ignore_comment_characters, new_file_diff }: Managed): Record<string, Returnable> =>
  defined({ ignore_ordering, ignore_whitespace, ignore_comment_characters, new_file_diff });
const isLenient = ({ ignore_ordering, ignore_whitespace, ignore_comment_characters }: Managed): boolean =>
  ignore_ordering || ignore_whitespace || Boolean(ignore_comment_characters);

async function foreseen(ctx: StateCtx, wanted: Wanted): Promise<Outcome> {
  const { path, args, contents = null, keepMode, selinux, meta } = wanted;
  let found: Returnable;
  try {
    found = await ctx.call('file.check_managed_changes', [path], {
      source: args.source ?? null,
      source_hash: args.source_hash,
      source_hash_name: args.source_hash_name ?? null,
      ...meta,
      template: args.template ?? null,
      context: wanted.context,
      defaults: args.defaults ?? null,
      saltenv: ctx.saltenv,
      contents,
      skip_verify: args.skip_verify,
      keep_mode: keepMode,
      ...selinux,
      verify_ssl: args.verify_ssl,
      follow_symlinks: args.follow_symlinks,
      ...lenient(args),
    });
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    return failed(`Unable to manage file: ${error.message}`);
  }
  // What the functions of `file` answer: changes; [false, why]; or [is it more than what is ignored, changes].
  const pair = Array.isArray(found) ? (found as readonly Returnable[]) : undefined;
  if (pair !== undefined && typeof pair[1] === 'string') return { result: pair[0] === true, comment: pair[1], changes: {} };
  const changes = { ...((pair === undefined ? found : pair[1]) as Readonly<Record<string, Returnable>>) };
  if (Object.keys(changes).length === 0) return inOrder(`The file ${path} is in the correct state`);
  if ('diff' in changes && !args.show_changes) changes['diff'] = '<show_changes=False>';
  const skip = isLenient(args) && pair?.[0] !== true ? { more: { skip_req: true } } : {};
  return { result: null, comment: `The file ${path} is set to be changed${NOTE}`, changes, ...skip };
}

/** A source that was brought here: where it lies, what it hashes to, what is wrong with it. */
interface Fetched {
  readonly source: Returnable;
  readonly sfn: Returnable;
  readonly sum: Returnable;
  readonly problem: string;
}

async function make(ctx: StateCtx, wanted: Wanted): Promise<Outcome> {
  let fetched: Fetched;
  try {
    fetched = await fetch(ctx, wanted);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return failed(`Unable to manage file: ${error.message}`);
  }
  let draft: string | undefined;
  try {
    if (wanted.args.check_cmd) {
      const checked = await tryOut(ctx, wanted, fetched);
      draft = checked.draft;
      if (checked.refused !== undefined) return checked.refused;
      if (checked.changed) fetched = { ...fetched, sfn: checked.draft };
    }
    if (fetched.problem !== '' && wanted.contents === undefined) return failed(`Unable to manage file: ${fetched.problem}`);
    return outcomeOf(await write(ctx, wanted, wanted.path, fetched, blank(wanted.path)));
  } catch (error) {
    // What the system refuses ends this file, not what else `file.recurse` carries.
    return failed(`Unable to manage file: ${error instanceof CommandFailed ? error.message : systemText(error)}`);
  } finally {
    if (draft !== undefined) await rm(draft, { force: true });
    if (!wanted.args.keep_source) await dropSource(ctx, fetched);
  }
}

async function fetch(ctx: StateCtx, { path, args, meta, context, contents }: Wanted): Promise<Fetched> {
  const [source = null, hash = ''] = (await ctx.call('file.source_list', [
    args.source ?? null,
    args.source_hash,
    ctx.saltenv,
  ])) as readonly Returnable[];
  if (contents !== undefined) return { source, sfn: '', sum: {}, problem: '' };
  const given = [path, args.template ?? null, source, hash, args.source_hash_name ?? null, meta.user, meta.group, meta.mode, meta.attrs];
  const options = { verify_ssl: args.verify_ssl, use_etag: args.use_etag, ...signed(args) };
  const all = [...given, ctx.saltenv, context, args.defaults ?? null, args.skip_verify];
  const [sfn = '', sum = {}, problem] = (await ctx.call('file.get_managed', all, options)) as readonly Returnable[];
  return { source, sfn, sum, problem: typeof problem === 'string' ? problem : '' };
}

async function write(
  ctx: StateCtx,
  { args, meta, contents = null, keepMode, selinux }: Wanted,
  place: string,
  { source, sfn, sum }: Fetched,
  report: Record<string, Returnable>,
): Promise<Report> {
  const { user, group, mode, attrs } = meta;
  const given = [place, sfn, report, source, sum, user, group, mode, attrs, ctx.saltenv, args.backup];
  const options = {
    makedirs: args.makedirs,
    template: args.template ?? null,
    show_changes: args.show_changes,
    contents,
    dir_mode: modeWord(args.dir_mode) ?? null,
    follow_symlinks: args.follow_symlinks,
    skip_verify: args.skip_verify,
    keep_mode: keepMode,
    encoding: args.encoding ?? null,
    ...selinux,
    use_etag: args.use_etag,
    ...defined({ signature: args.signature }),
    ...signed(args),
    ...lenient(args),
  };
  const { source_hash_sig: _of, ...taken } = options as Record<string, Returnable>;
  return (await ctx.call('file.manage_file', given, taken)) as unknown as Report;
}

interface Tried {
  readonly draft: string;
  readonly changed: boolean;
  readonly refused?: Outcome;
}

/** Makes the file elsewhere and lets `check_cmd` look at it. */
async function tryOut(ctx: StateCtx, wanted: Wanted, fetched: Fetched): Promise<Tried> {
  const { args, path } = wanted;
  const draft = join(args.tmp_dir ?? tmpdir(), `__salt.tmp.${randomBytes(6).toString('hex')}${args.tmp_ext}`);
  await writeFile(draft, '', { mode: 0o600, flag: 'wx' });
  try {
    if (await isFile(path)) await ctx.call('file.copy', [path, draft]);
    const report = await write(ctx, wanted, draft, fetched, blank(path));
    if (Object.keys(report.changes).length === 0) return { draft, changed: false };
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    return { draft, changed: false, refused: failed(`Unable to check_cmd file: ${error.message}`) };
  }
  const refused = await checkedBy(ctx, args.check_cmd ?? null, draft);
  return { draft, changed: true, ...(refused === undefined ? {} : { refused }) };
}

/** What `check_cmd` says of a file; undefined when it accepts it. */
export async function checkedBy(ctx: StateCtx, command: Returnable, draft: string): Promise<Outcome | undefined> {
  for (const one of [command].flat()) {
    const shell = typeof ctx.grains['shell'] === 'string' ? { shell: ctx.grains['shell'] } : {};
    const ran = (await ctx.call('cmd.run_all', [`${String(one)} ${draft}`], { ...shell, ignore_retcode: true, python_shell: true })) as {
      readonly retcode: number;
      readonly stdout?: string;
      readonly stderr?: string;
    };
    if (ran.retcode === 0) continue;
    const said = [ran.stdout, ran.stderr].filter((text) => text !== undefined && text !== '').map((text) => `\n${text}`);
    return { ...failed(`check_cmd execution failed${said.join('')}`), more: { skip_watch: true } };
  }
  return undefined;
}

async function dropSource(ctx: StateCtx, { source, sfn }: Fetched): Promise<void> {
  const fromMaster = typeof source === 'string' && source.startsWith('salt://');
  const copy = sfn || (fromMaster ? await ctx.call('cp.is_cached', [source, ctx.saltenv]) : '');
  if (typeof copy === 'string' && copy !== '') await rm(copy, { force: true });
}
