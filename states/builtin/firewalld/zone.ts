import type { ArgsOf, Returnable } from '../../../modules/define.ts';
import { inOrder, type Outcome, type StateCtx, type Verdict } from '../../define.ts';
import { shown } from '../accounts/words.ts';
import { MEMBERS, type Member, PERMANENT } from './members.ts';
import { changesOf, difference, orFailed, type Step, take } from './steps.ts';
import { nested } from './words.ts';

const list = (doc: string) => ({ type: 'list', doc }) as const;
const prune = (what: string) => ({ type: 'boolean', default: false, doc: `take out the ${what} that are not told` }) as const;

export const ZONE = {
  name: { type: 'string', required: true, doc: 'the zone; it is made if there is none' },
  block_icmp: list('ICMP types that it blocks'),
  prune_block_icmp: prune('ICMP types'),
  default: { type: 'boolean', doc: 'it is the zone of what no zone is told for' },
  masquerade: { type: 'boolean', doc: 'whether it hides the addresses behind it; left as it is by default' },
  ports: list('ports that it opens: `443/tcp`'),
  prune_ports: prune('ports'),
  port_fwd: list('ports that lead elsewhere: `22:2222:tcp`, `80:443:tcp:192.168.0.1`'),
  prune_port_fwd: prune('forwarded ports'),
  services: list('services that it allows'),
  prune_services: prune('services'),
  interfaces: list('interfaces that belong to it'),
  prune_interfaces: prune('interfaces'),
  sources: list('addresses whose traffic belongs to it'),
  prune_sources: prune('addresses'),
  rich_rules: list('rules as `firewall-cmd --list-rich-rules` shows them'),
  prune_rich_rules: prune('rules'),
} as const;
type Args = ArgsOf<typeof ZONE>;

/** What a function of `firewalld` answers of the zone. */
type Ask = (fun: string) => Promise<Returnable>;

/** A zone that has what is told; with `prune_*` nothing else. */
export async function present(ctx: StateCtx, args: Args): Promise<Verdict> {
  const { name } = args;
  const steps = await orFailed(() => stepsFor(ctx, args));
  if (!Array.isArray(steps)) return steps as Outcome;
  if (steps.length === 0) return inOrder(`'${name}' is already in the desired state.`);
  const comment = [`Configuration for '${name}' will change:`, ...nested(changesOf(steps))].join('\n');
  return {
    predicted: { comment, changes: {} },
    apply: () => take(ctx, steps, (changes) => inOrder(`'${name}' was configured.`, changes)),
  };
}

async function stepsFor(ctx: StateCtx, args: Args): Promise<Step[]> {
  const zones = (await ctx.call('firewalld.get_zones', [], PERMANENT)) as readonly string[];
  const isThere = zones.includes(args.name);
  // A zone that is yet to be made has nothing in it.
  const ask: Ask = async (fun) =>
    isThere ? await ctx.call(`firewalld.${fun}`, [args.name], PERMANENT) : fun === 'get_masquerade' ? false : [];
  const made: Step = { key: args.name, old: zones, new: args.name, calls: [['new_zone', [args.name]]] };
  const [icmp, ...others] = MEMBERS;
  const steps = [
    ...(isThere ? [] : [made]),
    ...(await memberSteps(ctx, args, icmp, ask)),
    ...(args.default ? await defaultStep(ctx, args.name) : []),
    ...(args.masquerade === undefined ? [] : masqueradeStep(args.name, args.masquerade, (await ask('get_masquerade')) === true)),
  ];
  for (const kind of others) steps.push(...(await memberSteps(ctx, args, kind, ask)));
  return steps;
}

async function memberSteps(ctx: StateCtx, args: Args, kind: Member, ask: Ask): Promise<Step[]> {
  const [given, prune] = [args[kind.arg] ?? [], args[`prune_${kind.arg}`]];
  if (given.length === 0 && !prune) return [];
  const current = kind.read?.(await ask(kind.list)) ?? ((await ask(kind.list)) as readonly string[]);
  const wanted = await kind.wanted(ctx, given.map(shown));
  const { added, removed } = difference(wanted, current, prune);
  if (added.length + removed.length === 0) return [];
  const calls = [...added.map((one) => kind.add(args.name, one)), ...removed.map((one) => kind.remove(args.name, one))];
  const after = prune ? wanted : [...current, ...added];
  return [{ key: kind.key ?? kind.arg, old: current.map(kind.told), new: after.map(kind.told), calls }];
}

async function defaultStep(ctx: StateCtx, name: string): Promise<Step[]> {
  const old = await ctx.call('firewalld.default_zone');
  return old === name ? [] : [{ key: 'default', old, new: name, calls: [['set_default_zone', [name]]] }];
}

function masqueradeStep(name: string, wanted: boolean, old: boolean): Step[] {
  if (wanted === old) return [];
  const said = wanted ? 'Masquerading successfully set.' : 'Masquerading successfully disabled.';
  return [{ key: 'masquerade', old, new: said, calls: [[wanted ? 'add_masquerade' : 'remove_masquerade', [name], PERMANENT]] }];
}
