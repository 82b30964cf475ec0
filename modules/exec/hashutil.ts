import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { CommandFailed, call, execModule, type Returnable } from '../define.ts';

const INSTR = { type: 'any', required: true, doc: 'the text' } as const;
const CHECKSUM = { type: 'string', default: 'md5', doc: 'md5, sha256 or sha512' } as const;
const SECRET = { type: 'any', required: true, doc: 'the secret that both sides know' } as const;

const bytesOf = (value: Returnable): Uint8Array => (value instanceof Uint8Array ? value : Buffer.from(String(value), 'utf8'));
/** As a text where it is one. */
const textOrBytes = (bytes: Buffer): Returnable => {
  const text = bytes.toString('utf8');
  return Buffer.compare(Buffer.from(text, 'utf8'), bytes) === 0 ? text : bytes;
};
/** Base64 in lines of 76 characters, each ended. */
const inLines = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString('base64')
    .replace(/.{1,76}/g, '$&\n');
const decoded = (given: Returnable): Buffer => {
  const letters = Buffer.from(bytesOf(given))
    .toString('latin1')
    .replace(/[^A-Za-z0-9+/=]/g, '');
  if (letters.replace(/=+$/, '').length % 4 === 1 || letters.length % 4 !== 0)
    throw new CommandFailed('hashutil: this is not base64: its padding or its length is wrong');
  return Buffer.from(letters, 'base64');
};

const digestOf = (value: Returnable, checksum: string): string => {
  if (!['md5', 'sha256', 'sha512'].includes(checksum)) throw new CommandFailed(`Hash func '${checksum}' is not supported.`);
  return createHash(checksum).update(bytesOf(value)).digest('hex');
};
const digesting = (checksum: string) =>
  call({
    doc: `The ${checksum} digest of a text.`,
    examples: [`tsalt '*' hashutil.${checksum}_digest 'get salted'`],
    args: { instr: INSTR },
    changes: false,
    run: (_ctx, { instr }) => digestOf(instr, checksum),
  });
const same = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one, 'utf8'), Buffer.from(other, 'utf8'));

export default execModule({
  name: 'hashutil',
  doc: 'Digests, signatures by a shared secret, and base64.',
  calls: {
    digest: call({
      doc: 'The digest of a text.',
      examples: ["tsalt '*' hashutil.digest 'get salted' checksum=sha256"],
      args: { instr: INSTR, checksum: CHECKSUM },
      changes: false,
      run: (_ctx, { instr, checksum }) => digestOf(instr, checksum),
    }),
    digest_file: call({
      doc: 'The digest of a file.',
      examples: ["tsalt '*' hashutil.digest_file /path/to/file sha512"],
      args: { infile: { type: 'string', required: true, doc: 'the file' }, checksum: CHECKSUM },
      changes: false,
      async run(_ctx, { infile, checksum }) {
        const bytes = await readFile(infile).catch(() => undefined);
        if (bytes === undefined) throw new CommandFailed(`File path '${infile}' not found.`);
        return digestOf(bytes, checksum);
      },
    }),
    md5_digest: digesting('md5'),
    sha256_digest: digesting('sha256'),
    sha512_digest: digesting('sha512'),
    base64_b64encode: call({
      doc: 'A text as base64, on one line.',
      examples: ["tsalt '*' hashutil.base64_b64encode 'get salted'"],
      args: { instr: INSTR },
      changes: false,
      run: (_ctx, { instr }) => Buffer.from(bytesOf(instr)).toString('base64'),
    }),
    base64_b64decode: call({
      doc: 'What base64 stands for: a text, or bytes that are none.',
      examples: ["tsalt '*' hashutil.base64_b64decode 'Z2V0IHNhbHRlZA=='"],
      args: { instr: INSTR },
      changes: false,
      run: (_ctx, { instr }) => textOrBytes(decoded(instr)),
    }),
    base64_encodestring: call({
      doc: 'A text as base64, in lines of 76 characters.',
      examples: ["tsalt '*' hashutil.base64_encodestring 'get salted'"],
      args: { instr: INSTR },
      changes: false,
      run: (_ctx, { instr }) => inLines(bytesOf(instr)),
    }),
    base64_decodestring: call({
      doc: 'What base64 in lines stands for.',
      examples: ["tsalt '*' hashutil.base64_decodestring instr='Z2V0IHNhbHRlZA=='"],
      args: { instr: INSTR },
      changes: false,
      run: (_ctx, { instr }) => textOrBytes(decoded(instr)),
    }),
    base64_encodefile: call({
      doc: 'A file as base64, in lines of 76 characters.',
      examples: ["tsalt '*' hashutil.base64_encodefile /path/to/binary_file"],
      args: { fname: { type: 'string', required: true, doc: 'the file' } },
      changes: false,
      run: async (_ctx, { fname }) => inLines(await readFile(fname)),
    }),
    base64_decodefile: call({
      doc: 'Write what base64 stands for to a file.',
      examples: ["tsalt '*' hashutil.base64_decodefile instr='Z2V0IHNhbHRlZAo=' outfile=/path/to/binary_file"],
      args: { instr: INSTR, outfile: { type: 'string', required: true, doc: 'the file' } },
      changes: true,
      async run(_ctx, { instr, outfile }) {
        await writeFile(outfile, decoded(instr));
        return true;
      },
    }),
    hmac_signature: call({
      doc: 'Whether a text was signed by a shared secret: HMAC of SHA-256, in base64.',
      examples: ["tsalt '*' hashutil.hmac_signature 'get salted' 'shared secret' 'eBWf9bstXg+NiP5AOwppB5HMvZiYMPzEM9W5YMm/AmQ='"],
      args: { string: INSTR, shared_secret: SECRET, challenge_hmac: { type: 'any', required: true, doc: 'the signature' } },
      changes: false,
      run: (_ctx, args) =>
        same(createHmac('sha256', bytesOf(args.shared_secret)).update(bytesOf(args.string)).digest('base64'), String(args.challenge_hmac)),
    }),
    hmac_compute: call({
      doc: 'The HMAC of a text by SHA-256, in hexadecimal.',
      examples: ["tsalt '*' hashutil.hmac_compute 'get salted' 'shared secret'"],
      args: { string: INSTR, shared_secret: SECRET },
      changes: false,
      run: (_ctx, args) => createHmac('sha256', bytesOf(args.shared_secret)).update(bytesOf(args.string)).digest('hex'),
    }),
    github_signature: call({
      doc: 'Whether a text was signed as GitHub signs webhooks: `<hash>=<hmac>`.',
      examples: [`tsalt '*' hashutil.github_signature '{"ref":....} ' 'shared secret' 'sha1=bc6550fc290acf5b42283fa8deaf55cea0f8c206'`],
      args: { string: INSTR, shared_secret: SECRET, challenge_hmac: { type: 'string', required: true, doc: 'the signature' } },
      changes: false,
      run(_ctx, args) {
        const [form = '', challenge, ...more] = args.challenge_hmac.split('=');
        if (challenge === undefined || more.length > 0 || !/^[a-z0-9_]+$/.test(form))
          throw new Error(`hashutil.github_signature: '${args.challenge_hmac}' is not <hash>=<hmac>`);
        return same(createHmac(form, bytesOf(args.shared_secret)).update(bytesOf(args.string)).digest('hex'), challenge);
      },
    }),
  },
});
