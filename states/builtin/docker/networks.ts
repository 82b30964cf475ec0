import { CommandFailed, type Returnable } from '../../../modules/define.ts';
import { type Fields, fields, holds, isFields, isList, splitInput } from '../../../modules/exec/docker/values.ts';
import type { StateCtx } from '../../define.ts';

/** Networks that a container shall be in, by name, with what it has in each. */
export type Networks = Readonly<Record<string, Fields>>;

/**
 * The networks as users write them: names, or a list whose items have what the container has in a network.
 * @throws CommandFailed for what cannot be read, and for networks that there are not
 */
export async function networksOf(ctx: StateCtx, given: Returnable | undefined): Promise<Networks> {
  if (!holds(given)) return {};
  const items: readonly Returnable[] = isList(given) ? given : isFields(given) ? [given] : splitInput(given);
  const entries = items.flatMap((item): [string, Returnable][] => (isFields(item) ? Object.entries(item) : [[String(item), null]]));
  const networks = Object.fromEntries(entries.map(([name, options]) => [name, optionsOf(name, options)]));
  const there = ((await ctx.call('docker.networks')) as readonly Fields[]).map((network) => network['Name']);
  const missing = Object.keys(networks).filter((name) => !there.includes(name));
  if (missing.length > 0) throw new CommandFailed(`The following networks are not present: ${missing.sort().join(', ')}`);
  return networks;
}

function optionsOf(network: string, given: Returnable): Fields {
  if (given === null) return {};
  const options = isList(given) && given.every(isFields) ? (Object.assign({}, ...given) as Fields) : fields(given);
  if (!holds(options)) throw new CommandFailed(`Invalid configuration for network '${network}' (see documentation)`);
  const empty = Object.keys(options).find((key) => options[key] == null);
  if (empty !== undefined) throw new CommandFailed(`Config option '${empty}' for network '${network}' is missing a value`);
  const split = ['links', 'aliases'].filter((key) => key in options).map((key) => [key, splitInput(options[key])]);
  return { ...options, ...Object.fromEntries(split) };
}
