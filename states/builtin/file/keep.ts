import { join, relative } from 'node:path';
import { isMapping } from '../../../kernel/targeting/python.ts';
import type { Returnable } from '../../../modules/define.ts';
import { textOf } from '../../../modules/exec/file/words.ts';
import type { StateCtx } from '../../define.ts';
import { isDirectory, requisites } from './common.ts';
import { recursed } from './sources.ts';
import { walk } from './walk.ts';

/** What the states of files that a cleaned directory requires put below it: that stays. */
export async function keptByRequired(ctx: StateCtx, root: string): Promise<Set<string>> {
  const keep = new Set<string>();
  const names = requisites(ctx, 'require').flatMap((one) => (isMapping(one) && 'file' in one ? [textOf(one['file'] as Returnable)] : []));
  const lowstate = names.length === 0 ? [] : ctx.lowstate();
  for (const name of names)
    for (const low of lowstate) if (low['name'] === name || low['__id__'] === name) await keepOf(ctx, root, low, keep);
  return keep;
}

async function keepOf(ctx: StateCtx, root: string, low: Readonly<Record<string, Returnable>>, keep: Set<string>): Promise<void> {
  const path = textOf(low['name'] ?? '');
  if (!(await isDirectory(path))) {
    keep.add(path);
    return;
  }
  if (relative(root, path).startsWith('..')) return;
  if (low['fun'] === 'recurse') {
    const found = await recursed(ctx, path, low);
    if (typeof found !== 'string') for (const one of found.keep) keep.add(one);
    return;
  }
  keep.add(path);
  for await (const { path: folder, dirs, files } of walk(path, undefined))
    for (const name of [...dirs, ...files]) keep.add(join(folder, name));
}
