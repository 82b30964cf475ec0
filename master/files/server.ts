import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type FileBackend, type FoundFile, isServable, joined, type Listing } from './backend.ts';

/** All backends as one: the first that has a file serves it. */
export interface FileServer extends AsyncDisposable {
  readonly backends: readonly FileBackend[];
  /** Some of the backends as one. */
  only(backends: readonly FileBackend[]): FileServer;
  envs(): Promise<readonly string[]>;
  find(path: string, saltenv: string): Promise<FoundFile | undefined>;
  list(saltenv: string): Promise<Listing>;
  /** Hex digest, by `hash_type` unless told; kept until the file's size or time changes. */
  hash(file: FoundFile, kind?: string): Promise<string>;
  /** All of a file, with its hash: for small ones, which are read once then. */
  whole(file: FoundFile, kind?: string): Promise<{ readonly data: Buffer; readonly hash: string }>;
  /** Up to `length` bytes from `offset` on. */
  read(file: FoundFile, offset: number, length: number): Promise<Buffer>;
  readonly hashType: string;
}

/** Digests kept in memory. */
const KEPT = 20_000;

/** @param views of what the backends have, under other names; they come last, and are no backends of their own. */
export function createFileServer(backends: readonly FileBackend[], hashType: string, views: readonly FileBackend[] = []): FileServer {
  const all = [...backends, ...views];
  const digests = new Map<string, string>();
  const keyOf = (file: FoundFile, kind: string): string => `${file.path}\0${file.size}\0${file.mtimeMs}\0${kind}`;
  const keep = (key: string, digest: string): string => {
    if (digests.size >= KEPT) for (const oldest of digests.keys()) if (digests.delete(oldest)) break;
    digests.set(key, digest);
    return digest;
  };
  const read = async (file: FoundFile, offset: number, length: number): Promise<Buffer> => {
    let handle: FileHandle | undefined;
    try {
      handle = await open(file.path, 'r');
      const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(length, file.size - offset)));
      const { bytesRead } = buffer.length === 0 ? { bytesRead: 0 } : await handle.read(buffer, 0, buffer.length, offset);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle?.close();
    }
  };
  return {
    hashType,
    backends,
    only: (some) => createFileServer(some, hashType),
    envs: async () => [...new Set((await Promise.all(all.map((backend) => backend.envs()))).flat())].sort(),
    find: async (path, saltenv) => {
      if (!isServable(path)) return undefined;
      for (const backend of all) {
        const found = await backend.find(path, saltenv);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    list: async (saltenv) => joined(await Promise.all(all.map((backend) => backend.list(saltenv)))),
    hash: async (file, kind = hashType) => {
      const key = keyOf(file, kind);
      return digests.get(key) ?? keep(key, await digestOf(file.path, kind));
    },
    whole: async (file, kind = hashType) => {
      const data = await read(file, 0, file.size);
      const key = keyOf(file, kind);
      return { data, hash: digests.get(key) ?? keep(key, createHash(kind).update(data).digest('hex')) };
    },
    read,
    [Symbol.asyncDispose]: async () => {
      for (const backend of backends) await backend[Symbol.asyncDispose]?.();
    },
  };
}

async function digestOf(path: string, hashType: string): Promise<string> {
  const hash = createHash(hashType);
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk);
  return hash.digest('hex');
}
