import { FileDiffers } from '../errors.ts';
import { Part } from './part.ts';
import type { FileHash } from './source.ts';

/** A piece of a file, and whether the file is there at all. */
export interface Chunk {
  readonly data: Uint8Array;
  readonly exists: boolean;
}

/** Asks for the bytes from `loc` on, as many as the other side cares to send. Empty at the end. */
export type ReadChunk = (loc: number) => Promise<Chunk>;

const TRIES = 3;

/**
 * Downloads one file in chunks, several of them on their way at once: the size of the first chunk tells
 * where the next ones begin. False when the file does not exist. @throws FileDiffers
 */
export async function download(
  name: { path: string; env: string },
  dest: string,
  hash: FileHash | undefined,
  read: ReadChunk,
  ahead: number,
) {
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const outcome = await once(dest, hash, read, ahead);
    if (outcome !== 'differs') return outcome === 'done';
  }
  throw new FileDiffers(name.path, name.env);
}

async function once(dest: string, hash: FileHash | undefined, read: ReadChunk, ahead: number): Promise<'done' | 'missing' | 'differs'> {
  const part = await Part.begin(dest, hash);
  try {
    const exists = await fill(part, hash, read, ahead);
    if (!exists) await part.discard();
    else if (hash === undefined || part.isWhole()) await part.finish();
    else await part.discard();
    if (!exists) return 'missing';
    return hash === undefined || part.isWhole() ? 'done' : 'differs';
  } catch (error) {
    await part.leave();
    throw error;
  }
}

async function fill(part: Part, hash: FileHash | undefined, read: ReadChunk, ahead: number): Promise<boolean> {
  const first = await read(part.length);
  if (!first.exists) return false;
  const size = first.data.length;
  if (size === 0) return true;
  await part.append(first.data);
  // A short file is whole after its first chunk; only its hash can say so without one more question.
  if (hash !== undefined && part.isWhole()) return true;
  await followUp(part, size, read, ahead);
  return true;
}

/** Keeps `ahead` questions on their way and appends their answers in order, until one is short. */
async function followUp(part: Part, size: number, read: ReadChunk, ahead: number): Promise<void> {
  const queue: Promise<Chunk>[] = [];
  let next = part.length;
  const ask = (): void => {
    const chunk = read(next);
    chunk.catch(() => undefined); // whoever awaits it hears of it; one that nobody awaits any more may fail
    queue.push(chunk);
    next += size;
  };
  for (let asked = 0; asked < ahead; asked += 1) ask();
  for (let chunk = queue.shift(); chunk !== undefined; chunk = queue.shift()) {
    const { data } = await chunk;
    if (data.length > 0) await part.append(data);
    if (data.length < size) return;
    ask();
  }
}
