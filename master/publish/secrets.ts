import { isSecretName } from '../../kernel/config/redact.ts';
import { entriesOf } from '../../kernel/targeting/python.ts';

/** What stands where a secret was. */
export const STARS = '**********';
const DEEPEST = 16;

/**
 * Arguments of a job as they may be stored and told: values of keywords and keys whose name says that they are
 * secret (`password`, `token`, `api_key`, ...) and pillar given on the command line become stars. This is the one
 * place for it, before the job store and the event bus; the publication itself, which is sealed, carries the values.
 * Results are stored as they are: what a function returns is what its caller asked for.
 */
export const withoutSecrets = (args: readonly unknown[]): readonly unknown[] => args.map((arg) => hide(arg, 0));

function hide(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return hideInText(value);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (depth >= DEEPEST) return STARS;
  if (Array.isArray(value)) return value.map((item) => hide(item, depth + 1));
  return isPlain(value) ? hideInMap(value, depth) : value;
}

function hideInMap(map: Readonly<Record<string, unknown>> | ReadonlyMap<unknown, unknown>, depth: number): unknown {
  const pairs = entriesOf(map);
  const keywords = pairs.some(([key, item]) => key === '__kwarg__' && item === true);
  const clean = pairs.map(([key, item]): [unknown, unknown] => [key, isSecret(key, item, keywords) ? STARS : hide(item, depth + 1)]);
  if (map instanceof Map) return new Map(clean);
  return Object.assign(Object.create(null), Object.fromEntries(clean as [string, unknown][]));
}

/** A switch or a count tells nothing; a text or a tree may. */
function isSecret(key: unknown, value: unknown, keywords: boolean): boolean {
  if (typeof key !== 'string' || (typeof value !== 'string' && (typeof value !== 'object' || value === null))) return false;
  return isSecretName(key) || (keywords && (key === 'pillar' || key === 'pillar_override'));
}

/** `password=x` as one text, which minions take for a keyword. */
function hideInText(text: string): string {
  const match = /^([A-Za-z_][\w.-]*)=(?!=)[\s\S]+$/.exec(text);
  const name = match?.[1];
  return name !== undefined && (isSecretName(name) || name === 'pillar') ? `${name}=${STARS}` : text;
}

function isPlain(value: object): value is Readonly<Record<string, unknown>> | ReadonlyMap<unknown, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return value instanceof Map || prototype === null || prototype === Object.prototype;
}
