import type { BeaconConfig, Returnable } from '../define.ts';

export type Options = { readonly [key: string]: Returnable };

/** The items of a configuration as one map; the last of a name counts. */
export const optionsOf = (config: BeaconConfig): Options => Object.assign(Object.create(null), ...config);

export const isMap = (value: unknown): value is Options =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array) && !(value instanceof Map);

/** A configuration as it was written is a list of maps. */
export const isConfig = (config: Returnable): config is BeaconConfig => Array.isArray(config) && config.every(isMap);

/** What Salt says of any other; each beacon begins its validation with it. */
export const mustBeList = (name: string): string => `Configuration for ${name} beacon must be a list.`;

/** Checks the items as one map; whatever is no list of maps is refused in Salt's words. */
export const checked =
  (name: string, check: (options: Options) => string | undefined) =>
  (config: Returnable): string | undefined =>
    isConfig(config) ? check(optionsOf(config)) : mustBeList(name);

/** A number as people write thresholds: `85`, `85%`, `"0.5"`. @throws Error in the words of Python's `float` */
export function threshold(value: Returnable | undefined): number {
  const text = String(typeof value === 'object' && value !== null && 'value' in value ? value.value : value).replaceAll('%', '');
  const number = Number(text);
  if (text.trim() === '' || Number.isNaN(number)) throw new Error(`could not convert string to float: '${text}'`);
  return number;
}

/** One decimal, as psutil gives percentages. */
export const percent = (part: number, whole: number): number => (whole === 0 ? 0 : Math.round((part / whole) * 1000) / 10);

/**
 * A regular expression as Python's users write it, which must match from the beginning of the text (`re.match`).
 * @throws SyntaxError
 */
export function pythonPattern(source: string, anchored = true): RegExp {
  const flags = /^\(\?([ims]+)\)/.exec(source);
  const body = (flags === null ? source : source.slice(flags[0].length))
    .replaceAll('(?P<', '(?<')
    .replace(/\(\?P=(\w+)\)/g, '\\k<$1>')
    .replaceAll('\\A', '^')
    .replaceAll('\\Z', '$');
  return new RegExp(anchored ? `^(?:${body})` : body, flags?.[1] ?? '');
}
