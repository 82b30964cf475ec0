import { readFile } from 'node:fs/promises';
import { basename, isAbsolute } from 'node:path';
import { CommandFailed, type Ctx, call, type Returnable } from '../../define.ts';
import { LENGTHS } from './attributes.ts';
import { failing } from './paths.ts';
import { textOf } from './words.ts';

/** What a file must hash to. */
export interface Sum extends Readonly<Record<string, string>> {
  readonly hash_type: string;
  readonly hsum: string;
}
const TYPES = Object.values(LENGTHS).reverse();
const PROTOCOLS = ['salt', 'file', 'http', 'https', 'ftp', 'swift', 's3'];
/** The protocol of a url, '' for a path. */
export const schemeOf = (source: string): string => /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(source)?.[1]?.toLowerCase() ?? '';
export const isKnownProtocol = (scheme: string): boolean => PROTOCOLS.includes(scheme);
export const isRemote = (scheme: string): boolean => isKnownProtocol(scheme) && scheme !== 'salt' && scheme !== 'file';
/** A url without the password in it. */
export const redacted = (url: string): string => url.replace(/^(https?:\/\/)[^/@]+@/, '$1<redacted>@');

interface Named {
  readonly file_name: string;
  readonly source: string;
  readonly source_hash_name?: Returnable | undefined;
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
/** Whether a line of a file of sums is about `name`: it ends with it behind a separator, or begins with `whole`. */
const names = (line: string, name: string, whole: string, separator: RegExp): boolean => {
  if (name !== '' && line.endsWith(name)) return separator.test(line.charAt(line.length - name.length - 1));
  return new RegExp(`^${escaped(whole)}\\s+`).test(line);
};

/** The sum that a file of sums has for a file: that of its given name, else of its own, else of its source, else the first. */
const sumIn = (text: string, type: string, { file_name, source, source_hash_name }: Named): Sum | null => {
  const length = Object.keys(LENGTHS).find((one) => LENGTHS[Number(one)] === type) ?? '32,128';
  const expression = new RegExp(`(?<![a-z0-9])([a-f0-9]{${length}})(?![a-z0-9])`, 'i');
  const found: { -readonly [K in keyof Named | 'first']?: Sum } = {};
  for (const line of text.split('\n').map((one) => one.trim())) {
    const hsum = expression.exec(line)?.[1] ?? '';
    const hash_type = LENGTHS[hsum.length];
    if (hash_type === undefined) continue;
    const sum: Sum = { hsum, hash_type };
    found.first ??= sum;
    const own = source_hash_name ? textOf(source_hash_name) : '';
    if (own !== '' && names(line, own, own, /\s/)) found.source_hash_name ??= sum;
    if (file_name !== '' && names(line, basename(file_name), file_name, /[\s\\/*]/)) found.file_name ??= sum;
    if (source !== '' && names(line, sourceName(source), source, /[\s\\/*]/)) found.source ??= sum;
  }
  return found.source_hash_name ?? found.file_name ?? found.source ?? found.first ?? null;
};

/** The last part of the path of a url. */
const sourceName = (source: string): string => {
  const [, host = '', path = ''] = /^(?:[A-Za-z][A-Za-z0-9+.-]*:\/\/([^/?#]*))?([^?#]*)/.exec(source) ?? [];
  return (path || host).split('/').at(-1) ?? '';
};

const badFormat = (given: string): CommandFailed =>
  new CommandFailed(
    `Source hash ${redacted(given)} format is invalid. The supported formats are: 1) a hash, 2) an expression in the format ` +
      '<hash_type>=<hash>, or 3) either a path to a local file containing hashes, or a URI of a remote hash file. ' +
      `Supported protocols for remote hash files are: ${PROTOCOLS.join(', ')}. The hash may also not be of a valid length, ` +
      `the following are supported hash types and lengths: ${Object.entries(LENGTHS)
        .map(([length, name]) => `${name} (${length})`)
        .join(', ')}.`,
  );

/** `<type>=<hash>`, or a hash alone. Throws CommandFailed in Salt's words. */
const sumOf = (given: string): Sum => {
  const [, named, value] = /^([^=]*)=(.*)$/s.exec(given) ?? [];
  const hsum = (value ?? given).trim();
  if (named === undefined && !/^[0-9a-f]+$/i.test(hsum)) throw badFormat(given);
  const byLength = LENGTHS[hsum.length];
  const hash_type = named?.trim() ?? byLength;
  if (hash_type === undefined) throw badFormat(given);
  if (!TYPES.includes(hash_type))
    throw new CommandFailed(
      `Invalid hash type '${hash_type}'. Supported hash types are: ${TYPES.join(', ')}. Either remove the hash type and simply use ` +
        `'${hsum}' as the source_hash, or change the hash type to a supported type.`,
    );
  if (byLength === undefined) throw badFormat(given);
  if (byLength !== hash_type)
    throw new CommandFailed(
      `Invalid length (${hsum.length}) for hash type '${hash_type}'. Either remove the hash type and simply use '${hsum}' as the ` +
        `source_hash, or change the hash type to '${byLength}'`,
    );
  return { hash_type, hsum: hsum.toLowerCase() };
};

/** By whom a file must be signed; checked by gpg.verify, or that of another module. */
export interface Signed {
  readonly signed_by_any?: Returnable | undefined;
  readonly signed_by_all?: Returnable | undefined;
  readonly keyring?: string | undefined;
  readonly gnupghome?: string | undefined;
  readonly sig_backend?: string | undefined;
}
/** @throws CommandFailed if the signature (a path or url; true: it is in the file) does not hold */
export const checkSignature = async (ctx: Ctx, place: string, signature: Returnable, saltenv: string, by: Signed): Promise<void> => {
  const detached = typeof signature === 'string' ? await ctx.call('cp.cache_file', [signature], { saltenv }) : null;
  if (detached === false) throw new CommandFailed(`Detached signature file ${textOf(signature)} not found`);
  const verified = await ctx.call(`${by.sig_backend ?? 'gpg'}.verify`, [], {
    filename: place,
    signature: detached,
    keyring: by.keyring ?? null,
    gnupghome: by.gnupghome ?? null,
    signed_by_any: by.signed_by_any ?? null,
    signed_by_all: by.signed_by_all ?? null,
  });
  const { res, message } = verified as { readonly res?: Returnable; readonly message?: Returnable };
  if (res !== true) throw new CommandFailed(`The file's signature is invalid: ${textOf(message ?? '')}`);
};

interface Asked extends Named, Signed {
  readonly source_hash?: Returnable | undefined;
  readonly saltenv: string;
  readonly verify_ssl: boolean;
  readonly source_hash_sig?: Returnable | undefined;
}

/** What `source_hash` stands for: a sum, or that of the file in a file of sums. Throws CommandFailed in Salt's words. */
export const sourceSum = async (ctx: Ctx, asked: Asked): Promise<Sum> => {
  const given = textOf(asked.source_hash ?? null);
  const scheme = schemeOf(given);
  if (!isAbsolute(given) && scheme === '') return sumOf(given);
  if (!isAbsolute(given) && !isKnownProtocol(scheme)) throw badFormat(given);
  let place = given;
  if (!isAbsolute(given)) {
    const cached = await ctx.call('cp.cache_file', [given, asked.saltenv], { verify_ssl: asked.verify_ssl });
    if (typeof cached !== 'string' || cached === '') throw new CommandFailed(`Source hash file ${redacted(given)} not found`);
    place = cached;
    if (asked.source_hash_sig) await checkSignature(ctx, place, asked.source_hash_sig, asked.saltenv, asked);
  }
  const text = await failing(
    (why) => why,
    () => readFile(place, 'utf8'),
  );
  const sum = sumIn(text, '', asked);
  if (sum === null) throw badFormat(given);
  return { ...sum, hsum: sum.hsum.toLowerCase() };
};

export const SIGNED_ARGS = {
  source_hash_sig: { type: 'any', doc: 'the signature of the file of sums: a url, or True if it is in it' },
  signed_by_any: { type: 'any', doc: 'fingerprints, one of which must have signed' },
  signed_by_all: { type: 'any', doc: 'fingerprints that must all have signed' },
  keyring: { type: 'string', doc: 'the keyring' },
  gnupghome: { type: 'string', doc: 'the home of GnuPG' },
} as const;

/** Last in Salt's signatures. */
export const SIG_BACKEND = {
  sig_backend: { type: 'string', default: 'gpg', doc: 'the module that verifies signatures: gpg, or asymmetric' },
} as const;

const NAMED = {
  file_name: { type: 'string', default: '', doc: 'the name of the file' },
  source: { type: 'string', default: '', doc: 'the url it comes from' },
} as const;
const sourceHashName = { type: 'any', doc: 'the name to look for in a file of sums' } as const;

export const sums = {
  extract_hash: call({
    doc: 'The sum that a file of sums has for a file, or None.',
    examples: ["tsalt '*' file.extract_hash /path/to/hash/file sha512 /etc/foo"],
    args: {
      hash_fn: { type: 'string', required: true, doc: 'the file of sums' },
      hash_type: { type: 'string', default: 'sha256', doc: 'only of this type' },
      ...NAMED,
      source_hash_name: sourceHashName,
    },
    changes: false,
    run: async (_ctx, args) => {
      const text = await failing(
        (why) => why,
        () => readFile(args.hash_fn, 'utf8'),
      );
      return sumIn(text, args.hash_type, args);
    },
  }),
  get_source_sum: call({
    doc: 'What a source_hash stands for: type and hash.',
    examples: [
      "tsalt '*' file.get_source_sum /tmp/foo.tar.gz source=http://mydomain.tld/foo.tar.gz source_hash=499ae16dcae71eeb7c3a30c75ea7a1a6",
    ],
    args: {
      ...NAMED,
      source_hash: { type: 'any', doc: 'a hash, type=hash, or a file of sums' },
      source_hash_name: sourceHashName,
      saltenv: { type: 'string', default: 'base', doc: 'the environment' },
      verify_ssl: { type: 'boolean', default: true, doc: 'verify certificates' },
      ...SIGNED_ARGS,
      ...SIG_BACKEND,
    },
    changes: false,
    run: (ctx, args) => sourceSum(ctx, args),
  }),
};
