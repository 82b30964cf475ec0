import type { Returnable } from '../../define.ts';
import { type Der, decode, flagsOf, integerOf, members, oidOf, TAG, textOf, timeOf } from './der.ts';
import { hexOf } from './digests.ts';
import { ENTRY_NUMBERS, NUMBERS } from './extensions.ts';
import { renderGeneralName } from './general_names.ts';
import { momentText } from './moments.ts';
import { ACCESS, KEY_USAGES, reasonName, reasonOfBit, SHOWN_PURPOSES } from './usages.ts';

/** An extension as it stands in a certificate. */
export interface Extension {
  readonly number: string;
  readonly critical: boolean;
  readonly value: Buffer;
}

export const decodeExtensions = (list: Der | undefined): Extension[] =>
  list === undefined
    ? []
    : members(list).map((one) => {
        const parts = members(one);
        return {
          number: oidOf(parts[0]?.content ?? Buffer.alloc(0)),
          critical: parts.length === 3 && parts[1]?.content[0] !== 0,
          value: parts.at(-1)?.content ?? Buffer.alloc(0),
        };
      });

export const findExtension = (extensions: readonly Extension[], name: string): Extension | undefined =>
  extensions.find((one) => one.number === NUMBERS[name]);

/** The extensions that Salt knows, as it shows them. */
export const renderExtensions = (extensions: readonly Extension[]): Record<string, Returnable> => rendered(extensions, NUMBERS);
export const renderEntryExtensions = (extensions: readonly Extension[]): Record<string, Returnable> => rendered(extensions, ENTRY_NUMBERS);

function rendered(extensions: readonly Extension[], numbers: Readonly<Record<string, string>>): Record<string, Returnable> {
  const found: Record<string, Returnable> = {};
  for (const [name, number] of Object.entries(numbers)) {
    const extension = extensions.find((one) => one.number === number);
    const render = RENDERERS[name];
    if (extension !== undefined && render !== undefined) found[name] = { critical: extension.critical, ...render(decode(extension.value)) };
  }
  return found;
}

type Shown = Readonly<Record<string, Returnable>>;
const generalNames = (list: Der): Returnable => members(list).map(renderGeneralName);
/** Names within a tag of their place. */
const namesIn = (der: Der | undefined): string[] => (der === undefined ? [] : childrenOf(der).map(renderGeneralName));
const childrenOf = (der: Der): Der[] => members({ ...der, tag: TAG.sequence });
const place = (parts: readonly Der[], number: number): Der | undefined =>
  parts.find((part) => (part.tag & 0x1f) === number && part.tag >= 0x80);
const isSet = (der: Der | undefined): boolean => der !== undefined && der.content[0] !== 0;
const numberOf = (der: Der | undefined): Returnable => (der === undefined ? null : Number(integerOf(der.content)));

/** The names of a distribution point, which stand two levels down. */
const fullName = (point: Der | undefined): string[] => (point === undefined ? [] : namesIn(place(childrenOf(point), 0)));
const reasonsIn = (der: Der | undefined): string[] => (der === undefined ? [] : flagsOf(der.content).map(reasonOfBit).sort());

const distributionPoints = (der: Der): Shown => ({
  value: members(der).map((point) => {
    const parts = members(point);
    return {
      crlissuer: namesIn(place(parts, 2)),
      fullname: fullName(place(parts, 0)),
      reasons: reasonsIn(place(parts, 1)),
      relativename: null,
    };
  }),
});

const keyUsage = (der: Der): Shown => {
  const bits = flagsOf(der.content);
  return Object.fromEntries(KEY_USAGES.map((usage, bit) => [usage, bits.includes(bit)]));
};

const authorityKeyIdentifier = (der: Der): Shown => {
  const parts = members(der);
  const [keyid, issuer, serial] = [0, 1, 2].map((number) => place(parts, number));
  return {
    keyid: keyid === undefined ? null : hexOf(keyid.content),
    issuer: issuer === undefined ? null : namesIn(issuer),
    issuer_sn: serial === undefined ? null : hexOf(integerOf(serial.content)),
  };
};

