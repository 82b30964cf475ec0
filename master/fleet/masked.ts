import type { Returnable } from '../../modules/define.ts';
import { STARS, withoutSecrets } from '../publish/secrets.ts';

/** Besides the names that `isSecretName` knows: keys that are not public halves, and short words for passwords. */
const SECRET_NAME = /^(?!.*(?:pub|host_?key|known))(?:.*[_-])?(?:key|keys|pwd|pw|psk|pin|hash)$/i;
const SECRET_TEXT = /-----BEGIN [A-Z ]*PRIVATE KEY-----|\$(?:1|2[aby]|5|6|7|y|argon2\w*)\$/;
const DEEPEST = 32;

/**
 * Data of a minion as people who may not know its secrets see it: what has a secret name, and private keys and hashes of passwords
 * wherever they stand, become stars.
 */
export const masked = (data: unknown): Returnable => hide(withoutSecrets([data])[0], 0);

function hide(value: unknown, depth: number): Returnable {
  if (typeof value === 'string') return SECRET_TEXT.test(value) ? STARS : value;
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value as Returnable;
  if (depth > DEEPEST) return STARS;
  if (Array.isArray(value)) return value.map((item) => hide(item, depth + 1));
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  const clean = entries.map(([key, item]): [string, Returnable] => [
    String(key),
    isSecret(String(key), item) ? STARS : hide(item, depth + 1),
  ]);
  return Object.assign(Object.create(null) as Record<string, Returnable>, Object.fromEntries(clean));
}

const isSecret = (name: string, value: unknown): boolean =>
  SECRET_NAME.test(name) && (typeof value === 'string' || (typeof value === 'object' && value !== null));
