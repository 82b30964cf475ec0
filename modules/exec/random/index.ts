import { createHash, getHashes, randomInt } from 'node:crypto';
import { CallRefused, CommandFailed, type Ctx, call, execModule, type Returnable } from '../../define.ts';
import { Twister } from './twister.ts';

const VALUE = { type: 'any', required: true, doc: 'a list, or a text' } as const;
const SEED = { type: 'any', doc: 'the same seed gives the same answer, also with Salt' } as const;

const CLASSES = {
  lowercase: 'abcdefghijklmnopqrstuvwxyz',
  uppercase: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  digits: '0123456789',
  punctuation: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
  whitespace: ' \t\n\r\v\f',
} as const;
type ClassName = keyof typeof CLASSES;
const NAMES = Object.keys(CLASSES) as ClassName[];

/** Characters drawn from a set, by the system's source of randomness. */
const drawn = (length: number, letters: string): string => Array.from({ length }, () => letters.charAt(randomInt(letters.length))).join('');

const hashOf = (value: Returnable, algorithm: string): string => {
  const name = algorithm
    .replace(/^(sha3)_/, '$1-')
    .replace(/^(sha512)_/, '$1-')
    .replace(/^blake2b$/, 'blake2b512')
    .replace(/^blake2s$/, 'blake2s256');
  if (!getHashes().some((known) => known.toLowerCase() === name.toLowerCase()))
    throw new CommandFailed('You must specify a valid algorithm.');
  return createHash(name)
    .update(value instanceof Uint8Array ? value : String(value))
    .digest('hex');
};

const sampled = (value: Returnable, size: number | undefined, seed: Returnable | undefined): Returnable => {
  const items: readonly Returnable[] | undefined = Array.isArray(value) ? value : typeof value === 'string' ? [...value] : undefined;
  if (items === undefined) throw new CallRefused('Population must be a sequence.  For dicts or sets, use sorted(d).');
  const many = size ?? items.length;
  if (many < 0 || many > items.length) throw new Error('Sample larger than population or is negative');
  return new Twister(seed == null ? drawn(40, CLASSES.lowercase) : hashOf(seed, 'sha512')).sample(items, many);
};

const CRYPT: Readonly<Record<string, string>> = { sha512: '-6', sha256: '-5', md5: '-1' };
/** A hash as /etc/shadow holds it, by the program openssl; the password goes to it by its input, where no process list shows it. */
const shadowHash = async (ctx: Ctx, salt: string | undefined, password: string, algorithm: string): Promise<string> => {
  const option = CRYPT[algorithm];
  if (option === undefined)
    throw new CallRefused(`Cannot hash using '${algorithm}' hash algorithm. Supported algorithms are: ${Object.keys(CRYPT).join(', ')}.`);
  if (ctx.host.which('openssl') === undefined) throw new CommandFailed('random.shadow_hash needs the program openssl, install it');
  const { code, stdout, stderr } = await ctx.spawn(
    ['openssl', 'passwd', option, '-salt', salt ?? drawn(16, CLASSES.lowercase + CLASSES.digits), '-stdin'],
    {
      stdin: `${password}\n`,
    },
  );
  if (code !== 0) throw new CommandFailed(`openssl passwd: ${stderr.toString('utf8').trim()}`);
  return stdout.toString('utf8').trim();
};

