import { type Ctx, call, type Returnable } from '../../define.ts';
import { inspectContainer, inspectImage, inspectNetwork } from './inspect.ts';
import { type Fields, fields, holds, isEqual, isFields, isList, list, splitInput } from './values.ts';

const first = { type: 'string', required: true, doc: 'name or id' } as const;
const ignore = { type: 'any', doc: 'keys that are not compared' } as const;

type Differences = Record<string, Fields>;

/** Two values as they count: lists without order where it says nothing, links without the container's own name. */
function comparable(key: string, value: Returnable | undefined, container: string): Returnable | undefined {
  if (!isList(value)) return value;
  if (key === 'Env') return value.map(String).sort();
  if (key === 'Links') return value.map((link) => String(link).replace(`/${container}/`, '/')).sort();
  if (key === 'Ulimits') return value.map((limit) => JSON.stringify(limit)).sort();
  return value;
}

async function compareConfig(
  ctx: Ctx,
  one: Fields,
  other: Fields,
  names: readonly [string, string],
  ignored: readonly string[],
): Promise<Differences> {
  const found: Differences = {};
  for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
    if (ignored.includes(key)) continue;
    let [old, now] = [comparable(key, one[key], names[0]), comparable(key, other[key], names[1])];
    if (key === 'Image') {
      const ids = await Promise.all([old, now].map(async (image) => (await inspectImage(ctx, String(image)))['Id'] ?? null));
      [old, now] = ids;
    }
    // What is not set counts as nothing of its kind.
    const asTruth = key === 'OomKillDisable' || old == null || now == null;
    if (asTruth ? holds(old) !== holds(now) : !isEqual(old, now)) found[key] = { old: old ?? null, new: now ?? null };
  }
  return found;
}

async function compareContainers(ctx: Ctx, one: string, other: string, given: Returnable | undefined): Promise<Returnable> {
  const [old, now] = await Promise.all([inspectContainer(ctx, one), inspectContainer(ctx, other)]);
  const found: Record<string, Differences> = {};
  for (const part of ['Config', 'HostConfig']) {
    const differences = await compareConfig(ctx, fields(old[part]), fields(now[part]), [one, other], splitInput(given));
    if (holds(differences)) found[part] = differences;
  }
  return found;
}

const differ = (one: Returnable | undefined, other: Returnable | undefined): boolean =>
  (holds(one) || holds(other)) && !isEqual(one, other);
const difference = (one: Returnable | undefined, other: Returnable | undefined): Fields => ({ old: one ?? null, new: other ?? null });
const sorted = (pools: Returnable | undefined): Returnable[] =>
  [...list(pools)].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

function compareIpam(one: Fields, other: Fields): Differences {
  const found: Differences = {};
  for (const [key, value] of Object.entries(one)) {
    const [old, now] = key === 'Config' ? [sorted(value), sorted(other[key])] : [value, other[key]];
    if (differ(old, now)) found[key] = difference(old, now);
  }
  return found;
}

function compareOptions(one: Fields, other: Fields): Differences {
  const keys = Object.keys(one).filter((key) => key !== 'com.docker.network.bridge.name' && !isEqual(one[key], other[key]));
  return Object.fromEntries(keys.map((key) => [key, difference(one[key], other[key])]));
}

const compareCall = (as: string) =>
  call({
    doc: 'Where the configurations of two containers differ: Config and HostConfig, by key old and new.',
    examples: [`tsalt '*' docker.${as} foo bar ignore=Hostname`],
    args: { first, second: first, ignore },
    changes: false,
    run: async (ctx, args) => await compareContainers(ctx, args.first, args.second, args.ignore),
  });

/** Calls that say where two things differ. */
export const compareCalls = {
  compare_containers: compareCall('compare_containers'),
  compare_container: compareCall('compare_container'),
  compare_networks: call({
    doc: 'Where two networks differ, by key old and new.',
    examples: ["tsalt '*' docker.compare_network foo bar"],
    args: {
      first: { type: 'any', required: true, doc: 'name or id, or what docker.inspect_network said' },
      second: { type: 'any', required: true, doc: 'the other' },
      ignore: { type: 'any', default: 'Name,Id,Created,Containers', doc: 'keys that are not compared' },
    },
    changes: false,
    async run(ctx, args): Promise<Returnable> {
      const [one, other] = await Promise.all(
        [args.first, args.second].map(async (of) => (isFields(of) ? of : await inspectNetwork(ctx, String(of)))),
      );
      const [old, now] = [one ?? {}, other ?? {}];
      const found: Record<string, Fields> = {};
      for (const key of new Set([...Object.keys(old), ...Object.keys(now)])) {
        if (splitInput(args.ignore).includes(key)) continue;
        const nested = key === 'IPAM' ? compareIpam : key === 'Options' ? compareOptions : undefined;
        const differences = nested?.(fields(old[key]), fields(now[key]));
        if (differences !== undefined ? holds(differences) : differ(old[key], now[key]))
          found[key] = differences ?? difference(old[key], now[key]);
      }
      return found;
    },
  }),
};
