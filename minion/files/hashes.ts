import { createHash, getHashes } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import type { FileHash } from './source.ts';

/** Bytes up to which a file is read at once: going through the thread pool costs ten times as much as reading it. */
const SMALL = 128 << 10;

/** The hash of a file here, in hex; undefined when it cannot be read or the kind is unknown. */
export async function hashFile(path: string, kind: string): Promise<string | undefined> {
  if (!getHashes().includes(kind)) return undefined;
  const hash = createHash(kind);
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return undefined;
    if (found.isFile() && found.size <= SMALL) return hash.update(readFileSync(path)).digest('hex');
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  } catch {
    return undefined; // not there, a directory, not for us: in no case the wanted bytes
  }
  return hash.digest('hex');
}

/** Whether `path` holds the bytes `hash` stands for. */
export const fits = async (path: string, hash: FileHash): Promise<boolean> => (await hashFile(path, hash.kind)) === hash.sum;
