import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, realpath } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { TsaltError } from '../../protocol/errors.ts';

/** One piece of a file that a minion pushes (`cp.push`). */
export interface Piece {
  /** Components of the path on the minion, without the first slash. */
  readonly path: readonly string[];
  /** Where in the file it belongs; 0 starts it anew. */
  readonly offset: number;
  readonly data: Uint8Array;
}

export interface ReceiveOptions {
  /** `cachedir/minions`; what `web1` pushes lies below `web1/files` there. */
  readonly directory: string;
  /** Largest file, in bytes. */
  readonly most: number;
}

const LONGEST_PATH = 4096;

/**
 * Writes a piece below the minion's own directory, and nowhere else, whatever links lie there.
 * @throws TsaltError `bad-push` naming what was wrong.
 */
export async function receivePiece({ directory, most }: ReceiveOptions, minion: string, piece: Piece): Promise<void> {
  const names = checked(piece.path);
  const { offset, data } = piece;
  if (!Number.isSafeInteger(offset) || offset < 0) throw refusal(`the offset ${offset} is none`);
  if (offset + data.length > most) throw refusal(`the file is larger than file_recv_max_size allows (${most} bytes)`);
  const home = join(directory, minion, 'files');
  const target = join(home, ...names);
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  await staysBelow(home, dirname(target));
  await write(target, offset, data);
}

function checked(path: readonly string[]): readonly string[] {
  const names = path.flatMap((part) => part.split('/')).filter((part) => part !== '' && part !== '.');
  const odd = names.length === 0 || names.includes('..') || names.some((name) => name.includes('\0') || name.includes('\\'));
  if (odd || names.join('/').length > LONGEST_PATH) throw refusal('the path is none below a directory');
  return names;
}

async function staysBelow(home: string, directory: string): Promise<void> {
  const [inside, real] = [await realpath(home), await realpath(directory)];
  if (real !== inside && !real.startsWith(inside + sep)) throw refusal(`${directory} leads out of ${home}`);
}

/** Opened without following a link at its end; a first piece empties what was there. */
async function write(target: string, offset: number, data: Uint8Array): Promise<void> {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
  let file: FileHandle | undefined;
  try {
    file = await open(target, O_WRONLY | O_CREAT | O_NOFOLLOW | (offset === 0 ? O_TRUNC : 0), 0o600);
    const { size } = await file.stat();
    if (size < offset) throw refusal(`a piece at ${offset} does not follow the ${size} bytes that are here`);
    await file.write(data, 0, data.length, offset);
  } finally {
    await file?.close();
  }
}

const refusal = (why: string): TsaltError => new TsaltError('bad-push', `not taken: ${why}`);
