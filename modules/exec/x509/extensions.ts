import type { KeyObject } from 'node:crypto';
import { CallRefused, CommandFailed, type Returnable } from '../../define.ts';
import { encode, flag, flags, integer, octets, oid, sequence, TAG, tagged, text, time } from './der.ts';
import { checkedOid, encodeGeneralName, isMap, type Pair, pairOf, pairsOf } from './general_names.ts';
import { identifierOf } from './keys.ts';
import { momentOf } from './moments.ts';
import { ACCESS, KEY_USAGES, PURPOSES, REASONS, reasonBit } from './usages.ts';

/** What an extension is about: the key it is for, and who signs. */
export interface Subject {
  readonly key?: KeyObject;
  /** The signing certificate, or the signing key where the certificate signs itself. */
  readonly issuer?: Issuer;
}
export interface Issuer {
  readonly key: KeyObject;
  readonly identifier?: Buffer | undefined;
  /** The name of who signed the signing certificate. */
  readonly issuerName?: Buffer;
  readonly serial?: bigint;
  readonly subjectAltName?: Buffer | undefined;
}
interface Built {
  readonly der: Buffer;
  readonly critical: boolean;
}

/** The numbers of extensions, in the order in which Salt writes them. */
export const NUMBERS: Readonly<Record<string, string>> = {
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  extendedKeyUsage: '2.5.29.37',
  subjectKeyIdentifier: '2.5.29.14',
  authorityKeyIdentifier: '2.5.29.35',
  issuerAltName: '2.5.29.18',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
  subjectAltName: '2.5.29.17',
  crlDistributionPoints: '2.5.29.31',
  issuingDistributionPoint: '2.5.29.28',
  certificatePolicies: '2.5.29.32',
  policyConstraints: '2.5.29.36',
  inhibitAnyPolicy: '2.5.29.54',
  nameConstraints: '2.5.29.30',
  noCheck: '1.3.6.1.5.5.7.48.1.5',
  tlsfeature: '1.3.6.1.5.5.7.1.24',
  nsComment: '2.16.840.1.113730.1.13',
  nsCertType: '2.16.840.1.113730.1.1',
  cRLNumber: '2.5.29.20',
  deltaCRLIndicator: '2.5.29.27',
  freshestCRL: '2.5.29.46',
};
export const ENTRY_NUMBERS: Readonly<Record<string, string>> = {
  certificateIssuer: '2.5.29.29',
  CRLReason: '2.5.29.21',
  invalidityDate: '2.5.29.24',
};

/** An extension, ready to be put into a certificate, a request or a list. Throws for a value that makes no sense. */
export function encodeExtension(name: string, value: Returnable, subject: Subject): Buffer {
  const build = BUILDERS[name];
  const number = NUMBERS[name] ?? ENTRY_NUMBERS[name];
  if (build === undefined || number === undefined) throw new CommandFailed(`Unknown extension ${name}`);
  const { der, critical } = build(value, subject);
  return rawExtension(number, critical, der);
}

export const rawExtension = (number: string, critical: boolean, der: Buffer): Buffer =>
  sequence(oid(number), ...(critical ? [flag(true)] : []), octets(der));

type Builder = (value: Returnable, subject: Subject) => Built;

const has = (value: Returnable, word: string): boolean =>
  typeof value === 'string'
    ? value.includes(word)
    : Array.isArray(value)
      ? value.includes(word)
      : isMap(value) && Object.hasOwn(value, word);
const isCritical = (value: Returnable): boolean => (isMap(value) ? value['critical'] === true : has(value, 'critical'));
const mapOf = (value: Returnable): { readonly map: Readonly<Record<string, Returnable>>; readonly critical: boolean } => {
  if (isMap(value)) return { map: value, critical: isCritical(value) };
  const { pairs, critical } = pairsOf(value);
  return { map: Object.fromEntries(pairs), critical };
};
const wholeNumber = (value: Returnable, what: string): number => {
  const number = typeof value === 'boolean' || value === null ? Number.NaN : Number(value);
  if (!Number.isInteger(number) || number < 0) throw new CallRefused(`${what} must be a number that is not negative, not ${String(value)}`);
  return number;
};
const names = (pairs: readonly Pair[]): Buffer[] => pairs.map(encodeGeneralName);
const listOf = (value: Returnable | undefined): readonly Returnable[] =>
  value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];

