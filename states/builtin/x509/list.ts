import { readFileSync } from 'node:fs';
import { type ArgsOf, CallRefused, type Returnable } from '../../../modules/define.ts';
import { makeList, type Wishes } from '../../../modules/exec/x509/building.ts';
import { isSignedBy, type RevocationList, revocationListOf } from '../../../modules/exec/x509/certificate.ts';
import { decode, integerOf } from '../../../modules/exec/x509/der.ts';
import { hexOf } from '../../../modules/exec/x509/digests.ts';
import { privateKeyOf, publicOf } from '../../../modules/exec/x509/keys.ts';
import { rfc4514 } from '../../../modules/exec/x509/names.ts';
import { type Extension, findExtension } from '../../../modules/exec/x509/rendering.ts';
import { isPem } from '../../../modules/exec/x509/sources.ts';
import { type StateCtx, state, type Verdict } from '../../define.ts';
import { defined, extensionChanges, hasOtherDigest } from './compare.ts';
import { type Changes, type Look, managed, onlyOfFiles } from './managed.ts';

const ARGS = {
  name: { type: 'string', required: true, doc: 'the file' },
  signing_private_key: { type: 'any', required: true, doc: 'the key that signs it' },
  revoked: { type: 'list', required: true, doc: 'maps with serial_number or certificate, revocation_date, not_after, extensions' },
  days_remaining: { type: 'number', default: 30, doc: 'it is made anew when less time than that is left' },
  signing_cert: { type: 'any', doc: 'the certificate of that key' },
  signing_private_key_passphrase: { type: 'string', doc: 'the password of that key' },
  include_expired: { type: 'boolean', default: false, doc: 'also those whose time is over' },
  days_valid: { type: 'number', default: 100, doc: 'until the next list' },
  digest: { type: 'string', default: 'sha256', doc: 'the digest that is signed' },
  encoding: { type: 'string', default: 'pem', doc: 'pem or der' },
  extensions: { type: 'map', doc: 'extensions of the list: authorityKeyIdentifier, cRLNumber (`auto` counts), ...' },
} as const;
type Args = ArgsOf<typeof ARGS>;

const DAY_MS = 86_400_000;

function look(ctx: StateCtx, args: Args, path: string | undefined, unlinked: boolean): Look {
  const { name, digest, encoding, days_remaining } = args;
  if (path === undefined) return { changes: { created: name, ...(unlinked ? { replaced: name } : {}) }, isAgain: false };
  const now = loaded(path);
  if (now === undefined) return { changes: { replaced: name }, isAgain: false };
  const changes: Changes = {};
  if (hasOtherDigest(now.algorithm, digest)) changes['digest'] = digest;
  if (encoding !== (isPem(readFileSync(path)) ? 'pem' : 'der')) changes['encoding'] = encoding;
  if (days_remaining && (now.nextUpdate?.getTime() ?? 0) < Date.now() + days_remaining * DAY_MS) changes['expiration'] = true;
  return { changes: { ...changes, ...differences(ctx, args, now) }, isAgain: true };
}

/** The list of a file, undefined when it is none. */
function loaded(path: string): RevocationList | undefined {
  try {
    return revocationListOf(path);
  } catch (error) {
    if (error instanceof CallRefused) return undefined;
    throw error;
  }
}

const isCounted = ({ extensions }: Args): boolean => extensions?.['cRLNumber'] === 'auto';

function differences(ctx: StateCtx, args: Args, now: RevocationList): Changes {
  const { signing_private_key, signing_private_key_passphrase } = args;
  const counted = isCounted(args);
  const { cRLNumber, ...others } = args.extensions ?? {};
  const extensions: Wishes = counted || cRLNumber === undefined ? others : { ...others, cRLNumber };
  const wanted = revocationListOf(makeList(ctx, { ...args, extensions }));
  const changes: Changes = {};
  const [issuer, wantedIssuer] = [rfc4514(now.issuer), rfc4514(wanted.issuer)];
  if (issuer !== wantedIssuer) changes['issuer_name'] = wantedIssuer;
  const key = publicOf(privateKeyOf(signing_private_key, signing_private_key_passphrase));
  if (!isSignedBy(now, key)) changes['public_key'] = true;
  const revocations = revoked(now, wanted);
  if (Object.values(revocations).some((list) => list.length > 0)) changes['revocations'] = revocations;
  const number = findExtension(now.extensions, 'cRLNumber');
  const compared = counted ? now.extensions.filter((one) => one !== number) : now.extensions;
  const unlikeExtensions = extensionChanges(compared, wanted.extensions);
  if (unlikeExtensions !== undefined) changes['extensions'] = unlikeExtensions;
  return changes;
}

/** Serial numbers of entries that are new, differ, or are there no more. */
function revoked(now: RevocationList, wanted: RevocationList): Readonly<Record<'added' | 'changed' | 'removed', string[]>> {
  const at = ({ revoked: list }: RevocationList, serial: bigint) => list.find((one) => one.serial === serial);
  const added = wanted.revoked.filter(({ serial }) => at(now, serial) === undefined);
  const removed = now.revoked.filter(({ serial }) => at(wanted, serial) === undefined);
  const changed = wanted.revoked.flatMap(({ serial, extensions }) => {
    const before = at(now, serial);
    return before === undefined ? [] : Array.from({ length: unlike(before.extensions, extensions) }, () => ({ serial }));
  });
  const shown = (list: readonly { readonly serial: bigint }[]): string[] => list.map(({ serial }) => hexOf(serial));
  return { added: shown(added), changed: shown(changed), removed: shown(removed) };
}

/** How many extensions of an entry are not the same. */
function unlike(now: readonly Extension[], wanted: readonly Extension[]): number {
  const same = wanted.filter((one) =>
    now.some(({ number, critical, value }) => number === one.number && critical === one.critical && value.equals(one.value)),
  );
  const gone = now.filter(({ number }) => !wanted.some((one) => one.number === number));
  return wanted.length - same.length + gone.length;
}

/** The number of the list that follows the one of a file. */
function nextNumber(path: string | undefined): Returnable {
  const now = path === undefined ? undefined : loaded(path);
  const number = now === undefined ? undefined : findExtension(now.extensions, 'cRLNumber');
  return number === undefined ? 1 : Number(integerOf(decode(number.value).content)) + 1;
}

async function check(ctx: StateCtx, args: Args): Promise<Verdict> {
  const { name, encoding, days_remaining: _days, extensions = {}, revoked: list, ...rest } = args;
  const file = onlyOfFiles(ctx.extra, ['text']);
  return await managed(ctx, {
    name,
    noun: 'certificate revocation list',
    file,
    isText: encoding === 'pem',
    look: (path, unlinked) => look(ctx, args, path, unlinked),
    make: async (changes, path) => {
      if (path !== undefined && Object.keys(changes).every((key) => key === 'encoding'))
        return await ctx.call('x509.encode_crl', [path], { encoding });
      const numbered = isCounted(args) ? { ...extensions, cRLNumber: nextNumber(path) } : extensions;
      return await ctx.call('x509.create_crl', [], { ...defined(rest), revoked: list, encoding, extensions: numbered });
    },
  });
}

export const crl_managed = state({
  doc: 'A list of certificates that are good no more, made anew before its time is over.',
  examples: [
    '/etc/pki/ca.crl:\n  x509.crl_managed:\n    - signing_private_key: /etc/pki/ca.key\n    - signing_cert: /etc/pki/ca.crt\n    - revoked:\n      - certificate: /etc/pki/old.crt',
  ],
  args: ARGS,
  extra: 'arguments of file.managed: user, group, mode, makedirs, backup, ...',
  check,
});
