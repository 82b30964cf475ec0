import { type KeyObject, randomBytes } from 'node:crypto';
import { CallRefused, CommandFailed, type Ctx, type Returnable } from '../../define.ts';
import { type Certificate, certificateOf, issuerOf, type Request, requestOf } from './certificate.ts';
import { bits, encode, integer, oid, sequence, set, tagged, time } from './der.ts';
import { algorithmOf, signed } from './digests.ts';
import { ENTRY_NUMBERS, encodeExtension, type Issuer, NUMBERS, rawExtension } from './extensions.ts';
import { isMap } from './general_names.ts';
import { isPair, privateKeyOf, publicKeyOf, publicOf, spkiOf } from './keys.ts';
import { daysFromNow, momentOf } from './moments.ts';
import { encodeName, nameOf } from './names.ts';

/** The keyword arguments of a call that makes a certificate: attributes of the subject, extensions, and the rest. */
export type Wishes = Readonly<Record<string, Returnable>>;

const ONLY_IN_LISTS = ['issuingDistributionPoint', 'cRLNumber', 'deltaCRLIndicator', 'freshestCRL'];
const IN_CERTIFICATES = Object.keys(NUMBERS).filter((name) => !ONLY_IN_LISTS.includes(name));
const IN_LISTS = ['authorityKeyIdentifier', 'authorityInfoAccess', 'issuerAltName', ...ONLY_IN_LISTS];
/** What only who signs can say. */
const NOT_IN_REQUESTS = ['authorityInfoAccess', 'authorityKeyIdentifier', 'issuerAltName', 'crlDistributionPoints'];

/** Older names of attributes and extensions, as states still have them. */
const OLD_NAMES: Readonly<Record<string, readonly string[]>> = {
  CN: ['commonName'],
  L: ['localityName'],
  ST: ['stateOrProvinceName'],
  O: ['organizationName'],
  OU: ['organizationUnitName'],
  GN: ['givenName'],
  SN: ['surname'],
  MAIL: ['Email', 'emailAddress'],
  SERIALNUMBER: ['serialNumber'],
  digest: ['algorithm'],
  basicConstraints: ['X509v3 Basic Constraints'],
  keyUsage: ['X509v3 Key Usage'],
  extendedKeyUsage: ['X509v3 Extended Key Usage'],
  subjectKeyIdentifier: ['X509v3 Subject Key Identifier'],
  authorityKeyIdentifier: ['X509v3 Authority Key Identifier'],
  issuerAltName: ['X509v3 Issuer Alternative Name', 'issuserAltName'],
  authorityInfoAccess: ['Authority Information Access'],
  subjectAltName: ['X509v3 Subject Alternative Name'],
  crlDistributionPoints: ['X509v3 CRL Distribution Points'],
  issuingDistributionPoint: ['X509v3 Issuing Distribution Point'],
  certificatePolicies: ['X509v3 Certificate Policies'],
  policyConstraints: ['X509v3 Policy Constraints'],
  inhibitAnyPolicy: ['X509v3 Inhibit Any Policy'],
  nameConstraints: ['X509v3 Name Constraints'],
  noCheck: ['OCSP No Check'],
  tlsfeature: ['TLS Feature'],
  nsComment: ['Netscape Comment'],
  nsCertType: ['Netscape Certificate Type'],
  cRLNumber: ['X509v3 CRLNumber'],
  deltaCRLIndicator: ['X509v3 Delta CRL Indicator'],
  freshestCRL: ['x509v3 Freshest CRL'],
};

/** The same wishes under the names of today. */
export const modern = (wishes: Wishes): Wishes => {
  const renamed = new Map(Object.entries(OLD_NAMES).flatMap(([name, olds]) => olds.map((old) => [old, name] as const)));
  return Object.fromEntries(Object.entries(wishes).map(([key, value]) => [renamed.get(key) ?? key, value]));
};

const given = (wishes: Wishes, key: string): string | undefined => (wishes[key] == null ? undefined : String(wishes[key]));

/** A serial number as a number or in hexadecimal, with colons or without; a random one for none. */
export function serialOf(value: Returnable | undefined): bigint {
  if (value === undefined || value === null) return BigInt(`0x${randomBytes(20).toString('hex')}`) >> 1n;
  if (typeof value === 'number' || typeof value === 'bigint') return BigInt(value);
  const hex = String(value).replaceAll(':', '');
  if (typeof value !== 'string' || !/^([0-9a-f]{2})+$/i.test(hex))
    throw new CommandFailed(`Could not parse serial number ${String(value)}`);
  return BigInt(`0x${hex}`);
}

const sealed = (body: Buffer, key: KeyObject, digest: string): Buffer =>
  sequence(body, algorithmOf(key, digest), bits(signed(key, digest, body)));

