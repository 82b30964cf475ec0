import { isIP } from 'node:net';
import { CallRefused, type Returnable } from '../../define.ts';
import { type Fields, isFields, isList } from './values.ts';
import { splitWords } from './words.ts';

/** Takes a value as users write it into the form that the engine wants. Throws CallRefused, without the option's name. */
export type Reader = (value: Returnable) => Returnable;

export const text: Reader = (value) => (typeof value === 'string' ? value : pythonText(value));
export const truth: Reader = (value) => Boolean(value);
export const asIs: Reader = (value) => value;

export const whole: Reader = (value) => {
  if (typeof value === 'boolean') return value ? 1 : 0;
  const number = typeof value === 'number' ? Math.trunc(value) : /^\s*[+-]?\d+\s*$/.test(String(value)) ? Number(value) : Number.NaN;
  if (Number.isNaN(number)) throw new CallRefused(`'${pythonText(value)}' is not an integer`);
  return number;
};

/** A list of texts, from a list or a text with commas. */
export const words = (value: Returnable): string[] =>
  isList(value)
    ? value.map(pythonText)
    : pythonText(value)
        .split(',')
        .map((one) => one.trim());

/** A command line in words. */
export const command: Reader = (value) => (isList(value) ? value.map(pythonText) : splitWords(pythonText(value)));

export const map: Reader = (value) => {
  if (!isFields(value)) throw new CallRefused(`'${pythonText(value)}' is not a dictionary`);
  return value;
};

const UNITS: Readonly<Record<string, number>> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** Bytes, from a number or a text such as `512m`. */
export const bytes: Reader = (value) => {
  if (typeof value === 'number') return value;
  const [, digits, unit = 'b'] = /^([\d.]+|-1)([bkmgt])?b?$/i.exec(pythonText(value).trim()) ?? [];
  if (digits === undefined) throw new CallRefused(`'${pythonText(value)}' is no size: a number of bytes is, or such as 512m, 2g`);
  return Math.trunc(Number(digits) * (UNITS[unit.toLowerCase()] ?? 1));
};

/** A map, from one or from a list of `key=value`; a list of small maps is joined. */
export const pairs =
  (between: string) =>
  (value: Returnable): Fields => {
    const joined = joinMaps(value);
    if (isFields(joined)) return joined;
    return Object.fromEntries(
      words(joined).map((item) => {
        const at = item.indexOf(between);
        if (at < 0) throw new CallRefused(`'${item}' is not a key${between}value pair`);
        return [item.slice(0, at).trim(), item.slice(at + between.length).trim()];
      }),
    );
  };

/** A list of `key=value`, as environments and hosts are handed on. */
export const pairList =
  (between: string, check: (value: string) => void = () => undefined): Reader =>
  (value) =>
    Object.entries(pairs(between)(value)).map(([key, item]) => {
      if (item === null) return key;
      check(pythonText(item));
      return `${key}${between}${pythonText(item)}`;
    });

/** Labels may stand alone, without a value. */
export const labels: Reader = (value) => {
  const joined = joinMaps(value);
  if (isFields(joined)) return Object.fromEntries(Object.entries(joined).map(([key, item]) => [key, pythonText(item)]));
  const items = isList(joined) ? joined : words(joined);
  return Object.fromEntries(
    items.flatMap((item) => {
      if (isFields(item)) return Object.entries(item).map(([key, one]) => [key, pythonText(one)]);
      const [key = '', ...rest] = pythonText(item).split('=');
      return [[key.trim(), rest.join('=').trim()]];
    }),
  );
};

/** Lists of maps of these keys, from texts such as `/dev/sda:10mb`; `fill` stands for what is missing. */
export const parts =
  (names: readonly string[], fill?: string) =>
  (value: Returnable): Fields[] =>
    (isList(value) ? value : words(value)).map((item) => {
      if (isFields(item)) return item;
      const given = pythonText(item)
        .split(':')
        .map((one) => one.trim());
      const isRight = given.length <= names.length && (given.length === names.length || fill !== undefined);
      if (!isRight)
        throw new CallRefused(
          `'${pythonText(item)}' contains ${given.length} value(s) (expected ${fill === undefined ? '' : 'up to '}${names.length})`,
        );
      return Object.fromEntries(names.map((name, at) => [name, given[at] ?? fill ?? '']));
    });

export function checkAddress(address: string): void {
  if (isIP(address) === 0) throw new CallRefused(`'${address}' is not a valid IP address`);
}

export function checkSubnet(subnet: string): void {
  const [, address = '', bits] = /^(.+)\/(\d{1,3})$/.exec(subnet) ?? [];
  const version = isIP(address);
  if (version === 0 || Number(bits) > (version === 4 ? 32 : 128)) throw new CallRefused(`'${subnet}' is not a valid subnet`);
}

/** YAML's list of maps of one key each, as one map. */
function joinMaps(value: Returnable): Returnable {
  if (!isList(value) || value.length === 0 || !value.every((item) => isFields(item) && Object.keys(item).length === 1)) return value;
  return Object.assign({}, ...(value as readonly Fields[])) as Fields;
}

/** As Python shows it; lists and maps, which are a mistake where a text is read, as JSON. */
const pythonText = (value: Returnable): string => {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  // Maps have no prototype, and nothing that makes a text of them.
  return isList(value) || (typeof value === 'object' && !('toString' in value)) ? JSON.stringify(value) : String(value);
};
