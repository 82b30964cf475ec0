import { join, posix } from 'node:path';
import type { Values } from '../../../../kernel/config/option.ts';
import { fileAt, type GitTree } from '../../../../kernel/git/tree.ts';
import { GitUpkeep } from '../../../../kernel/git/upkeep.ts';
import type { Log } from '../../../../modules/define.ts';
import { messageOf } from '../../../../protocol/errors.ts';
import { type FileBackend, type FoundFile, joined, type Listing } from '../../backend.ts';
import { type GitRemote, gitRemotes, isHex } from './environments.ts';
import { gitUpkeep } from './upkeep.ts';

/** Files of git repositories (Salt's `gitfs`), each remote of `gitfs_remotes` in turn. @throws BadConfig */
export function gitBackend(options: Values, ignored: (path: string) => boolean, log: Log): FileBackend {
  const remotes = gitRemotes(options, log);
  const keeping = new GitUpkeep(remotes, log);
  keeping.start();
  const known = environments(remotes);
  const listings = new WeakMap<GitTree, Map<string, Listing>>();

  /** A remote that cannot be read is as if it had nothing: the others must serve on. */
  const mounted = async (remote: GitRemote, env: string): Promise<Mounted | undefined> => {
    try {
      if (!isHex(env) && remote.fallback === '' && !(await known()).has(env)) return undefined;
      const tree = await treeOf(remote, env);
      return tree === undefined ? undefined : { tree, root: remote.root(env), mountpoint: remote.mountpoint(env) };
    } catch (error) {
      log.error(`${remote.mirror.url} cannot be read: ${messageOf(error)}`);
      return undefined;
    }
  };

  return {
    name: 'git',
    envs: async () => [...(await known())].sort(),
    find: async (path, env) => {
      if (ignored(path)) return undefined;
      for (const remote of remotes) {
        const place = await mounted(remote, env);
        const found = place === undefined ? undefined : findIn(place, path);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    list: async (env) => {
      const places = await Promise.all(remotes.map((remote) => mounted(remote, env)));
      return joined(places.flatMap((place) => (place === undefined ? [] : [listed(place, ignored, listings)])));
    },
    upkeep: gitUpkeep(remotes, keeping),
    [Symbol.asyncDispose]: () => keeping[Symbol.asyncDispose](),
  };
}

/** The environments of all remotes, made anew when branches or tags changed. */
function environments(remotes: readonly GitRemote[]): () => Promise<ReadonlySet<string>> {
  let made = '';
  let envs: ReadonlySet<string> = new Set();
  return async () => {
    const generations = (): string => remotes.map(({ mirror }) => mirror.generation).join();
    if (made !== generations() || made === '') {
      const all = await Promise.all(remotes.map((remote) => remote.envs()));
      envs = new Set(all.flat());
      made = generations();
    }
    return envs;
  };
}

async function treeOf(remote: GitRemote, env: string): Promise<GitTree | undefined> {
  const ref = remote.isExposed(env) ? remote.ref(env) : undefined;
  if (ref === undefined) return undefined;
  const tree = await remote.mirror.tree(ref, remote.refTypes);
  if (tree !== undefined || remote.fallback === '') return tree;
  return await remote.mirror.tree(remote.fallback, remote.refTypes);
}

/** The files of a remote as an environment shows them. */
interface Mounted {
  readonly tree: GitTree;
  readonly root: string;
  readonly mountpoint: string;
}

/** Where the file lies, and of its `stat` the mode alone, as Salt tells of files in git. */
function findIn({ tree, root, mountpoint }: Mounted, asked: string): FoundFile | undefined {
  const path = posix.normalize(asked);
  if (mountpoint !== '' && !path.startsWith(`${mountpoint}/`)) return undefined;
  const found = fileAt(tree, posix.join(root, mountpoint === '' ? path : path.slice(mountpoint.length + 1)));
  if (found === undefined) return undefined;
  return { path: join(tree.directory, found.path), size: found.file.size, mtimeMs: 0, stat: [found.file.mode] };
}

function listed(place: Mounted, ignored: (path: string) => boolean, known: WeakMap<GitTree, Map<string, Listing>>): Listing {
  const ofTree = known.get(place.tree) ?? new Map<string, Listing>();
  known.set(place.tree, ofTree);
  const key = `${place.root}\0${place.mountpoint}`;
  const listing = ofTree.get(key) ?? read(place, ignored);
  ofTree.set(key, listing);
  return listing;
}

/** All below the root, named as below the mountpoint; links are files too, wherever they lead. */
function read({ tree, root, mountpoint }: Mounted, ignored: (path: string) => boolean): Listing {
  const shown = (path: string): string[] => {
    if (root !== '' && !path.startsWith(`${root}/`)) return [];
    const below = posix.join(mountpoint, root === '' ? path : path.slice(root.length + 1));
    return ignored(below) ? [] : [below];
  };
  const links: Record<string, string> = Object.create(null);
  for (const [path, { link }] of tree.files) if (link !== undefined) for (const name of shown(path)) links[name] = link;
  return {
    files: [...tree.files.keys()].flatMap(shown).sort(),
    dirs: [...tree.directories.flatMap(shown), ...(mountpoint === '' ? [] : [mountpoint])].sort(),
    emptyDirs: [],
    links,
  };
}
