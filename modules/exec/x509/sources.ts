import { readFileSync, statSync } from 'node:fs';
import { CallRefused, type Returnable } from '../../define.ts';

export const isFile = (path: Returnable): boolean => {
  if (typeof path !== 'string') return false;
  try {
    return statSync(path).isFile();
  } catch {
    // A text that is no path: absent, too long, or with bytes that no name has.
    return false;
  }
};

/** The bytes of a source: a path, a text in PEM, hexadecimal or base64, or bytes. Throws CallRefused. */
export function bytesOf(source: Returnable | undefined): Buffer {
  if (source instanceof Uint8Array) return Buffer.from(source);
  if (typeof source === 'string') {
    const found = isFile(source) ? readFileSync(source) : decoded(source);
    if (found !== undefined) return found;
  }
  throw new CallRefused('Could not load provided source. You need to pass an existing file, (PEM|hex|base64)-encoded string or raw bytes.');
}

function decoded(text: string): Buffer | undefined {
  if (text.startsWith('b64:')) return base64(text.slice(4));
  if (isPem(text)) return Buffer.from(text);
  const hex = text.replace(/\s+/g, '');
  if (/^(?:[0-9a-fA-F]{2})*$/.test(hex)) return Buffer.from(hex, 'hex');
  return base64(text);
}

/** What is no letter of base64 is passed over; undefined if the rest is none. */
function base64(text: string): Buffer | undefined {
  const letters = text.replace(/[^A-Za-z0-9+/=]/g, '');
  const plain = letters.replace(/=.*$/s, '');
  if (plain.length % 4 === 1 || (plain.length % 4 !== 0 && letters.length - plain.length < 4 - (plain.length % 4))) return undefined;
  return Buffer.from(plain, 'base64');
}

export const isPem = (text: string | Buffer): boolean => text.includes('-----BEGIN');

/** The entries of a text in PEM, each with its type and its bytes. */
export function pemEntries(text: string): { readonly type: string; readonly bytes: Buffer; readonly text: string }[] {
  return [...text.matchAll(/-----BEGIN ([^\n-]+)-----\s*([\s\S]*?)-----END \1-----/g)].map(([all, type = '', body = '']) => ({
    type,
    bytes: Buffer.from(body, 'base64'),
    text: `${all}\n`,
  }));
}

/** Bytes in PEM. */
export const pem = (type: string, bytes: Buffer): string =>
  `-----BEGIN ${type}-----\n${bytes.toString('base64').replace(/.{64}(?=.)/g, '$&\n')}\n-----END ${type}-----\n`;

/**
 * The first entry of this type (a regular expression) of a text, neatly broken into lines. A text that lost its line
 * breaks on the way, as from a pillar, is taken too. Throws CallRefused if there is none.
 */
export function pemEntry(source: Returnable, type?: string): string {
  const text = bytesOf(source).toString('utf8').replaceAll('\\n', '\n');
  const kind = type ?? '[0-9A-Z ]+';
  const encryption = String.raw`(?:(?<proc>Proc-Type: 4,ENCRYPTED)\s*)?(?:(?<dek>DEK-Info: (?:DES-[3A-Z-]+,[0-9A-F]{16}|[0-9A-Z-]+,[0-9A-F]{32}))\s*)?`;
  const pattern = String.raw`(?<head>-----BEGIN ${kind}-----)\s*${encryption}(?<body>[^-]+?)\s*(?<foot>-----END ${kind}-----)`;
  const found = new RegExp(pattern).exec(text)?.groups;
  if (found === undefined) {
    throw new CallRefused(
      type === undefined ? `PEM text not valid:\n${text}` : `PEM does not contain a single entry of type ${type}:\n${text}`,
    );
  }
  const { head, proc, dek, body = '', foot } = found;
  const lines = body.replace(/\s+/g, '').replace(/.{64}(?=.)/g, '$&\n');
  return `${head}\n${proc === undefined ? '' : `${proc}\n`}${dek === undefined ? '' : `${dek}\n\n`}${lines}\n${foot}\n`;
}
