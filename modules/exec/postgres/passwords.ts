import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

/** `md5`, `scram-sha-256`; true means md5, false the password as it is. */
export type Encryption = boolean | string | undefined;

/** A role's password as the server keeps it. What is in that form already stays. */
export function storedPassword(role: string, password: string, encrypted: Encryption = 'md5'): string {
  if (encrypted === false) return password;
  if (encrypted === 'scram-sha-256') return password.startsWith('SCRAM-SHA-256') ? password : scram(password);
  if (encrypted === 'md5' || encrypted === true) return password.startsWith('md5') ? password : md5(role, password);
  throw new Error(`Unknown password algorithm: ${encrypted}`);
}

/** Whether what the server keeps of a role's password is kept of this one, in this form. */
export function isStoredAs(role: string, password: string, kept: string, encrypted: Encryption = 'md5'): boolean {
  const [, iterations, salt = ''] = /^SCRAM-SHA-256\$(\d+):([^$]+)\$/.exec(kept) ?? [];
  if (encrypted !== 'scram-sha-256' || password.startsWith('SCRAM-SHA-256')) return kept === storedPassword(role, password, encrypted);
  return iterations !== undefined && kept === scram(password, Buffer.from(salt, 'base64'), Number(iterations));
}

const md5 = (role: string, password: string): string => `md5${createHash('md5').update(`${password}${role}`).digest('hex')}`;

const ITERATIONS = 4096;

/** RFC 5803, in the form of pg_authid: `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`. */
function scram(password: string, salt = randomBytes(16), iterations = ITERATIONS): string {
  const salted = pbkdf2Sync(saslprep(password), salt, iterations, 32, 'sha256');
  const keyed = (text: string): Buffer => createHmac('sha256', salted).update(text).digest();
  const stored = createHash('sha256').update(keyed('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${keyed('Server Key').toString('base64')}`;
}

const MAPPED_TO_NOTHING = /\u034f|[\u180b-\u180d\ufe00-\ufe0f]|[\u00ad\u1806\u200b-\u200d\u2060\ufeff]/gu;
const PROHIBITED =
  /\u0340|\u0341|[\p{Cc}\p{Co}\p{Cs}\u06dd\u070f\u180e\u200e\u200f\u2028-\u202e\u2061-\u2063\u206a-\u206f\u2ff0-\u2ffb\ufff9-\ufffd]/u;

/** RFC 4013, so that a password typed on another keyboard is the same; one it prohibits is taken as it is, as the server does. */
function saslprep(password: string): string {
  const mapped = password
    .replace(/[\p{Zs}]/gu, ' ')
    .replace(MAPPED_TO_NOTHING, '')
    .normalize('NFKC');
  return mapped === '' || PROHIBITED.test(mapped) ? password : mapped;
}
