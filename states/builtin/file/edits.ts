import type { Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, type Verdict } from '../../define.ts';
import { defined } from '../defined.ts';
import { diffOf, fileMissing, linesIn, NAME, pathOf, SHOW_CHANGES } from './common.ts';

const BACKUP = { type: 'any', default: '.bak', doc: 'the ending of the copy that is kept, False for none' } as const;

/** What `file.replace` and its kin answer: a difference, or whether there is one. */
const told = (changes: Returnable): changes is string | true => changes !== '' && changes !== false && changes !== null;

export const replace = state({
  doc: 'What matches a regular expression in a file is replaced.',
  args: {
    name: NAME,
    pattern: { type: 'string', required: true, doc: 'the regular expression' },
    repl: { type: 'any', required: true, doc: 'what takes its place' },
    count: { type: 'number', default: 0, doc: 'at most so many; 0 for all' },
    flags: { type: 'any', default: 8, doc: 'of the expression: names or a number' },
    bufsize: { type: 'any', default: 1, doc: 'not used: the file is read whole' },
    append_if_not_found: { type: 'boolean', default: false, doc: 'put it at the end where nothing matches' },
    prepend_if_not_found: { type: 'boolean', default: false, doc: 'put it at the start where nothing matches' },
    not_found_content: { type: 'any', doc: 'what is put there then, if not repl' },
    backup: BACKUP,
    show_changes: SHOW_CHANGES,
    ignore_if_missing: { type: 'boolean', default: false, doc: 'no file is no failure' },
    backslash_literal: { type: 'boolean', default: false, doc: 'backslashes of repl stand for themselves' },
    encoding: { type: 'any', doc: 'of the file' },
  },
  check: async (ctx, { name, pattern, repl, ...options }) => {
    const found = await pathOf(name, 'replace');
    if ('refused' in found) return found.refused;
    const why = await fileMissing(found.path);
    if (why !== undefined)
      return options.ignore_if_missing && why.includes('file not found') ? inOrder('No changes needed to be made') : failed(why);
    const { not_found_content, encoding, ...rest } = options;
    const more = defined({ not_found_content, encoding });
    const run = async (dry_run: boolean) => await ctx.call('file.replace', [found.path, pattern, repl], { ...rest, ...more, dry_run });
    return await edited(ctx, run, 'Changes would have been made');
  },
});

export const line = state({
  doc: 'A line stands in a file, or does not.',
  args: {
    name: NAME,
    content: { type: 'any', doc: 'the line' },
    match: { type: 'any', doc: 'what the line that is meant holds' },
    mode: { type: 'string', doc: 'ensure, replace, delete, insert' },
    location: { type: 'string', doc: 'start or end, of the file' },
    before: { type: 'any', doc: 'the line that follows it' },
    after: { type: 'any', doc: 'the line that goes before it' },
    show_changes: SHOW_CHANGES,
    backup: { type: 'any', default: false, doc: 'keep a copy' },
    quiet: { type: 'boolean', default: false, doc: 'a file that is not there is no failure' },
    indent: { type: 'boolean', default: true, doc: 'indented as the lines around it' },
    create: { type: 'boolean', default: false, doc: 'make the file if it is not there' },
    user: { type: 'any', doc: 'its owner' },
    group: { type: 'any', doc: 'its group' },
    file_mode: { type: 'any', doc: 'its mode' },
  },
  check: async (ctx, { name, content, match, mode, location, before, after, create, user, group, file_mode, ...options }) => {
    const found = await pathOf(name, 'line');
    if ('refused' in found) return found.refused;
    const ownership = { user: user ?? null, group: group ?? null, mode: file_mode ?? null };
    if (!ctx.testing && (create || (await fileMissing(found.path)) === undefined)) await prepare(ctx, found.path, ownership);
    const why = await fileMissing(found.path);
    if (why !== undefined) return failed(why);
    if (mode === undefined || mode === '') return failed('Mode was not defined. How to process the file?');
    if (mode.toLowerCase() !== 'delete' && content === undefined) return failed(`Content can only be empty if mode is ['delete']`);
    const where = defined({ match, location, before, after });
    const run = async () => await ctx.call('file.line', [found.path, content ?? null], { ...where, mode: mode.toLowerCase(), ...options });
    return await edited(ctx, run, 'Changes would be made');
  },
});

