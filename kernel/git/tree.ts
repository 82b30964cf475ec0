import { mkdir, readlink, rename, rm, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { Git } from './program.ts';

/** A file of a commit, or a symbolic link. */
export interface GitFile {
  /** As git keeps it: 0o100644, 0o100755 or 0o120000. */
  readonly mode: number;
  /** Bytes. */
  readonly size: number;
  /** Where a link leads, as written. */
  readonly link?: string;
}

/** The files of one commit. Submodules are left out, as Salt does. */
export interface GitTree {
  readonly commit: string;
  /** They lie here as they are in git; nothing in it ever changes. */
  readonly directory: string;
  /** By path, in git's order. */
  readonly files: ReadonlyMap<string, GitFile>;
  readonly directories: readonly string[];
}

const LINK = 0o120000;
/** Links that lead to links are followed so often. */
const LINKS = 100;

/** The file at a path, links followed inside the tree alone; its path is that of the file itself. */
export function fileAt(tree: GitTree, path: string): { readonly path: string; readonly file: GitFile } | undefined {
  let here = path;
  for (let followed = 0; followed <= LINKS; followed += 1) {
    const file = tree.files.get(here);
    if (file?.link === undefined) return file === undefined ? undefined : { path: here, file };
    here = posix.join(posix.dirname(here), file.link);
    if (file.link.startsWith('/') || here.startsWith('../')) return undefined;
  }
  return undefined;
}

/** Lays the files of a commit out below `place`, unless that was done before, and reads what there is. */
export async function readTree(git: Git, commit: string, place: string): Promise<GitTree> {
  const directory = join(place, commit);
  if ((await stat(directory).catch(() => undefined)) === undefined) await layOut(git, commit, directory);
  const listed = await git(['ls-tree', '-r', '-t', '-z', '-l', '--full-tree', commit]);
  const files = new Map<string, GitFile>();
  const directories: string[] = [];
  for (const line of listed.toString().split('\0')) {
    const [, mode = '', kind = '', size = '', path = ''] = /^(\d+) (\w+) \S+ +(\S+)\t([\s\S]+)$/.exec(line) ?? [];
    if (path.includes('\ufffd')) continue; // a name that is no UTF-8 cannot be asked for
    if (kind === 'tree') directories.push(path);
    if (kind === 'blob') files.set(path, await fileOf(Number.parseInt(mode, 8), Number(size), join(directory, path)));
  }
  return { commit, directory, files, directories };
}

const fileOf = async (mode: number, size: number, path: string): Promise<GitFile> =>
  mode === LINK ? { mode, size, link: await readlink(path) } : { mode, size };

/** In a draft that is renamed when it is whole: a directory of that name is complete. */
async function layOut(git: Git, commit: string, directory: string): Promise<void> {
  const draft = `${directory}.${process.pid}.part`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true, mode: 0o700 });
  const env = { GIT_INDEX_FILE: `${draft}.index`, GIT_WORK_TREE: draft };
  try {
    await git(['read-tree', commit], { env });
    await git(['checkout-index', '--all', '--quiet'], { env });
    await rename(draft, directory).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error; // else another process was first
      await rm(draft, { recursive: true, force: true });
    });
  } finally {
    await rm(`${draft}.index`, { force: true });
  }
}
