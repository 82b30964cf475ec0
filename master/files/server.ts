import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type FileBackend, type FoundFile, isServable, type Listing } from './backend.ts';

/** All backends as one: the first that has a file serves it. */
export interface FileServer {
  envs(): Promise<readonly string[]>;
  find(path: string, saltenv: string): Promise<FoundFile | undefined>;
  list(saltenv: string): Promise<Listing>;
  /** Hex digest by `hash_type`; kept until the file's size or time changes. */
  hash(file: FoundFile): Promise<string>;
  /** Up to `length` bytes from `offset` on. */
  read(file: FoundFile, offset: number, length: number): Promise<Buffer>;
  readonly hashType: string;
}

/** Digests kept in memory. */
const KEPT = 20_000;

export function createFileServer(backends: readonly FileBackend[], hashType: string): FileServer {
  const digests = new Map<string, string>();
  return {
    hashType,
    envs: async () => [...new Set((await Promise.all(backends.map((backend) => backend.envs()))).flat())].sort(),
    find: async (path, saltenv) => {
      if (!isServable(path)) return undefined;
      for (const backend of backends) {
        const found = await backend.find(path, saltenv);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    list: async (saltenv) => merge(await Promise.all(backends.map((backend) => backend.list(saltenv)))),
    hash: async (file) => {
      const key = `${file.path}\0${file.size}\0${file.mtimeMs}`;
      const known = digests.get(key);
      if (known !== undefined) return known;
      const digest = await digestOf(file.path, hashType);
      if (digests.size >= KEPT) for (const oldest of digests.keys()) if (digests.delete(oldest)) break;
      digests.set(key, digest);
      return digest;
    },
    read: async (file, offset, length) => {
      let handle: FileHandle | undefined;
      try {
        handle = await open(file.path, 'r');
        const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(length, file.size - offset)));
        const { bytesRead } = buffer.length === 0 ? { bytesRead: 0 } : await handle.read(buffer, 0, buffer.length, offset);
        return buffer.subarray(0, bytesRead);
      } finally {
        await handle?.close();
      }
    },
  };
}

async function digestOf(path: string, hashType: string): Promise<string> {
  const hash = createHash(hashType);
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk);
  return hash.digest('hex');
}

function merge(listings: readonly Listing[]): Listing {
  const [only] = listings;
  if (only !== undefined && listings.length === 1) return only;
  const all = (pick: (listing: Listing) => readonly string[]): string[] => [...new Set(listings.flatMap(pick))].sort();
  return {
    files: all((listing) => listing.files),
    dirs: all((listing) => listing.dirs),
    emptyDirs: all((listing) => listing.emptyDirs),
    links: Object.assign(Object.create(null), ...[...listings].reverse().map((listing) => listing.links)),
  };
}
