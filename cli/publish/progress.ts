import type { MasterClient, RunEvent, RunRequest } from '../../master/client/contract.ts';
import { messageOf } from '../../protocol/errors.ts';
import { newJid } from '../../protocol/jid.ts';
import type { ProgressDisplay } from '../progress/display.ts';
import { stepOfEvent } from '../progress/step.ts';

/** Functions that take `state_events`: after each state the minion then tells the master of it. */
const TELLING = ['state.apply', 'state.highstate', 'state.sls', 'state.sls_id', 'state.high', 'state.top'];

/** A job id of our own, so that its events can be listened to before it is published; and minions that tell of each state. */
export function toldRequest(request: RunRequest): RunRequest & { readonly jid: string } {
  const jid = request.jid ?? newJid();
  if (typeof request.fun !== 'string' || !TELLING.includes(request.fun)) return { ...request, jid };
  const last = request.args.at(-1);
  const keywords = typeof last === 'object' && last !== null && '__kwarg__' in last ? last : undefined;
  const positional = keywords === undefined ? request.args : request.args.slice(0, -1);
  return { ...request, jid, args: [...positional, { __kwarg__: true, state_events: true, ...keywords }] };
}

/** Publishes the job: its events, which the display sees, too, and beside them what the minions tell of their states. */
export async function* shownOn(
  display: ProgressDisplay,
  client: MasterClient,
  request: RunRequest & { readonly jid: string },
): AsyncGenerator<RunEvent> {
  const watching = watchingSteps(display, client, request.jid);
  try {
    for await (const event of client.run(request)) {
      if (event.kind === 'published') display.expect(event.minions.length);
      yield event;
      if (event.kind === 'return' || event.kind === 'silent') display.end(event.minion);
    }
  } finally {
    await watching[Symbol.asyncDispose]();
  }
}

/** Shows what minions tell of the states of a job, from now until it is disposed of. */
export function watchingSteps(display: ProgressDisplay, client: MasterClient, jid: string): AsyncDisposable {
  const steps = client.events(`salt/job/${jid}/prog/*`)[Symbol.asyncIterator]();
  const watching = watch(display, steps).catch((error: unknown) => {
    display.io.stderr.write(`The progress of states is not shown any more: ${messageOf(error)}\n`);
  });
  return {
    [Symbol.asyncDispose]: async () => {
      // What arrived together with the last return is still shown.
      await new Promise((resolve) => setImmediate(resolve));
      await steps.return?.();
      await watching;
      display.clear();
    },
  };
}

async function watch(display: ProgressDisplay, steps: AsyncIterator<{ readonly tag: string; readonly data: unknown }>): Promise<void> {
  for (let next = await steps.next(); next.done !== true; next = await steps.next()) {
    const step = stepOfEvent(next.value.tag, next.value.data);
    if (step !== undefined) display.step(step);
  }
}