interface Made {
  readonly der: Buffer;
  /** The private key of the certificate's subject, where the call knows it. */
  readonly subjectKey: KeyObject | undefined;
}

/** What a certificate says, whoever signs it. */
export interface Draft {
  readonly authority: Certificate | undefined;
  readonly key: KeyObject;
  readonly subjectKey: KeyObject | undefined;
  /** Both in DER. */
  readonly subject: Buffer;
  readonly issuer: Buffer;
  readonly extensions: readonly Buffer[];
}

/** `signer`: undefined where another minion signs, whose certificate the wishes must have. Throws for wishes that make no sense. */
export function draftCertificate(wishes: Wishes, signer: KeyObject | undefined): Draft {
  const authority = wishes['signing_cert'] ? certificateOf(wishes['signing_cert']) : undefined;
  const request = wishes['csr'] ? requestOf(wishes['csr']) : undefined;
  const { key, subjectKey } = subjectKeys(wishes, signer, authority, request);
  const subject = encodeName(nameOf(wishes['subject'] || wishes));
  const issuer: Issuer = authority === undefined ? { key } : issuerOf(authority);
  return {
    authority,
    key,
    subjectKey,
    subject,
    issuer: authority === undefined ? subject : authority.subjectDer,
    extensions: extensionsOf(wishes, { key, issuer }, request),
  };
}

/** The private key that signs. */
export const signerOf = (wishes: Wishes): KeyObject =>
  privateKeyOf(wishes['signing_private_key'], given(wishes, 'signing_private_key_passphrase'));

/** Makes a certificate, signed by `signing_private_key`. Throws for wishes that make no sense. */
export function makeCertificate(wishes: Wishes): Made {
  const signer = signerOf(wishes);
  const { authority, key, subjectKey, subject, issuer, extensions } = draftCertificate(wishes, signer);
  if (authority !== undefined && !isPair(authority.key, signer)) {
    throw new CallRefused("Signing private key does not match the certificate's public key");
  }
  const digest = given(wishes, 'digest') ?? 'sha256';
  const [from, to] = [given(wishes, 'not_before'), given(wishes, 'not_after')];
  const body = sequence(
    tagged(0, integer(2)),
    integer(serialOf(wishes['serial_number'])),
    algorithmOf(signer, digest),
    issuer,
    sequence(
      time(from === undefined ? new Date() : momentOf(from)),
      time(to === undefined ? daysFromNow(Number(wishes['days_valid'] ?? 30)) : momentOf(to)),
    ),
    subject,
    spkiOf(key),
    ...(extensions.length === 0 ? [] : [tagged(3, sequence(...extensions))]),
  );
  return { der: sealed(body, signer, digest), subjectKey };
}

function subjectKeys(wishes: Wishes, signer: KeyObject | undefined, authority: Certificate | undefined, request: Request | undefined) {
  if (authority === undefined) {
    if (signer === undefined) throw new CallRefused('The signing policy of ca_server names no signing_cert: its issuer cannot be told');
    return { key: publicOf(signer), subjectKey: signer };
  }
  if (wishes['private_key']) {
    const subjectKey = privateKeyOf(wishes['private_key'], given(wishes, 'private_key_passphrase'));
    return { key: publicOf(subjectKey), subjectKey };
  }
  if (wishes['public_key']) return { key: publicKeyOf(wishes['public_key']), subjectKey: undefined };
  if (request !== undefined) return { key: request.key, subjectKey: undefined };
  throw new CallRefused(
    'This certificate is not self-signed (signing_cert is set) and thus needs public_key, private_key or csr to derive public key to sign',
  );
}

/** What was wished for counts before what the request asks for. */
function extensionsOf(wishes: Wishes, subject: { readonly key: KeyObject; readonly issuer?: Issuer }, request?: Request): Buffer[] {
  const wished = IN_CERTIFICATES.filter((name) => wishes[name] !== undefined && wishes[name] !== null);
  const asked = IN_CERTIFICATES.filter((name) => !wished.includes(name) && !NOT_IN_REQUESTS.includes(name));
  return [
    ...wished.map((name) => encodeExtension(name, wishes[name] ?? null, subject)),
    ...asked.flatMap((name) =>
      (request?.extensions ?? [])
        .filter(({ number }) => number === NUMBERS[name])
        .map(({ number, critical, value }) => rawExtension(number, critical, value)),
    ),
  ];
}

