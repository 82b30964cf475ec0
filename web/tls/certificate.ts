import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { bits, context, integer, octets, oid, sequence, set, time, truth, utf8 } from './der.ts';

/** Object identifiers of RFC 5280 and RFC 5758. */
const OID = {
  ecdsaSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  altName: '2.5.29.17',
  subjectKey: '2.5.29.14',
  authorityKey: '2.5.29.35',
} as const;
const DAY_MS = 86_400_000;

export interface Issued {
  readonly key: KeyObject;
  readonly certPem: string;
}

interface Authority {
  readonly name: string;
  readonly key: KeyObject;
  readonly publicKey: KeyObject;
}

/** A new certificate authority: it signs itself. */
export function makeAuthority(name: string, days: number): Issued {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const extensions = [
    extension(OID.basicConstraints, sequence(truth()), true),
    // keyCertSign and cRLSign: bits 5 and 6.
    extension(OID.keyUsage, bits(Buffer.from([0b0000_0110]), 1), true),
    extension(OID.subjectKey, octets(keyId(publicKey))),
  ];
  return {
    key: privateKey,
    certPem: certificate({ issuer: { name, key: privateKey, publicKey }, subject: name, publicKey, days, extensions }),
  };
}

/** A certificate of a server under these names and addresses. */
export function makeServer(authority: Authority, names: readonly string[], days: number): Issued {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const extensions = [
    extension(OID.basicConstraints, sequence(), true),
    extension(OID.keyUsage, bits(Buffer.from([0b1000_0000]), 7), true), // digitalSignature
    extension(OID.extendedKeyUsage, sequence(oid(OID.serverAuth))),
    extension(OID.altName, sequence(...names.map(altName))),
    extension(OID.subjectKey, octets(keyId(publicKey))),
    extension(OID.authorityKey, sequence(context(0, keyId(authority.publicKey), false))),
  ];
  const subject = names[0] ?? 'tsalt';
  return { key: privateKey, certPem: certificate({ issuer: authority, subject, publicKey, days, extensions }) };
}

interface Wanted {
  readonly issuer: Authority;
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly days: number;
  readonly extensions: readonly Buffer[];
}

function certificate({ issuer, subject, publicKey, days, extensions }: Wanted): string {
  const algorithm = sequence(oid(OID.ecdsaSha256));
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const body = sequence(
    context(0, integer(Buffer.from([2]))), // version 3
    integer(serial),
    algorithm,
    distinguished(issuer.name),
    sequence(time(new Date(Date.now() - DAY_MS)), time(new Date(Date.now() + days * DAY_MS))),
    distinguished(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    context(3, sequence(...extensions)),
  );
  const whole = sequence(body, algorithm, bits(sign('sha256', body, issuer.key)));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

const distinguished = (name: string): Buffer => sequence(set(sequence(oid(OID.commonName), utf8(name.slice(0, 64)))));

const extension = (id: string, value: Buffer, critical = false): Buffer =>
  sequence(...[oid(id), ...(critical ? [truth()] : []), octets(value)]);

/** dNSName, or iPAddress for an IPv4 address; of IPv6 addresses only loopback is named. */
function altName(name: string): Buffer {
  if (isIP(name) === 4) return context(7, Buffer.from(name.split('.').map(Number)), false);
  if (name === '::1') return context(7, Buffer.concat([Buffer.alloc(15), Buffer.from([1])]), false);
  return context(2, Buffer.from(name, 'latin1'), false);
}

const keyId = (key: KeyObject): Buffer =>
  createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }).subarray(-65))
    .digest();
