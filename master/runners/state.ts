import { RE2JS } from 're2js';
import { type EventBus, tagMatcher } from '../../kernel/events/bus.ts';
import type { Functions } from '../../kernel/render/functions.ts';
import { CommandFailed, type Ctx, call, type ExecModule, execModule, type Returnable } from '../../modules/define.ts';
import type { Orchestrations } from '../orchestrations/orchestrations.ts';
import { eventLine } from './event-line.ts';
import { orchestration } from './orchestrate.ts';
import { teller } from './progress.ts';

export interface StateRunnerParts {
  /** The master's. */
  readonly id: string;
  readonly bus: EventBus;
  readonly functions: Pick<Functions, 'call'>;
  readonly orchestrations: Pick<Orchestrations, 'run'>;
}

/** Salt's runner `state`: orchestration, and what happens on the event bus. */
export const stateRunner = ({ id, bus, functions, orchestrations }: StateRunnerParts): ExecModule =>
  execModule({
    name: 'state',
    doc: 'States that orchestrate minions, and what happens on the event bus.',
    calls: {
      ...orchestration({ id, functions, orchestrations }),
      ...stops(functions),
      event: call({
        doc: 'Print events as they come: the tag, a tab, and the data as JSON.',
        examples: ['tsalt-run state.event', "tsalt-run state.event 'salt/minion/*/start' count=1 quiet=True"],
        args: {
          tagmatch: { type: 'string', doc: 'a glob or a regular expression that the whole tag must match', default: '*' },
          count: { type: 'number', doc: 'end after so many; -1 goes on for ever', default: -1 },
          quiet: { type: 'boolean', doc: 'only wait, print nothing', default: false },
          sock_dir: { type: 'any', doc: 'accepted for compatibility' },
          pretty: { type: 'boolean', doc: 'the JSON sorted and on several lines', default: false },
          node: { type: 'string', doc: 'whose bus', choices: ['master'], default: 'master' },
        },
        changes: false,
        run: async (ctx, { tagmatch, count, quiet, pretty }) => {
          const matches = matcher(tagmatch);
          const tell = teller();
          let left = count;
          await listening(bus, ctx, (event) => {
            if (!matches(event.tag)) return false;
            if (!quiet) tell(eventLine(event, pretty));
            if (left > 0) left -= 1;
            return left === 0;
          });
          return null;
        },
      }),
    },
  });

/** Salt's stops in orchestrations that run, by the id of their runner. */
function stops(functions: Pick<Functions, 'call'>) {
  const args = {
    jid: { type: 'any', required: true, doc: 'the job id of the orchestration' },
    state_id: { type: 'string', doc: 'the id before which it stops; before the next one unless told' },
  } as const;
  const told = async (fun: string, given: readonly (Returnable | undefined)[]): Promise<null> => {
    await functions.call(
      fun,
      given.filter((one) => one !== undefined),
    );
    return null;
  };
  const pause = call({
    doc: 'Let an orchestration stop before an id, for some seconds or until state.resume.',
    examples: ['tsalt-run state.pause 20261124010203456789 deploy'],
    args: { ...args, duration: { type: 'number', doc: 'seconds' } },
    changes: true,
    run: async (_ctx, { jid, state_id, duration }) =>
      await told('state.pause', [jid, ...(duration === undefined ? [state_id] : [state_id ?? '__all__', duration])]),
  });
  const resume = call({
    doc: 'Let an orchestration go on that was stopped by state.pause.',
    examples: ['tsalt-run state.resume 20261124010203456789 deploy'],
    args,
    changes: true,
    run: async (_ctx, { jid, state_id }) => await told('state.resume', [jid, state_id]),
  });
  return {
    pause,
    set_pause: pause,
    resume,
    rm_pause: resume,
    soft_kill: call({
      doc: 'Let an orchestration end before an id.',
      examples: ['tsalt-run state.soft_kill 20261124010203456789 deploy'],
      args,
      changes: true,
      run: async (_ctx, { jid, state_id }) => await told('state.soft_kill', [jid, state_id]),
    }),
  };
}

/** Until `hear` says that it is enough, or the call is ended. */
const listening = (bus: EventBus, ctx: Ctx, hear: (event: Parameters<Parameters<EventBus['listen']>[0]>[0]) => boolean): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      stop();
      resolve();
    };
    const stop = bus.listen((event) => hear(event) && end());
    if (ctx.signal.aborted) end();
    else ctx.signal.addEventListener('abort', end, { once: true });
  });

function matcher(tagmatch: string): (tag: string) => boolean {
  const glob = tagMatcher(tagmatch);
  const pattern = expression(tagmatch);
  return (tag) => glob(tag) || (pattern?.matches(tag) ?? false);
}

/** A glob such as `*` is no regular expression, and need not be one. @throws CommandFailed for what is neither */
function expression(text: string): RE2JS | undefined {
  try {
    return RE2JS.compile(text);
  } catch (error) {
    if (/[*?[]/.test(text)) return undefined;
    throw new CommandFailed(`tagmatch is neither a glob nor a regular expression: ${String(error)}`);
  }
}
