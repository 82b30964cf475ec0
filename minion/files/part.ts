import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FileHash } from './source.ts';

/**
 * A file on its way: bytes are appended to `<dest>.<hash>.part`, hashed as they come, and the file takes
 * its name when it is whole (P9). The part of a cut transfer of the same content is taken up again.
 */
export class Part {
  readonly #dest: string;
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #hash: Hash | undefined;
  readonly #wanted: FileHash | undefined;
  #length: number;

  private constructor(
    dest: string,
    path: string,
    handle: FileHandle,
    wanted: FileHash | undefined,
    hash: Hash | undefined,
    length: number,
  ) {
    this.#dest = dest;
    this.#path = path;
    this.#handle = handle;
    this.#wanted = wanted;
    this.#hash = hash;
    this.#length = length;
  }

  static async begin(dest: string, wanted: FileHash | undefined): Promise<Part> {
    await mkdir(dirname(dest), { recursive: true });
    const path = `${dest}.${wanted?.sum.slice(0, 16) ?? `${process.pid}-${Math.random().toString(36).slice(2)}`}.part`;
    const hash = wanted === undefined ? undefined : createHash(wanted.kind);
    const handle = await open(path, wanted === undefined ? 'w' : 'a', 0o600);
    const { size } = await handle.stat();
    if (size > 0 && hash !== undefined) for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
    return new Part(dest, path, handle, wanted, hash, size);
  }

  /** Bytes it has. */
  get length(): number {
    return this.#length;
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.#hash?.update(bytes);
    this.#length += bytes.length;
    await this.#handle.writeFile(bytes);
  }

  /** Whether what is there has the wanted hash; false when none was given. */
  isWhole(): boolean {
    return this.#hash !== undefined && this.#hash.copy().digest('hex') === this.#wanted?.sum;
  }

  /** Gives it its name. */
  async finish(mode = 0o644): Promise<void> {
    await this.#handle.chmod(mode);
    await this.#handle.close();
    await rename(this.#path, this.#dest);
  }

  /** Keeps what came, for the next try. */
  async leave(): Promise<void> {
    await this.#handle.close();
  }

  /** Throws away what came. */
  async discard(): Promise<void> {
    await this.#handle.close();
    await rm(this.#path, { force: true });
  }
}
