import type { EventBus } from '../../kernel/events/bus.ts';
import { AsyncQueue } from '../../kernel/events/queue.ts';
import type { Outcome } from '../../kernel/loader/outcome.ts';
import type { Loader } from '../../kernel/loader/registry.ts';
import { isJid, newJid } from '../../protocol/jid.ts';
import type { RunnerEvent, RunnerRequest } from '../client/contract.ts';
import { withoutSecrets } from '../publish/secrets.ts';
import { calling } from './progress.ts';

/** `resumes`: goes on with what an earlier master began under that id; that it began was told then. */
export type RunRunner = (request: RunnerRequest, user: string, how?: { readonly resumes?: boolean }) => AsyncIterable<RunnerEvent>;

/**
 * Runs master-side functions, with Salt's events around them (`salt/run/<jid>/new` and `ret`). Who breaks off the
 * iteration ends the runner; with `async` it goes on by itself.
 */
export const createRunners =
  (loader: Loader, bus: EventBus): RunRunner =>
  (request, user, { resumes = false } = {}) => {
    const jid = request.jid !== undefined && isJid(request.jid) ? request.jid : newJid();
    const abort = new AbortController();
    const events = new AsyncQueue<RunnerEvent>(() => request.async !== true && abort.abort(new Error('nobody waits for it any more')));
    const call: Call = { request, user, jid, resumes, signal: abort.signal };
    events.push({ kind: 'started', jid });
    const tell = (data: unknown): void => {
      events.push({ kind: 'progress', data });
      if (events.length > MOST_WAITING) abort.abort(new Error('what it told was not taken'));
    };
    const running = calling({ ...call, tell }, () => run(loader, bus, call));
    if (request.async === true) events.end();
    running.then(
      (result) => {
        events.push(result);
        events.end();
      },
      (error: unknown) => events.fail(error),
    );
    return events;
  };

/** Pieces of progress kept for one who does not take them. */
const MOST_WAITING = 10_000;

/** What these return is for their caller alone, and the event bus is heard by many. */
const SECRET = new Set(['fleet.reveal_pillar']);

interface Call {
  readonly request: RunnerRequest;
  readonly user: string;
  readonly jid: string;
  readonly resumes: boolean;
  readonly signal: AbortSignal;
}

async function run(loader: Loader, bus: EventBus, { request, user, jid, resumes, signal }: Call): Promise<RunnerEvent> {
  const fun = `runner.${request.fun}`;
  const args = Object.keys(request.kwargs).length === 0 ? request.args : [...request.args, { ...request.kwargs, __kwarg__: true }];
  const fun_args = withoutSecrets(args);
  if (!resumes) bus.fire(`salt/run/${jid}/new`, { fun, jid, user, fun_args });
  const outcome = await loader.invoke(request.fun, args, { fun: request.fun, jid, user, signal });
  const { value, out } = unwrap(outcome.value, outcome.out);
  const shown = SECRET.has(request.fun) && outcome.success ? 'not shown' : value;
  bus.fire(`salt/run/${jid}/ret`, { fun, jid, user, fun_args, return: shown, success: outcome.success });
  if (complainsOfKeywords(request.fun, outcome)) return await documentation(loader, request.fun);
  return { kind: 'result', value, success: outcome.success, retcode: outcome.retcode, ...(out === undefined ? {} : { out }) };
}

const complainsOfKeywords = (fun: string, { success, value }: Outcome): boolean =>
  !success && typeof value === 'string' && value.startsWith(`ERROR executing '${fun}': The following keyword arguments`);

/** Salt answers keywords that a runner does not take with its documentation, and the exit code 0. */
async function documentation(loader: Loader, fun: string): Promise<RunnerEvent> {
  return { kind: 'result', value: await loader.docs(`${fun}*`), success: false, retcode: 0 };
}

/** A runner may name its outputter: `{outputter, data}` (Salt's convention). */
function unwrap(value: unknown, out: string | undefined): { readonly value: unknown; readonly out: string | undefined } {
  if (!isMap(value) || Object.keys(value).length !== 2 || typeof value['outputter'] !== 'string' || !('data' in value))
    return { value, out };
  return { value: value['data'], out: value['outputter'] };
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
