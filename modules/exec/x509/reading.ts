import { createHash, type KeyObject } from 'node:crypto';
import type { Returnable } from '../../define.ts';
import { certificateOf, requestOf, revocationListOf } from './certificate.ts';
import { algorithmName, fingerprint, hexOf } from './digests.ts';
import { identifierOf, kindOf, publicPem, sizeOf } from './keys.ts';
import { momentText } from './moments.ts';
import { attributesOf, rfc4514 } from './names.ts';
import { renderEntryExtensions, renderExtensions } from './rendering.ts';
import { isFile } from './sources.ts';

/** OpenSSL's number of a name, its bytes from the last to the first. */
const nameHash = (name: Buffer): string => hexOf(createHash('sha1').update(name).digest().subarray(0, 4).reverse());

const keyShown = (key: KeyObject): Record<string, Returnable> => ({ key_size: sizeOf(key) ?? null, key_type: kindOf(key) });

/** All there is to tell of a certificate, in Salt's words. */
export function certificateShown(source: Returnable): Record<string, Returnable> {
  const certificate = certificateOf(source);
  const { subject, issuer, der } = certificate;
  return {
    version: certificate.version,
    ...keyShown(certificate.key),
    serial_number: hexOf(certificate.serial),
    fingerprints: { sha1: fingerprint('sha1', der), sha256: fingerprint('sha256', der), md5: fingerprint('md5', der) },
    subject: attributesOf(subject),
    subject_hash: nameHash(certificate.subjectDer),
    subject_str: rfc4514(subject),
    issuer: attributesOf(issuer),
    issuer_hash: nameHash(certificate.issuerDer),
    issuer_str: rfc4514(issuer),
    not_before: momentText(certificate.notBefore),
    not_after: momentText(certificate.notAfter),
    public_key: publicPem(certificate.key),
    extensions: renderExtensions(certificate.extensions),
    signature_algorithm: algorithmName(certificate.algorithm),
  };
}

export function requestShown(source: Returnable): Record<string, Returnable> {
  const { key, subject, subjectDer, extensions } = requestOf(source);
  return {
    ...keyShown(key),
    subject: attributesOf(subject),
    subject_hash: nameHash(subjectDer),
    subject_str: rfc4514(subject),
    public_key_hash: hexOf(identifierOf(key)),
    extensions: renderExtensions(extensions),
  };
}

export function listShown(source: Returnable): Record<string, Returnable> {
  const list = revocationListOf(source);
  const revoked = list.revoked.map(({ serial, date, extensions }) => [
    hexOf(serial).replaceAll(':', ''),
    { revocation_date: momentText(date), extensions: renderEntryExtensions(extensions) },
  ]);
  return {
    issuer: attributesOf(list.issuer),
    last_update: momentText(list.lastUpdate),
    next_update: list.nextUpdate === undefined ? null : momentText(list.nextUpdate),
    revoked_certificates: Object.fromEntries(revoked) as Record<string, Returnable>,
    extensions: renderExtensions(list.extensions),
    signature_algorithm: algorithmName(list.algorithm),
  };
}

/** Whether a certificate's time is over in so many days. */
export const expiresWithin = (source: Returnable, days: number): boolean =>
  certificateOf(source).notAfter.getTime() <= Date.now() + days * 86_400_000;

/** Path and common name of a certificate, as far as there are any. */
export function labelled(source: Returnable): Record<string, Returnable> {
  const name = attributesOf(certificateOf(source).subject)['CN'];
  return { ...(isFile(source) ? { path: source } : {}), ...(name === undefined ? {} : { cn: name }) };
}
