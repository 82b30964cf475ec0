import { join } from 'node:path';
import type { Fleet } from '../fleet/fleet.ts';
import type { MasterConfig } from '../options.ts';
import { Metrics, type MetricsParts } from './metrics.ts';
import { MetricStore } from './sqlite.ts';
import { ThresholdStore } from './sqlite-thresholds.ts';

export interface MetricsSurroundings extends Omit<MetricsParts, 'store' | 'thresholds' | 'limits' | 'inGroup'> {
  readonly fleet: Pick<Fleet, 'match'>;
  readonly config: () => MasterConfig;
}

/** Who is in a group is looked up so often at most, in ms. */
const GROUP_MS = 30_000;

/** The values of a master's minions, in `metrics.db`, and the thresholds. @throws TsaltError `store-full`, `store-newer`, `store-failed` */
export function openMetrics({ config, fleet, ...parts }: MetricsSurroundings): Metrics {
  const { cachedir } = config();
  const warn = (text: string): void => parts.log.warn(text);
  return new Metrics({
    ...parts,
    store: new MetricStore(join(cachedir, 'metrics.db'), warn),
    thresholds: new ThresholdStore(join(cachedir, 'thresholds.db'), warn),
    inGroup: memberships(fleet),
    limits: () => ({
      keep: { raw: config().metrics_keep_raw, five: config().metrics_keep_five_minutes, hour: config().metrics_keep_hours },
      perMinion: config().metrics_per_minion,
      series: config().metrics_series,
    }),
  });
}

function memberships(fleet: Pick<Fleet, 'match'>): (minion: string, group: string) => boolean {
  const known = new Map<string, { readonly until: number; readonly members: ReadonlySet<string> }>();
  return (minion, group) => {
    const before = known.get(group);
    const now = Date.now();
    if (before !== undefined && before.until > now) return before.members.has(minion);
    const members = membersOf(fleet, group);
    known.set(group, { until: now + GROUP_MS, members });
    return members.has(minion);
  };
}

/** A group that is gone has no members: its thresholds judge nobody. */
function membersOf(fleet: Pick<Fleet, 'match'>, group: string): ReadonlySet<string> {
  try {
    return new Set(fleet.match({ kind: 'nodegroup', expression: group }).minions);
  } catch {
    return new Set();
  }
}
