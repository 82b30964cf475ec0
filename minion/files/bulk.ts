import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { BadFrame } from '../../protocol/errors.ts';
import type { Message } from '../../protocol/suites/suite.ts';
import { bytesOf } from '../../protocol/wire/envelope.ts';
import { isMap } from '../listen/publication.ts';
import { hashFile } from './hashes.ts';
import type { FileSource, Wanted } from './source.ts';
import { inTurns } from './turns.ts';

export type AskBulk = (load: Message, bytesAt: readonly string[]) => Promise<unknown>;

/** Names in one question; the answer is bounded by the master. */
const AT_ONCE = 500;
/** Questions on their way at once. */
const LANES = 3;

/**
 * Many files in few answers: `_serve_files` of a tsalt master. What the answer had no room for is asked
 * for again; a file too big for any answer comes by `fetch` of `single`.
 */
export async function fetchInBulk(wanted: readonly Wanted[], env: string, ask: AskBulk, single: FileSource): Promise<ReadonlySet<string>> {
  const there = new Set<string>();
  const queue = [...wanted];
  const lane = async (): Promise<void> => {
    while (queue.length > 0) {
      const batch = queue.splice(0, AT_ONCE);
      const left = await oneAnswer(batch, env, ask, single, there);
      if (left.length >= batch.length) throw new BadFrame('the master answered _serve_files without a single file');
      queue.unshift(...left);
    }
  };
  await Promise.all(Array.from({ length: Math.min(LANES, Math.ceil(wanted.length / AT_ONCE)) }, lane));
  return there;
}

/** Answers what is still to be asked for. */
async function oneAnswer(batch: readonly Wanted[], env: string, ask: AskBulk, single: FileSource, there: Set<string>): Promise<Wanted[]> {
  const files = await inTurns(batch, async ({ path, dest }) => ({ path, hash: (await hashFile(dest, 'sha256')) ?? null }));
  const answer = await ask({ cmd: '_serve_files', saltenv: env, files }, ['data']);
  const pending = new Map(batch.map((one) => [one.path, one]));
  const directories = new Set<string>();
  await inTurns(told(answer), async (entry) => {
    const one = pending.get(entry.path);
    pending.delete(entry.path);
    if (one !== undefined && (await take(entry, one, env, single, directories))) there.add(one.path);
  });
  return [...pending.values()];
}

/** What the answer tells of one file. */
interface Told {
  readonly path: string;
  readonly fate: 'same' | 'missing' | 'big' | 'data';
  readonly hash: string;
  readonly mode: number;
  readonly data: Uint8Array;
}

/** @throws BadFrame when the sizes do not add up to the bytes that came. */
function told(answer: unknown): Told[] {
  if (!isMap(answer) || !Array.isArray(answer['files'])) throw new BadFrame('_serve_files: an answer without files');
  const bytes = bytesOf(answer['data']) ?? new Uint8Array();
  let at = 0;
  return answer['files'].filter(isMap).map((entry) => {
    const size = typeof entry['size'] === 'number' && entry['size'] >= 0 ? entry['size'] : 0;
    const fate = entry['same'] === true ? 'same' : entry['missing'] === true ? 'missing' : entry['big'] === true ? 'big' : 'data';
    const data = fate === 'data' ? bytes.subarray(at, at + size) : bytes.subarray(0, 0);
    if (fate === 'data' && data.length !== size) throw new BadFrame(`_serve_files: too few bytes for ${String(entry['path'])}`);
    at += data.length;
    const mode = typeof entry['mode'] === 'number' ? entry['mode'] & 0o777 : 0o644;
    return { path: String(entry['path']), fate, hash: String(entry['hash'] ?? ''), mode, data };
  });
}

async function take(entry: Told, { path, dest }: Wanted, env: string, single: FileSource, directories: Set<string>): Promise<boolean> {
  if (entry.fate === 'missing') return false;
  if (entry.fate === 'same') return true;
  if (entry.fate === 'big') return await single.fetch(path, env, dest, { kind: 'sha256', sum: entry.hash });
  makeOnce(dirname(dest), directories);
  const draft = `${dest}.${process.pid}.part`;
  writeFileSync(draft, entry.data, { mode: entry.mode });
  renameSync(draft, dest);
  return true;
}

function makeOnce(directory: string, made: Set<string>): void {
  if (made.has(directory)) return;
  mkdirSync(directory, { recursive: true });
  made.add(directory);
}
