import type { EventBus } from '../../kernel/events/bus.ts';
import { type Item, isItem } from '../../kernel/schedule/item.ts';
import { type DueJob, Scheduler } from '../../kernel/schedule/scheduler.ts';
import type { Log } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import { newJid } from '../../protocol/jid.ts';
import type { RunnerEvent } from '../client/contract.ts';
import type { MasterConfig } from '../options.ts';
import { driftSchedule } from '../plans/drift-schedule.ts';
import type { RunRunner } from '../runners/runner.ts';
import type { StateStore } from '../state/sqlite.ts';
import { slotsIn } from './memory.ts';

export interface ScheduleSurroundings {
  /** The master's. */
  readonly id: string;
  readonly bus: EventBus;
  readonly state: StateStore;
  readonly runner: RunRunner;
  readonly config: () => MasterConfig;
  readonly log: Log;
}

/** How often a changed configuration or clock is noticed; what is due is not waited for longer. */
const LOOP_MS = 1000;

/** Runs the runners of `schedule:` in the master's configuration. Disposing of it starts no more of them. */
export function openSchedule({ id, bus, state, runner, config, log }: ScheduleSurroundings): AsyncDisposable {
  const run = async (job: DueJob): Promise<void> => {
    for (const fun of job.funs) {
      const jid = newJid();
      const [args, kwargs] = [listOf(job.item['args']), isItem(job.item['kwargs']) ? job.item['kwargs'] : {}];
      log.info(`the scheduled job ${job.name} runs ${fun} as ${jid}`);
      const result = await resultOf(runner({ fun, args, kwargs, jid }, config().user));
      if (result?.success !== true) log.error(`the scheduled job ${job.name} failed: ${fun}: ${String(result?.value)}`);
      if (job.item['return_job'] !== false) bus.fire('__schedule_return', returnOf(job, fun, [...args, ...kwargsIn(kwargs)], result));
    }
  };
  const returnOf = (job: DueJob, fun: string, fun_args: readonly unknown[], result: Result | undefined) => ({
    cmd: '_return',
    id,
    jid: job.item['return_job'] === 'nocache' ? 'nocache' : 'req',
    fun,
    fun_args,
    schedule: job.label,
    pid: process.pid,
    return: result?.value ?? null,
    success: result?.success ?? false,
    retcode: result?.retcode ?? 1,
    ...(isItem(job.item['metadata']) ? { metadata: job.item['metadata'] } : {}),
  });
  let seen: MasterConfig | undefined;
  let merged: Item = {};
  // Anew only when the configuration was read anew, so that a bad entry is told of once.
  const schedule = (): Item => {
    if (seen !== config()) merged = { ...driftSchedule(config().drift, log), ...config().schedule };
    seen = config();
    return merged;
  };
  const scheduler = new Scheduler({
    schedule,
    whens: () => ({ pillar: undefined, grains: undefined }),
    memory: slotsIn(state, log),
    start: async (job, began) => {
      began();
      await run(job).catch((error: unknown) => log.error(`the scheduled job ${job.name} cannot be run: ${messageOf(error)}`));
    },
    loopMs: () => LOOP_MS,
    log,
  });
  scheduler.start();
  return { [Symbol.asyncDispose]: async () => scheduler.stop() };
}

type Result = Extract<RunnerEvent, { kind: 'result' }>;

async function resultOf(events: AsyncIterable<RunnerEvent>): Promise<Result | undefined> {
  let result: Result | undefined;
  for await (const event of events) if (event.kind === 'result') result = event;
  return result;
}

const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
const kwargsIn = (kwargs: object): object[] => (Object.keys(kwargs).length === 0 ? [] : [kwargs]);
