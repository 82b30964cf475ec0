import { CallRefused, CommandFailed, type Returnable } from '../../define.ts';
import { type Der, members, oid, oidOf, sequence, set, TAG, text, textOf } from './der.ts';

/** The attributes of a name that Salt knows, in the order in which it writes them. */
export const ATTRIBUTES: Readonly<Record<string, string>> = {
  C: '2.5.4.6',
  ST: '2.5.4.8',
  L: '2.5.4.7',
  STREET: '2.5.4.9',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  CN: '2.5.4.3',
  MAIL: '1.2.840.113549.1.9.1',
  SN: '2.5.4.4',
  GN: '2.5.4.42',
  UID: '0.9.2342.19200300.100.1.1',
  SERIALNUMBER: '2.5.4.5',
};
/** The short names of RFC 4514; attributes without one are written by their numbers. */
const SHORT: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.6': 'C',
  '2.5.4.9': 'STREET',
  '0.9.2342.19200300.100.1.25': 'DC',
  '0.9.2342.19200300.100.1.1': 'UID',
};
const LONG = Object.fromEntries(Object.entries(SHORT).map(([number, name]) => [name, number]));
const PRINTABLE = new Set(['2.5.4.6', '2.5.4.5', '2.5.4.46']);
const IA5 = new Set(['1.2.840.113549.1.9.1', '0.9.2342.19200300.100.1.25']);

interface Attribute {
  readonly type: string;
  readonly value: string;
}
/** A name, from its most general part to its most particular. */
export type Name = readonly (readonly Attribute[])[];

/** A name from a map of attributes, a list of parts, or a text of RFC 4514. */
export function nameOf(given: Returnable): Name {
  if (typeof given === 'string') return given === '' ? [] : splitAt(given, ',').map(partOf).reverse();
  if (Array.isArray(given)) return given.map((part) => partOf(String(part)));
  if (typeof given !== 'object' || given === null) throw new CallRefused('Need string, list or dict to parse distinguished names');
  const map = given as Readonly<Record<string, Returnable>>;
  return Object.entries(ATTRIBUTES)
    .filter(([name]) => map[name] !== undefined)
    .map(([name, type]) => [{ type, value: valid(type, map[name] ?? null) }]);
}

function valid(type: string, value: Returnable): string {
  if (typeof value !== 'string') throw new TypeError(`the value of ${type} must be text, not ${String(value)}`);
  if (type === ATTRIBUTES['C'] && Buffer.byteLength(value) !== 2) throw new Error(`A country is 2 letters, not '${value}'`);
  if (value === '') throw new Error('A value of a name cannot be empty');
  return value;
}

function partOf(part: string): Attribute[] {
  return splitAt(part, '+').map((pair) => {
    const at = pair.indexOf('=');
    const type = pair.slice(0, Math.max(at, 0)).trim();
    const number = LONG[type] ?? (/^\d+(\.\d+)+$/.test(type) ? type : undefined);
    if (number === undefined) throw new CommandFailed('Failed parsing rfc4514 dirName string');
    return { type: number, value: unescaped(pair.slice(at + 1)) };
  });
}

/** Splits where the mark is not escaped. */
const splitAt = (value: string, mark: string): string[] => value.match(new RegExp(`(?:\\\\.|[^\\\\${mark}])+`, 'gs')) ?? [];

const unescaped = (value: string): string =>
  Buffer.from(
    value.replace(/((?:\\[0-9a-fA-F]{2})+)|\\(.)/gs, (_all, hex: string | undefined, one: string) =>
      hex === undefined ? one : Buffer.from(hex.replaceAll('\\', ''), 'hex').toString('utf8'),
    ),
  ).toString('utf8');

/** RFC 4514: the most particular part first. */
export const rfc4514 = (name: Name): string =>
  [...name]
    .reverse()
    .map((part) => part.map(({ type, value }) => `${SHORT[type] ?? type}=${escaped(value)}`).join('+'))
    .join(',');

const escaped = (value: string): string =>
  value
    .replace(/[\\"+,;<>]/g, '\\$&')
    .replaceAll('\0', '\\00')
    .replace(/^[# ]/, '\\$&')
    .replace(/(?<=.) $/s, '\\ ');

export const encodeName = (name: Name): Buffer =>
  sequence(
    ...name.map((part) =>
      set(
        ...part.map(({ type, value }) =>
          sequence(oid(type), text(PRINTABLE.has(type) ? TAG.printable : IA5.has(type) ? TAG.ia5 : TAG.utf8, value)),
        ),
      ),
    ),
  );

export const decodeName = (der: Der | undefined): Name => members(der).map((part) => members(part, TAG.set).map(attributeOf));
const attributeOf = (der: Der): Attribute => {
  const [type, value] = members(der);
  return { type: oidOf(type?.content ?? Buffer.alloc(0)), value: value === undefined ? '' : textOf(value) };
};

/** The attributes of a name that Salt knows, the first of each. */
export function attributesOf(name: Name): Record<string, string> {
  const all = name.flat();
  const found = Object.entries(ATTRIBUTES).map(([key, type]) => [key, all.find((one) => one.type === type)?.value] as const);
  return Object.fromEntries(found.filter((pair): pair is [string, string] => pair[1] !== undefined));
}
