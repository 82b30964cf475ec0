import { X509Certificate } from 'node:crypto';
import { call, type Returnable } from '../../define.ts';
import { certificateOf, isSignedBy, revocationListOf } from './certificate.ts';
import { filesNamed } from './glob.ts';
import { isPair, privateKeyOf, publicKeyOf, sizeOf } from './keys.ts';
import { writePem } from './output.ts';
import { publicKeyFrom } from './policies.ts';
import { certificateShown, expiresWithin, labelled, listShown, requestShown } from './reading.ts';
import { pemEntry } from './sources.ts';

const certificate = { type: 'any', required: true, doc: 'the certificate: a path, text or bytes' } as const;
const passphrase = { type: 'string', doc: 'the password of the key' } as const;
const glob = { type: 'string', required: true, doc: 'a path with `*` and the like' } as const;

export const readingCalls = {
  read_certificate: call({
    doc: 'All there is to tell of a certificate.',
    examples: ["tsalt '*' x509.read_certificate /etc/pki/mycert.crt"],
    args: { certificate },
    changes: false,
    run: (_ctx, args): Returnable => certificateShown(args.certificate),
  }),
  read_certificates: call({
    doc: 'All there is to tell of the certificates in several files, by path.',
    examples: ["tsalt '*' x509.read_certificates '/etc/pki/*.crt'"],
    args: { glob_path: glob },
    changes: false,
    run: (_ctx, args): Returnable => Object.fromEntries(filesNamed(args.glob_path).map((path) => [path, certificateShown(path)])),
  }),
  read_csr: call({
    doc: 'All there is to tell of a signing request.',
    examples: ["tsalt '*' x509.read_csr /etc/pki/mycert.csr"],
    args: { csr: { type: 'any', required: true, doc: 'the request: a path, text or bytes' } },
    changes: false,
    run: (_ctx, args): Returnable => requestShown(args.csr),
  }),
  read_crl: call({
    doc: 'All there is to tell of a revocation list.',
    examples: ["tsalt '*' x509.read_crl /etc/pki/my.crl"],
    args: { crl: { type: 'any', required: true, doc: 'the list: a path, text or bytes' } },
    changes: false,
    run: (_ctx, args): Returnable => listShown(args.crl),
  }),
  expires: call({
    doc: "Whether a certificate's time is over in so many days.",
    examples: ["tsalt '*' x509.expires /etc/pki/my.crt days=7"],
    args: { certificate, days: { type: 'number', default: 0, doc: 'how many days' } },
    changes: false,
    run: (_ctx, args) => expiresWithin(args.certificate, args.days),
  }),
  expired: call({
    doc: "Whether a certificate's time is over, with its path and common name.",
    examples: ["tsalt '*' x509.expired '/etc/pki/mycert.crt'"],
    args: { certificate },
    changes: false,
    run: (_ctx, args): Returnable => ({ ...labelled(args.certificate), expired: expiresWithin(args.certificate, 0) }),
  }),
  will_expire: call({
    doc: "Whether a certificate's time is over in so many days, with its path and common name.",
    examples: ["tsalt '*' x509.will_expire '/etc/pki/mycert.crt' days=30"],
    args: { certificate, days: { type: 'number', required: true, doc: 'how many days' } },
    changes: false,
    run: (_ctx, args): Returnable => ({
      check_days: args.days,
      ...labelled(args.certificate),
      will_expire: expiresWithin(args.certificate, args.days),
    }),
  }),
  get_pem_entry: call({
    doc: 'The first entry of a type in a text or file of PEM, neatly broken into lines.',
    examples: [`tsalt '*' x509.get_pem_entry "-----BEGIN CERTIFICATE REQUEST-----MIICyzCC..."`],
    args: {
      text: { type: 'any', required: true, doc: 'the text, or the path of a file' },
      pem_type: { type: 'string', doc: 'such as CERTIFICATE; a regular expression' },
    },
    changes: false,
    run: (_ctx, args) => pemEntry(args.text, args.pem_type),
  }),
  get_pem_entries: call({
    doc: 'The first entry of PEM of each of several files, by path.',
    examples: ["tsalt '*' x509.get_pem_entries '/etc/pki/*.crt'"],
    args: { glob_path: glob },
    changes: false,
    run: (_ctx, args) => Object.fromEntries(filesNamed(args.glob_path).map((path) => [path, pemEntry(path)])),
  }),
  write_pem: call({
    doc: 'Write an entry of PEM to a file that only its owner may read.',
    examples: [`tsalt '*' x509.write_pem "-----BEGIN CERTIFICATE-----MIIGMzCCBBugA..." path=/etc/pki/mycert.crt`],
    args: {
      text: { type: 'any', required: true, doc: 'the text, or the path of a file' },
      path: { type: 'string', required: true, doc: 'the file' },
      overwrite: { type: 'boolean', default: true, doc: 'for a certificate: drop a private key and parameters that the file has' },
      pem_type: { type: 'string', doc: 'such as CERTIFICATE' },
    },
    changes: true,
    run: (_ctx, args) => writePem(args.text, args.path, args.overwrite, args.pem_type),
  }),
  get_private_key_size: call({
    doc: 'The size of a private key in bits; None for kinds of one size.',
    examples: ["tsalt '*' x509.get_private_key_size /etc/pki/mycert.key"],
    args: { private_key: { type: 'any', required: true, doc: 'the key: a path, text or bytes' }, passphrase },
    changes: false,
    run: (_ctx, args) => sizeOf(privateKeyOf(args.private_key, args.passphrase)) ?? null,
  }),
  get_public_key: call({
    doc: 'The public key of a certificate, a public or private key, or a request, in PEM.',
    examples: ["tsalt '*' x509.get_public_key /etc/pki/mycert.cer"],
    args: {
      key: { type: 'any', required: true, doc: 'a path, text or bytes' },
      passphrase,
      asObj: { type: 'any', doc: 'not used' },
    },
    changes: false,
    run: (_ctx, args) => publicKeyFrom(args.key, args.passphrase),
  }),
  verify_private_key: call({
    doc: 'Whether a private key and a public key, or that of a certificate or request, are a pair.',
    examples: ["tsalt '*' x509.verify_private_key private_key=/etc/pki/myca.key public_key=/etc/pki/myca.crt"],
    args: {
      private_key: { type: 'any', required: true, doc: 'the private key' },
      public_key: { type: 'any', required: true, doc: 'what has the public one' },
      passphrase,
    },
    changes: false,
    run: (_ctx, args) => isPair(privateKeyOf(args.private_key, args.passphrase), publicKeyOf(publicKeyFrom(args.public_key))),
  }),
  verify_signature: call({
    doc: 'Whether a certificate was signed by a key; its own by default.',
    examples: ["tsalt '*' x509.verify_signature /etc/pki/mycert.pem signing_pub_key=/etc/pki/myca.crt"],
    args: {
      certificate,
      signing_pub_key: { type: 'any', doc: 'what has the public key' },
      signing_pub_key_passphrase: passphrase,
    },
    changes: false,
    run(_ctx, args) {
      const key = publicKeyFrom(args.signing_pub_key || args.certificate, args.signing_pub_key_passphrase);
      return new X509Certificate(certificateOf(args.certificate).der).verify(publicKeyOf(key));
    },
  }),
  verify_crl: call({
    doc: 'Whether a revocation list was signed by the key of a certificate.',
    examples: ["tsalt '*' x509.verify_crl crl=/etc/pki/myca.crl cert=/etc/pki/myca.crt"],
    args: {
      crl: { type: 'any', required: true, doc: 'the list' },
      cert: { type: 'any', required: true, doc: 'what has the public key' },
    },
    changes: false,
    run: (_ctx, args) => isSignedBy(revocationListOf(args.crl), publicKeyOf(publicKeyFrom(args.cert))),
  }),
};