export default execModule({
  name: 'random',
  doc: 'Random texts, numbers and choices, and hashes.',
  calls: {
    hash: call({
      doc: 'The hash of a text.',
      examples: ["tsalt '*' random.hash 'I am a string' md5"],
      args: {
        value: { type: 'any', required: true, doc: 'the text' },
        algorithm: { type: 'string', default: 'sha512', doc: 'the algorithm' },
      },
      changes: false,
      run: (_ctx, { value, algorithm }) => hashOf(value, algorithm),
    }),
    str_encode: call({
      doc: 'A text in base64.',
      examples: ["tsalt '*' random.str_encode 'I am a new string' base64"],
      args: { value: { type: 'any', required: true, doc: 'the text' }, encoder: { type: 'string', default: 'base64', doc: 'base64' } },
      changes: false,
      run(_ctx, { value, encoder }) {
        if (encoder !== 'base64' || !(typeof value === 'string' || value instanceof Uint8Array))
          throw new CallRefused('Value must be an encode-able string');
        return Buffer.from(value as string).toString('base64');
      },
    }),
    get_str: call({
      doc: 'A random text, good as a password.',
      examples: ["tsalt '*' random.get_str 128", "tsalt '*' random.get_str 16 punctuation=False"],
      args: {
        length: { type: 'number', default: 20, doc: 'how many characters' },
        chars: { type: 'string', doc: 'of these only' },
        lowercase: { type: 'boolean', default: true, doc: 'with small letters' },
        uppercase: { type: 'boolean', default: true, doc: 'with capital letters' },
        digits: { type: 'boolean', default: true, doc: 'with digits' },
        punctuation: { type: 'boolean', default: true, doc: 'with punctuation' },
        whitespace: { type: 'boolean', default: false, doc: 'with white space' },
        printable: { type: 'boolean', default: false, doc: 'with all of these' },
      },
      changes: false,
      run(_ctx, args) {
        const chosen = NAMES.filter((name) => args.printable || args[name])
          .map((name) => CLASSES[name])
          .join('');
        const letters = args.printable ? chosen : args.chars || chosen;
        if (letters === '') throw new CommandFailed('random.get_str: there is no character to choose from, allow some');
        return drawn(Math.max(0, args.length), letters);
      },
    }),
    shadow_hash: call({
      doc: 'A hash of a password as /etc/shadow holds it.',
      examples: ["tsalt '*' random.shadow_hash 'My5alT' 'MyP@asswd' md5"],
      args: {
        crypt_salt: { type: 'string', doc: 'the salt; a random one by default' },
        password: { type: 'string', doc: 'the password; a random one by default' },
        algorithm: { type: 'string', default: 'sha512', doc: 'sha512, sha256 or md5' },
      },
      changes: false,
      run: (ctx, args) =>
        shadowHash(
          ctx,
          args.crypt_salt,
          args.password ?? drawn(20, CLASSES.lowercase + CLASSES.uppercase + CLASSES.digits),
          args.algorithm,
        ),
    }),
    rand_int: call({
      doc: 'A random number, both ends included.',
      examples: ["tsalt '*' random.rand_int 1 10"],
      args: {
        start: { type: 'number', default: 1, doc: 'at least this' },
        end: { type: 'number', default: 10, doc: 'at most this' },
        seed: SEED,
      },
      changes: false,
      run(_ctx, { start, end, seed }) {
        if (end < start) throw new Error(`empty range in randrange(${start}, ${end + 1})`);
        if (seed == null) return start + randomInt(end - start + 1);
        return start + new Twister(typeof seed === 'number' ? seed : String(seed)).below(end - start + 1);
      },
    }),
    seed: call({
      doc: 'A number below `range` that stays the same for a minion: to spread what all of them do.',
      examples: ["tsalt '*' random.seed 60"],
      args: {
        range: { type: 'number', default: 10, doc: 'below this' },
        hash: { type: 'any', doc: 'what it depends on; the id by default' },
      },
      changes: false,
      run(ctx, { range, hash }) {
        if (range <= 0) throw new Error('empty range for randrange()');
        const seed = hash ?? ctx.grains['id'] ?? ctx.id;
        return new Twister(typeof seed === 'number' ? seed : String(seed)).below(range);
      },
    }),
    sample: call({
      doc: 'Some of a list, each once.',
      examples: [`tsalt '*' random.sample '["one", "two"]' 1 seed="something"`],
      args: { value: VALUE, size: { type: 'number', required: true, doc: 'how many' }, seed: SEED },
      changes: false,
      run: (_ctx, { value, size, seed }) => sampled(value, size, seed),
    }),
    shuffle: call({
      doc: 'A list in another order.',
      examples: [`tsalt '*' random.shuffle '["one", "two"]' seed="something"`],
      args: { value: VALUE, seed: SEED },
      changes: false,
      run: (_ctx, { value, seed }) => sampled(value, undefined, seed),
    }),
  },
});
