import { isIPv4, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import { CallRefused, CommandFailed, type Returnable } from '../../define.ts';
import { type Der, decode, encode, oid, oidOf, tagged } from './der.ts';
import { decodeName, encodeName, nameOf, rfc4514 } from './names.ts';

/** A kind and a value: `['DNS', 'example.org']`. */
export type Pair = readonly [string, Returnable];

/** RFC 5280, section 4.2.1.6: the number of each kind within a GeneralName. */
const NUMBER = { email: 1, dns: 2, dirname: 4, uri: 6, ip: 7, rid: 8 } as const;

/** `DNS:example.org` taken apart; a text without a colon has the value `__present__`. */
export function pairOf(text: string): Pair {
  const at = text.indexOf(':');
  return at < 0 ? [text.trim(), '__present__'] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

/** The pairs of an option, as a text of OpenSSL's or as a list; what makes it critical is apart. */
export function pairsOf(value: Returnable): { readonly pairs: Pair[]; readonly critical: boolean } {
  if (typeof value === 'string') {
    const critical = value.startsWith('critical');
    const rest = critical ? value.slice('critical'.length).replace(/^[,\s]+|[,\s]+$/g, '') : value;
    return { pairs: rest.split(',').map((item) => pairOf(item.trim())), critical };
  }
  if (!Array.isArray(value)) return { pairs: [], critical: false };
  const items = value as readonly Returnable[];
  const pairs = items.flatMap((item): Pair[] =>
    typeof item === 'string' ? (item.includes(':') ? [pairOf(item)] : []) : isMap(item) ? Object.entries(item) : [],
  );
  return { pairs, critical: items.includes('critical') };
}

export const isMap = (value: Returnable | undefined): value is Readonly<Record<string, Returnable>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);

export function encodeGeneralName([type, value]: Pair): Buffer {
  const kind = type.toLowerCase();
  if (kind === 'othername') throw new CallRefused('otherName is currently not implemented');
  if (!Object.hasOwn(NUMBER, kind)) throw new CommandFailed(`GeneralName type ${kind} is invalid`);
  const number = NUMBER[kind as keyof typeof NUMBER];
  if (kind === 'dirname') return tagged(number, encodeName(nameOf(value)));
  if (typeof value !== 'string') throw new CallRefused(`Expected string value, got ${String(value)}`);
  if (kind === 'rid') return tagged(number, decode(oid(checkedOid(value))).content, false);
  if (kind === 'ip') return tagged(number, addressBytes(value), false);
  return tagged(number, Buffer.from(asciiOf(kind, value), 'latin1'), false);
}

export function checkedOid(text: string): string {
  if (!/^[012](\.\d+)+$/.test(text)) throw new CommandFailed(`Invalid oid: ${text}`);
  return text;
}

function asciiOf(kind: string, value: string): string {
  if (kind === 'dns')
    return value.startsWith('.') ? `.${domain(value.slice(1))}` : value.startsWith('*.') ? `*.${domain(value.slice(2))}` : domain(value);
  const at = value.lastIndexOf('@');
  if (kind === 'email')
    return at < 0
      ? value.startsWith('.')
        ? `.${domain(value.slice(1))}`
        : domain(value)
      : `${value.slice(0, at)}@${domain(value.slice(at + 1))}`;
  const [, head = '', host, rest = ''] = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]+)(.*)$/is.exec(value) ?? [];
  return host === undefined ? value : `${head}${/[^\x20-\x7e]/.test(host) ? domain(host) : host}${rest}`;
}

/** A name of hosts in the letters of the domain system. */
function domain(name: string): string {
  if (name === '') throw new CommandFailed('Empty domain');
  if (name.split('.').includes('')) throw new CommandFailed('Empty Label');
  if (name.startsWith('*.')) throw new CommandFailed('Wildcards are not allowed in this context');
  const ascii = /^[\x20-\x7e]*$/.test(name) ? name : domainToASCII(name);
  const bad = /[^A-Za-z\d.-]/.exec(ascii);
  if (bad !== null) {
    const code = bad[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
    throw new CommandFailed(`Codepoint U+${code} at position ${bad.index + 1} of '${name}' not allowed`);
  }
  if (ascii === '') throw new CommandFailed(`'${name}' is no name of a host`);
  return ascii;
}

/** 4 or 16 bytes; twice as many for a network. */
function addressBytes(text: string): Buffer {
  const [address = '', prefix] = text.split('/');
  const bytes = bytesOfAddress(address);
  const length = prefix === undefined ? undefined : Number(prefix);
  if (bytes === undefined || (length !== undefined && !(length >= 0 && length <= bytes.length * 8))) {
    throw new CommandFailed(`Provided value ${text} does not seem to be an IP address or network range.`);
  }
  if (length === undefined) return bytes;
  const mask = Buffer.from(bytes.map((_byte, index) => (0xff << (8 - Math.max(0, Math.min(8, length - index * 8)))) & 0xff));
  return Buffer.concat([bytes, mask]);
}

function bytesOfAddress(address: string): Buffer | undefined {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  if (!isIPv6(address) || address.includes('%')) return undefined;
  // An IPv4 address at the end stands for two groups.
  const hex = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, ...n: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = n.slice(0, 4).map(Number);
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [head = '', tail] = hex.split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const [before, after] = [groups(head), groups(tail ?? '')];
  const zeros = tail === undefined ? [] : new Array<string>(8 - before.length - after.length).fill('0');
  return Buffer.from([...before, ...zeros, ...after].map((group) => group.padStart(4, '0')).join(''), 'hex');
}

/** A GeneralName as Salt shows it: `DNS:example.org`. */
export function renderGeneralName(der: Der): string {
  const number = der.tag & 0x1f;
  const text = der.content.toString('latin1');
  if (number === NUMBER.email) return `mail:${text}`;
  if (number === NUMBER.dns) return `DNS:${text}`;
  if (number === NUMBER.uri) return `URI:${text}`;
  if (number === NUMBER.rid) return `RID:${oidOf(der.content)}`;
  if (number === NUMBER.dirname) return `dirName:${rfc4514(decodeName(decode(der.content)))}`;
  if (number === NUMBER.ip) return `IP:${addressText(der.content)}`;
  return `otherName:${encode(der.tag, der.content).toString('hex')}`;
}

function addressText(bytes: Buffer): string {
  const text = (part: Buffer): string => (part.length === 4 ? [...part].join('.') : (part.toString('hex').match(/.{4}/g) ?? []).join(':'));
  if (bytes.length === 4 || bytes.length === 16) return text(bytes);
  const half = bytes.length / 2;
  const prefix = [...bytes.subarray(half)]
    .map((byte) => byte.toString(2).replaceAll('0', '').length)
    .reduce((one, other) => one + other, 0);
  return `${text(bytes.subarray(0, half))}/${prefix}`;
}
