import { CommandFailed, call, type ExecModule, execModule, type Returnable } from '../../modules/define.ts';
import type { Target } from '../client/contract.ts';
import { type DriftParts, measureDrift, told } from '../plans/drift.ts';
import { keywordsOf, STATES, targetOf } from './plan.ts';

export interface DriftRunnerParts extends DriftParts {
  /** The minions a target means. @throws BadTarget */
  readonly preview: (target: Target) => readonly string[];
}

const TGT_TYPE = { type: 'string', doc: 'how the target is meant', default: 'glob' } as const;

/** How far minions are from what their states describe. */
export const driftRunner = (parts: DriftRunnerParts): ExecModule =>
  execModule({
    name: 'drift',
    doc: 'How far minions are from what their states describe: dry runs, of which a score is kept.',
    calls: {
      run: call({
        doc: 'Measure now: run the states of minions with test=True and keep the score of each.',
        examples: ["tsalt-run drift.run '*'", "tsalt-run drift.run 'web*' mods=nginx"],
        args: {
          tgt: { type: 'any', required: true, doc: 'which minions' },
          tgt_type: TGT_TYPE,
          ...STATES,
          name: { type: 'string', doc: 'under which name the runs are kept', default: 'manual' },
          timeout: { type: 'number', doc: 'seconds after which silent minions are asked about the job' },
        },
        changes: false,
        run: async (_ctx, { tgt, tgt_type, mods, kwargs, name, timeout }) => {
          const making = { target: targetOf(tgt, tgt_type), mods: mods ?? null, kwargs: keywordsOf(kwargs), timeout };
          const round = await measureDrift(parts, name, making);
          if (round === undefined) throw new CommandFailed('No minions matched the target.');
          const silent = [...round.silent].map(([minion, reason]): [string, Returnable] => [minion, { silent: reason }]);
          return Object.fromEntries([...round.runs.map((run): [string, Returnable] => [run.minion, withoutId(run)]), ...silent]);
        },
      }),
      status: call({
        doc: 'The last score of each minion, by the names of what was measured.',
        examples: ['tsalt-run drift.status', "tsalt-run drift.status 'web*'"],
        args: { tgt: { type: 'any', doc: 'which minions', default: '*' }, tgt_type: TGT_TYPE },
        changes: false,
        run: (_ctx, { tgt, tgt_type }) => {
          const wanted = new Set(parts.preview(targetOf(tgt, tgt_type)));
          const found: Record<string, Record<string, Returnable>> = Object.create(null);
          for (const run of parts.store.latest()) {
            if (!wanted.has(run.minion)) continue;
            const own = found[run.minion] ?? (Object.create(null) as Record<string, Returnable>);
            found[run.minion] = own;
            const { name: _name, ...shown } = withoutId(run);
            own[run.name] = shown;
          }
          return found;
        },
      }),
      history: call({
        doc: 'The scores of a minion over time, newest first.',
        examples: ['tsalt-run drift.history web1', 'tsalt-run drift.history web1 limit=10'],
        args: {
          minion: { type: 'string', required: true, doc: 'the id of the minion' },
          limit: { type: 'number', doc: 'the newest so many', default: 50 },
        },
        changes: false,
        run: (_ctx, { minion, limit }) => parts.store.history(minion, limit).map(withoutId),
      }),
    },
  });

function withoutId(run: Parameters<typeof told>[0]): Record<string, Returnable> {
  const { id: _id, ...shown } = told(run);
  return { ...shown };
}
