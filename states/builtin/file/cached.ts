import { realpath, rm } from 'node:fs/promises';
import { type ArgsOf, CommandFailed, type Returnable } from '../../../modules/define.ts';
import { expandUser } from '../../../modules/exec/file/paths.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, type Verdict } from '../../define.ts';
import { defined } from '../defined.ts';
import { isThere, NAME } from './common.ts';

const ARGS = {
  name: { ...NAME, doc: 'the url or path' },
  source_hash: { type: 'any', default: '', doc: 'its hash, or a file with it' },
  source_hash_name: { type: 'any', doc: 'its name in that file' },
  skip_verify: { type: 'boolean', default: false, doc: 'take it whatever it hashes to' },
  saltenv: { type: 'string', default: 'base', doc: 'the environment' },
  use_etag: { type: 'boolean', default: false, doc: 'ask the server whether it changed' },
  source_hash_sig: { type: 'any', doc: 'the signature of source_hash' },
  signed_by_any: { type: 'any', doc: 'keys, one of which must have signed' },
  signed_by_all: { type: 'any', doc: 'keys, all of which must have signed' },
  keyring: { type: 'any', doc: 'the keyring of gpg' },
  gnupghome: { type: 'any', doc: 'the home of gpg' },
  sig_backend: { type: 'string', default: 'gpg', doc: 'what checks signatures' },
} as const;
type Given = ArgsOf<typeof ARGS>;
interface Sum {
  readonly hsum?: string;
  readonly hash_type?: string;
}

/** Without what stands for user and password in a url. */
export const shown = (url: string): string => url.replace(/^(\w+:\/\/)[^/@]*@/, '$1<redacted>@');
const schemeOf = (url: string): string => /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1]?.toLowerCase() ?? '';
const isLocal = (url: string): boolean => ['', 'file'].includes(schemeOf(url));
const localPath = async (url: string): Promise<string> => {
  const path = await expandUser(url.replace(/^file:\/\//, ''));
  return await realpath(path).catch(() => path);
};

export const cached = state({
  doc: 'A file lies in the cache of the minion, for states that use it from there.',
  args: ARGS,
  check: async (ctx, args) => {
    const { name, skip_verify, use_etag, source_hash, saltenv } = args;
    if (!skip_verify && !source_hash && !use_etag && ['http', 'https', 'ftp', 'swift', 's3'].includes(schemeOf(name)))
      return failed(
        `Unable to verify upstream hash of source file ${shown(name)}, please set source_hash or set skip_verify or use_etag to True`,
      );
    let sum: Sum;
    try {
      sum = await sumOf(ctx, args);
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      return failed(error.message);
    }
    if (ctx.testing) return await foretold(ctx, args, sum);
    if (isLocal(name)) return await localFile(ctx, args, sum);
    const before = await ctx.call('cp.is_cached', [name], { saltenv });
    return { predicted: { comment: '', changes: {} }, apply: async () => await bring(ctx, args, sum, before) };
  },
});

async function sumOf(ctx: StateCtx, args: Given): Promise<Sum> {
  if (!args.source_hash) return {};
  const { source_hash_name, saltenv, source_hash_sig, signed_by_any, signed_by_all, keyring, gnupghome } = args;
  const given = defined({ source_hash_name, source_hash_sig, signed_by_any, signed_by_all, keyring, gnupghome });
  const options = { source: args.name, source_hash: args.source_hash, saltenv, ...given };
  return (await ctx.call('file.get_source_sum', [], options)) as Sum;
}

async function foretold(ctx: StateCtx, { name, saltenv }: Given, sum: Sum): Promise<Outcome> {
  const copy = await ctx.call('cp.is_cached', [name], { saltenv });
  const tell = (comment: string): Outcome => ({ result: null, comment, changes: {} });
  if (!copy) return tell(`File will be cached: ${name}`);
  if (sum.hsum === undefined) return tell(`No hash found. File will be cached: ${name}`);
  const same = (await ctx.call('file.get_hash', [copy, String(ctx.config['hash_type'] ?? 'sha256')])) === sum.hsum;
  return tell(same ? `File already cached: ${name}` : `Hashes don't match.\nFile will be cached: ${name}`);
}

async function localFile(ctx: StateCtx, args: Given, sum: Sum): Promise<Verdict> {
  const path = await localPath(args.name);
  if (!(await isThere(path))) return failed(`File ${path} is not present on the minion`);
  if (args.skip_verify || sum.hsum === undefined) return inOrder(`File ${path} is present on the minion`);
  const has = await ctx.call('file.get_hash', [path, sum.hash_type ?? 'sha256']);
  return has === sum.hsum
    ? inOrder(`File ${path} is present on the minion and has hash ${has}`)
    : failed(`File ${path} is present on the minion, but the hash (${String(has)}) does not match the specified hash (${sum.hsum})`);
}

async function bring(ctx: StateCtx, args: Given, sum: Sum, before: Returnable): Promise<Outcome> {
  const type = sum.hash_type ?? String(ctx.config['hash_type'] ?? 'sha256');
  const had = before ? await ctx.call('file.get_hash', [before, type]) : null;
  let copy: Returnable;
  try {
    const options = { saltenv: args.saltenv, source_hash: sum.hsum ?? null, use_etag: args.use_etag };
    copy = await ctx.call('cp.cache_file', [args.name], options);
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    return failed(shown(error.message));
  }
  if (!copy) return failed(`Failed to cache ${shown(args.name)}, check minion log for more information`);
  const has = await ctx.call('file.get_hash', [copy, type]);
  const changes = had === has ? {} : { hash: { old: had, new: has } };
  if (args.skip_verify || sum.hsum === undefined) return inOrder(`File is cached to ${String(copy)}`, changes);
  return has === sum.hsum
    ? inOrder(`File is already cached to ${String(copy)} with hash ${has}`, changes)
    : failed(`File is cached to ${String(copy)}, but the hash (${String(has)}) does not match the specified hash (${sum.hsum})`, changes);
}

export const notCached = state({
  doc: 'A file does not lie in the cache of the minion.',
  args: { name: ARGS.name, saltenv: ARGS.saltenv },
  check: async (ctx, { name, saltenv }) => {
    if (isLocal(name)) return inOrder(`File ${await localPath(name)} is a local path, no action taken`);
    const copy = await ctx.call('cp.is_cached', [name], { saltenv });
    if (typeof copy !== 'string' || copy === '') return inOrder(`${name} is not cached`);
    const apply = async (): Promise<Outcome> => {
      try {
        await rm(copy);
      } catch (error) {
        return failed(`Failed to delete ${copy}: ${error instanceof Error ? error.message : String(error)}`);
      }
      return inOrder(`${copy} was deleted`, { deleted: true });
    };
    return { predicted: { comment: `${copy} would be deleted`, changes: { deleted: true } }, apply };
  },
});
