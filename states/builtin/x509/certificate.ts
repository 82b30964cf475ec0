import { readFileSync } from 'node:fs';
import { type ArgsOf, CallRefused, type Returnable } from '../../../modules/define.ts';
import { type Draft, draftCertificate, modern, serialOf, signerOf, type Wishes } from '../../../modules/exec/x509/building.ts';
import { type Certificate, certificateOf, certificatesOf, isSignedBy } from '../../../modules/exec/x509/certificate.ts';
import { decode, sequence } from '../../../modules/exec/x509/der.ts';
import { isPair } from '../../../modules/exec/x509/keys.ts';
import { decodeName, rfc4514 } from '../../../modules/exec/x509/names.ts';
import { under } from '../../../modules/exec/x509/policies.ts';
import { decodeExtensions } from '../../../modules/exec/x509/rendering.ts';
import { isPem } from '../../../modules/exec/x509/sources.ts';
import { type StateCtx, state, type Verdict } from '../../define.ts';
import { defined, extensionChanges, hasOtherDigest } from './compare.ts';
import { type Changes, type Look, managed, refusedAsResult, split } from './managed.ts';

const any = (doc: string) => ({ type: 'any', doc }) as const;
const ARGS = {
  name: { type: 'string', required: true, doc: 'the file' },
  days_remaining: { type: 'number', default: 90, doc: 'it is made anew when less time than that is left' },
  ca_server: { type: 'string', doc: 'the minion that signs, by its signing_policy' },
  signing_policy: { type: 'string', doc: 'the policy it is signed by' },
  encoding: { type: 'string', default: 'pem', doc: 'pem, der, pkcs7_pem or pkcs7_der' },
  append_certs: any('certificates put behind this one'),
  digest: { type: 'string', default: 'sha256', doc: 'the digest that is signed' },
  signing_private_key: any('the private key that signs'),
  signing_private_key_passphrase: any('its password'),
  signing_cert: any('the certificate of who signs; without one it signs itself'),
  public_key: any('the public key it is for'),
  private_key: any('or the private key'),
  private_key_passphrase: any('its password'),
  csr: any('or a request'),
  subject: any('the subject as a text, list or map; else its attributes'),
  serial_number: any('its number; else a random one'),
  not_before: any('from when on it is good'),
  not_after: any('until when'),
  days_valid: any('or for how many days: 365'),
} as const;
type Args = ArgsOf<typeof ARGS>;

/** Changes that another encoding of the certificate that is there makes good. */
const OF_ENCODING = ['additional_certs', 'encoding'];
const DAY_MS = 86_400_000;

/** What is told of the certificate: to the function that makes it, and to compare with. */
function wishesOf(args: Args, extra: Wishes): Wishes {
  const { name: _name, days_remaining: _days, ca_server: _server, encoding: _encoding, append_certs: _chain, ...told } = args;
  const { signing_policy: _policy, ...wishes } = { ...modern(extra), ...defined(told) };
  const digest = modern(extra)['digest'] ?? args.digest;
  const isTimed = 'days_valid' in wishes || 'not_after' in wishes;
  return { ...wishes, digest, ...(isTimed ? {} : { days_valid: 365 }) };
}

const chainOf = ({ append_certs = null }: Args): readonly Returnable[] =>
  append_certs === null ? [] : Array.isArray(append_certs) ? (append_certs as readonly Returnable[]) : [append_certs];

function encodingOf(path: string): string {
  const bytes = readFileSync(path);
  if (isPem(bytes)) return bytes.includes('-----BEGIN PKCS7') ? 'pkcs7_pem' : 'pem';
  return certificatesOf(bytes)?.kind === 'pkcs7' ? 'pkcs7_der' : 'der';
}

