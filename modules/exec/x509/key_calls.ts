import type { KeyObject } from 'node:crypto';
import { CallRefused, type Ctx, call, type Returnable } from '../../define.ts';
import { makeList, makeRequest, modern, type Wishes } from './building.ts';
import { requestOf, revocationListOf } from './certificate.ts';
import { checkDigest } from './digests.ts';
import { newKey, privateKeyOf } from './keys.ts';
import { checkEncoding, shown, writePem, writeSecret } from './output.ts';
import { pkcs12 } from './pkcs12.ts';

const raw = { type: 'boolean', default: false, doc: 'return bytes rather than text' } as const;
const encoding = { type: 'string', default: 'pem', doc: 'pem or der' } as const;
const keyEncoding = { type: 'string', default: 'pem', doc: 'pem, der or pkcs12' } as const;
const digest = { type: 'string', default: 'sha256', doc: 'the digest that is signed' } as const;
const path = { type: 'string', doc: 'the file to write it to' } as const;
const passphrase = { type: 'string', doc: 'the password to encrypt it with' } as const;
const compatible = { type: 'boolean', default: false, doc: 'encrypt PKCS #12 so that old systems can read it' } as const;

interface KeyEncoding {
  readonly encoding: string;
  readonly passphrase: string | undefined;
  readonly pkcs12_encryption_compat: boolean;
  readonly raw: boolean;
}

async function keyShown(ctx: Ctx, key: KeyObject, how: KeyEncoding): Promise<Returnable> {
  if (how.encoding === 'pkcs12') {
    const bag = await pkcs12(ctx, { key, passphrase: how.passphrase, compatible: how.pkcs12_encryption_compat });
    return shown('', bag, 'pkcs12', how.raw);
  }
  const secret = how.passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase: how.passphrase };
  const bytes = key.export({ type: 'pkcs8', format: 'der', ...secret });
  return shown(how.passphrase === undefined ? 'PRIVATE KEY' : 'ENCRYPTED PRIVATE KEY', bytes, how.encoding, how.raw);
}

/** Returns what was made, or writes it. */
async function deliver(
  out: Returnable,
  how: { readonly path: string | undefined; readonly encoding: string },
  type: string,
  what: string,
): Promise<Returnable> {
  if (how.path === undefined) return out;
  if (how.encoding === 'pem') return await writePem(out, how.path, true, type);
  await writeSecret(how.path, out as Uint8Array);
  return `${what} written to ${how.path}`;
}

/** Throws CallRefused for keyword arguments that no version knew. */
function refuseUnknown(extra: Readonly<Record<string, Returnable>>, known: readonly string[]): void {
  const odd = Object.keys(extra).filter((key) => !key.startsWith('_') && !known.includes(key));
  if (odd.length > 0) throw new CallRefused(`Unrecognized keyword arguments: [${odd.map((key) => `'${key}'`).join(', ')}]`);
}

const isMap = (value: Returnable | undefined): value is Wishes => typeof value === 'object' && value !== null && !Array.isArray(value);

