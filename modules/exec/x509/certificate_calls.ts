import type { KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CallRefused, type Ctx, call, type Returnable } from '../../define.ts';
import { makeCertificate, modern, pkcs7, type Wishes } from './building.ts';
import { type Certificate, certificateOf } from './certificate.ts';
import { checkDigest } from './digests.ts';
import { privateKeyOf } from './keys.ts';
import { attributesOf } from './names.ts';
import { checkEncoding, shown, writePem, writeSecret } from './output.ts';
import { pkcs12 } from './pkcs12.ts';
import { certificateFrom, policyNamed, policyShown, signFor, under } from './policies.ts';
import { pem } from './sources.ts';

const ENCODINGS = ['der', 'pem', 'pkcs7_der', 'pkcs7_pem', 'pkcs12'];
const encoding = { type: 'string', default: 'pem', doc: 'pem, der, pkcs7_pem, pkcs7_der or pkcs12' } as const;
const append_certs = { type: 'any', doc: 'certificates put behind this one' } as const;
const raw = { type: 'boolean', default: false, doc: 'return bytes rather than text' } as const;
const PKCS12 = {
  pkcs12_passphrase: { type: 'string', doc: 'the password of what is written in PKCS #12' },
  pkcs12_encryption_compat: { type: 'boolean', default: false, doc: 'encrypt it so that old systems can read it' },
  pkcs12_friendlyname: { type: 'string', doc: 'the name it bears there' },
} as const;

interface Encoding {
  readonly encoding: string;
  readonly append_certs?: Returnable | undefined;
  readonly pkcs12_passphrase?: string | undefined;
  readonly pkcs12_encryption_compat: boolean;
  readonly pkcs12_friendlyname?: string | undefined;
  readonly raw: boolean;
}

async function encoded(ctx: Ctx, certificate: Certificate, key: KeyObject | undefined, how: Encoding): Promise<Returnable> {
  const given = how.append_certs ?? [];
  const chain = (Array.isArray(given) ? (given as readonly Returnable[]) : [given]).map(certificateOf);
  if (how.encoding === 'pkcs12') {
    if (key === undefined) throw new CallRefused('Creating a PKCS12-encoded certificate without embedded private key is unsupported');
    const bag = await pkcs12(ctx, {
      key,
      certificate: pem('CERTIFICATE', certificate.der),
      chain: chain.map(({ der }) => pem('CERTIFICATE', der)),
      passphrase: how.pkcs12_passphrase,
      friendlyName: how.pkcs12_friendlyname,
      compatible: how.pkcs12_encryption_compat,
    });
    return shown('', bag, 'pkcs12', how.raw);
  }
  if (how.encoding.startsWith('pkcs7')) return shown('PKCS7', pkcs7([certificate, ...chain]), how.encoding, how.raw);
  if (how.encoding === 'der') return shown('', certificate.der, 'der', how.raw);
  const text = [certificate, ...chain].map(({ der }) => pem('CERTIFICATE', der)).join('\n');
  return how.raw ? Buffer.from(text) : text;
}

function refuseChain(how: Encoding): void {
  const some = Array.isArray(how.append_certs) ? how.append_certs.length > 0 : Boolean(how.append_certs);
  if (how.encoding === 'der' && some) throw new CallRefused('Cannot encode a certificate chain in DER');
}

/** Keeps a copy of every certificate that was made, by its serial number. */
async function keepCopy(certificate: Certificate, wishes: Wishes): Promise<void> {
  if (!wishes['copypath']) return;
  const name = wishes['prepend_cn'] ? attributesOf(certificate.subject)['CN'] : undefined;
  const file = `${name === undefined ? '' : `${name}-`}${certificate.serial.toString(16)}.crt`;
  await writePem(Buffer.from(pem('CERTIFICATE', certificate.der)), join(String(wishes['copypath']), file), true, 'CERTIFICATE');
}

interface Asked extends Encoding {
  readonly ca_server?: string | undefined;
  readonly signing_policy?: string | undefined;
}

async function certify(ctx: Ctx, args: Asked, wishes: Wishes): Promise<{ certificate: Certificate; key: KeyObject | undefined }> {
  if (args.ca_server) {
    if (args.signing_policy === undefined) {
      throw new CallRefused('signing_policy must be specified to request a certificate from a remote ca_server');
    }
    const certificate = await certificateFrom(ctx, args.ca_server, args.signing_policy, wishes);
    const passphrase = wishes['private_key_passphrase'];
    return {
      certificate,
      key: wishes['private_key'] ? privateKeyOf(wishes['private_key'], passphrase == null ? undefined : String(passphrase)) : undefined,
    };
  }
  const all = under(await policyNamed(ctx, args.signing_policy), wishes);
  if (args.encoding === 'pkcs12' && !('private_key' in all) && 'signing_cert' in all) {
    throw new CallRefused('Creating a PKCS12-encoded certificate without embedded private key is unsupported');
  }
  const { der, subjectKey } = makeCertificate(all);
  const certificate = certificateOf(der);
  await keepCopy(certificate, all);
  return { certificate, key: subjectKey };
}

