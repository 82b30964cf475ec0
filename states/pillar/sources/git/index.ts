import { randomUUID } from 'node:crypto';
import { mkdir, rename, stat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { GitMirror } from '../../../../kernel/git/mirror.ts';
import type { GitTree } from '../../../../kernel/git/tree.ts';
import { toPlain } from '../../../../kernel/render/python/plain.ts';
import type { Dict } from '../../../../kernel/render/python/value.ts';
import { merger } from '../../merge.ts';
import { pillarOptions } from '../../options.ts';
import type { Source, SourceParts } from '../source.ts';
import { type PillarRemote, pillarEntries, pillarRemote } from './remote.ts';

/** `git`: pillar files of repositories, each with a top file of its own, compiled one after the other. */
export const git: Source = {
  args: [],
  rest: true,
  async run(parts, { rest }) {
    const { strategy, mergeLists, includesOfOthers } = {
      ...pillarOptions(parts.options),
      includesOfOthers: parts.options['git_pillar_includes'] !== false,
    };
    const merge = merger(strategy, mergeLists, 'yaml');
    const directories = await laidOut(parts, toPlain(rest as never) as unknown);
    let pillar: Dict = new Map();
    for (const one of directories) {
      if ((parts.pillarenv !== undefined && one.env !== parts.pillarenv) || one.mounted) continue;
      const others = directories.filter(({ env, path }) => env === one.env && path !== one.path).map(({ path }) => path);
      pillar = merge(pillar, await parts.compile({ [one.env]: [one.path, ...(includesOfOthers ? others : [])] }, one.env));
    }
    return pillar;
  },
};

/** A directory with pillar files of a remote. */
interface Directory {
  readonly path: string;
  readonly env: string;
  readonly mounted: boolean;
}

async function laidOut(parts: SourceParts, list: unknown): Promise<readonly Directory[]> {
  const wanted = parts.pillarenv ?? (parts.request.saltenv || undefined);
  const directories: Directory[] = [];
  for (const entry of pillarEntries(list)) {
    const remote = pillarRemote(entry, parts.options, wanted);
    const path = await directoryOf(parts, remote);
    if (path !== undefined) directories.push({ path, env: remote.env, mounted: remote.mountpoint !== '' });
  }
  return directories;
}

async function directoryOf({ git: pillars, log }: SourceParts, remote: PillarRemote): Promise<string | undefined> {
  const mirror = await pillars?.mirror(remote.remote);
  if (mirror === undefined) throw new Error('this daemon keeps no copies of git repositories');
  const tree = await treeOf(mirror, remote);
  const path = tree === undefined ? undefined : join(tree.directory, remote.root);
  if (tree === undefined || path === undefined) log.error(`git_pillar: ${mirror.url} has no branch, tag or commit '${remote.ref}'`);
  else if ((await stat(path).catch(() => undefined))?.isDirectory() !== true) {
    log.error(`git_pillar: ${mirror.url} has no directory '${remote.root}' in '${remote.ref}'`);
  } else return remote.mountpoint === '' ? path : await mounted(mirror, tree, path, remote);
  return undefined;
}

async function treeOf(mirror: GitMirror, { ref, refTypes, fallback }: PillarRemote): Promise<GitTree | undefined> {
  return (await mirror.tree(ref, refTypes)) ?? (fallback === '' ? undefined : await mirror.tree(fallback, refTypes));
}

/** A directory in which the files appear below the mountpoint: a link, made once. */
async function mounted(mirror: GitMirror, { commit }: GitTree, path: string, { root, mountpoint }: PillarRemote): Promise<string> {
  const place = join(mirror.directory, 'links', commit, encodeURIComponent(root) || '_');
  const link = join(place, mountpoint);
  if ((await stat(link).catch(() => undefined)) !== undefined) return place;
  await mkdir(dirname(link), { recursive: true, mode: 0o700 });
  const draft = `${link}.${randomUUID()}`;
  await symlink(path, draft);
  await rename(draft, link);
  return place;
}
