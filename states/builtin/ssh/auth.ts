import { type ArgsOf, CommandFailed, type Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';

const ARGS = {
  name: { type: 'string', required: true, doc: 'the key: in base 64, or a whole line of authorized_keys' },
  user: { type: 'string', required: true, doc: 'the user who may log in by it' },
  enc: { type: 'string', default: 'ssh-rsa', doc: 'its kind, where the name does not tell' },
  comment: { type: 'string', default: '', doc: 'its comment, where the name does not tell' },
  source: { type: 'string', default: '', doc: 'a file of keys instead: salt://ssh_keys/foo.id_rsa.pub' },
  options: { type: 'any', doc: 'a list of options' },
  config: { type: 'string', default: '.ssh/authorized_keys', doc: 'the file, in the home directory or absolute' },
  fingerprint_hash_type: { type: 'string', doc: 'the hash of fingerprints; sha256 unless told' },
} as const;
type Args = ArgsOf<typeof ARGS>;

/** A key as it is meant. */
interface Key {
  readonly key: string;
  readonly enc: string;
  readonly comment: string;
  readonly options: Returnable | readonly Returnable[];
}

/** A whole line tells kind, comment and options itself. */
function keyOf({ name, enc, comment, options = null }: Args): Key {
  const [, before = '', rest] = /^(.*?)\s?((?:sk-)?(?:ssh-|ecds)[\w@.-]+\s.+)$/.exec(name) ?? [];
  const [, first, second, more] = /^\s*(\S+)(?:\s+(\S+)(?:\s+(.*))?)?/s.exec(rest ?? name) ?? [];
  if (first === undefined) throw new Error('ssh_auth: the name is blank, it must be a key');
  if (rest === undefined) {
    const told = /^\s*\S+\s+(.*)$/s.exec(name)?.[1];
    return { key: first, enc, comment: told || comment, options };
  }
  return { key: second ?? '', enc: first, comment: more || comment, options: before === '' ? options : before.split(',') };
}

/** What functions of `ssh` are told besides user and key. */
const here = ({ config, fingerprint_hash_type }: Args): Record<string, Returnable> => ({
  config,
  fingerprint_hash_type: fingerprint_hash_type ?? null,
});
/** The same for those that take a file from the master. */
const place = (ctx: StateCtx, args: Args): Record<string, Returnable> => ({ ...here(args), saltenv: ctx.saltenv });

/** What test=True says of the keys of a file, a line each. */
async function ofFile(
  ctx: StateCtx,
  args: Args,
  words: { readonly line: (standing: string, key: string) => string; readonly otherwise: string },
): Promise<Outcome> {
  const { user, source } = args;
  const found = (await ctx.call('ssh.check_key_file', [user, source], place(ctx, args))) as Readonly<Record<string, string>>;
  const lines = Object.entries(found).map(([key, standing]) => words.line(standing, key));
  if (lines.some((line) => line !== '')) return { result: null, comment: lines.join(''), changes: {} };
  if (Object.keys(found).length > 0 || !(await isFetched(ctx, source)))
    return inOrder(`All host keys in file ${source} are already ${words.otherwise}`);
  return failed(noKeys(source));
}

const noKeys = (source: string): string => `No keys detected in ${source}. Is file properly formatted?`;

/** Whether a source is to be had. A file of this machine that is not there is an error, one of the master is not. */
async function isFetched(ctx: StateCtx, source: string): Promise<boolean> {
  if (await ctx.call('cp.get_url', [source, null], { saltenv: ctx.saltenv })) return true;
  if (/^(file:\/\/)?\//.test(source) && !(await ctx.call('file.file_exists', [source.replace(/^file:\/\//, '')])))
    throw new CommandFailed(`${source} is not there`);
  return false;
}

async function standing(ctx: StateCtx, args: Args, { key, enc, comment, options }: Key): Promise<Returnable> {
  return await ctx.call('ssh.check_key', [args.user, key, enc, comment, options ?? []], here(args));
}

async function present(ctx: StateCtx, args: Args): Promise<Verdict> {
  const key = args.source === '' ? keyOf(args) : undefined;
  if (ctx.testing) return await foreseen(ctx, args, key);
  return { predicted: { comment: '', changes: {} }, apply: async () => await authorize(ctx, args, key) };
}

async function foreseen(ctx: StateCtx, args: Args, key: Key | undefined): Promise<Outcome> {
  const { user } = args;
  if (key === undefined) {
    const line = (standing: string, name: string): string => (standing === 'exists' ? '' : `Set to ${standing}: ${name}\n`);
    return await ofFile(ctx, args, { line, otherwise: 'present' });
  }
  const found = await standing(ctx, args, key);
  if (found === 'exists') return inOrder(`The authorized host key ${key.key} is already present for user ${user}`);
  const comment = `Key ${key.key} for user ${user} is set to be ${found === 'add' ? 'added' : 'updated'}`;
  return { result: null, comment, changes: {} };
}

async function authorize(ctx: StateCtx, args: Args, key: Key | undefined): Promise<Outcome> {
  const { user, source } = args;
  const name = key?.key ?? args.name;
  const came = await put(ctx, args, key);
  const subject = `The authorized host key ${name} for user ${user} was`;
  if (came === 'replace') return inOrder(`${subject} updated`, { [name]: 'Updated' });
  if (came === 'new') return inOrder(`${subject} added`, { [name]: 'New' });
  if (came === 'no change') return inOrder(`The authorized host key ${name} is already present for user ${user}`);
  if (came === 'no key') return failed(`Failed to add the ssh key. Source file ${source} is missing`);
  if (came !== 'fail') return failed('Invalid public ssh key, most likely has spaces or invalid syntax');
  const empty =
    key === undefined && Object.keys(Object(await ctx.call('ssh.check_key_file', [user, source], place(ctx, args)))).length === 0;
  return failed(empty ? noKeys(source) : 'Failed to add the ssh key. Is the home directory available, and/or does the key file exist?');
}

async function put(ctx: StateCtx, args: Args, key: Key | undefined): Promise<Returnable> {
  const { user, source, options = null } = args;
  if (key !== undefined)
    return await ctx.call('ssh.set_auth_key', [user, key.key], {
      enc: key.enc,
      comment: key.comment,
      options: key.options ?? [],
      ...here(args),
    });
  if (!(await isFetched(ctx, source))) return 'no key';
  return await ctx.call('ssh.set_auth_key_from_file', [user, source], { ...place(ctx, args), options });
}

async function absent(ctx: StateCtx, args: Args): Promise<Verdict> {
  if (ctx.testing) return await foreseenGone(ctx, args);
  return { predicted: { comment: '', changes: {} }, apply: async () => await remove(ctx, args) };
}

async function foreseenGone(ctx: StateCtx, args: Args): Promise<Outcome> {
  if (args.source !== '') {
    const line = (standing: string, key: string): string => (standing === 'add' ? '' : `Set to remove: ${key}\n`);
    return await ofFile(ctx, args, { line, otherwise: 'absent' });
  }
  const key = keyOf(args);
  if ((await standing(ctx, args, key)) === 'add') return inOrder('Key is already absent');
  return { result: null, comment: `Key ${key.key} for user ${args.user} is set for removal`, changes: {} };
}

async function remove(ctx: StateCtx, args: Args): Promise<Outcome> {
  const { user, source } = args;
  if (source !== '' && !(await isFetched(ctx, source))) return inOrder('');
  const name = source === '' ? keyOf(args).key : args.name;
  const came =
    source === ''
      ? await ctx.call('ssh.rm_auth_key', [user, name], here(args))
      : await ctx.call('ssh.rm_auth_key_from_file', [user, source], place(ctx, args));
  return inOrder(String(came), came === 'Key removed' ? { [name]: 'Removed' } : {});
}

async function manage(ctx: StateCtx, args: Args & { readonly ssh_keys: Returnable }): Promise<Verdict> {
  const keys = [args.ssh_keys].flat() as string[];
  const words = new Set(keys.flatMap((key) => key.split(' ')));
  const known = (await ctx.call('ssh.auth_keys', [args.user], here(args))) as Readonly<Record<string, Returnable>>;
  const others = Object.keys(known).filter((key) => !words.has(key));
  if (ctx.testing) {
    const said = others.map((key) => `${key} Key set for removal`).at(-1) ?? '';
    const all = [];
    for (const name of keys) all.push(await foreseen(ctx, { ...args, name }, args.source === '' ? keyOf({ ...args, name }) : undefined));
    return together(all, said, {}, others.length === 0);
  }
  const apply = async (): Promise<Outcome> => {
    const removed: Record<string, Returnable> = {};
    for (const name of others) removed[name] = (await remove(ctx, { ...args, name })).comment;
    const all = [];
    for (const name of keys) all.push(await authorize(ctx, { ...args, name }, args.source === '' ? keyOf({ ...args, name }) : undefined));
    return together(all, '', removed, true);
  };
  return { predicted: { comment: '', changes: {} }, apply };
}

/** The outcomes of several keys as one. A comment is told where nothing changed. */
function together(all: readonly Outcome[], said: string, removed: Outcome['changes'], clean: boolean): Outcome {
  const comment = all.reduce((text, { comment, changes }) => (Object.keys(changes).length > 0 ? text : `${text}\n${comment}`.trim()), said);
  const results = all.map(({ result }) => result).filter((result) => result !== true);
  const result = results.at(-1) === undefined ? (clean ? true : null) : (results.at(-1) ?? null);
  return { result, comment, changes: Object.assign({}, removed, ...all.map(({ changes }) => changes)), more: { name: '' } };
}

/** The keys by which users may log in. */
export default stateModule({
  name: 'ssh_auth',
  doc: 'The keys by which users may log in.',
  states: {
    present: state({
      doc: 'A key by which a user may log in.',
      examples: ['AAAAB3NzaC1kc3MAAACB...:\n  ssh_auth.present:\n    - user: root\n    - enc: ssh-dss'],
      args: ARGS,
      extra: 'anything',
      check: present,
    }),
    absent: state({ doc: 'A key by which a user may not log in.', args: ARGS, check: absent }),
    manage: state({
      doc: 'The keys by which a user may log in, and no other.',
      args: { ...ARGS, ssh_keys: { type: 'any', required: true, doc: 'the keys, as names of ssh_auth.present' } },
      extra: 'anything',
      check: manage,
    }),
  },
});
