import { open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { CommandFailed } from '../../define.ts';

/** The text of a file, or undefined if there is none. Throws when it is there and cannot be read. */
export const readIfThere = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, 'utf8');
  } catch (failure) {
    const { code } = failure as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new CommandFailed(`Couldn't read from ${path}: ${String(code)}`);
  }
};

export const isFile = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined))?.isFile() ?? false;

/** The lines of a text, each with its end. */
export const linesOf = (text: string): string[] => (text === '' ? [] : text.split(/(?<=\n)/));

/**
 * Replaces a file in one step: a reader never meets half of it, and a power cut leaves the old one. Owner and mode stay, a new
 * file gets `mode`. A file that is a mount point of its own (containers have such) is written in place.
 */
export async function replaceFile(path: string, text: string, mode = 0o644): Promise<void> {
  const place = await realpath(path).catch(() => path);
  const now = await stat(place).catch(() => undefined);
  const fresh = `${place}.${process.pid}.new`;
  try {
    await using file = await open(fresh, 'wx', 0o600);
    await file.writeFile(text);
    await file.chmod(now === undefined ? mode : now.mode & 0o7777);
    if (now !== undefined) await file.chown(now.uid, now.gid);
    await file.sync();
    await rename(fresh, place);
  } catch (failure) {
    await rm(fresh, { force: true });
    if ((failure as NodeJS.ErrnoException).code !== 'EBUSY') throw failure;
    await using file = await open(place, 'r+');
    await file.truncate(0);
    await file.writeFile(text);
  }
}
