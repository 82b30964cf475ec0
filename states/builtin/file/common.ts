import { lstat, readFile, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { toPlain } from '../../../kernel/render/python/plain.ts';
import type { Returnable } from '../../../modules/define.ts';
import { linesOf, unifiedDiff } from '../../../modules/exec/file/diff.ts';
import { expandUser } from '../../../modules/exec/file/paths.ts';
import { textOf } from '../../../modules/exec/file/words.ts';
import { failed, type Outcome, type StateCtx } from '../../define.ts';

export const NAME = { type: 'string', required: true, doc: 'the path' } as const;
export const USER = { type: 'any', doc: 'the owner, by name or number' } as const;
export const GROUP = { type: 'any', doc: 'the group, by name or number' } as const;
export const MODE = { type: 'any', doc: 'the mode, in octal' } as const;
export const DIR_MODE = { type: 'any', doc: 'the mode of directories' } as const;
export const MAKEDIRS = { type: 'boolean', default: false, doc: 'make the directories above it' } as const;
export const SHOW_CHANGES = { type: 'boolean', default: true, doc: 'show the difference' } as const;
/** What Salt takes and does not look at, `owner` excepted, which older trees write for `user`. */
export const OTHERS = 'further arguments';

/** Salt's answer of a function that works on a result: `{name, changes, result, comment, ...}`. */
export interface Report {
  readonly name: string;
  readonly changes: Record<string, Returnable>;
  readonly result: boolean | null;
  readonly comment: string;
  readonly [more: string]: Returnable;
}

/** What the chunk of this state names under a requisite, as written. */
export const requisites = (ctx: StateCtx, kind: string): readonly Returnable[] =>
  [toPlain(ctx.chunk.low.get(kind) ?? [])].flat() as readonly Returnable[];

/** What the arguments of a state are where nobody names them, for states that call others. */
export const defaultsOf = (args: Readonly<Record<string, object>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(args).flatMap(([key, arg]) => ('default' in arg ? [[key, arg.default]] : [])));

/** A fresh result for the functions that add to one. */
export const blank = (name: string): Record<string, Returnable> => ({ name, changes: {}, comment: '', result: true });

/** What such a function says, as an outcome; what else it says goes along. */
export function outcomeOf(report: Report): Outcome {
  const { name: _name, changes, result, comment, warnings: _warnings, ...more } = report;
  return { changes: { ...changes }, result, comment, ...(Object.keys(more).length === 0 ? {} : { more }) };
}

export const statOf = async (path: string) => await stat(path).catch(() => undefined);
export const lstatOf = async (path: string) => await lstat(path).catch(() => undefined);
export const isDirectory = async (path: string): Promise<boolean> => (await statOf(path))?.isDirectory() === true;
export const isFile = async (path: string): Promise<boolean> => (await statOf(path))?.isFile() === true;
export const isThere = async (path: string): Promise<boolean> => (await statOf(path)) !== undefined;

/** The path meant by `name`, or why there is none. */
export async function pathOf(name: string, fun: string): Promise<{ readonly path: string } | { readonly refused: Outcome }> {
  if (name === '') return { refused: failed(`Must provide name to file.${fun}`) };
  return { path: await expandUser(name) };
}

/** Why a path is no file that is there, in Salt's words. */
export async function fileMissing(path: string): Promise<string | undefined> {
  if (!isAbsolute(path)) return `Specified file ${path} is not an absolute path`;
  return (await isThere(path)) ? undefined : `${path}: file not found`;
}

/** Owners of new files where none is told: the minion's user and his group. */
export async function ownersOf(ctx: StateCtx, user: Returnable | undefined, group: Returnable | undefined) {
  const owner = user ?? ctx.extra['owner'] ?? ctx.config['user'] ?? 'root';
  if (group !== undefined) return { user: owner as Returnable, group };
  const info = (await ctx.call('user.info', [owner as Returnable])) as { readonly gid?: number };
  return { user: owner as Returnable, group: await ctx.call('file.gid_to_group', [info.gid ?? 0]) };
}

/** Says which owners do not exist; under test they may be made by then. */
export async function unknownOwners(ctx: StateCtx, user: Returnable | undefined, group: Returnable | undefined): Promise<string> {
  const words: string[] = [];
  if (user && (await ctx.call('file.user_to_uid', [user])) === '') words.push(`User ${textOf(user)} is not available `);
  if (group && (await ctx.call('file.group_to_gid', [group])) === '') words.push(`Group ${textOf(group)} is not available`);
  return ctx.testing ? '' : words.join('');
}

/** A mode as four octal digits. `644`, `'0644'` and `0o644` are one. */
export const modeWord = (mode: Returnable | undefined): string | undefined =>
  mode === undefined || mode === null || mode === ''
    ? undefined
    : textOf(mode)
        .replace(/^0o/, '')
        .replace(/^0+(?=\d)/, '')
        .padStart(4, '0');

/** The lines of a file with their ends; none if it is not there. */
export const linesIn = async (path: string): Promise<string[]> => linesOf(await readFile(path, 'utf8').catch(() => ''));

/** The difference of two states of a file, as `changes` shows it. */
export function diffOf(before: readonly string[], after: readonly string[], show = true): { readonly diff?: string } {
  if (before.length === after.length && before.every((line, index) => line === after[index])) return {};
  if ([...before, ...after].some((line) => line.includes('\0'))) return { diff: 'Replace binary file' };
  return { diff: show ? unifiedDiff(before, after) : '<show_changes=False>' };
}