/** Makes a signing request of a private key. */
export function makeRequest(source: Returnable, passphrase: string | undefined, digest: string, wishes: Wishes): Buffer {
  const signer = privateKeyOf(source, passphrase);
  const key = publicOf(signer);
  const wished = IN_CERTIFICATES.filter((name) => !NOT_IN_REQUESTS.includes(name) && wishes[name] !== undefined);
  const extensions = wished.map((name) => encodeExtension(name, wishes[name] ?? null, { key }));
  const attribute = sequence(oid('1.2.840.113549.1.9.14'), set(sequence(...extensions)));
  const name = encodeName(nameOf(wishes['subject'] || wishes));
  const body = sequence(integer(0), name, spkiOf(key), tagged(0, extensions.length === 0 ? Buffer.alloc(0) : attribute));
  return sealed(body, signer, digest);
}

export interface ListWishes {
  readonly revoked: readonly Returnable[];
  readonly signing_private_key: Returnable;
  readonly signing_private_key_passphrase?: string | undefined;
  readonly signing_cert?: Returnable | undefined;
  readonly include_expired: boolean;
  readonly days_valid: number;
  readonly digest: string;
  readonly extensions?: Wishes | undefined;
}

/** Makes a revocation list. */
export function makeList(ctx: Ctx, wishes: ListWishes): Buffer {
  const signer = privateKeyOf(wishes.signing_private_key, wishes.signing_private_key_passphrase);
  if (!wishes.signing_cert) throw new Error('A CRL must have an issuer name: signing_cert is needed');
  const authority = certificateOf(wishes.signing_cert);
  if (!isPair(authority.key, signer)) throw new CallRefused("Signing private key does not match the certificate's public key");
  const entries = wishes.revoked.flatMap((one) => entryOf(ctx, modernEntry(one), wishes.include_expired));
  const issuer = issuerOf(authority);
  const extensions = known(ctx, wishes.extensions ?? {}, IN_LISTS, 'CRL').map(([name, value]) => encodeExtension(name, value, { issuer }));
  const body = sequence(
    integer(1),
    algorithmOf(signer, wishes.digest),
    authority.subjectDer,
    time(new Date()),
    time(daysFromNow(wishes.days_valid)),
    ...(entries.length === 0 ? [] : [sequence(...entries)]),
    ...(extensions.length === 0 ? [] : [tagged(0, sequence(...extensions))]),
  );
  return sealed(body, signer, wishes.digest);
}

function known(ctx: Ctx, wishes: Wishes, names: readonly string[], of: string): [string, Returnable][] {
  return Object.entries(wishes).filter(([name]) => {
    if (!names.includes(name)) ctx.log.warn(`Ignoring invalid ${of} extension: ${name}`);
    return names.includes(name);
  });
}

/** `{name: [{serial_number: ...}, {reason: ...}]}`, as older states have it, as one map. */
function modernEntry(entry: Returnable): Wishes {
  if (!isMap(entry)) throw new CallRefused('A revoked certificate must be a map with serial_number or certificate');
  const [only, ...more] = Object.values(entry);
  const flat: Wishes = more.length === 0 && Array.isArray(only) ? Object.assign({}, ...only.filter(isMap)) : entry;
  if (flat['reason'] === undefined) return flat;
  const extensions = isMap(flat['extensions']) ? flat['extensions'] : {};
  return { ...flat, extensions: { ...extensions, CRLReason: flat['reason'] } };
}

function entryOf(ctx: Ctx, entry: Wishes, includeExpired: boolean): Buffer[] {
  const certificate = entry['certificate'] === undefined ? undefined : certificateOf(entry['certificate']);
  const serial = certificate?.serial ?? entry['serial_number'];
  if (!serial) throw new CallRefused('Need serial_number or certificate');
  const end = given(entry, 'not_after');
  const notAfter = certificate?.notAfter ?? (end === undefined ? undefined : momentOf(end));
  if (notAfter !== undefined && !includeExpired && notAfter < new Date()) return [];
  const date = given(entry, 'revocation_date');
  const wished = known(ctx, isMap(entry['extensions']) ? entry['extensions'] : {}, Object.keys(ENTRY_NUMBERS), 'CRL entry');
  const extensions = wished.map(([name, value]) => encodeExtension(name, value, {}));
  return [
    sequence(
      integer(serialOf(serial)),
      time(date === undefined ? new Date() : momentOf(date)),
      ...(extensions.length === 0 ? [] : [sequence(...extensions)]),
    ),
  ];
}

/** Certificates in PKCS #7, without anything signed: RFC 2315. */
export function pkcs7(certificates: readonly Certificate[]): Buffer {
  const data = '1.2.840.113549.1.7.1';
  const content = sequence(integer(1), set(), sequence(oid(data)), tagged(0, Buffer.concat(certificates.map(({ der }) => der))), set());
  return sequence(oid('1.2.840.113549.1.7.2'), encode(0xa0, content));
}
