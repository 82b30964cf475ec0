import { chmod } from 'node:fs/promises';
import { CommandFailed, type Ctx, call, type Returnable } from '../../../define.ts';
import { isFile, readIfThere, replaceFile } from '../files.ts';
import { fingerprint, keyLine, keysOf, kindOf, optionsOf, type PublicKey, parseKeyLine } from './keys.ts';
import { accountOf, authorizedFile, handOver, makeFolder, relabel } from './place.ts';

type Keys = ReturnType<typeof keysOf>;

/** The keys by which a user may log in; none if there is no such user or file. */
async function authorized(ctx: Ctx, user: string, config: string, hashType: string | undefined): Promise<Keys | undefined> {
  if ((await accountOf(ctx, user)) === undefined) return undefined;
  const file = await authorizedFile(ctx, user, config).catch(() => undefined);
  if (file === undefined || !(await isFile(file))) return undefined;
  return keysOf((await readIfThere(file)) ?? '', hashType);
}

const asResult = (keys: Keys): Record<string, Returnable> =>
  Object.fromEntries([...keys].map(([key, { key: _key, ...others }]) => [key, others as unknown as Returnable]));

type Standing = 'add' | 'update' | 'exists';

async function standing(ctx: Ctx, user: string, wanted: PublicKey, config: string, hashType: string | undefined): Promise<Standing> {
  const key = { ...wanted, enc: kindOf(wanted.enc) };
  const known = (await authorized(ctx, user, config, hashType))?.get(key.key);
  if (known === undefined) return 'add';
  return keyLine(known) === keyLine(key) ? 'exists' : 'update';
}

