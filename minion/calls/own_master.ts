import { setTimeout as sleep } from 'node:timers/promises';
import { CommandFailed, type Ctx, call, type Returnable } from '../../modules/define.ts';
import { stepUnderWay } from '../../states/engine/index.ts';
import { argList } from './arg_list.ts';

type Values = Readonly<Record<string, unknown>>;

/** What an agent in the process of a master does with that master: its local client, as far as orchestration needs it. */
export interface OwnMaster {
  run(request: {
    readonly target: { readonly kind: string; readonly expression: string | readonly string[] };
    readonly fun: string;
    readonly args: readonly unknown[];
    readonly timeout?: number;
    readonly subset?: number;
    readonly batch?: { readonly size: string; readonly failhard?: boolean };
    readonly returners?: string;
    readonly returnerConfig?: string;
    readonly returnerOptions?: Values;
  }): AsyncIterable<{ readonly kind: string; readonly minion?: string; readonly jid?: string | undefined }>;
  runner(request: {
    readonly fun: string;
    readonly args: readonly unknown[];
    readonly kwargs: Values;
  }): AsyncIterable<{ readonly kind: string }>;
  wheel(fun: string, kwargs: Values): Promise<unknown>;
  events(tag: string): AsyncIterable<{ readonly tag: string; readonly data: unknown }>;
}

/** One minion's answer, as `saltutil.cmd` hands it on. */
interface Answer {
  readonly kind: 'return';
  readonly minion: string;
  readonly jid: string;
  readonly value: Returnable;
  readonly retcode: number;
  readonly out?: string;
}
interface Ended {
  readonly kind: 'result';
  readonly value: Returnable;
  readonly success: boolean;
  readonly out?: string;
}

const ARG = { type: 'any', doc: 'its arguments' } as const;
const KWARG = { type: 'any', doc: 'its arguments by name' } as const;

/** Calls of `saltutil` that steer the master: they are there where the agent runs in a master's process. */
export function steering(master: OwnMaster) {
  return {
    cmd: call({
      doc: 'Run a function on minions; answers what each returned, by minion.',
      examples: ["salt.saltutil.cmd('*', 'test.ping')"],
      args: {
        tgt: { type: 'any', required: true, doc: 'which minions' },
        fun: { type: 'string', required: true, doc: 'the function' },
        arg: ARG,
        timeout: { type: 'number', doc: 'seconds after which silent minions are asked' },
        tgt_type: { type: 'string', default: 'glob', doc: 'how tgt is meant' },
        ret: { type: 'string', default: '', doc: 'returners of the minions' },
        kwarg: KWARG,
        ssh: { type: 'boolean', default: false, doc: 'accepted for compatibility' },
      },
      extra: 'batch, subset, expect_minions, failhard, ret_config, ret_kwargs',
      changes: true,
      run: async (ctx, args) => await command(master, ctx, args),
    }),
    runner: call({
      doc: 'Run a function of the master.',
      examples: ["salt.saltutil.runner('jobs.list_jobs')"],
      args: {
        name: { type: 'string', required: true, doc: 'the function' },
        arg: ARG,
        kwarg: KWARG,
        full_return: { type: 'boolean', default: false, doc: 'answer a map with `return` and `success`' },
      },
      extra: 'further arguments of the function',
      changes: true,
      run: async (ctx, { name, arg, kwarg, full_return }) => {
        const kwargs = { ...mapOf(kwarg), ...withoutOwn(ctx) };
        for await (const event of master.runner({ fun: name, args: argList(arg), kwargs })) {
          if (event.kind !== 'result') continue;
          const { value, success, out } = event as Ended;
          const answer = out === undefined ? value : { data: value, outputter: out };
          return full_return ? { return: answer, success } : answer;
        }
        throw new CommandFailed(`the runner ${name} ended without a result`);
      },
    }),
    wheel: call({
      doc: 'Run a function that changes the master.',
      examples: ["salt.saltutil.wheel('key.accept', match='web1')"],
      args: { name: { type: 'string', required: true, doc: 'the function' } },
      extra: 'its arguments',
      changes: true,
      run: async (ctx, { name }) => {
        try {
          return { return: ((await master.wheel(name, withoutOwn(ctx))) ?? null) as Returnable, success: true };
        } catch (error) {
          return { return: error instanceof Error ? error.message : String(error), success: false };
        }
      },
    }),
    wait_for_event: call({
      doc: 'Wait until events of a tag have named all of these; answers those that were named.',
      examples: ["salt.saltutil.wait_for_event('salt/minion/*/start', ['web1'])"],
      args: {
        name: { type: 'string', required: true, doc: 'a glob of tags' },
        id_list: { type: 'list', required: true, doc: 'what must be named' },
        event_id: { type: 'string', default: 'id', doc: 'the key of the data that names it' },
        timeout: { type: 'number', default: 300, doc: 'seconds' },
      },
      changes: false,
      run: async (ctx, { name, id_list, event_id, timeout }) =>
        await seen(master, ctx, { tag: name, wanted: id_list.map(String), key: event_id, timeoutMs: timeout * 1000 }),
    }),
  };
}

