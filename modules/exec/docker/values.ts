import type { Returnable } from '../../define.ts';

export type Fields = Readonly<Record<string, Returnable>>;

export const isList = (value: Returnable | undefined): value is readonly Returnable[] => Array.isArray(value);
export const isFields = (value: Returnable | undefined): value is Fields =>
  typeof value === 'object' && value !== null && !isList(value) && !(value instanceof Uint8Array) && !(value instanceof Map);

/** A map of what the engine answered, empty where it has none. */
export const fields = (value: Returnable | undefined): Fields => (isFields(value) ? value : {});
export const list = (value: Returnable | undefined): readonly Returnable[] => (isList(value) ? value : []);
export const texts = (value: Returnable | undefined): string[] => list(value).map(String);
/** A list, or a text with commas. */
export const splitInput = (value: Returnable | undefined): string[] =>
  value == null || value === ''
    ? []
    : isList(value)
      ? value.map(String)
      : String(value)
          .split(',')
          .map((one) => one.trim());

/** Keyword arguments without those that a publication adds. */
export const ownKeywords = (extra: Fields): Record<string, Returnable> =>
  Object.fromEntries(Object.entries(extra).filter(([key]) => !key.startsWith('__')));

/** Bytes as people read them: `1.2 MiB`. */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  let rest = bytes / 1024;
  for (const unit of ['KiB', 'MiB', 'GiB', 'TiB']) {
    if (rest < 1024) return `${rest.toFixed(1)} ${unit}`;
    rest /= 1024;
  }
  return `${rest.toFixed(1)} PiB`;
}

/** Seconds since 1970 as `2026-02-01 13:00:00 CET`. */
export function localTime(epoch: number): string {
  const at = new Date(epoch * 1000);
  const two = (number: number): string => String(number).padStart(2, '0');
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-');
  return `${day} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':')} ${zoneOf(at)}`;
}

/** The short name of the zone in English, as far as the runtime knows one: else `GMT+1`. */
const zoneOf = (at: Date): string =>
  new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' }).formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? '';

/** Whether two values of the engine's JSON say the same; the order of keys does not count. */
export function isEqual(one: Returnable | undefined, other: Returnable | undefined): boolean {
  if (isList(one) && isList(other)) return one.length === other.length && one.every((item, at) => isEqual(item, other[at]));
  if (isFields(one) && isFields(other)) {
    const keys = Object.keys(one);
    return keys.length === Object.keys(other).length && keys.every((key) => key in other && isEqual(one[key], other[key]));
  }
  return one === other;
}

/** Whether Python takes it for true. */
export const holds = (value: Returnable | undefined): boolean =>
  isList(value) ? value.length > 0 : isFields(value) ? Object.keys(value).length > 0 : Boolean(value);

/** Filters as the engine takes them: lists of texts. */
export function filtersOf(given: Returnable | undefined): Fields | undefined {
  if (!isFields(given)) return undefined;
  return Object.fromEntries(Object.entries(given).map(([key, value]) => [key, isList(value) ? value.map(String) : [String(value)]]));
}
