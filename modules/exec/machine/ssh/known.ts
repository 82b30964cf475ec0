import { chmod, stat } from 'node:fs/promises';
import { CommandFailed, type Ctx, call, type Returnable } from '../../../define.ts';
import { output } from '../commands.ts';
import { isFile, linesOf, readIfThere, replaceFile } from '../files.ts';
import { fingerprint } from './keys.ts';
import { accountOf, handOver, knownFile, makeFolder, type Refusal, refusal } from './place.ts';

/** A line of known_hosts. */
interface Entry {
  readonly hostname: string;
  readonly enc: string | null;
  readonly key: string;
  readonly fingerprint?: string;
  readonly port?: Returnable;
}

const SSH_PORT = 22;
const isRefusal = (value: unknown): value is Refusal => typeof value === 'object' && value !== null && 'error' in value;

/** As known_hosts names a host on another port. */
const hostAt = (hostname: string, port: Returnable | undefined): string =>
  !port || port === SSH_PORT ? hostname : `[${hostname}]:${String(port)}`;

/** The entries that ssh-keygen or ssh-keyscan printed. */
function parseEntries(text: string, hashType: string | undefined): Entry[] {
  const entries = [];
  for (const line of text.split('\n').map((line) => line.trim())) {
    const words = line.split(/\s+/);
    const [hostname = '', enc = '', key = ''] = words;
    if (line.startsWith('#') || words.length !== 3) continue;
    const print = fingerprint(key, hashType);
    if (print !== undefined) entries.push({ hostname, key, enc, fingerprint: print });
  }
  return entries;
}

function needed(ctx: Ctx, tool: string): void {
  if (ctx.host.which(tool) === undefined) throw new CommandFailed(`The '${tool}' binary was not found in $PATH.`);
}

const lookUp = (ctx: Ctx, host: string, file: string): Promise<string> =>
  output(ctx, ['ssh-keygen', '-F', host, '-f', file], { ignore_retcode: true });

interface Place {
  readonly user?: string | undefined;
  readonly config?: string | undefined;
  readonly port?: Returnable | undefined;
  readonly fingerprint_hash_type?: string | undefined;
}

/** What is known of a host. */
async function known(ctx: Ctx, hostname: string, place: Place): Promise<Entry[] | Refusal> {
  needed(ctx, 'ssh-keygen');
  const file = await knownFile(ctx, place.user, place.config);
  if (typeof file !== 'string') return file;
  return parseEntries(await lookUp(ctx, hostAt(hostname, place.port), file), place.fingerprint_hash_type);
}

interface Scan {
  readonly enc?: string | undefined;
  readonly port?: Returnable | undefined;
  readonly hash_known_hosts: boolean;
  readonly timeout: Returnable;
  readonly fingerprint_hash_type?: string | undefined;
}

/** What a host says of itself. A host that is busy may need to be asked again. */
async function scan(ctx: Ctx, hostname: string, how: Scan): Promise<Entry[]> {
  needed(ctx, 'ssh-keyscan');
  const where = [...(how.port ? ['-p', how.port] : []), ...(how.enc ? ['-t', how.enc] : [])];
  const argv = ['ssh-keyscan', ...where, ...(how.hash_known_hosts ? ['-H'] : []), '-T', how.timeout, '--', hostname];
  let text = '';
  for (let tries = 5; text === '' && tries > 0; tries--) text = await output(ctx, argv);
  return parseEntries(text, how.fingerprint_hash_type);
}

const asResult = (entries: readonly Entry[]): Returnable => entries.map((entry) => ({ ...entry }) as Record<string, Returnable>);

interface Wanted extends Place, Scan {
  readonly hostname: string;
  readonly key?: string | undefined;
  readonly fingerprint?: string | undefined;
}

/** Sees to it that the host is known by its key: by the one given, else by one that the host shows. */
async function set(ctx: Ctx, wanted: Wanted): Promise<Returnable> {
  const { hostname, key, enc } = wanted;
  const stored = await known(ctx, hostname, wanted);
  if (isRefusal(stored)) return { ...stored };
  const storedKeys = stored.filter((entry) => enc === undefined || entry.enc === enc).map((entry) => entry.key);
  if (isKnown(stored, storedKeys, wanted)) return { status: 'exists', keys: storedKeys };
  const shown = key === undefined ? await shownBy(ctx, wanted) : [{ hostname, enc: enc ?? null, key }];
  if (isRefusal(shown)) return { ...shown };
  const asksOnly = key === undefined && wanted.fingerprint === undefined && stored.length > 0;
  if (asksOnly && haveSameKeys(shown, storedKeys)) return { status: 'exists', keys: storedKeys };
  const file = await knownFile(ctx, wanted.user, wanted.config);
  if (typeof file !== 'string') return { ...file };
  const written = shown.map((entry) => (isPlain(entry, wanted) ? entry : { ...entry, port: wanted.port ?? null }));
  await replace(ctx, file, wanted, written);
  if (key !== undefined && wanted.hash_known_hosts) await hash(ctx, wanted.user, file);
  return { status: 'updated', old: stored.length === 0 ? null : asResult(stored), new: asResult(written) };
}