interface Command {
  readonly tgt: Returnable;
  readonly fun: string;
  readonly arg?: Returnable | undefined;
  readonly kwarg?: Returnable | undefined;
  readonly timeout?: number | undefined;
  readonly tgt_type: string;
  readonly ret: string;
}

async function command(master: OwnMaster, ctx: Ctx, wish: Command): Promise<Record<string, Returnable>> {
  const { batch, subset, expect_minions, failhard, ret_config, ret_kwargs } = ctx.extra;
  const kwargs = mapOf(wish.kwarg);
  const found: Record<string, Returnable> = {};
  const events = master.run({
    target: { kind: wish.tgt_type, expression: Array.isArray(wish.tgt) ? wish.tgt.map(String) : String(wish.tgt) },
    fun: wish.fun,
    args: [...argList(wish.arg), ...(Object.keys(kwargs).length === 0 ? [] : [{ ...kwargs, __kwarg__: true }])],
    ...(wish.timeout === undefined ? {} : { timeout: wish.timeout }),
    ...(typeof subset === 'number' ? { subset } : {}),
    ...(batch === undefined || batch === null ? {} : { batch: { size: String(batch), failhard: failhard === true } }),
    ...(wish.ret === '' ? {} : { returners: wish.ret }),
    ...(typeof ret_config === 'string' ? { returnerConfig: ret_config } : {}),
    ...(ret_kwargs === undefined || ret_kwargs === null ? {} : { returnerOptions: mapOf(ret_kwargs) }),
  });
  for await (const event of events) {
    if (event.kind === 'return') {
      const { minion, value, retcode, jid, out } = event as Answer;
      found[minion] = { ret: value, retcode, jid, ...(out === undefined ? {} : { out }) };
    } else if (event.kind === 'silent' && expect_minions === true && event.minion !== undefined) {
      found[event.minion] = { failed: true };
    }
  }
  return found;
}

/** So often it is noted how long events were awaited, in ms: time in which the process was away does not count. */
const NOTE_MS = 5000;

/** What an earlier process saw, and for how long it waited. */
function waitedBefore(known: unknown): { readonly seen: readonly string[]; readonly waitedMs: number } {
  const { seen, waitedMs } = mapOf(known);
  return { seen: Array.isArray(seen) ? seen.map(String) : [], waitedMs: typeof waitedMs === 'number' ? waitedMs : 0 };
}

interface Waiting {
  readonly tag: string;
  readonly wanted: readonly string[];
  readonly key: string;
  readonly timeoutMs: number;
}

async function seen(master: OwnMaster, ctx: Ctx, { tag, wanted, key, timeoutMs }: Waiting): Promise<{ seen: string[]; all: boolean }> {
  const step = stepUnderWay();
  const place = `wait ${step?.count('wait') ?? 0}`;
  const before = waitedBefore(step?.recall(place));
  const begun = Date.now() - before.waitedMs;
  const named = [...before.seen];
  const left = new Set(wanted.filter((one) => !named.includes(one)));
  const noted = async (): Promise<void> => await step?.note(place, { kind: 'wait', seen: [...named], waitedMs: Date.now() - begun });
  await noted();
  const clock = step === undefined ? undefined : setInterval(() => void noted().catch(() => undefined), NOTE_MS).unref();
  const events = master.events(tag)[Symbol.asyncIterator]();
  const over = new AbortController();
  const end = sleep(Math.max(0, timeoutMs - before.waitedMs), undefined, { signal: AbortSignal.any([ctx.signal, over.signal]) }).catch(
    () => undefined,
  );
  try {
    while (left.size > 0) {
      const next = await Promise.race([events.next(), end]);
      if (next === undefined || next.done === true) break;
      const data = mapOf(next.value.data);
      const value = data[key] ?? mapOf(data['data'])[key];
      for (const one of Array.isArray(value) ? value : [value]) if (left.delete(String(one))) named.push(String(one));
      await noted();
    }
  } finally {
    clearInterval(clock);
    over.abort();
    await events.return?.();
  }
  return { seen: named, all: left.size === 0 };
}

function mapOf(value: unknown): Record<string, unknown> {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [String(key), item]));
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/** What the caller gave for the function, without what Salt adds to calls. */
const withoutOwn = ({ extra }: Ctx): Record<string, unknown> =>
  Object.fromEntries(Object.entries(extra).filter(([name]) => !name.startsWith('__')));
