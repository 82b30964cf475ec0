import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { inOrder, type Outcome, type StateCtx, type Verdict } from '../../define.ts';
import { changesOf, difference, orFailed, type Step, take } from './steps.ts';

export const SERVICE = {
  name: { type: 'string', required: true, doc: 'the service' },
  ports: { type: 'list', doc: 'all its ports: `8080/tcp`' },
  protocols: { type: 'list', doc: 'all its protocols: `gre`' },
} as const;
type Args = ArgsOf<typeof SERVICE>;

/** A service that is made of these ports and protocols, and of no others. */
export async function service(ctx: StateCtx, args: Args): Promise<Verdict> {
  const { name } = args;
  const steps = await orFailed(() => stepsFor(ctx, args));
  if (!Array.isArray(steps)) return steps as Outcome;
  if (steps.length === 0) return inOrder(`'${name}' is already in the desired state.`);
  return {
    predicted: { comment: `Configuration for '${name}' will change.`, changes: changesOf(steps) },
    apply: () => take(ctx, steps, (changes) => inOrder(`'${name}' was configured.`, changes)),
  };
}

async function stepsFor(ctx: StateCtx, { name, ports, protocols }: Args): Promise<Step[]> {
  const isThere = ((await ctx.call('firewalld.get_services')) as readonly string[]).includes(name);
  const current = async (fun: string): Promise<readonly string[]> => (isThere ? ((await ctx.call(fun, [name])) as readonly string[]) : []);
  const part = (key: string, kind: string, wanted: readonly Returnable[], has: readonly string[]): Step[] => {
    const { added, removed } = difference(wanted.map(String), has, true);
    const calls = [
      ...added.map((one) => [`add_service_${kind}`, [name, one]] as const),
      ...removed.map((one) => [`remove_service_${kind}`, [name, one]] as const),
    ];
    return calls.length === 0 ? [] : [{ key, old: has, new: wanted, calls }];
  };
  const parts = [
    ...part('ports', 'port', ports ?? [], await current('firewalld.get_service_ports')),
    ...part('protocols', 'protocol', protocols ?? [], await current('firewalld.get_service_protocols')),
  ];
  if (isThere) return parts;
  const made = ['new_service', [name], { restart: false }] as const;
  const [first, ...others] = parts;
  return first === undefined
    ? [{ key: 'service', old: null, new: name, calls: [made] }]
    : [{ ...first, calls: [made, ...first.calls] }, ...others];
}
