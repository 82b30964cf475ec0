import { type Ctx, call, type ExecModule, execModule, type Returnable } from '../../modules/define.ts';
import { isMessage } from '../../protocol/wire/envelope.ts';
import type { Ended, Orchestrations } from '../orchestrations/orchestrations.ts';
import { type ChunkRow, type Kept, UNENDED } from '../orchestrations/record.ts';

const JID = { type: 'string', required: true, doc: 'its job id' } as const;

/** What orchestrations ran, and what became of them. Salt has none of this. */
export const orchestrateRunner = (orchestrations: Orchestrations): ExecModule =>
  execModule({
    name: 'orchestrate',
    doc: 'Orchestrations that ran or are running, each with its states.',
    calls: {
      list: call({
        doc: 'List orchestrations, oldest first.',
        examples: ['tsalt-run orchestrate.list', 'tsalt-run orchestrate.list state=running,resumed'],
        args: {
          state: { type: 'list', doc: 'only those: running, interrupted, resumed, done, failed' },
          limit: { type: 'number', doc: 'only the newest so many' },
        },
        changes: false,
        run: (_ctx, { state, limit }) => {
          const found = orchestrations.list().filter((run) => state === undefined || state.includes(run.state));
          return Object.fromEntries(found.slice(limit === undefined ? 0 : -limit).map((run) => [run.jid, headOf(run)]));
        },
      }),
      show: call({
        doc: 'Show one orchestration with its states: where each stands, its result, and the jobs it led to.',
        examples: ['tsalt-run orchestrate.show 20261124010203456789'],
        args: { jid: JID },
        changes: false,
        run: (_ctx, { jid }) => {
          const { run, chunks, notes } = orchestrations.show(jid);
          const jobs = (tag: string): readonly string[] => notes.filter((note) => note.tag === tag).flatMap(({ value }) => jobIn(value));
          return { jid, ...headOf(run), States: chunks.map((chunk) => chunkOf(chunk, run, jobs(chunk.tag))) };
        },
      }),
      resume: call({
        doc: 'Go on with an orchestration that was interrupted, and answer its result.',
        examples: ['tsalt-run orchestrate.resume 20261124010203456789'],
        args: { jid: JID },
        changes: true,
        run: async (ctx, { jid }) => {
          await orchestrations.resume(jid);
          return ended(ctx, await orchestrations.join(jid));
        },
      }),
      wait: call({
        doc: 'Wait for the end of an orchestration, and answer its result.',
        examples: ['tsalt-run orchestrate.wait 20261124010203456789'],
        args: { jid: JID },
        changes: false,
        run: async (ctx, { jid }) => ended(ctx, await orchestrations.wait(jid)),
      }),
    },
  });

/** As the call that began it would have ended. */
function ended(ctx: Ctx, { value, retcode }: Ended): Returnable {
  ctx.retcode(retcode);
  return value as Returnable;
}

const time = (at: number | null): Returnable => (at === null ? null : new Date(at).toISOString());

function headOf({ fun, user, started, ended, state, reason, asked, resumed }: Kept): Record<string, Returnable> {
  const { args, kwargs } = isMessage(asked) ? asked : { args: null, kwargs: {} };
  const named = isMessage(kwargs) && Object.keys(kwargs).length > 0 ? [kwargs] : [];
  return {
    Function: fun,
    Arguments: [...(Array.isArray(args) ? args : []), ...named] as Returnable[],
    User: user,
    StartTime: time(started),
    EndTime: time(ended),
    State: state,
    ...(reason === null ? {} : { Reason: reason }),
    ...(Array.isArray(resumed) && resumed.length > 0 ? { Resumed: resumed.map((at) => time(Number(at))) } : {}),
  };
}

function chunkOf({ low, begun, ended, result }: ChunkRow, run: Kept, jobs: readonly string[]): Returnable {
  const {
    __id__: id,
    __sls__: sls,
    __env__: _env,
    state,
    fun,
    name,
    order: _order,
    ...args
  } = (isMessage(low) ? low : {}) as Record<string, Returnable>;
  const { result: verdict = null, comment = '', changes = {} } = (isMessage(result) ? result : {}) as Record<string, Returnable>;
  return {
    id: id ?? null,
    sls: sls ?? null,
    function: `${String(state)}.${String(fun)}`,
    name: name ?? null,
    arguments: args,
    state:
      ended !== null
        ? verdict === false
          ? 'failed'
          : 'done'
        : begun === null
          ? 'waiting'
          : UNENDED.includes(run.state)
            ? run.state
            : 'interrupted',
    started: time(begun),
    ended: time(ended),
    ...(jobs.length > 0 ? { jobs } : {}),
    ...(ended === null ? {} : { result: verdict, comment, changes }),
  };
}

const jobIn = (note: unknown): string[] => (isMessage(note) && typeof note['jid'] === 'string' ? [note['jid']] : []);
