import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, chown, open, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CommandFailed, type Ctx, call, type Returnable } from '../../define.ts';
import { hashOf } from './attributes.ts';
import { backUp } from './backups.ts';
import { bytesOf, type Difference, difference, hidesTemplates, isLenient, LENIENCY_ARGS, type Leniency } from './compare.ts';
import { systemText } from './errno.ts';
import { exists, expandUser, isDirectory, isFile, isLink, statOf } from './paths.ts';
import { applyPermissions, type Permissions, type Report, SELINUX_ARGS } from './permissions.ts';
import { discardDraft, OWNER_ARGS } from './sources.ts';
import { checkSignature, SIG_BACKEND, SIGNED_ARGS, type Signed, type Sum, schemeOf } from './sums.ts';
import { makeAbove } from './tree.ts';
import { textOf } from './words.ts';

interface Wanted extends Permissions, Leniency, Signed {
  readonly sfn: string;
  readonly source?: Returnable | undefined;
  readonly source_sum: Sum | Record<string, never>;
  readonly saltenv: string;
  readonly backup?: Returnable | undefined;
  readonly makedirs: boolean;
  readonly show_changes: boolean;
  readonly contents?: Returnable | undefined;
  readonly dir_mode?: Returnable | undefined;
  readonly follow_symlinks: boolean;
  readonly skip_verify: boolean;
  readonly keep_mode: boolean;
  readonly encoding?: string | undefined;
  readonly verify_ssl: boolean;
  readonly use_etag: boolean;
  readonly signature?: Returnable | undefined;
  readonly new_file_diff: boolean;
}

/** A failure that ends the work and is the result's comment. */
class NotManaged extends Error {}

/** Puts a content in the place of a file in one step. Owner and mode stay; a backup is kept where one is asked for. */
const place = async (ctx: Ctx, content: string | Uint8Array, dest: string, backup: Returnable | undefined): Promise<void> => {
  const temporary = join(dirname(dest), `${basename(dest)}${randomBytes(6).toString('hex')}`);
  try {
    const fresh = { flags: 'wx', mode: 0o600 };
    if (typeof content === 'string') await pipeline(createReadStream(content), createWriteStream(temporary, fresh));
    else await writeFile(temporary, content, { flag: fresh.flags, mode: fresh.mode });
    const before = await statOf(dest);
    const mode = await ctx.call('config.backup_mode', [backup ?? '']);
    if ((mode === 'minion' || mode === 'both') && before !== undefined) await backUp(ctx, dest);
    await rename(temporary, dest);
    if (before !== undefined) {
      await chown(dest, Number(before.uid), Number(before.gid));
      await chmod(dest, Number(before.mode) & 0o7777);
    }
  } catch (failure) {
    await rm(temporary, { force: true });
    throw new NotManaged(`Failed to commit change: ${systemText(failure)}`);
  }
};

const ENCODINGS: Readonly<Record<string, BufferEncoding>> = {
  utf8: 'utf8',
  latin1: 'latin1',
  iso88591: 'latin1',
  utf16le: 'utf16le',
  ascii: 'ascii',
};
const bytesFor = (contents: Returnable, encoding: string | undefined): Uint8Array => {
  if (contents instanceof Uint8Array) return contents;
  const known = ENCODINGS[(encoding || 'utf8').toLowerCase().replace(/[-_]/g, '')];
  if (known === undefined)
    throw new CommandFailed(`file.manage_file: the encoding ${encoding} is not supported, use ${Object.keys(ENCODINGS).join(', ')}`);
  return Buffer.from(textOf(contents), known);
};

/** The content as it must be; checks what came from elsewhere against its hash and its signature. */
const sourceOf = async (ctx: Ctx, wanted: Wanted, source: string): Promise<readonly [string, Wanted['source_sum']]> => {
  if (wanted.sfn !== '') return [wanted.sfn, wanted.source_sum];
  const cached = await ctx.call('cp.cache_file', [source, wanted.saltenv], { verify_ssl: wanted.verify_ssl });
  if (typeof cached !== 'string' || cached === '') throw new NotManaged(`Source file '${source}' not found`);
  const hash_type = wanted.source_sum['hash_type'] ?? 'sha256';
  return [cached, { hash_type, hsum: await hashOf(cached, hash_type) }];
};

async function verify(
  ctx: Ctx,
  wanted: Wanted,
  source: string,
  sfn: string,
  sum: Wanted['source_sum'],
  what: string,
  hint = '',
): Promise<void> {
  if (schemeOf(source) !== 'salt' && !wanted.skip_verify && !wanted.use_etag) {
    const { hash_type, hsum } = sum;
    if (hash_type === undefined || hsum === undefined)
      throw new CommandFailed(`The hash of ${source} is not known, set source_hash or skip_verify`);
    const actual = await hashOf(sfn, hash_type);
    if (actual !== hsum)
      throw new NotManaged(`Specified ${hash_type} checksum for ${what} (${hsum}) does not match actual checksum (${actual})${hint}`);
  }
  if (!wanted.signature) return;
  await checkSignature(ctx, sfn, wanted.signature, wanted.saltenv, wanted).catch((failure: unknown) => {
    if (failure instanceof CommandFailed) throw new NotManaged(`Failed checking new file's signature: ${failure.message}`);
    throw failure;
  });
}