const creation = (as: 'create_certificate' | 'create_certificate_ssh') =>
  call({
    doc: 'Make a certificate, signed by a private key of this minion, by another minion, or by itself.',
    examples: [
      `tsalt '*' x509.${as} signing_private_key='/etc/pki/myca.key' CN='example.org' days_valid=90`,
      `tsalt '*' x509.${as} ca_server=ca signing_policy=www private_key=/etc/pki/www.key CN=www.example.org`,
    ],
    args: {
      ca_server: { type: 'string', doc: 'the minion that signs' },
      signing_policy: { type: 'string', doc: 'the policy it is signed by' },
      encoding,
      append_certs,
      ...PKCS12,
      path: { type: 'string', doc: 'the file to write it to' },
      overwrite: { type: 'boolean', default: true, doc: 'also if the file is there' },
      raw,
    },
    extra:
      'signing_private_key, signing_private_key_passphrase, signing_cert, public_key, private_key, private_key_passphrase, csr,' +
      ' subject, serial_number, not_before, not_after, days_valid (365), digest (sha256), copypath, prepend_cn;' +
      ' attributes of the subject (CN, O, ...); extensions (basicConstraints, subjectAltName, ...)',
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      const given = modern(ctx.extra);
      const wishes: Wishes = 'days_valid' in given || 'not_after' in given ? given : { ...given, days_valid: 365 };
      checkEncoding(args.encoding, ENCODINGS);
      checkDigest(String(wishes['digest'] ?? 'sha256'));
      refuseChain(args);
      if (!('signing_private_key' in wishes) && !args.ca_server) {
        throw new CallRefused('Creating a certificate locally at least requires a signing private key.');
      }
      if (args.path && !args.overwrite && existsSync(args.path)) return `The file at ${args.path} exists and overwrite was set to false`;
      const { certificate, key } = await certify(ctx, args, wishes);
      const out = await encoded(ctx, certificate, key, { ...args, raw: args.raw || args.path !== undefined });
      if (args.path === undefined) return out;
      if (args.encoding === 'pem') return await writePem(out, args.path, args.overwrite, 'CERTIFICATE');
      await (args.encoding === 'pkcs12' ? writeSecret : writeFile)(args.path, out as Uint8Array);
      return `Certificate written to ${args.path}`;
    },
  });

export const certificateCalls = {
  create_certificate: creation('create_certificate'),
  create_certificate_ssh: creation('create_certificate_ssh'),
  encode_certificate: call({
    doc: 'A certificate in another encoding, alone or with others.',
    examples: ["tsalt '*' x509.encode_certificate /etc/pki/my.crt pem /etc/pki/ca.crt"],
    args: {
      certificate: { type: 'any', required: true, doc: 'the certificate: a path, text or bytes' },
      encoding,
      append_certs,
      private_key: { type: 'any', doc: 'its private key, for PKCS #12' },
      private_key_passphrase: { type: 'string', doc: 'the password of that key' },
      ...PKCS12,
      raw,
    },
    changes: false,
    async run(ctx, args): Promise<Returnable> {
      checkEncoding(args.encoding, ENCODINGS);
      refuseChain(args);
      if (args.encoding !== 'pkcs12' && args.private_key)
        throw new CallRefused('Embedding private keys is only supported for pkcs12 encoding');
      if (args.encoding === 'pkcs12' && !args.private_key) {
        throw new CallRefused('Creating a PKCS12-encoded certificate without embedded private key is unsupported');
      }
      const certificate = certificateOf(args.certificate);
      return await encoded(
        ctx,
        certificate,
        args.private_key ? privateKeyOf(args.private_key, args.private_key_passphrase) : undefined,
        args,
      );
    },
  }),
  get_signing_policy: call({
    doc: 'A signing policy of this minion, or of one that signs.',
    examples: ["tsalt '*' x509.get_signing_policy www"],
    args: {
      signing_policy: { type: 'string', required: true, doc: 'its name' },
      ca_server: { type: 'string', doc: 'the minion that signs' },
    },
    changes: false,
    run: (ctx, args): Promise<Returnable> => policyShown(ctx, args.signing_policy, args.ca_server),
  }),
  sign_remote_certificate: call({
    doc: 'Sign for another minion: what x509.create_certificate calls on `ca_server`. The peers of the master must permit it.',
    examples: ["tsalt '*' x509.sign_remote_certificate www kwargs=\"{'public_key': '/etc/pki/www.key'}\""],
    args: {
      signing_policy: { type: 'string', required: true, doc: 'the policy to sign by' },
      kwargs: { type: 'any', required: true, doc: 'what the certificate shall be' },
      get_signing_policy_only: { type: 'boolean', default: false, doc: 'return the policy, without its key' },
    },
    extra: "the publication's __pub_ keys: who asks",
    changes: true,
    run: (ctx, args) => signFor(ctx, args.signing_policy, (args.kwargs ?? {}) as Wishes, args.get_signing_policy_only),
  }),
};
