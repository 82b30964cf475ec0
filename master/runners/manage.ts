import { type AnyCall, type Ctx, call, type ExecModule, execModule, type Returnable } from '../../modules/define.ts';
import { decode } from '../../protocol/wire/msgpack.ts';
import { Packed } from '../../protocol/wire/packed.ts';
import type { RunEvent, RunRequest, Target } from '../client/contract.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Figures } from '../fleet/gauges.ts';

export interface ManageRunnerParts {
  readonly fleet: Fleet;
  readonly run: (request: RunRequest) => AsyncIterable<RunEvent>;
  readonly deleteKeys: (ids: readonly string[]) => Promise<void>;
  readonly version: string;
  readonly figures: () => Figures;
}

const WAIT = {
  timeout: { type: 'number', doc: 'seconds to wait for answers' },
  gather_job_timeout: { type: 'number', doc: 'seconds to wait for the silent ones' },
} as const;
const TARGET = {
  tgt: { type: 'any', doc: 'which minions', default: '*' },
  tgt_type: { type: 'string', doc: 'how the target is meant', default: 'glob' },
  ...WAIT,
} as const;

interface Asked {
  readonly tgt: Returnable;
  readonly tgt_type: string;
  readonly timeout: number | undefined;
  readonly gather_job_timeout: number | undefined;
}

/** Which minions answer (Salt's runner `manage`, with its result shapes). */
export const manageRunner = (parts: ManageRunnerParts): ExecModule => {
  /** Pings the target. Both lists sorted. */
  const ping = async (asked: Asked): Promise<{ up: string[]; down: string[] }> => {
    const [up, down]: [string[], string[]] = [[], []];
    for await (const event of parts.run(pingOf(asked))) {
      if (event.kind === 'return') up.push(event.minion);
      else if (event.kind === 'silent') down.push(event.minion);
    }
    return { up: up.sort(), down: down.sort() };
  };
  const present = (asked: boolean): string[] =>
    parts.fleet.ids().filter((id) => (parts.fleet.presence.of(id).state === 'online') === asked);

  return execModule({
    name: 'manage',
    doc: 'Which minions are there.',
    calls: {
      status: call({
        doc: 'Ping the minions and say which are up and which are down.',
        examples: ['tsalt-run manage.status', "tsalt-run manage.status tgt='web*'"],
        args: TARGET,
        changes: false,
        run: async (_ctx, args) => await ping(args),
      }),
      up: call({
        doc: 'List the minions that answer a ping.',
        examples: ['tsalt-run manage.up'],
        args: TARGET,
        changes: false,
        run: async (_ctx, args) => (await ping(args)).up,
      }),
      down: call({
        doc: 'List the minions that do not answer a ping.',
        examples: ['tsalt-run manage.down', 'tsalt-run manage.down removekeys=True'],
        args: { removekeys: { type: 'boolean', doc: 'delete their keys', default: false }, ...TARGET },
        changes: true,
        run: async (_ctx, args) => {
          const { down } = await ping(args);
          if (args.removekeys) await parts.deleteKeys(down);
          return down;
        },
      }),
      ...presenceCalls(present),
      presence: call({
        doc: 'Say of each accepted minion whether it is there, and since when not.',
        examples: ['tsalt-run manage.presence'],
        args: {},
        changes: false,
        run: () => Object.fromEntries(parts.fleet.ids().map((id) => [id, standingOf(parts.fleet, id)])),
      }),
      metrics: call({
        doc: 'Tell figures of the master itself: minions, jobs, returns, memory, event loop, databases.',
        examples: ['tsalt-run manage.metrics'],
        args: {},
        changes: false,
        run: () => ({ ...parts.figures() }),
      }),
      versions: call({
        doc: 'Compare the versions of the minions with that of the master.',
        examples: ['tsalt-run manage.versions'],
        args: {},
        changes: false,
        run: async () => await versions(parts),
      }),
    },
  });
};

/** Salt has five names for the same question. */
const PRESENT = ['list_state', 'present', 'joined', 'allowed', 'alived', 'reaped'] as const;

function presenceCalls(list: (online: boolean) => string[]): Record<string, AnyCall> {
  const calls: Record<string, AnyCall> = {};
  for (const name of PRESENT) {
    const opposite = name === 'list_state' ? 'list_not_state' : `not_${name}`;
    calls[name] = presenceCall('List the minions that are connected.', name, () => list(true));
    calls[opposite] = presenceCall('List the minions that are not connected.', opposite, () => list(false));
  }
  return calls;
}

const presenceCall = (doc: string, name: string, list: () => string[]): AnyCall =>
  call({
    doc,
    examples: [`tsalt-run manage.${name}`],
    args: {
      subset: { type: 'list', doc: 'only these minions' },
      show_ip: { type: 'boolean', doc: 'accepted for compatibility; ZeroMQ does not tell addresses', default: false },
    },
    changes: false,
    run: (_ctx: Ctx, { subset }: { readonly subset: readonly Returnable[] | undefined }) => {
      const wanted = subset === undefined ? undefined : new Set(subset);
      return list().filter((id) => wanted === undefined || wanted.has(id));
    },
  });

const pingOf = ({ tgt, tgt_type, timeout, gather_job_timeout }: Asked): RunRequest => ({
  target: { kind: tgt_type, expression: tgt as Target['expression'] },
  fun: 'test.ping',
  args: [],
  ...(timeout === undefined ? {} : { timeout }),
  ...(gather_job_timeout === undefined ? {} : { gatherJobTimeout: gather_job_timeout }),
});

function standingOf(fleet: Fleet, id: string): Returnable {
  const standing = fleet.presence.of(id);
  if (standing.state === 'never') return { state: 'never connected' };
  return standing.state === 'offline'
    ? { state: 'offline', since: standing.since.toISOString() }
    : { state: standing.state, seen: standing.seen.toISOString() };
}

/** Groups by how a version compares with the master's, each sorted by minion; the master comes last. */
async function versions(parts: ManageRunnerParts): Promise<Returnable> {
  const groups = new Map<string, [string, Returnable][]>();
  const put = (group: string, minion: string, version: Returnable): void =>
    void groups.set(group, [...(groups.get(group) ?? []), [minion, version]]);
  for await (const event of parts.run({ target: { kind: 'glob', expression: '*' }, fun: 'test.version', args: [] })) {
    if (event.kind === 'silent') put('Minion offline', event.minion, false);
    if (event.kind !== 'return') continue;
    const version: unknown = event.value instanceof Packed ? decode(event.value.bytes) : event.value;
    if (event.retcode !== 0 || typeof version !== 'string') put('Minion offline', event.minion, false);
    else put(standOf(version, parts.version), event.minion, version);
  }
  const sorted = [...groups].map(([group, found]) => [group, Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)))] as const);
  return { ...Object.fromEntries(sorted), Master: parts.version };
}

function standOf(minion: string, master: string): string {
  const order = minion.localeCompare(master, 'en', { numeric: true });
  return order === 0 ? 'Up to date' : order < 0 ? 'Minion requires update' : 'Minion newer than master';
}