const basicConstraints: Builder = (value) => {
  const { map, critical } = mapOf(typeof value === 'string' ? value.toLowerCase() : value);
  if (map['ca'] === undefined)
    throw new CallRefused(
      typeof value === 'string' ? "Invalid configuration for basicContraints: 'ca'" : "Undefined required key for basicConstraints: 'ca'",
    );
  const ca = map['ca'] === true || map['ca'] === 'true';
  const length = map['pathlen'];
  if (length !== undefined && length !== null && !ca) throw new CallRefused('path_length must be None when ca is False');
  return { der: sequence(...(ca ? [flag(true)] : []), ...(length == null ? [] : [integer(wholeNumber(length, 'pathlen'))])), critical };
};

const keyUsage: Builder = (value) => {
  const wanted = KEY_USAGES.map((usage, bit) => (has(value, usage) ? bit : -1)).filter((bit) => bit >= 0);
  if (wanted.some((bit) => bit > 6) && !wanted.includes(4)) {
    throw new CallRefused('encipher_only and decipher_only can only be true when key_agreement is true');
  }
  return { der: flags(wanted), critical: isCritical(value) || has(value, 'critical') };
};

const extendedKeyUsage: Builder = (value) => {
  const words = typeof value === 'string' ? pairsOf(value).pairs.map(([word]) => word) : listOf(value).map(String);
  const usages = words.filter((word) => word !== 'critical' && word !== '').map((word) => oid(PURPOSES[word] ?? checkedOid(word)));
  return { der: sequence(...usages), critical: has(value, 'critical') };
};

const subjectKeyIdentifier: Builder = (value, { key }) => {
  if (has(value, 'critical')) throw new CallRefused('subjectKeyIdentifier must be marked as non-critical');
  if (value === 'hash') {
    if (key === undefined) throw new Error('Cannot calculate digest for subjectKeyIdentifier: missing pubkey');
    return { der: octets(identifierOf(key)), critical: false };
  }
  if (value instanceof Uint8Array) return { der: octets(value), critical: false };
  const hex = typeof value === 'string' ? value.replaceAll(':', '') : undefined;
  if (hex === undefined) throw new CallRefused('Value must be a (hex-)digest or pubkey');
  if (!/^([0-9a-f]{2})*$/i.test(hex)) throw new CallRefused('Value must be precomputed hash');
  return { der: octets(Buffer.from(hex, 'hex')), critical: false };
};

const authorityKeyIdentifier: Builder = (value, { issuer }) => {
  if (has(value, 'critical')) throw new CallRefused('authorityKeyIdentifier must be marked as non-critical');
  if (issuer === undefined) throw new Error('Need CA certificate or CA pubkey to calculate authorityKeyIdentifier');
  const { map } = mapOf(value);
  const byKey = map['keyid'] === undefined ? [] : [tagged(0, issuer.identifier ?? identifierOf(issuer.key), false)];
  const byName = map['issuer'] === 'always' || (map['issuer'] !== undefined && byKey.length === 0);
  if (!byName) return { der: sequence(...byKey), critical: false };
  if (issuer.issuerName === undefined || issuer.serial === undefined) {
    if (map['issuer'] !== 'always') return { der: sequence(...byKey), critical: false };
    throw new CommandFailed('Could not add authority_cert_issuer and authority_cert_serial_number, but was set to always.');
  }
  const directory = tagged(1, tagged(4, issuer.issuerName));
  return { der: sequence(...byKey, directory, integer(issuer.serial, 0x82)), critical: false };
};

const issuerNames: Builder = (value, { issuer }) => {
  const { pairs, critical } = pairsOf(value);
  const copy = pairs.some(([type, what]) => type === 'issuer' && what === 'copy');
  if (!copy) return { der: sequence(...names(pairs)), critical };
  if (issuer?.issuerName === undefined) throw new Error('Need CA certificate to copy to issuerAltName');
  if (issuer.subjectAltName === undefined)
    throw new CommandFailed('The signing certificate has no subjectAltName to copy to issuerAltName');
  return { der: sequence(issuer.subjectAltName, ...names(pairs.filter(([type]) => type !== 'issuer'))), critical };
};

const subjectAltName: Builder = (value) => {
  const { pairs, critical } = pairsOf(value);
  return { der: sequence(...names(pairs)), critical };
};

const authorityInfoAccess: Builder = (value) => {
  const pairs: Pair[] =
    typeof value === 'string'
      ? value
          .split(',')
          .map((item) => item.trim())
          .filter((item) => item !== 'critical')
          .map((item) => [item.split(';')[0] ?? '', item.split(';')[1] ?? ''])
      : (Array.isArray(value) ? value : [value]).flatMap((item) => (isMap(item) ? Object.entries(item) : []));
  const access = pairs
    .filter(([type]) => type !== 'critical')
    .map(([type, where]) => sequence(oid(accessNumber(type)), encodeGeneralName(pairOf(String(where)))));
  return { der: sequence(...access), critical: false };
};