const HINT =
  ". If the 'source_hash' value refers to a remote file with multiple possible matches, then it may be necessary to set 'source_hash_name'.";

/** What is done to a file that is there; answers what changed and whether that counts. */
async function replaceFile(ctx: Ctx, name: string, wanted: Wanted): Promise<{ readonly diff?: string; readonly counts: boolean }> {
  const source = wanted.source ? textOf(wanted.source) : '';
  const link = await isLink(name);
  const real = link && wanted.follow_symlinks ? await realpath(name).catch(() => name) : name;
  let shown: Difference = { counts: false, text: '' };
  const [sfn, sum] = source === '' ? ['', {} as Wanted['source_sum']] : await sourceOf(ctx, wanted, source);
  const isOther =
    source !== '' && ((link && !wanted.follow_symlinks) || (await hashOf(real, sum['hash_type'] ?? 'sha256')) !== sum['hsum']);
  if (isOther) {
    await verify(ctx, wanted, source, sfn, sum, source, HINT);
    shown = await compared(ctx, real, await bytesOf(sfn), wanted);
    if (!ctx.testing) await place(ctx, sfn, real, wanted.backup);
  }
  if (wanted.contents != null) {
    const bytes = bytesFor(wanted.contents, wanted.encoding);
    shown = await compared(ctx, real, bytes, wanted);
    if (shown.text !== '' && !ctx.testing) await place(ctx, bytes, real, wanted.backup);
  }
  return { ...(shown.text === '' ? {} : { diff: shown.text }), counts: shown.counts };
}

async function compared(ctx: Ctx, real: string, bytes: Uint8Array, wanted: Wanted): Promise<Difference> {
  const before = await bytesOf(real);
  if (Buffer.compare(before, bytes) === 0) return { counts: false, text: '' };
  if (hidesTemplates(ctx)) return { counts: true, text: '<Obfuscated Template>' };
  return wanted.show_changes ? difference(before, bytes, wanted) : { counts: true, text: '<show_changes=False>' };
}

/** Directories get the right to be entered where the file gets one to be read. */
const folderMode = ({ dir_mode, mode }: Wanted): Returnable | undefined =>
  dir_mode ??
  (mode == null
    ? undefined
    : [...textOf(mode)]
        .slice(-3)
        .map((digit) => (digit === '0' ? digit : String(Number(digit) | 1)))
        .join(''));

/** Makes the file; answers its changes, and a comment where it is empty. */
async function newFile(
  ctx: Ctx,
  name: string,
  wanted: Wanted,
): Promise<{ readonly changes: Record<string, Returnable>; readonly comment: string }> {
  const source = wanted.source ? textOf(wanted.source) : '';
  const [sfn, sum] = source === '' ? [wanted.sfn, wanted.source_sum] : await sourceOf(ctx, wanted, source);
  if (source !== '') await verify(ctx, wanted, source, sfn, sum, name);
  if (!(await isDirectory(dirname(name)))) {
    if (!wanted.makedirs) throw new NotManaged('Parent directory not present');
    await makeAbove(ctx, name, { user: wanted.user, group: wanted.group, mode: folderMode(wanted) });
  }
  const bytes = wanted.contents == null ? undefined : bytesFor(wanted.contents, wanted.encoding);
  // Only for its owner until it has its mode.
  if (source === '') await (await open(name, 'a', wanted.mode ? 0o600 : 0o666)).close();
  const content = bytes ?? (sfn === '' ? undefined : sfn);
  if (content !== undefined) await place(ctx, content, name, wanted.backup);
  if (source === '' && bytes === undefined) return { changes: { new: `file ${name} created` }, comment: 'Empty file' };
  if (!wanted.new_file_diff) return { changes: { diff: 'New file' }, comment: '' };
  const { text } = difference(Buffer.alloc(0), await bytesOf(name), wanted);
  return { changes: { diff: text }, comment: '' };
}

/** Makes a file be as wanted; the result is that of a state. */
const manage = async (
  ctx: Ctx,
  given: string,
  begun: Readonly<Record<string, Returnable>> | undefined,
  wanted: Wanted,
): Promise<Report> => {
  const name = await expandUser(given);
  const start: Report =
    begun === undefined || Object.keys(begun).length === 0 ? { name, changes: {}, comment: '', result: true } : (begun as Report);
  try {
    const mode = await keptMode(ctx, wanted);
    const there = (await isFile(name)) || (await isLink(name));
    return there ? await changeFile(ctx, name, start, { ...wanted, mode }) : await makeFile(ctx, name, start, { ...wanted, mode });
  } catch (failure) {
    if (failure instanceof NotManaged) return { ...start, result: false, comment: failure.message };
    throw failure;
  } finally {
    await discardDraft(wanted.sfn);
  }
};

