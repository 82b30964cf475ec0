import { isAbsolute } from 'node:path';
import { type ArgsOf, CommandNotFound, type Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, state, stateModule, type Verdict } from '../../define.ts';
import { shown } from '../accounts/words.ts';
import { plan, undecided } from '../machine/words.ts';

const NAME = { type: 'string', required: true, doc: 'the host' } as const;
const USER = { type: 'string', doc: 'whose known hosts; those of the machine without' } as const;
const CONFIG = { type: 'string', doc: 'the file: `.ssh/known_hosts`, or /etc/ssh/ssh_known_hosts without a user' } as const;
const ARGS = {
  name: NAME,
  user: USER,
  fingerprint: { type: 'string', doc: 'the fingerprint that one of its keys must have' },
  key: { type: 'string', doc: 'its key; without it the host is asked' },
  port: { type: 'any', doc: 'its port' },
  enc: { type: 'string', doc: 'the kind of the key' },
  config: CONFIG,
  hash_known_hosts: { type: 'boolean', default: true, doc: 'hide names behind hashes' },
  timeout: { type: 'number', default: 5, doc: 'seconds to wait for the host' },
  fingerprint_hash_type: { type: 'string', doc: 'the hash of fingerprints; sha256 unless told' },
} as const;
type Args = ArgsOf<typeof ARGS>;

/** The file that is meant; undefined where it is not told for whom. */
function fileOf(user: string | undefined, config: string | undefined): string | undefined {
  const file = config || (user ? '.ssh/known_hosts' : '/etc/ssh/ssh_known_hosts');
  return user || isAbsolute(file) ? file : undefined;
}
const UNPLACED = 'If not specifying a "user", specify an absolute "config".';

const isRefused = (found: Returnable): found is { readonly error: string } =>
  typeof found === 'object' && found !== null && 'error' in found;

async function present(ctx: StateCtx, args: Args): Promise<Verdict> {
  const config = fileOf(args.user, args.config);
  if (config === undefined) return failed(UNPLACED);
  if (ctx.testing) return await foreseen(ctx, args, config);
  return plan('', () => know(ctx, args, config));
}

const orNull = (value: Returnable | undefined): Returnable => value ?? null;

async function foreseen(
  ctx: StateCtx,
  { name, user, key, fingerprint, enc, port, fingerprint_hash_type }: Args,
  config: string,
): Promise<Outcome> {
  if (key && fingerprint) return failed('Specify either "key" or "fingerprint", not both.');
  if (key && !enc) return failed('Required argument "enc" if using "key" argument.');
  let found: Returnable;
  try {
    found = await ctx.call('ssh.check_known_host', [orNull(user), name], {
      key: orNull(key),
      fingerprint: orNull(fingerprint),
      config,
      port: orNull(port),
      fingerprint_hash_type: orNull(fingerprint_hash_type),
    });
  } catch (error) {
    if (error instanceof CommandNotFound) return failed(`ssh.check_known_host error: ${error.message}`);
    throw error;
  }
  if (isRefused(found)) return failed(found.error);
  if (found === 'exists') return inOrder(`Host ${name} is already in ${config}`);
  return undecided(`Key for ${name} is set to be ${found === 'add' ? 'added to' : 'updated in'} ${config}`);
}

/** What ssh.set_known_host answers. */
interface Known {
  readonly status: string;
  readonly error?: string;
  readonly old?: Returnable;
  readonly new?: readonly { readonly key: string; readonly fingerprint: string }[];
}

async function know(ctx: StateCtx, args: Args, config: string): Promise<Outcome> {
  const { name, key, fingerprint, enc } = args;
  const came = (await ctx.call('ssh.set_known_host', [], {
    user: orNull(args.user),
    hostname: name,
    fingerprint: orNull(fingerprint),
    key: orNull(key),
    port: orNull(args.port),
    enc: orNull(enc),
    config,
    hash_known_hosts: args.hash_known_hosts,
    timeout: args.timeout,
    fingerprint_hash_type: orNull(args.fingerprint_hash_type),
  })) as unknown as Known;
  if (came.status === 'exists') return inOrder(`${name} already exists in ${config}`);
  if (came.status === 'error') return failed(came.error ?? '');
  const first = came.new?.[0];
  const changes = { old: orNull(came.old), new: orNull(came.new as unknown as Returnable) };
  if (key) return inOrder(`${name}'s key saved to ${config} (key: ${first?.key})`, changes);
  if (fingerprint) return inOrder(`${name}'s key saved to ${config} (fingerprint: ${first?.fingerprint})`, changes);
  if (enc) return inOrder(`${name}'s ${enc} key saved to ${config} (key: ${first?.key})`, changes);
  return inOrder(`${name}'s key(s) saved to ${config}`, changes);
}

async function absent(ctx: StateCtx, name: string, user: string | undefined, given: string | undefined): Promise<Verdict> {
  const config = fileOf(user, given);
  if (config === undefined) return failed(UNPLACED);
  const where = { user: orNull(user), hostname: name, config };
  const known = await ctx.call('ssh.get_known_host_entries', [], where);
  if (known === null) return inOrder('Host is already absent');
  return plan(`Key for ${name} is set to be removed from ${config}`, async () => {
    const came = (await ctx.call('ssh.rm_known_host', [], where)) as { readonly comment?: Returnable; readonly error?: string };
    if (isRefused(came as Returnable)) return failed(came.error ?? '');
    return inOrder(shown(came.comment ?? ''), { old: known, new: null });
  });
}

/** The hosts that users, or the machine, know by their keys. */
export default stateModule({
  name: 'ssh_known_hosts',
  doc: 'The hosts that users, or the machine, know by their keys.',
  states: {
    present: state({
      doc: 'A host that is known.',
      examples: ['github.com:\n  ssh_known_hosts.present:\n    - user: root\n    - enc: ed25519\n    - key: AAAAC3NzaC1...'],
      args: ARGS,
      check: present,
    }),
    absent: state({
      doc: 'A host that is not known.',
      args: { name: NAME, user: USER, config: CONFIG },
      check: async (ctx, { name, user, config }) => await absent(ctx, name, user, config),
    }),
  },
});