function accessNumber(type: string): string {
  const number = ACCESS[type];
  if (number === undefined && !/^[012](\.\d+)+$/.test(type)) throw new CommandFailed(`Unknown access OID: ${type}`);
  return number ?? type;
}

const reasonBits = (reasons: Returnable | undefined): number[] =>
  listOf(reasons).map((reason) => {
    const bit = reasonBit(String(reason));
    if (bit === undefined || reason === 'unspecified') throw new CallRefused(`'${String(reason)}' is not a valid ReasonFlags`);
    return bit;
  });

function pointOf(point: Readonly<Record<string, Returnable>>): Buffer {
  if (point['relativename'] != null) throw new CommandFailed('relativename in a distribution point is not implemented: give the fullname');
  const full = listOf(point['fullname']).map((name) => pairOf(String(name)));
  const issuers = listOf(point['crlissuer']).map((name) => pairOf(String(name)));
  const reasons = reasonBits(point['reasons']);
  return sequence(
    ...(full.length === 0 ? [] : [tagged(0, tagged(0, Buffer.concat(names(full))))]),
    ...(reasons.length === 0 ? [] : [flags(reasons, 0x81)]),
    ...(issuers.length === 0 ? [] : [tagged(2, Buffer.concat(names(issuers)))]),
  );
}

const distributionPoints: Builder = (value) => {
  const items = Array.isArray(value)
    ? (value as readonly Returnable[]).filter((item) => item !== 'critical')
    : pairsOf(value).pairs.map(([type, where]) => `${type}:${String(where)}`);
  const points = items.map((item) => pointOf(isMap(item) ? item : { fullname: item }));
  return { der: sequence(...points), critical: has(value, 'critical') };
};

const issuingDistributionPoint: Builder = (value) => {
  if (!isMap(value)) throw new CallRefused('issuingDistributionPoint must be a dictionary');
  if (value['relativename'] != null)
    throw new CommandFailed('relativename in issuingDistributionPoint is not implemented: give the fullname');
  const full = listOf(value['fullname']).map((name) => pairOf(String(name)));
  const reasons = reasonBits(value['onlysomereasons']);
  const said = (key: string, number: number): Buffer[] => (value[key] === true ? [tagged(number, Buffer.from([0xff]), false)] : []);
  const parts = [
    ...(full.length === 0 ? [] : [tagged(0, tagged(0, Buffer.concat(names(full))))]),
    ...said('onlyuser', 1),
    ...said('onlyCA', 2),
    ...(reasons.length === 0 ? [] : [flags(reasons, 0x83)]),
    ...said('indirectCRL', 4),
    ...said('onlyAA', 5),
  ];
  if (parts.length === 0) throw new CallRefused('Cannot create empty extension: issuingDistributionPoint says nothing');
  return { der: sequence(...parts), critical: isCritical(value) };
};

const certificatePolicies: Builder = (value) => {
  const policies: Pair[] =
    typeof value === 'string'
      ? value
          .split(',')
          .map((item) => item.trim())
          .filter((item) => item !== 'critical')
          .map((item) => [item, []])
      : Object.entries(isMap(value) ? value : {}).filter(([key]) => key !== 'critical');
  const encoded = policies.map(([number, qualifiers]) => {
    if (typeof value === 'string' && !/^[012](\.\d+)+$/.test(number)) {
      throw new CallRefused('certificatePolicies defined as string must be a comma-separated list of OID.');
    }
    const given = listOf(qualifiers).flatMap(qualifierOf);
    return sequence(oid(checkedOid(number)), ...(given.length === 0 ? [] : [sequence(...given)]));
  });
  return { der: sequence(...encoded), critical: typeof value === 'string' ? value.startsWith('critical') : isCritical(value) };
};

/** A statement of practice is a text, a notice to users a map. */
function qualifierOf(qualifier: Returnable): Buffer[] {
  if (typeof qualifier === 'string') return [sequence(oid('1.3.6.1.5.5.7.2.1'), text(TAG.ia5, qualifier))];
  if (!isMap(qualifier) || listOf(qualifier['noticeNumbers']).length === 0) return [];
  const numbers = listOf(qualifier['noticeNumbers']).map((number) => integer(wholeNumber(number, 'noticeNumbers')));
  const reference = sequence(text(TAG.utf8, String(qualifier['organization'] ?? '')), sequence(...numbers));
  const words = qualifier['text'] == null ? [] : [text(TAG.utf8, String(qualifier['text']))];
  return [sequence(oid('1.3.6.1.5.5.7.2.2'), sequence(reference, ...words))];
}

