import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CallRefused, CommandFailed, type Ctx, call } from '../../../define.ts';
import { keyword, keywordText } from '../kwargs.ts';
import { addKeyFile, ensureKeydir, KEYRINGS, receiveKey, removeRing, repoKeys, ringOf } from './keyring.ts';
import { ppaInfo, ppaOf } from './ppa.ts';
import { apt, text } from './run.ts';

const APTKEY = { type: 'boolean', default: true, doc: 'keys of apt-key; False, or without apt-key: the files of keydir' } as const;
const KEYDIR = { type: 'string', doc: `the directory of key files; ${KEYRINGS} by default` } as const;
const TEXT = (doc: string) => ({ type: 'string', doc }) as const;

const hasAptKey = (ctx: Ctx, asked: boolean): boolean => asked && ctx.host.which('apt-key') !== undefined;

interface KeyAsked {
  readonly path?: string | undefined;
  readonly text?: string | undefined;
  readonly keyserver?: string | undefined;
  readonly keyid?: string | undefined;
  readonly saltenv: string;
  readonly aptkey: boolean;
  readonly keydir?: string | undefined;
  readonly keyfile?: string | undefined;
}

const addKey = async (ctx: Ctx, asked: KeyAsked): Promise<boolean> => {
  const keydir = asked.keydir ?? KEYRINGS;
  if (!asked.aptkey && !(await ensureKeydir(ctx, keydir))) return false;
  const aptkey = hasAptKey(ctx, asked.aptkey);
  if (asked.keyid !== undefined) {
    const known = await repoKeys(ctx, aptkey, keydir);
    if (Object.keys(known || {}).some((id) => id.endsWith(asked.keyid ?? ''))) return true;
  }
  if (asked.path !== undefined) return addPath(ctx, asked.path, { ...asked, aptkey, keydir });
  const ran = await runAdd(ctx, { ...asked, aptkey, keydir });
  if (ran === undefined) return false;
  if (ran.code !== 0) ctx.log.error(`Unable to add repo key: ${text(ran.stderr).trimEnd()}`);
  if (ran.code !== 0) ctx.retcode(ran.code);
  return ran.code === 0;
};

const addPath = async (ctx: Ctx, path: string, asked: KeyAsked & { readonly keydir: string }): Promise<boolean> => {
  const cached = await ctx.call('cp.cache_file', [path, asked.saltenv]);
  if (typeof cached !== 'string' || cached === '') {
    ctx.log.error(`Unable to get cached copy of file: ${path}`);
    return false;
  }
  if (!asked.aptkey) return addKeyFile(ctx, cached, asked.keydir, asked.keyfile ?? basename(cached));
  const ran = await apt(ctx, ['apt-key', 'add', cached]);
  if (ran.code !== 0) ctx.retcode(ran.code);
  return ran.code === 0;
};

/** By its text or from a key server; undefined if it is not said where to keep it. */
const runAdd = (ctx: Ctx, { text: key, keyserver, keyid, aptkey, keydir, keyfile }: KeyAsked & { readonly keydir: string }) => {
  if (key !== undefined) return apt(ctx, ['apt-key', 'add', '-'], { stdin: key });
  if (keyserver === undefined && keyid === undefined) throw new CallRefused('add_repo_key() takes at least 1 argument (0 given)');
  if (keyserver === undefined) throw new CallRefused(`No keyserver specified for keyid: ${keyid}`);
  if (keyid === undefined) throw new CallRefused(`No keyid or keyid too short for keyserver: ${keyserver}`);
  if (!aptkey && keyfile === undefined) {
    ctx.log.error('You must define the name of the key file to save the key. See keyfile argument');
    return undefined;
  }
  return receiveKey(ctx, { id: keyid, server: keyserver, ring: aptkey ? undefined : join(keydir, keyfile ?? '') });
};

const keyidOf = async (ctx: Ctx, name: string | undefined): Promise<string> => {
  if (keyword(ctx, 'keyid_ppa')) {
    if (!name?.startsWith('ppa:')) throw new CallRefused('keyid_ppa requires that a PPA be passed');
    return (await ppaInfo(ctx, ppaOf(name))).fingerprint.slice(-8);
  }
  const keyid = keywordText(ctx, 'keyid');
  if (keyid === undefined) throw new CallRefused('keyid or keyid_ppa and PPA name must be passed');
  return keyid;
};

const deleteKey = async (ctx: Ctx, keyid: string, aptkey: boolean, keydir: string): Promise<string | false> => {
  if (!aptkey) {
    const ring = await ringOf(ctx, keydir, keyid);
    if (ring === undefined) return false;
    await removeRing(ring);
    return keyid;
  }
  const ran = await apt(ctx, ['apt-key', 'del', keyid]);
  if (ran.code !== 0) throw new CommandFailed(`Failed to remove keyid ${keyid}: ${text(ran.stderr).trimEnd()}`);
  return keyid;
};

export const keys = {
  get_repo_keys: call({
    doc: 'The keys that repositories may be signed with, by id.',
    examples: ["tsalt '*' pkg.get_repo_keys", "tsalt '*' pkg.get_repo_keys aptkey=False"],
    args: { aptkey: APTKEY, keydir: KEYDIR },
    changes: false,
    run: (ctx, { aptkey, keydir }) => repoKeys(ctx, hasAptKey(ctx, aptkey), keydir),
  }),
  add_repo_key: call({
    doc: 'Add a key that repositories may be signed with. True also if it is there.',
    examples: [
      "tsalt '*' pkg.add_repo_key 'salt://apt/test.gpg' aptkey=False",
      `tsalt '*' pkg.add_repo_key keyserver='keyserver.example' keyid='0000AAAA'`,
    ],
    args: {
      path: TEXT('a key file: salt://..., a URL or a path'),
      text: TEXT('the key itself, for apt-key'),
      keyserver: TEXT('the key server to ask for keyid'),
      keyid: TEXT("the key's id"),
      saltenv: { type: 'string', default: 'base', doc: 'the environment of path' },
      aptkey: APTKEY,
      keydir: KEYDIR,
      keyfile: TEXT('the name of the file in keydir; that of path by default'),
    },
    changes: true,
    run: (ctx, args) => addKey(ctx, args),
  }),
  del_repo_key: call({
    doc: 'Remove a key, and return its id.',
    examples: ["tsalt '*' pkg.del_repo_key keyid=0123ABCD", "tsalt '*' pkg.del_repo_key name='ppa:foo/bar' keyid_ppa=True"],
    args: { name: TEXT('the PPA whose key it is, with keyid_ppa'), aptkey: APTKEY, keydir: KEYDIR },
    extra: 'keyid: 8 or 16 characters of its id; keyid_ppa: the key is that of a PPA',
    changes: true,
    async run(ctx, { name, aptkey, keydir = KEYRINGS }) {
      if (!aptkey && !(await stat(keydir).catch(() => undefined))?.isDirectory()) {
        ctx.log.error(`The directory ${keydir} does not exist. Create it, writable by root only`);
        return false;
      }
      return deleteKey(ctx, await keyidOf(ctx, name), hasAptKey(ctx, aptkey), keydir);
    },
  }),
};
