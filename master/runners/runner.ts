import type { EventBus } from '../../kernel/events/bus.ts';
import type { Loader } from '../../kernel/loader/registry.ts';
import { isJid, newJid } from '../../protocol/jid.ts';
import { isMessage } from '../../protocol/wire/envelope.ts';
import type { RunnerEvent, RunnerRequest } from '../client/contract.ts';

export type RunRunner = (request: RunnerRequest, user: string) => AsyncIterable<RunnerEvent>;

/** Runs master-side functions, with Salt's events around them (`salt/run/<jid>/new` and `ret`). */
export const createRunners = (loader: Loader, bus: EventBus): RunRunner =>
  async function* runRunner(request, user) {
    const jid = request.jid !== undefined && isJid(request.jid) ? request.jid : newJid();
    yield { kind: 'started', jid };
    const running = run(loader, bus, request, user, jid);
    if (request.async !== true) yield await running;
  };

async function run(loader: Loader, bus: EventBus, request: RunnerRequest, user: string, jid: string): Promise<RunnerEvent> {
  const fun = `runner.${request.fun}`;
  const fun_args = request.args;
  bus.fire(`salt/run/${jid}/new`, { fun, jid, user, fun_args });
  const args = Object.keys(request.kwargs).length === 0 ? request.args : [...request.args, { ...request.kwargs, __kwarg__: true }];
  const outcome = await loader.invoke(request.fun, args, { fun: request.fun, jid, user, signal: new AbortController().signal });
  const { value, out } = unwrap(outcome.value, outcome.out);
  bus.fire(`salt/run/${jid}/ret`, { fun, jid, user, fun_args, return: value, success: outcome.success });
  return { kind: 'result', value, success: outcome.success, retcode: outcome.retcode, ...(out === undefined ? {} : { out }) };
}

/** A runner may name its outputter: `{outputter, data}` (Salt's convention). */
function unwrap(value: unknown, out: string | undefined): { readonly value: unknown; readonly out: string | undefined } {
  const names = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
  if (names.length === 2 && isMap(value) && typeof value['outputter'] === 'string' && 'data' in value) {
    return { value: value['data'], out: value['outputter'] };
  }
  return { value, out };
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  isMessage(value) || (typeof value === 'object' && value !== null);
