import { randomBytes, randomInt } from 'node:crypto';
import { CallRefused, CommandFailed, type Ctx } from '../../../define.ts';
import { ALPHABET } from './base64.ts';
import { md5Crypt } from './md5.ts';
import { SHA256, SHA512, shaCrypt } from './sha.ts';

/** What crypt(3) answers instead of a hash. */
const REFUSED = '*0';

/** Salt's names of the ways to hash, with the mark that crypt(3) knows each by. */
const MARKS = { sha512: '6', sha256: '5', blowfish: '2b', md5: '1', crypt: '' } as const;
type Algorithm = keyof typeof MARKS;
const isAlgorithm = (name: string): name is Algorithm => Object.hasOwn(MARKS, name);

/** Without a figure in the salt; the least and the most that may be asked for. */
const ROUNDS = { usual: 5000, least: 1000, most: 999_999_999 } as const;

/**
 * A password as shadow(5) holds it. `salt` is what crypt(3) takes between the marks: `abc` or `rounds=9000$abc`;
 * without one it is made up. `*0`, as crypt(3) has it, for a salt that it does not take: no password matches that.
 *
 * @throws CallRefused for an algorithm nobody knows.
 */
export async function hashPassword(ctx: Ctx, password: string, salt: string | undefined, algorithm: string): Promise<string> {
  if (!isAlgorithm(algorithm)) {
    const known = Object.keys(MARKS)
      .map((name) => `'${name}'`)
      .join(', ');
    throw new CallRefused(
      `Cannot hash using '${algorithm}' hash algorithm. Natively supported algorithms are: [${known}]. If passlib is installed (False), the supported algorithms are: [${known}].`,
    );
  }
  if (algorithm === 'blowfish' || algorithm === 'crypt') return systemCrypt(ctx, password, salt, algorithm);
  const [, asked, given = ''] = /^(?:rounds=(\d+)\$)?([^$]*)/.exec(salt ?? freshSalt(algorithm === 'md5' ? 8 : 16)) ?? [];
  // What crypt(3) refuses in a salt.
  if (/[:\n*!\\;]|[^\x21-\x7e]/.test(given)) return REFUSED;
  const bytes = Buffer.from(password, 'utf8');
  if (algorithm === 'md5') {
    const short = given.slice(0, 8);
    return `$1$${short}$${md5Crypt(bytes, Buffer.from(short))}`;
  }
  const rounds = asked === undefined ? ROUNDS.usual : Number(asked);
  if (rounds < ROUNDS.least || rounds > ROUNDS.most) return REFUSED;
  const short = given.slice(0, 16);
  const hash = await shaCrypt(algorithm === 'sha256' ? SHA256 : SHA512, bytes, Buffer.from(short), rounds, ctx.signal);
  return `$${MARKS[algorithm]}$${asked === undefined ? '' : `rounds=${rounds}$`}${short}$${hash}`;
}

/** By crypt(3) of the C library, which perl is at hand for; the password goes by the pipe, where nobody sees it. */
async function systemCrypt(ctx: Ctx, password: string, given: string | undefined, algorithm: 'blowfish' | 'crypt'): Promise<string> {
  if (ctx.host.which('perl') === undefined) throw new CommandFailed(`To hash by ${algorithm}, perl is needed: install it, or use sha512`);
  const fresh = algorithm === 'crypt' ? freshSalt(2) : `12$${freshBlowfishSalt()}`;
  const salt = algorithm === 'crypt' ? (given ?? fresh) : `$2b$${given ?? fresh}`;
  const program = 'local $/; my ($salt, $word) = split /\\0/, <STDIN>, 2; my $hash = crypt($word, $salt); print $hash if defined $hash';
  const { stdout } = await ctx.spawn(['perl', '-e', program], { stdin: `${salt}\0${password}` });
  const hash = stdout.toString('utf8');
  return hash === '' ? REFUSED : hash;
}

const freshSalt = (length: number): string => Array.from({ length }, () => ALPHABET[randomInt(64)]).join('');

/** 16 bytes in bcrypt's base 64: the last of the 22 characters holds two bits. */
const freshBlowfishSalt = (): string => `${randomBytes(16).toString('base64').slice(0, 21).replaceAll('+', '.')}${'.Oeu'[randomInt(4)]}`;

/** A password nobody chose. */
export function randomPassword(): string {
  const characters = Array.from({ length: 94 }, (_, index) => String.fromCharCode(0x21 + index));
  return Array.from({ length: 20 }, () => characters[randomInt(characters.length)]).join('');
}
