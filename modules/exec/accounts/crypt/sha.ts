import { createHash } from 'node:crypto';
import { encode24 } from './base64.ts';

/** SHA-crypt, as Ulrich Drepper's specification and the C library have it: `$5$` and `$6$`. */
export interface ShaKind {
  readonly hash: 'sha256' | 'sha512';
  readonly length: number;
}
export const SHA256: ShaKind = { hash: 'sha256', length: 32 };
export const SHA512: ShaKind = { hash: 'sha512', length: 64 };

/** How many rounds are done before other work gets its turn. */
const BURST = 5000;

/**
 * The 43 or 86 characters of the hash. `password` and `salt` are bytes, the salt of at most 16.
 * Gives up, with the signal's reason, when the signal says so: a salt may ask for a thousand million rounds.
 */
export async function shaCrypt(kind: ShaKind, password: Buffer, salt: Buffer, rounds: number, signal: AbortSignal): Promise<string> {
  const digest = (...parts: readonly Buffer[]): Buffer => {
    const hash = createHash(kind.hash);
    for (const part of parts) hash.update(part);
    return hash.digest();
  };
  const stretched = (bytes: Buffer, length: number): Buffer => Buffer.alloc(length, bytes);
  const b = digest(password, salt, password);
  const parts = [password, salt, password.length === 0 ? Buffer.alloc(0) : stretched(b, password.length)];
  for (let bits = password.length; bits > 0; bits >>= 1) parts.push((bits & 1) === 1 ? b : password);
  let a = digest(...parts);
  const p = password.length === 0 ? password : stretched(digest(...Array.from(password, () => password)), password.length);
  const repeats = 16 + (a[0] ?? 0);
  const s = salt.length === 0 ? salt : stretched(digest(...Array.from({ length: repeats }, () => salt)), salt.length);
  for (let round = 0; round < rounds; round += 1) {
    const odd = round % 2 === 1;
    a = digest(odd ? p : a, round % 3 === 0 ? Buffer.alloc(0) : s, round % 7 === 0 ? Buffer.alloc(0) : p, odd ? a : p);
    if (round % BURST === BURST - 1) {
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
    }
  }
  return transposed(kind, a);
}

/** The bytes of the digest in the order of the specification, three to four characters. */
function transposed({ length }: ShaKind, digest: Buffer): string {
  const third = Math.floor(length / 3);
  const at = (index: number): number => digest[index] ?? 0;
  let text = '';
  let [i, j, k] = [0, third, 2 * third];
  for (let group = 0; group < third; group += 1) {
    text += encode24(at(i), at(j), at(k), 4);
    [i, j, k] = length === 64 ? [j + 1, k + 1, i + 1] : [k + 1, i + 1, j + 1];
  }
  return text + (length === 64 ? encode24(0, 0, at(63), 2) : encode24(0, at(31), at(30), 3));
}
