import { randomBytes } from 'node:crypto';
import { chmod, chown, copyFile, open, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CallRefused, CommandFailed } from '../../define.ts';
import { systemText } from './errno.ts';

/** A file's bytes as a text of characters 0-255: expressions on it see bytes, as Salt's do, and nothing is lost. */
export const bytesText = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
export const textBytes = (text: string): Buffer => Buffer.from(text, 'latin1');
/** A text given by the user in that form. */
export const asBytesText = (text: string): string => bytesText(Buffer.from(text, 'utf8'));
/** That form as the text it stands for; lines of other encodings fall back to Latin-1, as Salt's do. */
export const shown = (text: string): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(textBytes(text));
  } catch {
    return text;
  }
};

/** Reads a text file. Throws CommandFailed if it is missing or binary (a NUL, or mostly no text, in its first 512 bytes). */
export const readTextFile = async (place: string): Promise<string> => {
  const bytes = await readFile(place).catch((failure: NodeJS.ErrnoException) => {
    throw new CallRefused(
      failure.code === 'ENOENT' ? `File not found: ${place}` : `Unable to open file '${place}'. Exception: ${systemText(failure, place)}`,
    );
  });
  if (isBinary(bytes.subarray(0, 512))) throw new CallRefused(`Cannot perform string replacements on a binary file: ${place}`);
  return bytesText(bytes);
};

export const isBinary = (head: Uint8Array): boolean => {
  if (head.includes(0)) return true;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
    return false;
  } catch {
    const odd = head.filter((byte) => (byte < 32 && ![7, 8, 9, 10, 12, 13, 27].includes(byte)) || byte === 127);
    return odd.length / head.length > 0.3;
  }
};

/** Keeps the former content beside the file, with its mode, owner and times. */
export const keepBackup = async (place: string, name: string): Promise<void> => {
  const { mode, uid, gid, atime, mtime } = await stat(place);
  await copyFile(place, name);
  await chmod(name, mode & 0o7777);
  if (process.getuid?.() === 0) await chown(name, uid, gid);
  await utimes(name, atime, mtime);
};

/** Puts new content in place in one step: a reader sees the former file or the new one. Mode and owner stay. */
export const replaceContent = async (place: string, content: string | Uint8Array): Promise<void> => {
  const { mode, uid, gid } = await stat(place);
  const temporary = join(dirname(place), `.${basename(place)}.${randomBytes(6).toString('hex')}`);
  try {
    await using file = await open(temporary, 'wx', 0o600);
    await file.writeFile(typeof content === 'string' ? textBytes(content) : content);
    await file.sync();
    if (process.getuid?.() === 0) await file.chown(uid, gid);
    await file.chmod(mode & 0o7777);
    await rename(temporary, place);
  } catch (failure) {
    await rm(temporary, { force: true });
    throw new CommandFailed(`Unable to write file '${place}'. Exception: ${failure instanceof Error ? failure.message : failure}`);
  }
};

/** Writes into the file itself: hard links and bind mounts (a container's /etc/hosts) keep showing it. */
export const overwriteContent = async (place: string, text: string): Promise<void> => {
  try {
    await writeFile(place, textBytes(text));
  } catch (failure) {
    throw new CommandFailed(`Unable to write file '${place}'. Exception: ${failure instanceof Error ? failure.message : failure}`);
  }
};