export const keyCalls = {
  create_private_key: call({
    doc: 'Make a private key.',
    examples: ["tsalt '*' x509.create_private_key algo=ec keysize=384", "tsalt '*' x509.create_private_key path=/etc/pki/mykey.key"],
    args: {
      algo: { type: 'string', default: 'rsa', doc: 'rsa, ec, ed25519 or ed448' },
      keysize: { type: 'number', doc: 'in bits: rsa 2048, 3072 or 4096, ec 256, 384 or 521' },
      passphrase,
      encoding: keyEncoding,
      pkcs12_encryption_compat: compatible,
      path,
      raw,
    },
    extra: 'bits: the older name of keysize',
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      refuseUnknown(ctx.extra, ['bits', 'cipher', 'verbose', 'text']);
      checkEncoding(args.encoding, ['der', 'pem', 'pkcs12']);
      const bits = ctx.extra['bits'];
      const key = await newKey(args.algo, bits == null ? args.keysize : Number(bits));
      const out = await keyShown(ctx, key, { ...args, raw: args.raw || args.path !== undefined });
      const answer = await deliver(out, args, '(?:(?:RSA|ENCRYPTED) )?PRIVATE KEY', 'Private key');
      return args.path !== undefined && args.encoding !== 'pem' ? null : answer;
    },
  }),
  encode_private_key: call({
    doc: 'A private key in another encoding, or with another password.',
    examples: ["tsalt '*' x509.encode_private_key /etc/pki/my.key der"],
    args: {
      private_key: { type: 'any', required: true, doc: 'the key: a path, text or bytes' },
      encoding: keyEncoding,
      passphrase,
      private_key_passphrase: { type: 'string', doc: 'the password it has now' },
      pkcs12_encryption_compat: compatible,
      raw,
    },
    changes: false,
    async run(ctx, args): Promise<Returnable> {
      checkEncoding(args.encoding, ['der', 'pem', 'pkcs12']);
      return await keyShown(ctx, privateKeyOf(args.private_key, args.private_key_passphrase), args);
    },
  }),
  create_csr: call({
    doc: 'Make a signing request.',
    examples: ["tsalt '*' x509.create_csr private_key='/etc/pki/myca.key' CN='My Cert'"],
    args: {
      private_key: { type: 'any', required: true, doc: 'the private key it is for' },
      private_key_passphrase: { type: 'string', doc: 'its password' },
      digest,
      encoding,
      path,
      raw,
    },
    extra: 'subject, or its attributes (CN, O, ...); extensions (basicConstraints, subjectAltName, ...)',
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      const wishes = modern(ctx.extra);
      const signedBy = String(wishes['digest'] ?? args.digest);
      checkEncoding(args.encoding, ['der', 'pem']);
      checkDigest(signedBy);
      const der = makeRequest(args.private_key, args.private_key_passphrase, signedBy, wishes);
      const out = shown('CERTIFICATE REQUEST', der, args.encoding, args.raw || args.path !== undefined);
      return await deliver(out, args, 'CERTIFICATE REQUEST', 'CSR');
    },
  }),
  encode_csr: call({
    doc: 'A signing request in another encoding.',
    examples: ["tsalt '*' x509.encode_csr /etc/pki/my.csr der"],
    args: { csr: { type: 'any', required: true, doc: 'the request: a path, text or bytes' }, encoding, raw },
    changes: false,
    run(_ctx, args): Returnable {
      checkEncoding(args.encoding, ['der', 'pem']);
      return shown('CERTIFICATE REQUEST', requestOf(args.csr).der, args.encoding, args.raw);
    },
  }),
  create_crl: call({
    doc: 'Make a list of certificates that are good no more.',
    examples: [
      "tsalt '*' x509.create_crl signing_private_key=/etc/pki/ca.key signing_cert=/etc/pki/ca.crt revoked=\"[{'certificate': '/etc/pki/my.crt'}]\"",
    ],
    args: {
      signing_private_key: { type: 'any', required: true, doc: 'the key that signs it' },
      revoked: { type: 'list', required: true, doc: 'maps with serial_number or certificate, revocation_date, not_after, extensions' },
      signing_cert: { type: 'any', doc: 'the certificate of that key' },
      signing_private_key_passphrase: { type: 'string', doc: 'the password of that key' },
      include_expired: { type: 'boolean', default: false, doc: 'also those whose time is over' },
      days_valid: { type: 'number', doc: 'until the next list; 100 by default' },
      digest,
      encoding,
      extensions: { type: 'any', doc: 'extensions of the list: cRLNumber, authorityKeyIdentifier, ...' },
      path,
      raw,
    },
    extra: "the publication's __pub_ keys",
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      refuseUnknown(ctx.extra, ['text']);
      checkEncoding(args.encoding, ['der', 'pem']);
      checkDigest(args.digest);
      const extensions = isMap(args.extensions) ? args.extensions : {};
      const der = makeList(ctx, { ...args, days_valid: args.days_valid ?? 100, extensions });
      const out = shown('X509 CRL', der, args.encoding, args.raw || args.path !== undefined);
      return await deliver(out, args, 'X509 CRL', 'CRL');
    },
  }),
  encode_crl: call({
    doc: 'A revocation list in another encoding.',
    examples: ["tsalt '*' x509.encode_crl /etc/pki/my.crl der"],
    args: { crl: { type: 'any', required: true, doc: 'the list: a path, text or bytes' }, encoding, raw },
    changes: false,
    run(_ctx, args): Returnable {
      checkEncoding(args.encoding, ['der', 'pem']);
      return shown('X509 CRL', revocationListOf(args.crl).der, args.encoding, args.raw);
    },
  }),
};