const policyConstraints: Builder = (value) => {
  const { map, critical } = mapOf(value);
  const part = (key: string, tag: number): Buffer[] => (map[key] === undefined ? [] : [integer(wholeNumber(map[key] ?? null, key), tag)]);
  const parts = [...part('requireExplicitPolicy', 0x80), ...part('inhibitPolicyMapping', 0x81)];
  if (parts.length === 0) throw new CallRefused('At least one of require_explicit_policy and inhibit_policy_mapping must not be None');
  return { der: sequence(...parts), critical: critical || has(value, 'critical') };
};

const inhibitAnyPolicy: Builder = (value) => {
  const number = isMap(value) ? value['value'] : typeof value === 'string' ? pairsOf(value).pairs[0]?.[0] : value;
  if (number === undefined) throw new CallRefused("Undefined required key for inhibitAnyPolicy: 'value'");
  return { der: integer(wholeNumber(number, 'inhibitAnyPolicy')), critical: has(value, 'critical') };
};

const nameConstraints: Builder = (value) => {
  const scope = (which: string): Pair[] => {
    if (isMap(value)) return listOf(value[which]).flatMap((item) => (typeof item === 'string' && item.includes(':') ? [pairOf(item)] : []));
    const items = String(value)
      .split(',')
      .map((item) => item.trim().split(';'));
    return items.filter(([kind]) => kind === which).map(([, name = '']) => pairOf(name));
  };
  const trees = (which: string, number: number): Buffer[] => {
    const found = names(scope(which)).map((name) => sequence(name));
    return found.length === 0 ? [] : [tagged(number, Buffer.concat(found))];
  };
  const parts = [...trees('permitted', 0), ...trees('excluded', 1)];
  if (parts.length === 0) throw new CallRefused('nameConstraints needs at least one definition');
  return { der: sequence(...parts), critical: has(value, 'critical') };
};

const tlsfeature: Builder = (value) => {
  const words = typeof value === 'string' ? value.split(',').map((item) => item.trim()) : listOf(value).map(String);
  const numbers: Readonly<Record<string, number>> = { status_request: 5, status_request_v2: 17 };
  const features = words
    .filter((word) => word !== 'critical')
    .map((word) => {
      if (numbers[word] === undefined) throw new Error(`'${word}' is no TLS feature: status_request and status_request_v2 are`);
      return integer(numbers[word]);
    });
  return { der: sequence(...features), critical: words.includes('critical') };
};

const notImplemented =
  (name: string): Builder =>
  () => {
    throw new CallRefused(`${name} is currently not implemented.`);
  };

const crlNumber: Builder = (value) => {
  if (!/^\d+$/.test(String(value))) throw new CallRefused('cRLNumber must be an integer and must be marked as non-critical');
  return { der: integer(BigInt(String(value))), critical: false };
};

const deltaCRLIndicator: Builder = (value) => {
  const numbers = JSON.stringify(value).match(/\d+/g) ?? [];
  const [number, ...more] = numbers;
  if (number === undefined || more.length > 0)
    throw new CallRefused('deltaCRLIndicator must contain a single integer pointing to a cRLNumber');
  return { der: integer(BigInt(number)), critical: JSON.stringify(value).includes('critical') };
};

const crlReason: Builder = (value) => {
  const words = typeof value === 'string' ? pairsOf(value).pairs.map(([word]) => word) : listOf(value).map(String);
  const reason = words.find((word) => word !== 'critical') ?? '';
  if (REASONS[reason] === undefined) throw new CallRefused(`'${reason}' is not a valid ReasonFlags`);
  return { der: integer(REASONS[reason], TAG.enumerated), critical: has(value, 'critical') };
};

const invalidityDate: Builder = (value) => {
  if (typeof value !== 'string') throw new CallRefused('invalidityDate must be a string');
  const critical = value.startsWith('critical');
  return { der: time(momentOf(critical ? value.slice(value.indexOf(' ') + 1) : value), true), critical };
};

const BUILDERS: Readonly<Record<string, Builder>> = {
  basicConstraints,
  keyUsage,
  extendedKeyUsage,
  subjectKeyIdentifier,
  authorityKeyIdentifier,
  issuerAltName: issuerNames,
  certificateIssuer: issuerNames,
  authorityInfoAccess,
  subjectAltName,
  crlDistributionPoints: distributionPoints,
  freshestCRL: (value, subject) => ({ ...distributionPoints(value, subject), critical: false }),
  issuingDistributionPoint,
  certificatePolicies,
  policyConstraints,
  inhibitAnyPolicy,
  nameConstraints,
  noCheck: (value) => ({ der: encode(TAG.null), critical: String(value).includes('critical') }),
  tlsfeature,
  nsComment: notImplemented('nsComment'),
  nsCertType: notImplemented('nsCertType'),
  cRLNumber: crlNumber,
  deltaCRLIndicator,
  CRLReason: crlReason,
  invalidityDate,
};