/** The lines of a file that are to stay: blank ones go, as in Salt. */
const linesIn = async (file: string): Promise<string[]> =>
  ((await readIfThere(file)) ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

const write = (file: string, lines: readonly string[]): Promise<void> =>
  replaceFile(file, lines.map((line) => `${line}\n`).join(''), 0o600).catch((failure: unknown) => {
    throw new CommandFailed(`Could not write to key file: ${failure instanceof Error ? failure.message : String(failure)}`);
  });

async function put(ctx: Ctx, user: string, wanted: PublicKey, config: string, hashType: string | undefined): Promise<string> {
  if (wanted.key.trim().split(/\s+/).length > 1) return 'invalid';
  const key = { ...wanted, enc: kindOf(wanted.enc) };
  const account = await accountOf(ctx, user);
  if (account === undefined) return 'fail';
  if (fingerprint(key.key, hashType) === undefined) return 'Invalid public key';
  const now = await standing(ctx, user, key, config, hashType);
  if (now === 'exists') return 'no change';
  const file = await authorizedFile(ctx, user, config);
  if (now === 'update') {
    await write(
      file,
      (await linesIn(file)).map((line) => (parseKeyLine(line)?.key === key.key ? keyLine(key) : line)),
    );
    return 'replace';
  }
  const { home } = account;
  if (file.startsWith(home) && !(await ctx.call('file.directory_exists', [home]))) return 'fail';
  await makeFolder(ctx, file, account);
  await append(ctx, file, keyLine(key), account);
  return 'new';
}

async function append(ctx: Ctx, file: string, line: string, account: Parameters<typeof handOver>[1]): Promise<void> {
  const before = await readIfThere(file);
  const end = before === undefined || before === '' || before.endsWith('\n') ? '' : '\n';
  await replaceFile(file, `${before ?? ''}${end}${line}\n`, 0o600).catch((failure: unknown) => {
    throw new CommandFailed(`Could not write to key file: ${failure instanceof Error ? failure.message : String(failure)}`);
  });
  if (before !== undefined) return;
  await handOver(file, account);
  await chmod(file, 0o600);
  await relabel(ctx, file);
}

async function remove(ctx: Ctx, user: string, key: string, config: string, hashType: string | undefined): Promise<string> {
  if (!(await authorized(ctx, user, config, hashType))?.has(key)) return 'Key not present';
  const file = await authorizedFile(ctx, user, config);
  await write(
    file,
    (await linesIn(file)).filter((line) => parseKeyLine(line)?.key !== key),
  );
  return 'Key removed';
}

/** The keys of a file of the file server; undefined if it has none. */
async function keysFrom(ctx: Ctx, source: string, saltenv: string, hashType: string | undefined): Promise<Keys | undefined> {
  const file = await ctx.call('cp.cache_file', [source, saltenv]);
  if (typeof file !== 'string' || !(await isFile(file))) throw new CommandFailed('Failed to pull key file from salt file server');
  const keys = keysOf((await readIfThere(file)) ?? '', hashType);
  if (keys.size > 0) return keys;
  ctx.log.error(`No keys detected in ${source}. Is file properly formatted?`);
  return undefined;
}

/** Whether a source is a file of this machine, not of the master or the web. */
const isLocal = (source: string): boolean => /^(file:\/\/)?\//.test(source);

const user = { type: 'string', required: true, doc: 'the user' } as const;
const key = { type: 'string', required: true, doc: 'the key, in base 64' } as const;
const source = { type: 'string', required: true, doc: 'a file of keys: salt://ssh_keys/foo.id_rsa.pub' } as const;
const config = { type: 'string', default: '.ssh/authorized_keys', doc: 'the file, in the home directory or absolute' } as const;
const saltenv = { type: 'string', default: 'base', doc: 'the environment to take files from' } as const;
const fingerprint_hash_type = { type: 'string', doc: 'the hash of fingerprints; sha256 unless told' } as const;
const cache_keys = { type: 'any', doc: 'not used' } as const;

/** Of what came of several keys, the first that is told. */
const first = (came: readonly string[], words: readonly string[], otherwise: string): string =>
  words.find((word) => came.includes(word)) ?? otherwise;

export const authorizing = {
  auth_keys: call({
    doc: 'The keys by which a user may log in, by key; of several users, or of all, by user.',
    examples: ["tsalt '*' ssh.auth_keys root", `tsalt '*' ssh.auth_keys user="['user1', 'user2']"`],
    args: { user: { type: 'any', doc: 'a user, or a list; all without' }, config, fingerprint_hash_type },
    changes: false,
    async run(ctx, args): Promise<Returnable> {
      const { config, fingerprint_hash_type: hashType } = args;
      if (typeof args.user === 'string' && args.user !== '')
        return asResult((await authorized(ctx, args.user, config, hashType)) ?? new Map());
      const users = Array.isArray(args.user) ? args.user : ((await ctx.call('user.list_users')) as Returnable[]);
      const found: Record<string, Returnable> = {};
      for (const user of users.map(String)) {
        const keys = await authorized(ctx, user, config, hashType);
        if (keys !== undefined) found[user] = asResult(keys);
      }
      return found;
    },
  }),
  check_key: call({
    doc: 'How a key stands with a user: `exists`, `update` if its line differs, `add` if it is not there.',
    examples: ["tsalt '*' ssh.check_key <user> <key> <enc> <comment> <options>"],
    args: {
      user,
      key,
      enc: { type: 'string', required: true, doc: 'its kind: `ssh-rsa`' },
      comment: { type: 'string', required: true, doc: 'its comment' },
      options: { type: 'any', required: true, doc: 'a list of options' },
      config,
      cache_keys,
      fingerprint_hash_type,
    },
    changes: false,
    run: (ctx, args) => standing(ctx, args.user, { ...args, options: optionsOf(args.options) }, args.config, args.fingerprint_hash_type),
  }),
  check_key_file: call({
    doc: 'How the keys of a file stand with a user: `exists`, `update` or `add` by key.',
    examples: ["tsalt '*' ssh.check_key_file root salt://ssh/keyfile"],
    args: { user, source, config, saltenv, fingerprint_hash_type },
    changes: false,
    async run(ctx, args): Promise<Returnable> {
      const keys = await keysFrom(ctx, args.source, args.saltenv, args.fingerprint_hash_type).catch((failure: unknown) => {
        if (isLocal(args.source)) throw new CommandFailed(`Problem reading ssh key file ${args.source}`);
        ctx.log.debug(String(failure));
        return undefined;
      });
      const found: Record<string, Returnable> = {};
      for (const [text, key] of keys ?? []) found[text] = await standing(ctx, args.user, key, args.config, args.fingerprint_hash_type);
      return found;
    },
  }),
  set_auth_key: call({
    doc: 'Let a user log in by a key: `new`, `replace`, `no change`, `invalid`, `Invalid public key`, or `fail`.',
    examples: ["tsalt '*' ssh.set_auth_key <user> '<key>' enc='dsa'"],
    args: {
      user,
      key,
      enc: { type: 'string', default: 'ssh-rsa', doc: 'its kind' },
      comment: { type: 'string', default: '', doc: 'its comment' },
      options: { type: 'any', doc: 'a list of options' },
      config,
      cache_keys,
      fingerprint_hash_type,
    },
    changes: true,
    run: (ctx, args) => put(ctx, args.user, { ...args, options: optionsOf(args.options) }, args.config, args.fingerprint_hash_type),
  }),
  set_auth_key_from_file: call({
    doc: 'Let a user log in by the keys of a file: `new`, `replace`, `no change` or `fail`.',
    examples: ["tsalt '*' ssh.set_auth_key_from_file <user> salt://ssh_keys/<user>.id_rsa.pub"],
    args: { user, source, config, saltenv, fingerprint_hash_type },
    extra: 'options: instead of those of the file',
    changes: true,
    async run(ctx, args) {
      const keys = await keysFrom(ctx, args.source, args.saltenv, args.fingerprint_hash_type);
      if (keys === undefined) return 'fail';
      const came = [];
      const given = optionsOf(ctx.extra['options']);
      for (const key of keys.values()) {
        const wanted = { ...key, options: given.length > 0 ? given : key.options };
        came.push(await put(ctx, args.user, wanted, args.config, args.fingerprint_hash_type));
      }
      return first(came, ['fail', 'replace', 'new'], 'no change');
    },
  }),
  rm_auth_key: call({
    doc: 'Take a key from a user: `Key removed` or `Key not present`.',
    examples: ["tsalt '*' ssh.rm_auth_key <user> <key>"],
    args: { user, key, config, fingerprint_hash_type },
    changes: true,
    run: (ctx, args) => remove(ctx, args.user, args.key, args.config, args.fingerprint_hash_type),
  }),
  rm_auth_key_from_file: call({
    doc: 'Take the keys of a file from a user: `Key removed`, `Key not present`, or `fail`.',
    examples: ["tsalt '*' ssh.rm_auth_key_from_file <user> salt://ssh_keys/<user>.id_rsa.pub"],
    args: { user, source, config, saltenv, fingerprint_hash_type },
    changes: true,
    async run(ctx, args) {
      const keys = await keysFrom(ctx, args.source, args.saltenv, args.fingerprint_hash_type);
      if (keys === undefined) return 'fail';
      const came = [];
      for (const key of keys.keys()) came.push(await remove(ctx, args.user, key, args.config, args.fingerprint_hash_type));
      return first(came, ['Key removed'], 'Key not present');
    },
  }),
};
