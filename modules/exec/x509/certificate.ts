import { createPublicKey, type KeyObject } from 'node:crypto';
import { CallRefused, type Returnable } from '../../define.ts';
import { BadDer, type Der, decode, integerOf, members, oidOf, TAG, timeOf } from './der.ts';
import { isGood } from './digests.ts';
import type { Issuer } from './extensions.ts';
import { decodeName, type Name } from './names.ts';
import { decodeExtensions, type Extension, findExtension } from './rendering.ts';
import { bytesOf, isPem, pemEntries } from './sources.ts';

/** What is signed, by what algorithm, and the signature. */
export interface Signed {
  readonly der: Buffer;
  readonly body: Der;
  /** The number of the algorithm. */
  readonly algorithm: string;
  readonly signature: Buffer;
}

export interface Certificate extends Signed {
  readonly version: number;
  readonly serial: bigint;
  readonly issuer: Name;
  readonly issuerDer: Buffer;
  readonly subject: Name;
  /** As it was written: the same name may be written in several ways. */
  readonly subjectDer: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly key: KeyObject;
  readonly extensions: readonly Extension[];
}

export function signedOf(der: Buffer): Signed {
  const [body, algorithm, signature] = members(decode(der));
  const number = members(algorithm)[0];
  if (body === undefined || number?.tag !== TAG.oid || signature?.tag !== TAG.bits) throw new BadDer('a signature is missing');
  return { der: decode(der).raw, body, algorithm: oidOf(number.content), signature: signature.content.subarray(1) };
}

export const isSignedBy = (signed: Signed, key: KeyObject): boolean => isGood(signed.algorithm, signed.body.raw, signed.signature, key);

const keyOf = (spki: Der | undefined): KeyObject => createPublicKey({ key: spki?.raw ?? Buffer.alloc(0), format: 'der', type: 'spki' });

/** A certificate in PEM, DER or PKCS #7; of several the first. Throws CallRefused. */
export function certificateOf(source: Returnable | undefined): Certificate {
  const bytes = bytesOf(source);
  if (!isPem(bytes)) {
    return (
      attempt(() => decodeCertificate(bytes)) ??
      attempt(() => decodeCertificate(firstOfPkcs7(bytes))) ??
      refuse('Could not deserialize binary data, neither as DER nor PKCS#7, PKCS#12.')
    );
  }
  const [entry] = pemEntries(bytes.toString('latin1'));
  if (entry?.type === 'PKCS7') {
    return attempt(() => decodeCertificate(firstOfPkcs7(entry.bytes))) ?? refuse('Could not load PEM-encoded PKCS#7 blob');
  }
  const isCertificate = entry !== undefined && ['CERTIFICATE', 'X509 CERTIFICATE'].includes(entry.type);
  return (isCertificate ? attempt(() => decodeCertificate(entry.bytes)) : undefined) ?? refuse('Could not load PEM-encoded certificate.');
}

/** The value, or undefined for bytes that are something else. */
export function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof BadDer || (error instanceof Error && 'code' in error)) return undefined;
    throw error;
  }
}
const refuse = (why: string): never => {
  throw new CallRefused(why);
};

function decodeCertificate(der: Buffer): Certificate {
  const signed = signedOf(der);
  const parts = members(signed.body);
  const hasVersion = parts[0]?.tag === 0xa0;
  const [serial, , issuer, validity, subject, spki, ...rest] = hasVersion ? parts.slice(1) : parts;
  const [notBefore, notAfter] = members(validity);
  if (serial?.tag !== TAG.integer || !notBefore || !notAfter || !issuer || !subject) throw new BadDer('no certificate');
  const extensions = rest.find((part) => part.tag === 0xa3);
  return {
    ...signed,
    version: hasVersion ? Number(integerOf(decode(parts[0]?.content ?? Buffer.alloc(0)).content)) + 1 : 1,
    serial: integerOf(serial.content),
    issuer: decodeName(issuer),
    issuerDer: issuer.raw,
    subject: decodeName(subject),
    subjectDer: subject.raw,
    notBefore: timeOf(notBefore),
    notAfter: timeOf(notAfter),
    key: keyOf(spki),
    extensions: decodeExtensions(extensions === undefined ? undefined : decode(extensions.content)),
  };
}

const firstOfPkcs7 = (der: Buffer): Buffer => pkcs7Members(der)[0] ?? refuse('Could not load PKCS#7 blob');

/** The certificates in PKCS #7, in DER. */
function pkcs7Members(der: Buffer): Buffer[] {
  const [, content] = members(decode(der));
  const parts = members(content === undefined ? undefined : decode(content.content));
  const certificates = parts.find((part) => part.tag === 0xa0);
  if (certificates === undefined) throw new BadDer('no certificates');
  return members({ ...certificates, tag: TAG.sequence }).map(({ raw }) => raw);
}