const accessName = (number: string): string => Object.keys(ACCESS).find((name) => ACCESS[name] === number) ?? number;

const policies = (der: Der): Shown => ({
  value: members(der).map((policy) => {
    const [number, qualifiers] = members(policy);
    const shown = qualifiers === undefined ? [] : members(qualifiers).map(qualifier);
    return { [oidOf(number?.content ?? Buffer.alloc(0))]: shown };
  }),
});

function qualifier(der: Der): Returnable {
  const [, value] = members(der);
  if (value === undefined) return null;
  if (value.tag !== TAG.sequence) return { practice_statement: textOf(value) };
  const parts = members(value);
  const reference = parts.find((part) => part.tag === TAG.sequence);
  const words = parts.find((part) => part.tag !== TAG.sequence);
  const [organization, numbers] = reference === undefined ? [] : members(reference);
  return {
    // The key is spelled as Salt spells it.
    organizataion: organization === undefined ? null : textOf(organization),
    notice_numbers: numbers === undefined ? null : members(numbers).map(numberOf),
    explicit_text: words === undefined ? null : textOf(words),
  };
}

const basicConstraints = (der: Der): Shown => {
  const parts = members(der);
  return { ca: isSet(parts.find((part) => part.tag === TAG.boolean)), pathlen: numberOf(parts.find((part) => part.tag === TAG.integer)) };
};

const RENDERERS: Readonly<Record<string, (der: Der) => Shown>> = {
  basicConstraints,
  keyUsage,
  extendedKeyUsage: (der) => ({ value: members(der).map((one) => SHOWN_PURPOSES[oidOf(one.content)] ?? oidOf(one.content)) }),
  subjectKeyIdentifier: (der) => ({ value: hexOf(der.content) }),
  authorityKeyIdentifier,
  issuerAltName: (der) => ({ value: generalNames(der) }),
  certificateIssuer: (der) => ({ value: generalNames(der) }),
  subjectAltName: (der) => ({ value: generalNames(der) }),
  authorityInfoAccess: (der) => ({
    value: members(der).map((one) => {
      const [method, location] = members(one);
      // Here Salt leaves out the kind of the name.
      const where = location === undefined ? null : renderGeneralName(location).replace(/^[^:]*:/, '');
      return { [accessName(oidOf(method?.content ?? Buffer.alloc(0)))]: where };
    }),
  }),
  crlDistributionPoints: distributionPoints,
  freshestCRL: distributionPoints,
  issuingDistributionPoint: (der) => {
    const parts = members(der);
    return {
      fullname: fullName(place(parts, 0)),
      // Salt's spelling, again.
      onysomereasons: reasonsIn(place(parts, 3)),
      relativename: null,
      onlyuser: isSet(place(parts, 1)),
      onlyCA: isSet(place(parts, 2)),
      onlyAA: isSet(place(parts, 5)),
      indirectCRL: isSet(place(parts, 4)),
    };
  },
  certificatePolicies: policies,
  policyConstraints: (der) => ({
    inhibitPolicyMapping: numberOf(place(members(der), 1)),
    requireExplicitPolicy: numberOf(place(members(der), 0)),
  }),
  inhibitAnyPolicy: (der) => ({ value: numberOf(der) }),
  nameConstraints: (der) => {
    const trees = (number: number): Returnable => {
      const found = place(members(der), number);
      return found === undefined ? [] : childrenOf(found).flatMap((tree) => members(tree).slice(0, 1).map(renderGeneralName));
    };
    return { excluded: trees(1), permitted: trees(0) };
  },
  noCheck: () => ({ value: true }),
  tlsfeature: (der) => ({
    value: members(der).map((one) => (Number(integerOf(one.content)) === 17 ? 'status_request_v2' : 'status_request')),
  }),
  cRLNumber: (der) => ({ value: integerOf(der.content) <= 2n ** 53n ? numberOf(der) : integerOf(der.content) }),
  deltaCRLIndicator: (der) => ({ value: numberOf(der) }),
  CRLReason: (der) => ({ value: reasonName(Number(integerOf(der.content))) }),
  invalidityDate: (der) => ({ value: momentText(timeOf(der)) }),
};
