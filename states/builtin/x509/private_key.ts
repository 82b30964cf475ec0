import { readFileSync } from 'node:fs';
import { type ArgsOf, CallRefused, CommandFailed } from '../../../modules/define.ts';
import { kindOf, passwordFault, privateKeyOf, sizeOf } from '../../../modules/exec/x509/keys.ts';
import { isPem } from '../../../modules/exec/x509/sources.ts';
import { type StateCtx, state, type Verdict } from '../../define.ts';
import { defined } from './compare.ts';
import { type Changes, type Look, managed, onlyOfFiles, refusedAsResult } from './managed.ts';

const ARGS = {
  name: { type: 'string', required: true, doc: 'the file' },
  algo: { type: 'string', default: 'rsa', doc: 'rsa, ec, ed25519 or ed448' },
  keysize: { type: 'number', doc: 'in bits: rsa 2048, 3072 or 4096, ec 256, 384 or 521' },
  passphrase: { type: 'string', doc: 'the password to encrypt it with' },
  encoding: { type: 'string', default: 'pem', doc: 'pem or der' },
  new: { type: 'boolean', default: false, doc: 'a new key each time' },
  overwrite: { type: 'boolean', default: false, doc: 'in place of a file that is no such key, or has another password' },
  pkcs12_encryption_compat: { type: 'boolean', default: false, doc: 'for old systems' },
  bits: { type: 'number', doc: 'the older name of keysize' },
} as const;
type Args = ArgsOf<typeof ARGS>;

const SIZES: Readonly<Record<string, number>> = { rsa: 2048, ec: 256 };

const UNFIT = {
  wrong: 'The provided passphrase cannot decrypt the private key. Pass overwrite: true to force regeneration',
  missing: 'The existing file is encrypted. Pass overwrite: true to force regeneration without passphrase',
  other:
    'The existing file does not seem to be a private key formatted as DER, PEM or embedded in PKCS12. Pass overwrite: true to force regeneration',
} as const;

/** The key of a file; undefined where it is to be written over. What its password asks for is among the changes. */
function load(path: string, { passphrase, overwrite }: Args, changes: Changes): ReturnType<typeof privateKeyOf> | undefined {
  try {
    return privateKeyOf(path, passphrase);
  } catch (error) {
    const fault = passwordFault(error);
    if (fault === undefined && !(error instanceof CallRefused)) throw error;
    if (fault !== undefined) changes['passphrase'] = true;
    if (fault === 'needless') return privateKeyOf(path);
    if (overwrite) return undefined;
    throw new CommandFailed(UNFIT[fault ?? 'other']);
  }
}

function look(args: Args, size: number | undefined, path: string | undefined): Look {
  const { name, algo, encoding } = args;
  const changes: Changes = {};
  const isThere = path !== undefined;
  if (isThere && args.new) return { changes: { replaced: name }, isAgain: true };
  const key = isThere ? load(path, args, changes) : undefined;
  if (key === undefined || !isThere) return { changes: { ...changes, created: name }, isAgain: isThere };
  if (kindOf(key) !== algo) changes['algo'] = algo;
  const wanted = size ?? SIZES[algo];
  if (!('algo' in changes) && wanted !== undefined && sizeOf(key) !== wanted) changes['keysize'] = wanted;
  if (encoding !== (isPem(readFileSync(path)) ? 'pem' : 'der')) changes['encoding'] = encoding;
  return { changes, isAgain: true };
}

async function check(ctx: StateCtx, args: Args): Promise<Verdict> {
  const { name, algo, passphrase, encoding } = args;
  const given = onlyOfFiles(ctx.extra, ['cipher', 'verbose', 'text']);
  const keysize = args.bits ?? args.keysize;
  return await refusedAsResult(async () => {
    if (keysize && ['ed25519', 'ed448'].includes(algo)) throw new CallRefused(`keysize is an invalid parameter for ${algo}`);
    if (encoding === 'pkcs12') throw new CallRefused('encoding: pkcs12 is not managed. Use pem or der, or x509.create_private_key');
    return await managed(ctx, {
      name,
      noun: 'private key',
      file: { ...given, mode: given['mode'] ?? '0400' },
      isText: encoding === 'pem',
      look: (path) => look(args, keysize, path),
      make: async (changes, path) => {
        const how = defined({ encoding, passphrase });
        const isOther = Object.keys(changes).some((key) => !['encoding', 'passphrase'].includes(key));
        if (isOther || path === undefined) return await ctx.call('x509.create_private_key', [], { ...defined({ algo, keysize }), ...how });
        const before = 'passphrase' in changes ? {} : defined({ private_key_passphrase: passphrase });
        return await ctx.call('x509.encode_private_key', [path], { ...how, ...before });
      },
    });
  });
}

export const private_key_managed = state({
  doc: 'A private key of this kind. One that is there and fits stays.',
  examples: ['/etc/pki/www.key:\n  x509.private_key_managed:\n    - keysize: 4096'],
  args: ARGS,
  extra: 'arguments of file.managed: user, group, mode (0400), makedirs, backup, ...',
  check,
});
