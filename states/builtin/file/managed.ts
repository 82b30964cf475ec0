import { randomBytes } from 'node:crypto';
import { chmod, copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { linesOf, unifiedDiff } from '../../../modules/exec/file/diff.ts';
import { failed, inOrder, type Outcome, type Plan, type StateCtx, state, type Verdict } from '../../define.ts';
import { applyOwnership, modeText, OWNERSHIP_ARGS, type Ownership, ownershipChanges, statOf } from './ownership.ts';

const NOTE = '\nNote: No changes made, actual changes may\nbe different due to other states.';
const MISSING = '__tsalt_missing__';
/** A larger file is compared, but its difference is not shown. */
const LARGEST_DIFF = 8 << 20;

const ARGS = {
  name: { type: 'string', required: true, doc: 'the path' },
  source: { type: 'any', doc: 'salt://, http(s):// or a path; of a list the first that is there' },
  contents: { type: 'any', doc: 'the content itself: text, or a list of lines' },
  contents_pillar: { type: 'string', doc: 'the pillar key that holds the content' },
  contents_newline: { type: 'boolean', default: true, doc: 'end it with a line end' },
  template: { type: 'string', doc: 'the engine to render it by' },
  context: { type: 'map', default: {}, doc: 'variables of the template' },
  defaults: { type: 'map', default: {}, doc: 'variables where context has none' },
  ...OWNERSHIP_ARGS,
  dir_mode: { type: 'any', doc: 'the mode of directories that are made' },
  makedirs: { type: 'boolean', default: false, doc: 'make the directories above it' },
  replace: { type: 'boolean', default: true, doc: 'replace the content of a file that is there' },
  create: { type: 'boolean', default: true, doc: 'make it if it is not there' },
  backup: { type: 'string', default: '', doc: 'minion: keep what was there' },
  show_changes: { type: 'boolean', default: true, doc: 'show the difference' },
  check_cmd: { type: 'any', doc: 'a command that must accept the new file, whose path it gets as its last word' },
} as const;
type Given = ArgsOf<typeof ARGS>;
interface Content {
  readonly bytes: Uint8Array;
  /** It is that of a `source`. */
  readonly fetched?: boolean;
}

/** A file with the content of a source, of a template, or as given. */
export const managed = state({
  doc: 'A file with the content of a source, of a template, or as given.',
  examples: ['/etc/motd:\n  file.managed:\n    - source: salt://motd'],
  args: ARGS,
  extra: 'source_hash, skip_verify and their kin',
  handles: ['check_cmd'],
  check: async (ctx, args) => await checkManaged(ctx, args),
});

async function checkManaged(ctx: StateCtx, args: Given): Promise<Verdict> {
  const path = args.name;
  if (path === '') return failed('Must provide name to file.managed');
  if (!isAbsolute(path)) return failed(`Specified file ${path} is not an absolute path`);
  const found = await statOf(path);
  if (found?.isDirectory() === true) return failed(`Specified target ${path} is a directory`);
  if (found === undefined && !args.create) return inOrder(`File ${path} is not present and is not set for creation`);
  const wanted = found !== undefined && !args.replace ? undefined : await contentOf(ctx, args);
  if (typeof wanted === 'string') return failed(wanted);
  const ownership: Ownership = { user: args.user, group: args.group, mode: modeText(args.mode) };
  if (found === undefined) return newFile(ctx, args, wanted, ownership);
  const before = wanted?.bytes === undefined ? undefined : await readFile(path);
  const changed = before !== undefined && wanted?.bytes !== undefined && Buffer.compare(before, wanted.bytes) !== 0;
  const owned = await ownershipChanges(ctx, path, ownership);
  if (Object.keys(owned).length === 0 && wanted === undefined)
    return inOrder(ctx.testing ? `File ${path} not updated` : `File ${path} exists with proper permissions. No changes made.`);
  if (!changed && Object.keys(owned).length === 0)
    return inOrder(ctx.testing ? `The file ${path} is in the correct state` : `File ${path} is in the correct state`);
  const diff = changed ? { diff: difference(before, wanted.bytes, args.show_changes) } : {};
  const after = changed ? wanted.bytes : undefined;
  return {
    predicted: { comment: `The file ${path} is set to be changed${NOTE}`, changes: { ...diff, ...owned } },
    apply: async () => await write(ctx, args, after, { ...diff, ...owned }, owned),
  };
}

function newFile(ctx: StateCtx, args: Given, wanted: Content | undefined, ownership: Ownership): Plan {
  const path = args.name;
  return {
    predicted: { comment: `The file ${path} is set to be changed${NOTE}`, changes: { newfile: path } },
    apply: async () => {
      const parent = await statOf(dirname(path));
      if (parent === undefined && !args.makedirs) return failed('Parent directory not present');
      await mkdir(dirname(path), { recursive: true });
      const changes = wanted === undefined ? { new: `file ${path} created` } : { diff: 'New file' };
      const written = await write(ctx, args, wanted?.bytes ?? new Uint8Array(), changes, {});
      if (written.result !== true) return written;
      const owned = await ownershipChanges(ctx, path, { ...ownership, mode: undefined });
      const mode = ownership.mode ?? (0o666 & ~process.umask()).toString(8).padStart(4, '0');
      await applyOwnership(ctx, path, { ...owned, mode });
      const said = { ...written.changes, ...owned, ...(tellsMode(wanted, ownership, mode) ? { mode } : {}) };
      return { ...written, comment: wanted === undefined ? 'Empty file' : written.comment, changes: said };
    },
  };
}

/** Salt makes a file of a source, or of a given mode, for its owner alone at first, and then tells what mode it got. */
const tellsMode = (wanted: Content | undefined, { mode: given }: Ownership, mode: string): boolean =>
  (given !== undefined || wanted?.fetched === true) && mode !== '0600';

/** The new content takes the place of the old in one step. */
async function write(
  ctx: StateCtx,
  args: Given,
  bytes: Uint8Array | undefined,
  changes: Record<string, string>,
  owned: Record<string, string>,
): Promise<Outcome> {
  const path = args.name;
  if (bytes !== undefined) {
    const draft = `${path}.${randomBytes(6).toString('hex')}.tsalt`;
    try {
      const before = await statOf(path);
      await writeFile(draft, bytes, { mode: 0o600, flag: 'wx' });
      if (before !== undefined) await chmod(draft, before.mode & 0o7777);
      const refused = await checkedBy(ctx, args.check_cmd, draft);
      if (refused !== undefined) return refused;
      if (args.backup === 'minion' && before !== undefined) await keep(ctx, path);
      if (before !== undefined) await ctx.call('file.chown', [draft, before.uid, before.gid]);
      await rename(draft, path);
    } finally {
      await rm(draft, { force: true });
    }
  }
  await applyOwnership(ctx, path, owned);
  return inOrder(`File ${path} updated`, changes);
}

async function checkedBy(ctx: StateCtx, command: Returnable | undefined, draft: string): Promise<Outcome | undefined> {
  for (const one of [command ?? []].flat()) {
    const code = await ctx.call('cmd.retcode', [`${String(one)} ${draft}`], { ignore_retcode: true, python_shell: true });
    if (code !== 0) return { ...failed('check_cmd execution failed'), more: { skip_watch: true } };
  }
  return undefined;
}

async function keep(ctx: StateCtx, path: string): Promise<void> {
  const cachedir = String(ctx.config['cachedir'] ?? '/var/cache/salt/minion');
  const stamp = new Date().toString().slice(0, 24).replace(/[: ]/g, '_');
  const copy = `${cachedir}/file_backup${path}_${stamp}`;
  await mkdir(dirname(copy), { recursive: true });
  await copyFile(path, copy);
}

function difference(before: Uint8Array, after: Uint8Array, show: boolean): string {
  if (!show) return '<show_changes=False>';
  if (before.length + after.length > LARGEST_DIFF) return 'File too large to diff';
  if (before.includes(0)) return after.includes(0) ? 'Replace binary file' : 'Replace binary file with text file';
  if (after.includes(0)) return 'Replace text file with binary file';
  return unifiedDiff(linesOf(Buffer.from(before).toString()), linesOf(Buffer.from(after).toString()));
}

/** The content wanted; a text says why there is none, undefined leaves it open. */
async function contentOf(ctx: StateCtx, args: Given): Promise<Content | string | undefined> {
  const given =
    args.contents_pillar === undefined ? args.contents : await ctx.call('pillar.get', [args.contents_pillar, MISSING], { unmask: true });
  if (given === MISSING) return `Pillar ${args.contents_pillar} does not exist`;
  if (given !== undefined && given !== null) return await rendered(ctx, args, textOf(given, args.contents_newline), args.name);
  if (args.source === undefined) return undefined;
  const sources = [args.source].flat().map((one) => (typeof one === 'object' && one !== null ? (Object.keys(one)[0] ?? '') : String(one)));
  for (const source of sources) {
    const cached = await ctx.call('cp.cache_file', [source], { saltenv: ctx.saltenv });
    if (typeof cached !== 'string' || cached === '') continue;
    const made =
      args.template === undefined ? { bytes: await readFile(cached) } : await rendered(ctx, args, await readFile(cached, 'utf8'), source);
    return typeof made === 'string' ? made : { ...made, fetched: true };
  }
  const [only] = sources;
  if (sources.length === 1) return `Unable to manage file: Source file ${only} not found in saltenv '${ctx.saltenv}'`;
  return 'Unable to manage file: none of the specified sources were found';
}

function textOf(given: Returnable, newline: boolean): string {
  const text = Array.isArray(given) ? given.map(String).join('\n') : String(given);
  return newline && text !== '' && !text.endsWith('\n') ? `${text}\n` : text;
}

async function rendered(ctx: StateCtx, args: Given, text: string, source: string): Promise<Content | string> {
  if (args.template === undefined) return { bytes: Buffer.from(text) };
  try {
    return { bytes: Buffer.from(await ctx.render(args.template, { text, source }, { ...args.defaults, ...args.context })) };
  } catch (error) {
    return `Unable to manage file: ${error instanceof Error ? error.message : String(error)}`;
  }
}
