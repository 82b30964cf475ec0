import { CommandFailed, call, type ExecModule, execModule, type Returnable } from '../../modules/define.ts';
import { fingerprint } from '../../protocol/suites/salt/keys.ts';
import { seen } from '../access/viewer.ts';
import type { FleetBoard } from '../fleet/board.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { masked } from '../fleet/masked.ts';
import { pageOf, SORTABLE } from '../fleet/page.ts';
import type { KeyStore } from '../keys/store.ts';

export interface FleetRunnerParts {
  readonly board: FleetBoard;
  readonly fleet: Fleet;
  readonly keys: Pick<KeyStore, 'list' | 'accepted'>;
  readonly hashType: () => string;
  /** The newest jobs that concern a minion. */
  readonly jobsOf: (minion: string) => Promise<Returnable>;
  /** What plugins said of a minion last. */
  readonly pluginsOf: (minion: string) => Returnable;
}

const MOST_ROWS = 1000;
const ID = { id: { type: 'string', required: true, doc: 'the id of the minion' } } as const;

/** The minions as the master knows them. Nothing here asks a minion. */
export const fleetRunner = (parts: FleetRunnerParts): ExecModule =>
  execModule({
    name: 'fleet',
    doc: 'The minions as the master knows them, without asking any of them.',
    calls: {
      summary: call({
        doc: 'Count the minions by how they are.',
        examples: ['tsalt-run fleet.summary'],
        args: {},
        changes: false,
        run: () => summary(parts),
      }),
      page: call({
        doc: 'Show some of the minions: those that fit, sorted, from an offset on.',
        examples: ['tsalt-run fleet.page search=web state=offline', 'tsalt-run fleet.page sort=last_job descending=True limit=20'],
        args: {
          search: { type: 'string', doc: 'a part of the id, operating system, version or group' },
          state: { type: 'string', choices: ['online', 'offline', 'unknown', 'never'], doc: 'only those in this state' },
          group: { type: 'string', doc: 'only those in this group' },
          status: { type: 'string', choices: ['ok', 'warning', 'error'], doc: 'only those with this status' },
          sort: { type: 'string', default: 'id', choices: SORTABLE, doc: 'by which field' },
          descending: { type: 'boolean', default: false, doc: 'the other way round' },
          offset: { type: 'number', default: 0, doc: 'leave out the first so many' },
          limit: { type: 'number', default: 100, doc: `so many at most, up to ${MOST_ROWS}` },
        },
        changes: false,
        run: (_ctx, query) => {
          const limit = Math.min(Math.max(0, Math.trunc(query.limit)), MOST_ROWS);
          const page = pageOf(parts.board, parts.fleet.ids(), { ...query, offset: Math.max(0, Math.trunc(query.offset)), limit });
          return page as unknown as Returnable;
        },
      }),
      minion: call({
        doc: 'Show what is known of one minion: its row, grains, key, plugins and newest jobs.',
        examples: ['tsalt-run fleet.minion web1'],
        args: ID,
        changes: false,
        run: async (_ctx, { id }) => {
          const key = known(parts, id);
          return {
            ...(parts.board.row(id) as unknown as Readonly<Record<string, Returnable>>),
            grains: masked(parts.fleet.grains(id)),
            key_finger: fingerprint(key, parts.hashType()),
            plugins: parts.pluginsOf(id),
            jobs: await parts.jobsOf(id),
          };
        },
      }),
      pillar: call({
        doc: 'Show the pillar a minion had last; what its name or form says is secret is hidden.',
        examples: ['tsalt-run fleet.pillar web1'],
        args: ID,
        changes: false,
        run: (_ctx, { id }) => {
          known(parts, id);
          return masked(parts.fleet.pillar(id));
        },
      }),
      reveal_pillar: call({
        doc: 'Show the pillar a minion had last, with its secrets. It counts as a change: who only watches may not.',
        examples: ['tsalt-run fleet.reveal_pillar web1'],
        args: ID,
        changes: true,
        run: (_ctx, { id }) => {
          known(parts, id);
          return parts.fleet.pillar(id) as Returnable;
        },
      }),
    },
  });

/** The accepted key of a minion. */
function known({ keys }: FleetRunnerParts, id: string): string {
  const key = keys.accepted(seen(id));
  if (key === undefined) throw new CommandFailed(`There is no minion ${id} with an accepted key.`);
  return key;
}

function summary({ board, fleet, keys }: FleetRunnerParts): Record<string, number> {
  const counts = { online: 0, offline: 0, unknown: 0, total: 0, failing: 0, warning: 0, drifting: 0 };
  for (const id of fleet.ids()) {
    const { state, status, drift } = board.brief(id);
    counts.total += 1;
    counts[state === 'online' || state === 'offline' ? state : 'unknown'] += 1;
    if (status === 'error') counts.failing += 1;
    if (status === 'warning') counts.warning += 1;
    if (drift > 0) counts.drifting += 1;
  }
  return { ...counts, keys_waiting: keys.list().minions_pre.length };
}