/** All certificates of a file's bytes and how they are packed; undefined where there is none. */
export function certificatesOf(bytes: Buffer): { readonly kind: 'plain' | 'pkcs7'; readonly all: readonly Certificate[] } | undefined {
  const entries = isPem(bytes) ? pemEntries(bytes.toString('latin1')) : undefined;
  const bag = entries === undefined ? bytes : entries[0]?.type === 'PKCS7' ? entries[0].bytes : undefined;
  if (entries !== undefined && bag === undefined) {
    const all = entries.flatMap(({ bytes: der }) => attempt(() => decodeCertificate(der)) ?? []);
    return all.length === 0 ? undefined : { kind: 'plain', all };
  }
  if (bag === undefined) return undefined;
  const single = attempt(() => decodeCertificate(bag));
  if (single !== undefined) return { kind: 'plain', all: [single] };
  const all = attempt(() => pkcs7Members(bag).map(decodeCertificate));
  return all === undefined ? undefined : { kind: 'pkcs7', all };
}

/** What extensions say of who signs by this certificate. */
export const issuerOf = (certificate: Certificate): Issuer => {
  const identifier = findExtension(certificate.extensions, 'subjectKeyIdentifier');
  const names = findExtension(certificate.extensions, 'subjectAltName');
  return {
    key: certificate.key,
    identifier: identifier === undefined ? undefined : decode(identifier.value).content,
    issuerName: certificate.issuerDer,
    serial: certificate.serial,
    subjectAltName: names === undefined ? undefined : decode(names.value).content,
  };
};

export interface Request extends Signed {
  readonly subject: Name;
  readonly subjectDer: Buffer;
  readonly key: KeyObject;
  readonly extensions: readonly Extension[];
}

/** A signing request in PEM or DER. Throws CallRefused. */
export function requestOf(source: Returnable | undefined): Request {
  const bytes = bytesOf(source);
  const text = isPem(bytes);
  const [entry] = text ? pemEntries(bytes.toString('latin1')) : [];
  const der = text ? (/^(NEW )?CERTIFICATE REQUEST$/.test(entry?.type ?? '') ? entry?.bytes : undefined) : bytes;
  return (
    (der === undefined ? undefined : attempt(() => decodeRequest(der))) ??
    refuse(`Could not load ${text ? 'PEM' : 'DER'}-encoded certificate signing request.`)
  );
}

const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';

function decodeRequest(der: Buffer): Request {
  const signed = signedOf(der);
  const [version, subject, spki, attributes] = members(signed.body);
  if (version?.tag !== TAG.integer || subject === undefined) throw new BadDer('no request');
  const wanted = attributes === undefined ? [] : members({ ...attributes, tag: TAG.sequence }).map((one) => members(one));
  const [, values] = wanted.find(([number]) => number !== undefined && oidOf(number.content) === EXTENSION_REQUEST) ?? [];
  const extensions = values === undefined ? [] : decodeExtensions(members(values, TAG.set)[0]);
  return { ...signed, subject: decodeName(subject), subjectDer: subject.raw, key: keyOf(spki), extensions };
}

export interface RevocationList extends Signed {
  readonly issuer: Name;
  readonly lastUpdate: Date;
  readonly nextUpdate: Date | undefined;
  readonly revoked: readonly { readonly serial: bigint; readonly date: Date; readonly extensions: readonly Extension[] }[];
  readonly extensions: readonly Extension[];
}

/** A revocation list in PEM or DER. Throws CallRefused. */
export function revocationListOf(source: Returnable | undefined): RevocationList {
  const bytes = bytesOf(source);
  const text = isPem(bytes);
  const [entry] = text ? pemEntries(bytes.toString('latin1')) : [];
  const der = text ? (entry?.type === 'X509 CRL' ? entry.bytes : undefined) : bytes;
  return (
    (der === undefined ? undefined : attempt(() => decodeList(der))) ??
    refuse(`Could not load ${text ? 'PEM' : 'DER'}-encoded certificate revocation list.`)
  );
}

function decodeList(der: Buffer): RevocationList {
  const signed = signedOf(der);
  const parts = members(signed.body);
  const [, issuer, last, ...rest] = parts[0]?.tag === TAG.integer ? parts.slice(1) : parts;
  if (last === undefined) throw new BadDer('no revocation list');
  const next = rest.find((part) => part.tag === TAG.utcTime || part.tag === TAG.time);
  const entries = rest.find((part) => part.tag === TAG.sequence);
  const extensions = rest.find((part) => part.tag === 0xa0);
  return {
    ...signed,
    issuer: decodeName(issuer),
    lastUpdate: timeOf(last),
    nextUpdate: next === undefined ? undefined : timeOf(next),
    revoked: entries === undefined ? [] : members(entries).map(entryOf),
    extensions: decodeExtensions(extensions === undefined ? undefined : decode(extensions.content)),
  };
}

const entryOf = (der: Der) => {
  const [serial, date, extensions] = members(der);
  if (serial?.tag !== TAG.integer || date === undefined) throw new BadDer('no entry of a revocation list');
  return { serial: integerOf(serial.content), date: timeOf(date), extensions: decodeExtensions(extensions) };
};
