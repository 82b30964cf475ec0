import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { TsaltError } from '../../../protocol/errors.ts';
import { equal } from './equal.ts';

/** Whether `password` is the one of a line of an Apache `htpasswd` file: `{SHA}`, `$apr1$` (MD5), bcrypt, or what crypt(3) knows. */
export async function isHtpasswd(password: string, kept: string): Promise<boolean> {
  if (kept.startsWith('{SHA}')) return equal(kept.slice(5), createHash('sha1').update(password).digest('base64'));
  if (kept.startsWith('$apr1$')) return equal(kept, apr1(password, kept.split('$')[2] ?? ''));
  if (/^\$(2[aby]|5|6|y)\$/.test(kept)) return equal(kept, await crypt(password, kept));
  throw new TsaltError('bad-config', 'a password of the htpasswd file has a form that is not known: use bcrypt (htpasswd -B), MD5 or SHA1');
}

const LETTERS = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const md5 = (...parts: readonly (string | Uint8Array)[]): Buffer => {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** Apache's variant of MD5 crypt: 1000 rounds, its own alphabet and order of bytes (apr_md5.c describes it). */
export function apr1(password: string, salt: string): string {
  const word = Buffer.from(password);
  const inner = md5(word, salt, word);
  const start: (string | Uint8Array)[] = [word, '$apr1$', salt];
  for (let left = word.length; left > 0; left -= 16) start.push(inner.subarray(0, Math.min(16, left)));
  for (let bits = word.length; bits > 0; bits >>= 1) start.push((bits & 1) === 1 ? Buffer.from([0]) : word.subarray(0, 1));
  let sum = md5(...start);
  for (let round = 0; round < 1000; round += 1) {
    sum = md5(round % 2 === 1 ? word : sum, round % 3 === 0 ? '' : salt, round % 7 === 0 ? '' : word, round % 2 === 1 ? sum : word);
  }
  return `$apr1$${salt}$${encoded(sum)}`;
}

const ORDER = [
  [0, 6, 12],
  [1, 7, 13],
  [2, 8, 14],
  [3, 9, 15],
  [4, 10, 5],
] as const;

function encoded(sum: Buffer): string {
  const letters = (value: number, count: number): string =>
    Array.from({ length: count }, (_, at) => LETTERS[(value >> (6 * at)) & 63]).join('');
  const byte = (at: number): number => sum[at] ?? 0;
  return `${ORDER.map(([a, b, c]) => letters((byte(a) << 16) | (byte(b) << 8) | byte(c), 4)).join('')}${letters(byte(11), 2)}`;
}

/** crypt(3) of the system, by way of python3 or perl: Node has none. The password goes through a pipe, not the list of processes. */
async function crypt(password: string, salt: string): Promise<string> {
  for (const command of CRYPTS) {
    const made = await piped(command, `${Buffer.from(password).toString('base64')} ${salt}\n`).catch(() => undefined);
    if (made?.startsWith('$') === true) return made;
  }
  throw new TsaltError('not-provided', 'hashes of crypt(3) need perl, or python3, on the machine of the master');
}

const PYTHON = `
import base64, ctypes, ctypes.util, sys
word, salt = sys.stdin.readline().split()
lib = ctypes.CDLL(ctypes.util.find_library("crypt") or "libcrypt.so.1")
lib.crypt.restype = ctypes.c_char_p
print((lib.crypt(base64.b64decode(word), salt.encode()) or b"").decode())
`;
const CRYPTS: readonly (readonly [string, ...string[]])[] = [
  ['python3', '-I', '-c', PYTHON],
  ['perl', '-MMIME::Base64', '-e', 'my ($w, $s) = split / /, <STDIN>; chomp $s; print crypt(decode_base64($w), $s), "\\n"'],
];

async function piped([program, ...args]: readonly [string, ...string[]], input: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'], timeout: 10_000 });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.stdin.on('error', reject);
    child.on('close', () => resolve(output.trim()));
    child.stdin.end(input);
  });
}