async function keptMode(ctx: Ctx, { keep_mode, source, mode, saltenv }: Wanted): Promise<Returnable | undefined> {
  if (!keep_mode || !source || !['salt', 'file', ''].includes(schemeOf(textOf(source)))) return mode;
  return ctx.call('cp.stat_file', [source], { saltenv, octal: true });
}

async function changeFile(ctx: Ctx, name: string, start: Report, wanted: Wanted): Promise<Report> {
  const { diff, counts } = await replaceFile(ctx, name, wanted);
  const changes = { ...start.changes, ...(diff === undefined ? {} : { diff }) };
  const [report] = await applyPermissions(ctx, name, { ...start, changes }, wanted);
  if (Object.keys(report.changes).length > 0)
    return { ...report, comment: `File ${name} updated`, ...(isLenient(wanted) && !counts ? { skip_req: true } : {}) };
  return report.result ? { ...report, comment: `File ${name} is in the correct state` } : report;
}

async function makeFile(ctx: Ctx, name: string, start: Report, wanted: Wanted): Promise<Report> {
  if (ctx.testing) return { ...start, result: null, changes: { ...start.changes, newfile: name }, comment: `File ${name} not updated` };
  if (await exists(name)) throw new NotManaged(`Failed to commit change: [Errno 21] Is a directory: '${name}'`);
  const made = await newFile(ctx, name, wanted);
  const mode = wanted.mode ?? (0o666 & ~process.umask()).toString(8);
  const begun = { ...start, changes: { ...start.changes, ...made.changes }, comment: made.comment || start.comment };
  const [report] = await applyPermissions(ctx, name, begun, { ...wanted, mode, follow_symlinks: false });
  const comment = report.comment || `File ${name} updated`;
  return { ...report, comment, ...(isLenient(wanted) ? { skip_req: true } : {}) };
}

export const managing = {
  manage_file: call({
    doc: 'Make a file have a content, an owner and a mode, as file.managed does; returns what a state tells.',
    examples: [
      "tsalt '*' file.manage_file /etc/httpd/conf.d/httpd.conf '' '{}' salt://http/httpd.conf '{hash_type: md5, hsum: abc}' root root '755' '' base ''",
    ],
    args: {
      name: { type: 'string', required: true, doc: 'the file' },
      sfn: { type: 'any', required: true, doc: 'where the content lies here, as file.get_managed told' },
      ret: { type: 'any', required: true, doc: 'the result of a state to add to, or {}' },
      source: { type: 'any', required: true, doc: 'the url it comes from' },
      source_sum: { type: 'any', required: true, doc: 'its hash_type and hsum' },
      ...OWNER_ARGS,
      saltenv: { type: 'string', required: true, doc: 'the environment' },
      backup: { type: 'any', required: true, doc: 'minion: keep what was there' },
      makedirs: { type: 'boolean', default: false, doc: 'make the directories above it' },
      template: { type: 'string', doc: 'not used: sfn is rendered already' },
      show_changes: { type: 'boolean', default: true, doc: 'show the difference' },
      contents: { type: 'any', doc: 'the content itself' },
      dir_mode: { type: 'any', doc: 'the mode of directories that are made' },
      follow_symlinks: { type: 'boolean', default: true, doc: 'write what a link points to, rather than a file in its place' },
      skip_verify: { type: 'boolean', default: false, doc: 'take the source whatever it hashes to' },
      keep_mode: { type: 'boolean', default: false, doc: 'the mode is that of the source' },
      encoding: { type: 'string', doc: 'the encoding of contents' },
      encoding_errors: { type: 'string', default: 'strict', doc: 'not used' },
      ...SELINUX_ARGS,
      verify_ssl: { type: 'boolean', default: true, doc: 'verify certificates' },
      use_etag: { type: 'boolean', default: false, doc: 'ask the server whether it changed' },
      signature: { type: 'any', doc: 'the signature of the source: a url, or True if it is in it' },
      ...SIGNED_ARGS,
      ...LENIENCY_ARGS,
      new_file_diff: { type: 'boolean', default: false, doc: 'show the content of a new file as a difference' },
      ...SIG_BACKEND,
    },
    extra: 'not used',
    changes: true,
    async run(ctx, { name, ret, ...given }): Promise<Returnable> {
      const isMap = (value: Returnable): value is Record<string, Returnable> =>
        typeof value === 'object' && value !== null && !Array.isArray(value);
      const sum = isMap(given.source_sum) ? (given.source_sum as unknown as Sum) : {};
      const lower = 'hsum' in sum ? { ...sum, hsum: String(sum['hsum']).toLowerCase() } : sum;
      const wanted = { ...given, sfn: given.sfn ? textOf(given.sfn) : '', source_sum: lower as Sum };
      return manage(ctx, name, isMap(ret) ? ret : undefined, wanted);
    },
  }),
};
