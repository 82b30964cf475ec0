import type { Returnable } from '../../../modules/define.ts';
import { algorithmName } from '../../../modules/exec/x509/digests.ts';
import { NUMBERS } from '../../../modules/exec/x509/extensions.ts';
import type { Extension } from '../../../modules/exec/x509/rendering.ts';

/** Names of the library behind Salt, where they are not Salt's own. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  crlDistributionPoints: 'cRLDistributionPoints',
  noCheck: 'OCSPNoCheck',
  tlsfeature: 'TLSFeature',
  nsComment: 'Unknown OID',
  nsCertType: 'Unknown OID',
};

function nameOf({ number }: Extension): string {
  const name = Object.keys(NUMBERS).find((one) => NUMBERS[one] === number);
  return name === undefined ? 'Unknown OID' : (OTHER_NAMES[name] ?? name);
}

const isSame = (one: Extension, other: Extension): boolean => one.critical === other.critical && one.value.equals(other.value);

/** Which extensions are new, differ, or are there no more; undefined when none. */
export function extensionChanges(now: readonly Extension[], wanted: readonly Extension[]): Readonly<Record<string, string[]>> | undefined {
  const at = (list: readonly Extension[], one: Extension): Extension | undefined => list.find(({ number }) => number === one.number);
  const added = wanted.filter((one) => at(now, one) === undefined).map(nameOf);
  const removed = now.filter((one) => at(wanted, one) === undefined).map(nameOf);
  const changed = wanted.filter((one) => !isSame(at(now, one) ?? one, one)).map(nameOf);
  return added.length + changed.length + removed.length === 0 ? undefined : { added, changed, removed };
}

/** Whether a signature was made with another digest. Some kinds of keys have none to choose. */
export function hasOtherDigest(algorithm: string, digest: string): boolean {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const [used] = /sha\d+|md5/.exec(plain(algorithmName(algorithm))) ?? [];
  return used !== undefined && used !== plain(digest);
}

/** An argument and its value, where there is one. */
export const defined = (values: Readonly<Record<string, Returnable | undefined>>): Record<string, Returnable> =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, Returnable] => entry[1] !== undefined && entry[1] !== null));
