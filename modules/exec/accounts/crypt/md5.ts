import { createHash } from 'node:crypto';
import { encode24 } from './base64.ts';

/** MD5-crypt of FreeBSD, `$1$`: the 22 characters of the hash. The salt is of at most 8 bytes. */
export function md5Crypt(password: Buffer, salt: Buffer): string {
  const digest = (...parts: readonly Buffer[]): Buffer => createHash('md5').update(Buffer.concat(parts)).digest();
  const b = digest(password, salt, password);
  const parts = [password, Buffer.from('$1$'), salt, password.length === 0 ? password : Buffer.alloc(password.length, b)];
  for (let bits = password.length; bits > 0; bits >>= 1) parts.push((bits & 1) === 1 ? Buffer.alloc(1) : password.subarray(0, 1));
  let a = digest(...parts);
  for (let round = 0; round < 1000; round += 1) {
    const odd = round % 2 === 1;
    const none = Buffer.alloc(0);
    a = digest(odd ? password : a, round % 3 === 0 ? none : salt, round % 7 === 0 ? none : password, odd ? a : password);
  }
  const at = (index: number): number => a[index] ?? 0;
  const groups = [0, 1, 2, 3, 4].map((i) => encode24(at(i), at(i + 6), at(i === 4 ? 5 : i + 12), 4));
  return groups.join('') + encode24(0, 0, at(11), 2);
}