function look(args: Args, wishes: Wishes, policy: Wishes, path: string | undefined, unlinked: boolean): Look {
  const { name, encoding, days_remaining } = args;
  if (path === undefined) return { changes: { created: name, ...(unlinked ? { replaced: name } : {}) }, isAgain: false };
  const [now, ...chain] = loaded(path);
  if (now === undefined) return { changes: { replaced: name }, isAgain: false };
  const changes: Changes = {};
  if (encoding !== encodingOf(path)) changes['encoding'] = encoding;
  if (now.notAfter.getTime() < Date.now() + days_remaining * DAY_MS) changes['expiration'] = true;
  const wantedChain = chainOf(args).map(certificateOf);
  if (wantedChain.length !== chain.length || wantedChain.some(({ der }, index) => chain[index]?.der.equals(der) !== true))
    changes['additional_certs'] = true;
  const all = under(policy, wishes);
  if (hasOtherDigest(now.algorithm, String(all['digest']))) changes['digest'] = args.digest;
  Object.assign(changes, differences(now, draftCertificate(all, args.ca_server ? undefined : signerOf(all)), args));
  return { changes, isAgain: true };
}

function differences(now: Certificate, wanted: Draft, { serial_number = null }: Args): Changes {
  const changes: Changes = {};
  if (serial_number !== null && serialOf(serial_number) !== now.serial) changes['serial_number'] = serial_number;
  if (!isPair(now.key, wanted.key)) changes['private_key'] = true;
  if (wanted.authority !== undefined && !isSignedBy(now, wanted.authority.key)) changes['signing_private_key'] = true;
  const shown = (der: Buffer): string => rfc4514(decodeName(decode(der)));
  if (!now.subjectDer.equals(wanted.subject)) changes['subject_name'] = shown(wanted.subject);
  if (!now.issuerDer.equals(wanted.issuer)) changes['issuer_name'] = shown(wanted.issuer);
  const extensions = extensionChanges(now.extensions, decodeExtensions(decode(sequence(...wanted.extensions))));
  if (extensions !== undefined) changes['extensions'] = extensions;
  return changes;
}

/** The certificates of a file: the first and those behind it; none when it holds something else. */
function loaded(path: string): readonly Certificate[] {
  try {
    const first = certificateOf(path);
    return [first, ...(certificatesOf(readFileSync(path))?.all.slice(1) ?? [])];
  } catch (error) {
    if (error instanceof CallRefused) return [];
    throw error;
  }
}

async function check(ctx: StateCtx, args: Args): Promise<Verdict> {
  const { name, encoding, signing_policy, ca_server } = args;
  const { file, others } = split(ctx.extra);
  const wishes = wishesOf(args, others);
  const append_certs = chainOf(args);
  return await refusedAsResult(async () => {
    if (encoding === 'pkcs12')
      throw new CallRefused('encoding: pkcs12 is not managed. Use another encoding, or x509.create_certificate with a path');
    return await managed(ctx, {
      name,
      noun: 'certificate',
      file,
      isText: encoding === 'pem' || encoding === 'pkcs7_pem',
      look: async (path, unlinked) => {
        const asked = path !== undefined && signing_policy !== undefined;
        const policy = asked ? await ctx.call('x509.get_signing_policy', [signing_policy], defined({ ca_server })) : {};
        return look(args, wishes, policy as Wishes, path, unlinked);
      },
      make: async (changes, path) => {
        if (path !== undefined && Object.keys(changes).every((key) => OF_ENCODING.includes(key)))
          return await ctx.call('x509.encode_certificate', [path], { encoding, append_certs });
        return await ctx.call('x509.create_certificate', [], {
          ...wishes,
          ...defined({ ca_server, signing_policy }),
          encoding,
          append_certs,
        });
      },
    });
  });
}

export const certificate_managed = state({
  doc: 'A certificate with these attributes, made anew before its time is over.',
  examples: [
    '/etc/pki/www.crt:\n  x509.certificate_managed:\n    - ca_server: ca\n    - signing_policy: www\n    - private_key: /etc/pki/www.key\n    - CN: www.example.org',
  ],
  args: ARGS,
  extra: 'attributes of the subject (CN, O, ...); extensions (basicConstraints, ...); arguments of file.managed (user, mode, ...)',
  check,
});