/** Makes the file of `file.line`, or gives the one there its owner and mode. */
async function prepare(ctx: StateCtx, path: string, wanted: { user: Returnable; group: Returnable; mode: Returnable }): Promise<void> {
  if ((await fileMissing(path)) !== undefined) await ctx.call('file.touch', [path]);
  if (Object.values(wanted).some((value) => value !== null))
    await ctx.call('file.check_perms', [path, null, wanted.user, wanted.group, wanted.mode]);
}

/** `run` makes the edit, or under test tells what it would be. */
async function edited(ctx: StateCtx, run: (dry: boolean) => Promise<Returnable>, foretold: string): Promise<Verdict> {
  const outcome = (changes: Returnable, words: string): Outcome =>
    told(changes) ? inOrder(words, { diff: changes }) : inOrder('No changes needed to be made');
  if (!ctx.testing) return { predicted: { comment: '', changes: {} }, apply: async () => outcome(await run(false), 'Changes were made') };
  const would = outcome(await run(true), foretold);
  return { ...would, result: Object.keys(would.changes).length > 0 ? null : true };
}

const COMMENTING = {
  name: NAME,
  regex: { type: 'string', required: true, doc: 'the regular expression of the lines' },
  char: { type: 'string', default: '#', doc: 'what begins a comment' },
  backup: BACKUP,
} as const;

export const comment = state({
  doc: 'The lines that match are comments.',
  args: { ...COMMENTING, ignore_missing: { type: 'boolean', default: false, doc: 'no such line is no failure' } },
  check: async (ctx, { name, regex, char, backup, ignore_missing }) => {
    const found = await pathOf(name, 'comment');
    if ('refused' in found) return found.refused;
    const why = await fileMissing(found.path);
    if (why !== undefined) return failed(why);
    const bare = regex.replace(/^(\(\?[iLmsux]\))?\^?([\s\S]*?)\$?$/, '$2');
    const commented = char + bare;
    if (!(await matches(ctx, found.path, `^(?!\\s*${char})\\s*${bare}`))) {
      if (await matches(ctx, found.path, commented)) return inOrder('Pattern already commented');
      return ignore_missing ? inOrder('Pattern not found and ignore_missing set to True') : failed(`${bare}: Pattern not found`);
    }
    const apply = async () => await toggle(ctx, found.path, regex, char, true, backup, commented);
    return { predicted: { comment: `File ${found.path} is set to be updated`, changes: { [found.path]: 'updated' } }, apply };
  },
});

export const uncomment = state({
  doc: 'The lines that match are no comments.',
  args: COMMENTING,
  check: async (ctx, { name, regex, char, backup }) => {
    const found = await pathOf(name, 'uncomment');
    if ('refused' in found) return found.refused;
    const why = await fileMissing(found.path);
    if (why !== undefined) return failed(why);
    const bare = regex.replace(/^\^+/, '');
    if (!(await matches(ctx, found.path, `${char}[ \t]*${bare}`))) {
      return (await matches(ctx, found.path, `^[ \t]*${bare}`))
        ? inOrder('Pattern already uncommented')
        : failed(`${regex}: Pattern not found`);
    }
    const apply = async () => await toggle(ctx, found.path, regex, char, false, backup, `^[ \t]*${bare}`);
    return { predicted: { comment: `File ${found.path} is set to be updated`, changes: { [found.path]: 'updated' } }, apply };
  },
});

const matches = async (ctx: StateCtx, path: string, pattern: string): Promise<boolean> =>
  (await ctx.call('file.search', [path, pattern], { multiline: true })) === true;

async function toggle(
  ctx: StateCtx,
  path: string,
  regex: string,
  char: string,
  into: boolean,
  backup: Returnable,
  wanted: string,
): Promise<Outcome> {
  const before = await linesIn(path);
  await ctx.call('file.comment_line', [path, regex, char, into, backup]);
  const changes = diffOf(before, await linesIn(path));
  const word = into ? 'ommented' : 'ncommented';
  return (await matches(ctx, path, wanted))
    ? inOrder(`${into ? 'C' : 'U'}${word} lines successfully`, changes)
    : failed(`Expected ${into ? 'c' : 'u'}${word} lines not found`, changes);
}
