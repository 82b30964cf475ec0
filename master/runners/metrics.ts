import { CallRefused, call, type ExecModule, execModule, type Returnable } from '../../modules/define.ts';
import { seen } from '../access/viewer.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Metrics } from '../metrics/metrics.ts';

export interface MetricsRunnerParts {
  readonly metrics: Metrics;
  readonly fleet: Pick<Fleet, 'ids' | 'match'>;
}

const MINION = { type: 'string', doc: 'the id of a minion' } as const;
const GROUP = { type: 'string', doc: 'the name of a group, instead' } as const;
const HOUR = 3600;
/** Of so many minions of a group the names are looked up. */
const MOST_ASKED = 200;

/** Values of minions over time. */
export const metricsRunner = ({ metrics, fleet }: MetricsRunnerParts): ExecModule =>
  execModule({
    name: 'metrics',
    doc: 'Metrics: values that minions sent, over time.',
    calls: {
      names: call({
        doc: 'The names of the metrics of a minion or a group, sorted.',
        examples: ['tsalt-run metrics.names web1', 'tsalt-run metrics.names group=web'],
        args: { minion: MINION, group: GROUP },
        changes: false,
        run: (_ctx, { minion, group }) => [...metrics.latest(minionsOf(fleet, minion, group).slice(0, MOST_ASKED)).keys()],
      }),
      latest: call({
        doc: 'The newest values of a minion, by name.',
        examples: ['tsalt-run metrics.latest web1'],
        args: { minion: { ...MINION, required: true } },
        changes: false,
        run: (_ctx, { minion }) => Object.fromEntries(metrics.latest([seen(minion)])),
      }),
      query: call({
        doc: 'Values over time, as many points as are wanted at most. Of a group: their mean or sum, or each of its minions.',
        examples: [
          'tsalt-run metrics.query vitals.load.1m minion=web1',
          "tsalt-run metrics.query 'vitals.memory.*' group=web from=-86400 points=200 aggregate=sum",
        ],
        args: {
          names: { type: 'list', required: true, doc: 'globs on names' },
          minion: MINION,
          group: GROUP,
          from: { type: 'any', doc: 'ISO 8601, seconds since 1970, or below 0: seconds before the end; an hour unless given' },
          until: { type: 'any', doc: 'ISO 8601 or seconds since 1970; now unless given' },
          points: { type: 'number', doc: 'how many at most, up to 2000', default: 300 },
          aggregate: { type: 'string', choices: ['mean', 'sum', 'each'], doc: 'of a group: one line for all, or each', default: 'mean' },
        },
        changes: false,
        run: async (_ctx, { names, minion, group, from, until, points, aggregate }) => {
          const end = timeOf(until, 'until') ?? Date.now() / 1000;
          const begin = timeOf(from, 'from') ?? -HOUR;
          const span = { from: Math.floor(begin < 0 ? end + begin : begin), until: Math.floor(end) };
          if (span.from >= span.until) throw new CallRefused('from: it must be before until');
          const together =
            group !== undefined && minion === undefined && aggregate !== 'each' ? { how: howOf(aggregate), name: group } : undefined;
          const answer = await metrics.query({
            names: names.map(String),
            minions: minionsOf(fleet, minion, group),
            ...span,
            points,
            ...(together === undefined ? {} : { together }),
          });
          const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();
          return { ...answer, from: iso(answer.from), until: iso(answer.until) } as unknown as Returnable;
        },
      }),
    },
  });

/** Thresholds of metrics, and what stands beyond them. */
export const thresholdsRunner = (metrics: Metrics): ExecModule =>
  execModule({
    name: 'thresholds',
    doc: 'Thresholds: from which value on a metric is a warning or an error.',
    calls: {
      list: call({
        doc: 'List the thresholds, each with the minions that are beyond it now.',
        examples: ['tsalt-run thresholds.list'],
        args: {},
        changes: false,
        run: () => {
          const standings = metrics.standings();
          return metrics.thresholds().map((threshold) => ({
            ...threshold,
            below: threshold.direction === 'below',
            beyond: standings
              .filter((standing) => standing.threshold === threshold.name)
              .map(({ minion, metric, level, value, since }) => ({
                minion,
                metric,
                level,
                value,
                since: new Date(since * 1000).toISOString(),
              })),
          }));
        },
      }),
    },
  });

const howOf = (aggregate: string): 'mean' | 'sum' => (aggregate === 'sum' ? 'sum' : 'mean');

function minionsOf(fleet: MetricsRunnerParts['fleet'], minion: string | undefined, group: string | undefined): readonly string[] {
  if (minion !== undefined) return [seen(minion)];
  return group === undefined ? fleet.ids() : fleet.match({ kind: 'nodegroup', expression: group }).minions;
}

/** Seconds since 1970, or below 0. */
function timeOf(value: unknown, name: string): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const number =
    typeof value === 'number' ? value : typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
  const seconds = Number.isFinite(number) ? number : Date.parse(String(value)) / 1000;
  if (!Number.isFinite(seconds)) throw new CallRefused(`${name}: a time as 2026-11-27T08:00:00Z is required`);
  return seconds;
}
