import type { Functions } from '../../kernel/render/functions.ts';
import { entriesOf } from '../../kernel/targeting/python.ts';
import type { Log, Returnable } from '../../modules/define.ts';
import { TsaltError } from '../../protocol/errors.ts';
import type { Message } from '../../protocol/suites/suite.ts';
import { isMessage } from '../../protocol/wire/envelope.ts';
import type { RunRequest, Target } from '../client/contract.ts';
import { deliver } from '../publish/deliver.ts';
import type { Publisher } from '../publish/publisher.ts';
import type { RunRunner } from '../runners/runner.ts';
import type { RunWheel } from '../wheels/index.ts';

/** Whose events the reactor leaves alone: its own runners and wheels would set it off again. */
export const REACTOR_USER = 'Reactor';

export interface ActParts {
  readonly publisher: Publisher;
  readonly runner: RunRunner;
  readonly wheel: RunWheel;
  /** Functions of a minion on this machine. */
  readonly caller: Functions['call'];
  readonly log: Log;
}

/** Does actions. Both throw when an action cannot be done. */
export interface Act {
  /** A job for minions. `again`: it is published again to those who stay silent, under the same id. The promise within: they have it. */
  publish(low: Message, jid: string, again: boolean): Promise<{ readonly heard: Promise<void> }>;
  /** A runner, a wheel or a function on this machine, to its end. */
  run(low: Message, jid: string): Promise<void>;
}

interface Arguments {
  readonly args: readonly unknown[];
  readonly kwargs: Message;
}

/** Keys of the low form that are no arguments. */
const INTERNAL = new Set(['__id__', '__sls__', 'name', 'order', 'fun', 'key', 'state', 'arg', 'kwarg', 'args']);

export const createAct = ({ publisher, runner, wheel, caller, log }: ActParts): Act => ({
  publish: async (low, jid, again) => {
    const { args, kwargs } = argumentsOf(low, log);
    return await deliver(publisher, requestOf(low, functionOf(low), args, kwargs, jid), again);
  },
  run: async (low, jid) => {
    const { state } = low;
    const fun = functionOf(low);
    const { args, kwargs } = argumentsOf(low, log);
    if (state === 'runner') {
      for await (const event of runner({ fun, args, kwargs, jid }, REACTOR_USER))
        if (event.kind === 'result' && !event.success) throw wrong(`it failed: ${String(event.value)}`);
    } else if (state === 'wheel') {
      if (args.length > 0) throw wrong('wheel functions take arguments by name');
      await wheel(fun, kwargs, REACTOR_USER, jid);
    } else if (state === 'caller') {
      await caller(fun, args as readonly Returnable[], kwargs as Readonly<Record<string, Returnable>>);
    } else throw wrong(`there is no kind of reaction ${String(state)}`);
  },
});

function functionOf({ fun }: Message): string {
  if (typeof fun !== 'string') throw wrong('no function is named');
  return fun;
}

const wrong = (why: string): TsaltError => new TsaltError('bad-reaction', why);

/** The newer form `args` (names to values), the older `arg` and `kwarg`, or for runners and wheels the rest of the keys. */
function argumentsOf(low: Message, log: Log): Arguments {
  const { args, arg, kwarg, state } = low;
  // The older form of `caller`: a list that is no list of maps holds arguments by position.
  if (state === 'caller' && Array.isArray(args) && !args.every(isMessage)) return { args, kwargs: {} };
  if (args !== undefined) {
    for (const old of ['arg', 'kwarg'])
      if (old in low) log.warn(`Reactor '${String(low['__id__'])}' is ignoring '${old}' due to presence of 'args' param.`);
    const kwargs = named(args);
    if (kwargs === undefined) throw wrong('Incorrect argument format: args must be a map, or a list of maps');
    return { args: [], kwargs };
  }
  if (arg !== undefined || kwarg !== undefined || state === 'local' || state === 'caller')
    return { args: arg === undefined || arg === null ? [] : Array.isArray(arg) ? arg : [arg], kwargs: named(kwarg) ?? {} };
  return { args: [], kwargs: Object.fromEntries(Object.entries(low).filter(([key]) => !INTERNAL.has(key))) };
}

/** A map, or a list of maps of one pair each; undefined when it is neither, or empty. */
function named(value: unknown): Message | undefined {
  if (value instanceof Map) return Object.fromEntries((entriesOf(value) ?? []).map(([key, item]) => [String(key), item]));
  const map = Array.isArray(value) && value.every(isMessage) ? Object.assign(Object.create(null), ...value) : value;
  return isMessage(map) && Object.keys(map).length > 0 ? map : undefined;
}

function requestOf(low: Message, fun: string, args: readonly unknown[], kwargs: Message, jid: string): RunRequest {
  const { tgt, ret, ret_config, ret_kwargs, metadata } = low;
  const target = typeof tgt === 'number' ? String(tgt) : tgt;
  if (typeof target !== 'string' && !Array.isArray(target)) throw wrong('no target (tgt) is named');
  return {
    target: { kind: String(low['tgt_type'] ?? low['expr_form'] ?? 'glob'), expression: target as Target['expression'] },
    fun,
    args: Object.keys(kwargs).length === 0 ? args : [...args, { ...kwargs, __kwarg__: true }],
    jid,
    ...(typeof ret === 'string' && ret !== '' ? { returners: ret } : {}),
    ...(typeof ret_config === 'string' ? { returnerConfig: ret_config } : {}),
    ...(isMessage(ret_kwargs) ? { returnerOptions: ret_kwargs } : {}),
    ...(isMessage(metadata) ? { metadata } : {}),
  };
}
