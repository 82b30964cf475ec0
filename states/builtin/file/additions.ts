import { dirname } from 'node:path';
import type { Returnable } from '../../../modules/define.ts';
import { unifiedDiff } from '../../../modules/exec/file/diff.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, type Verdict } from '../../define.ts';
import { diffOf, fileMissing, isDirectory, linesIn, MAKEDIRS, NAME, pathOf, SHOW_CHANGES } from './common.ts';
import { bareLines, listed, sourcesRefused, sourceTexts, spacedExpression, TEXT_ARGS } from './texts.ts';

const TEXT = { type: 'any', doc: 'a text or a list of texts' } as const;

export const append = state({
  doc: 'Lines that stand in a file, put at its end where they do not.',
  args: {
    name: NAME,
    text: TEXT,
    makedirs: MAKEDIRS,
    ...TEXT_ARGS,
    ignore_whitespace: { type: 'boolean', default: true, doc: 'a line stands there however it is spaced' },
    show_changes: SHOW_CHANGES,
  },
  check: async (ctx, args) => {
    const ready = await texts(ctx, args, 'append');
    if (!('path' in ready)) return ready;
    const { path, chunks } = ready;
    const add = async (): Promise<readonly [string[], string[]]> => {
      const before = await linesIn(path);
      const added: string[] = [];
      for (const chunk of chunks)
        if (!(await stands(ctx, path, args.ignore_whitespace ? spacedExpression(chunk) : chunk))) added.push(...bareLines(chunk));
      return [before, added];
    };
    if (ctx.testing) {
      const [before, added] = await add();
      if (added.length === 0) return inOrder(`File ${path} is in correct state`);
      const changes = spacedDiff(before, [...before, ...added.map(ended)], args.show_changes);
      return { result: null, comment: `File ${path} is set to be updated`, changes };
    }
    const apply = async (): Promise<Outcome> => {
      const refused = await makeFile(ctx, path, args.makedirs);
      if (refused !== undefined) return refused;
      const [before, added] = await add();
      if (added.length === 0) return inOrder(`File ${path} is in correct state`);
      await ctx.call('file.append', [path], { args: added });
      return inOrder(`Appended ${added.length} lines`, spacedDiff(before, await linesIn(path), args.show_changes));
    };
    return { predicted: { comment: '', changes: {} }, apply };
  },
});

export const prepend = state({
  doc: 'Lines that stand in a file, put at its start where they do not.',
  args: {
    name: NAME,
    text: TEXT,
    makedirs: MAKEDIRS,
    ...TEXT_ARGS,
    header: { type: 'boolean', default: false, doc: 'they must be the first lines of it' },
    show_changes: SHOW_CHANGES,
  },
  check: async (ctx, args) => {
    const ready = await texts(ctx, args, 'prepend');
    if (!('path' in ready)) return ready;
    const { path, chunks } = ready;
    const missingOf = async (): Promise<string[]> => {
      const lines: string[] = [];
      for (const chunk of chunks) if (args.header || !(await stands(ctx, path, spacedExpression(chunk)))) lines.push(...bareLines(chunk));
      return lines;
    };
    if (ctx.testing) {
      const [before, added] = [await linesIn(path), await missingOf()];
      const changes = diffOf(before, [...added.map(ended), ...before], args.show_changes);
      return 'diff' in changes
        ? { result: null, comment: `File ${path} is set to be updated`, changes }
        : inOrder(`File ${path} is in correct state`);
    }
    const apply = async (): Promise<Outcome> => {
      const refused = await makeFile(ctx, path, args.makedirs);
      if (refused !== undefined) return refused;
      const before = await linesIn(path);
      const added = await missingOf();
      const heads = before.slice(0, added.length).map((line) => line.replace(/\r?\n$/, ''));
      const is = args.header && heads.length === added.length && heads.every((line, index) => line === added[index]);
      if (added.length === 0 || is) return inOrder(`File ${path} is in correct state`);
      await ctx.call('file.prepend', [path, ...added]);
      return inOrder(`Prepended ${added.length} lines`, diffOf(before, await linesIn(path), args.show_changes));
    };
    return { predicted: { comment: '', changes: {} }, apply };
  },
});

const ended = (line: string): string => `${line}\n`;
const stands = async (ctx: StateCtx, path: string, pattern: string): Promise<boolean> =>
  (await ctx.call('file.search', [path, pattern], { multiline: true })) === true;

type Given = Parameters<typeof sourceTexts>[1] & {
  readonly name: string;
  readonly text?: Returnable | undefined;
  readonly makedirs: boolean;
};

/** The file meant and the texts for it, or a verdict without them. */
async function texts(
  ctx: StateCtx,
  args: Given,
  fun: string,
): Promise<Verdict | { readonly path: string; readonly chunks: readonly string[] }> {
  const found = await pathOf(args.name, fun);
  if ('refused' in found) return found.refused;
  const refused = sourcesRefused(args);
  if (refused !== undefined) return failed(refused);
  const { path } = found;
  const absent = await fileMissing(path);
  if (absent?.includes('absolute')) return failed(absent);
  if (absent !== undefined && ctx.testing) return { result: null, comment: `File ${path} is set to be created`, changes: { new: path } };
  const told = await sourceTexts(ctx, args);
  if (told.why !== undefined) return failed(told.why);
  return { path, chunks: told.texts ?? listed(args.text ?? null) };
}

async function makeFile(ctx: StateCtx, path: string, makedirs: boolean): Promise<Outcome | undefined> {
  const absent = await fileMissing(path);
  if (absent === undefined) return undefined;
  if (makedirs) await ctx.call('file.makedirs', [path]);
  if (!(await isDirectory(dirname(path)))) return failed(absent);
  await ctx.call('file.touch', [path]);
  return undefined;
}

/** Salt shows the difference of `append` with an empty line after each line of its head. */
function spacedDiff(before: readonly string[], after: readonly string[], show: boolean): { readonly diff?: string } {
  const changes = diffOf(before, after, show);
  if (changes.diff === undefined || !show || !changes.diff.startsWith('---')) return changes;
  const bare = (lines: readonly string[]): string[] => lines.map((line) => ended(line.replace(/\r?\n$/, '')));
  const lines = unifiedDiff(bare(before), bare(after)).replace(/\n$/, '').split('\n');
  return { diff: lines.map((line, index) => (index < 2 || line.startsWith('@@') ? ended(line) : line)).join('\n') };
}
