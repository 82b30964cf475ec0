import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** scrypt with 32 MiB for one check; kept in each hash, so that they can be raised later. */
const NOW = { N: 32768, r: 8, p: 1 } as const;
const BYTES = 32;
const MEMORY = 128 * 1024 * 1024;

/** `scrypt$N$r$p$salt$hash`, the last two in base64. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, NOW.N, NOW.r, NOW.p);
  return ['scrypt', NOW.N, NOW.r, NOW.p, salt.toString('base64'), hash.toString('base64')].join('$');
}

/** Whether the password is the one of the hash; a hash that cannot be read is nobody's. */
export async function isPassword(password: string, kept: string): Promise<boolean> {
  const [kind, n, r, p, salt = '', hash = ''] = kept.split('$');
  const expected = Buffer.from(hash, 'base64');
  if (kind !== 'scrypt' || expected.length !== BYTES) return false;
  const found = await derive(password, Buffer.from(salt, 'base64'), Number(n), Number(r), Number(p));
  return timingSafeEqual(found, expected);
}

const derive = (password: string, salt: Buffer, N: number, r: number, p: number): Promise<Buffer> =>
  new Promise((resolve, reject) =>
    scrypt(password.normalize('NFKC'), salt, BYTES, { N, r, p, maxmem: MEMORY }, (error, key) =>
      error === null ? resolve(key) : reject(error),
    ),
  );

/** Of 100 bits, without letters that look alike, for a user who is given none. */
export function newPassword(): string {
  const letters = 'abcdefghijkmnpqrstuvwxyz23456789';
  return [...randomBytes(20)].map((byte) => letters[byte % 32]).join('');
}
