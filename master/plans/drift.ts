import type { EventBus } from '../../kernel/events/bus.ts';
import { kindOf } from '../../states/plan/summary.ts';
import type { Run } from '../publish/run.ts';
import { type Answer, collect, resultsIn } from './collect.ts';
import { type Making, trialOn, USER } from './make.ts';
import type { DriftRun, DriftStore } from './sqlite-drift.ts';

export interface DriftParts {
  readonly run: Run;
  readonly store: DriftStore;
  readonly bus: EventBus;
  /** Seconds a run is kept (`keep_drift`); 0 is for ever. */
  readonly keep: () => number;
}

/** The outcome of one round: a run for each minion that answered, and why others did not. */
export interface DriftRound {
  readonly runs: readonly DriftRun[];
  readonly silent: ReadonlyMap<string, string>;
}

/**
 * A dry run on the minions, of which only the score and the ids that drift are kept. An event `salt/drift/<minion>`
 * tells of each minion that is not as described, and once of one that is so again; `tsalt/drift/measured` that the round is over. Undefined when no minion matches.
 */
export async function measureDrift(parts: DriftParts, name: string, making: Omit<Making, 'jid'>): Promise<DriftRound | undefined> {
  const { jid, answers, silent } = await collect(parts.run(trialOn(making), USER));
  if (jid === undefined) return undefined;
  const at = Date.now();
  const runs = [...answers].map(([minion, answer]) => driftOf(minion, name, at, jid, answer));
  const news = runs.filter(({ minion, score }) => score < 1 || (parts.store.last(minion, name)?.score ?? 1) < 1);
  const keep = parts.keep();
  parts.store.add(runs, keep === 0 ? 0 : at - keep * 1000);
  for (const run of news) parts.bus.fire(`salt/drift/${run.minion}`, told(run));
  parts.bus.fire('tsalt/drift/measured', { name, jid, minions: runs.length });
  return { runs, silent };
}

function driftOf(minion: string, name: string, at: number, jid: string, { value }: Answer): DriftRun {
  const common = { minion, name, at, jid };
  const results = resultsIn(value);
  if (results === undefined) return { ...common, score: 0, total: 0, drifting: [], failing: [], errors: errorsIn(value) };
  const all = Object.entries(results).map(([tag, result]) => ({ id: idOf(tag, result), kind: kindOf(result) }));
  const idsOf = (wanted: (kind: string) => boolean): string[] => [...new Set(all.filter(({ kind }) => wanted(kind)).map(({ id }) => id))];
  return {
    ...common,
    score: Math.round((all.filter(({ kind }) => kind === 'same').length / all.length) * 10_000) / 10_000,
    total: all.length,
    drifting: idsOf((kind) => kind === 'add' || kind === 'change'),
    failing: idsOf((kind) => kind === 'fail'),
    errors: [],
  };
}

const idOf = (tag: string, result: Readonly<Record<string, unknown>>): string => String(result['__id__'] ?? tag.split('_|-')[1] ?? tag);
const errorsIn = (value: unknown): string[] => (Array.isArray(value) ? value : [value]).map(String);

/** As runners and events show a run. */
export const told = ({ minion, name, at, jid, score, total, drifting, failing, errors }: DriftRun) => ({
  id: minion,
  name,
  time: new Date(at).toISOString(),
  jid,
  score,
  states: total,
  drifting,
  failing,
  ...(errors.length === 0 ? {} : { errors }),
});
