import { readdir } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Returnable } from '../../../modules/define.ts';
import { pythonExpression } from '../../../modules/exec/file/expressions.ts';
import { globExpression } from '../../../modules/exec/file/paths.ts';
import { textOf } from '../../../modules/exec/file/words.ts';
import { isDirectory } from './common.ts';

/** What lies in one directory. */
export interface Folder {
  readonly path: string;
  readonly dirs: readonly string[];
  readonly files: readonly string[];
}

/** A directory and those below it, each before those within it; links to directories are listed, not entered. */
export async function* walk(top: string, depth: number | undefined): AsyncGenerator<Folder> {
  if (depth !== undefined && depth <= 0) return;
  const entries = await readdir(top, { withFileTypes: true }).catch(() => []);
  const dirs: string[] = [];
  const files: string[] = [];
  for (const entry of entries)
    (entry.isDirectory() || (entry.isSymbolicLink() && (await isDirectory(join(top, entry.name)))) ? dirs : files).push(entry.name);
  yield { path: top, dirs, files };
  for (const entry of entries) if (entry.isDirectory()) yield* walk(join(top, entry.name), depth === undefined ? undefined : depth - 1);
}

/**
 * Whether a relative path is meant by `include_pat` and not by `exclude_pat`: a glob, or a regular expression after
 * `E@`; lists of them.
 */
export function included(path: string, include: Returnable | undefined, exclude: Returnable | undefined): boolean {
  const any = (patterns: Returnable): boolean => [patterns].flat().some((pattern) => matches(textOf(pattern as Returnable), path));
  if (isGiven(include) && !any(include)) return false;
  return !(isGiven(exclude) && any(exclude));
}

const isGiven = (patterns: Returnable | undefined): patterns is Returnable =>
  patterns !== undefined && patterns !== null && patterns !== '' && !(Array.isArray(patterns) && patterns.length === 0);

function matches(pattern: string, path: string): boolean {
  return pattern.startsWith('E@') ? pythonExpression(pattern.slice(2)).test(path) : globExpression(pattern).test(path);
}

/** What lies below `root` and is neither kept nor above what is kept, nor left out by `exclude`. */
export async function unkept(root: string, keep: Iterable<string>, exclude: Returnable | undefined): Promise<string[]> {
  const kept = new Set([root]);
  for (const path of keep) for (let place = path; place !== dirname(place); place = dirname(place)) kept.add(place);
  const found: string[] = [];
  for await (const { path, dirs, files } of walk(root, undefined)) {
    for (const name of [...dirs, ...files]) {
      const full = join(path, name);
      if (!kept.has(full) && included(relative(root, full), undefined, exclude)) found.push(full);
    }
  }
  return found;
}