const haveSameKeys = (entries: readonly Entry[], keys: readonly string[]): boolean =>
  entries.every(({ key }) => keys.includes(key)) && keys.every((key) => entries.some((entry) => entry.key === key));

/** Whether the file has the key or fingerprint asked for. Without either the host must be asked. */
const isKnown = (stored: readonly Entry[], keys: readonly string[], { key, fingerprint }: Wanted): boolean =>
  stored.length > 0 &&
  (key !== undefined || fingerprint !== undefined) &&
  (!fingerprint || stored.some((entry) => entry.fingerprint === fingerprint)) &&
  (!key || keys.includes(key));

async function shownBy(ctx: Ctx, wanted: Wanted): Promise<Entry[] | Refusal> {
  const shown = await scan(ctx, wanted.hostname, wanted);
  if (shown.length === 0) return refusal('Unable to receive remote host keys');
  if (wanted.fingerprint && !shown.some((entry) => entry.fingerprint === wanted.fingerprint))
    return refusal('Remote host public keys found but none of their fingerprints match the one you have provided');
  return shown;
}

/** Whether an entry is written with its name alone: hashed ones and those with a port in them are. */
const isPlain = (entry: Entry, { hash_known_hosts, port }: Wanted): boolean =>
  hash_known_hosts || port === undefined || port === null || port === SSH_PORT || entry.hostname.includes(':');

/** Writes the entries in place of those of the host, of the kind wanted. */
async function replace(ctx: Ctx, file: string, wanted: Wanted, entries: readonly Entry[]): Promise<void> {
  const old = linesOf((await readIfThere(file)) ?? '');
  const gone = (await isFile(file))
    ? matched(await lookUp(ctx, hostAt(wanted.hostname, wanted.port), file), wanted.enc)
    : new Set<number>();
  const kept = old.filter((_line, index) => !gone.has(index + 1));
  const lines = entries.map(
    ({ hostname, port, enc, key }) => `${port === undefined ? hostname : hostAt(hostname, port)} ${enc ?? 'None'} ${key}\n`,
  );
  const account = wanted.user ? await accountOf(ctx, wanted.user) : undefined;
  const isNew = !(await isFile(file));
  try {
    await makeFolder(ctx, file, account);
    await replaceFile(file, [...kept, ...lines].join(''), 0o600);
  } catch (failure) {
    throw new CommandFailed(`Couldn't append to known hosts file: '${failure instanceof Error ? failure.message : String(failure)}'`);
  }
  await handOver(file, account);
  if (isNew) await chmod(file, 0o600);
}

/** The numbers of the lines that ssh-keygen found, each told in a comment above its line. */
function matched(found: string, enc: string | undefined): Set<number> {
  const lines = found.split('\n').filter((line) => line.trim() !== '');
  const numbers = new Set<number>();
  lines.forEach((line, index) => {
    const [, number] = /^#.*\s(\d+)\s*$/.exec(line) ?? [];
    const kind = lines[index + 1]?.trim().split(/\s+/).at(-2);
    if (number !== undefined && (enc === undefined || kind === enc)) numbers.add(Number(number));
  });
  return numbers;
}

/** Hashes the names in the file. */
async function hash(ctx: Ctx, user: string | undefined, file: string): Promise<string> {
  const { mode } = await stat(file);
  const told = await output(ctx, ['ssh-keygen', '-H', '-f', file]);
  await chmod(file, mode & 0o7777);
  if (user) await handOver(file, await accountOf(ctx, user));
  return told;
}

const user = { type: 'string', doc: 'whose; the file of the whole machine without' } as const;
const config = { type: 'string', doc: 'the file, in the home directory or absolute' } as const;
const port = { type: 'any', doc: 'the port of its ssh' } as const;
const fingerprint_hash_type = { type: 'string', doc: 'the hash of fingerprints; sha256 unless told' } as const;
const host = { type: 'string', doc: 'the host' } as const;
const enc = { type: 'string', doc: 'only keys of this kind: `ssh-rsa`' } as const;
const hash_known_hosts = { type: 'boolean', default: true, doc: 'hide the names of hosts behind hashes' } as const;
const timeout = { type: 'any', default: 5, doc: 'seconds to wait for the host' } as const;

export const knowing = {
  get_known_host_entries: call({
    doc: 'What is known of a host: a list of entries with fingerprints; None if nothing.',
    examples: ["tsalt '*' ssh.get_known_host_entries <user> <hostname>"],
    args: {
      user: { type: 'any', required: true, doc: 'whose; None for the file of the whole machine' },
      hostname: { ...host, required: true },
      config,
      port,
      fingerprint_hash_type,
    },
    changes: false,
    async run(ctx, args): Promise<Returnable> {
      const entries = await known(ctx, args.hostname, { ...args, user: args.user ? String(args.user) : undefined });
      if (isRefusal(entries)) return { ...entries };
      return entries.length === 0 ? null : asResult(entries);
    },
  }),
  recv_known_host_entries: call({
    doc: 'The keys that a host shows, by ssh-keyscan; None if it shows none.',
    examples: ["tsalt '*' ssh.recv_known_host_entries <hostname> enc=<enc> port=<port>"],
    args: { hostname: { ...host, required: true }, enc, port, hash_known_hosts, timeout, fingerprint_hash_type },
    changes: false,
    async run(ctx, args): Promise<Returnable> {
      const entries = await scan(ctx, args.hostname, args);
      return entries.length === 0 ? null : asResult(entries);
    },
  }),
  check_known_host: call({
    doc: 'How a host stands: `exists`, `update` if its key is another one, `add` if it is not known.',
    examples: ["tsalt '*' ssh.check_known_host <user> <hostname> key='AAAA...FAaQ=='"],
    args: {
      user,
      hostname: host,
      key: { type: 'string', doc: 'the key it should have' },
      fingerprint: { type: 'string', doc: 'the fingerprint it should have' },
      config,
      port,
      fingerprint_hash_type,
    },
    changes: false,
    async run(ctx, args): Promise<Returnable> {
      if (!args.hostname) return { ...refusal('hostname argument required') };
      const entries = await known(ctx, args.hostname, args);
      if (isRefusal(entries)) return { ...entries };
      if (entries.length === 0) return 'add';
      if (args.key) return entries.some(({ key }) => key === args.key) ? 'exists' : 'update';
      if (args.fingerprint) return entries.some(({ fingerprint }) => fingerprint === args.fingerprint) ? 'exists' : 'update';
      return 'exists';
    },
  }),
  rm_known_host: call({
    doc: 'Forget a host.',
    examples: ["tsalt '*' ssh.rm_known_host <user> <hostname>"],
    args: { user, hostname: host, config, port },
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      if (!args.hostname) return { ...refusal('hostname argument required') };
      const file = await knownFile(ctx, args.user, args.config);
      if (typeof file !== 'string') return { ...file };
      if (!(await isFile(file))) return { ...refusal(`Known hosts file ${file} does not exist`) };
      const comment = await output(ctx, ['ssh-keygen', '-R', hostAt(args.hostname, args.port), '-f', file]);
      if (args.user) await handOver(file, await accountOf(ctx, args.user));
      return { status: 'removed', comment };
    },
  }),
  set_known_host: call({
    doc: 'Know a host by the key given, or by those that it shows if one has the fingerprint given: status `updated`, `exists` or `error`.',
    examples: ["tsalt '*' ssh.set_known_host <user> fingerprint='xx:xx:..:xx' enc='ssh-rsa' config='.ssh/known_hosts'"],
    args: {
      user,
      hostname: host,
      fingerprint: { type: 'string', doc: 'the fingerprint that one of its keys must have' },
      key: { type: 'string', doc: 'its key; without it the host is asked' },
      port,
      enc,
      config,
      hash_known_hosts,
      timeout,
      fingerprint_hash_type,
    },
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      if (!args.hostname) return { ...refusal('hostname argument required') };
      if (args.port !== undefined && args.port !== null && args.port !== SSH_PORT && args.hash_known_hosts)
        return { ...refusal('argument port can not be used in conjunction with argument hash_known_hosts') };
      return set(ctx, { ...args, hostname: args.hostname });
    },
  }),
  hash_known_hosts: call({
    doc: 'Hide the names of all known hosts behind hashes.',
    examples: ["tsalt '*' ssh.hash_known_hosts"],
    args: { user, config },
    changes: true,
    async run(ctx, args): Promise<Returnable> {
      needed(ctx, 'ssh-keygen');
      const file = await knownFile(ctx, args.user, args.config);
      if (typeof file !== 'string') return { ...file };
      if (!(await isFile(file))) return { ...refusal(`Known hosts file ${file} does not exist`) };
      return { status: 'updated', comment: await hash(ctx, args.user, file) };
    },
  }),
};
