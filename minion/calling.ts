import type { Failure } from '../kernel/loader/outcome.ts';
import type { Log, Returnable } from '../modules/define.ts';
import { messageOf, TsaltError } from '../protocol/errors.ts';
import type { Jid } from '../protocol/jid.ts';
import type { Message } from '../protocol/suites/suite.ts';
import type { Agent } from './agent.ts';
import { namesOf } from './returners/open.ts';
import { bounded } from './run/bounded.ts';
import type { StateStep } from './run/watchers.ts';

export interface LocalOutcome {
  readonly value: Returnable;
  readonly retcode: number;
  readonly success: boolean;
  readonly out?: string;
  /** False: this machine has no such function. */
  readonly available: boolean;
  /** Present if the function threw. */
  readonly failure?: Failure;
}

/** A call somebody typed: it gets a job id, and a master hears what came of it. */
export interface Typed {
  readonly jid: Jid;
  /** The arguments as they were typed; the master keeps them with the return. */
  readonly words: readonly string[];
  /** Returners of this call, instead of those of the option `return`. */
  readonly returners?: readonly string[];
}

/** The functions of a minion in this process, for one caller. */
export interface LocalMinion extends AsyncDisposable {
  readonly id: string;
  /** `args` in wire form: positional values, and maps with `__kwarg__: true`. Never rejects. */
  call(fun: string, args: readonly unknown[], typed?: Typed): Promise<LocalOutcome>;
  /** Tells of each state that ends in the runs of its calls. */
  watch(watcher: (step: StateStep) => void): void;
}

/** Who hears of typed calls: a master's job cache. */
export interface Recorder {
  readonly send: (load: Message) => Promise<unknown>;
  /** Bytes of the largest return it is sent. */
  readonly maxBytes: number;
  readonly log: Log;
}

/** A caller's view of an agent. Returns on their way to `recorder` are waited for at the end, not by the caller. */
export function localMinion(id: string, agent: Agent, close: () => Promise<void>, recorder?: Recorder): LocalMinion {
  const control = new AbortController();
  const reports: Promise<void>[] = [];
  return {
    id,
    watch: (watcher) => agent.ports.watchers.add(watcher),
    call: async (fun, args, typed) => {
      const outcome = await agent.loader.invoke(fun, args, {
        fun,
        user: process.env['USER'] ?? 'root',
        signal: control.signal,
        ...(typed === undefined ? {} : { jid: typed.jid, pub: { fun, pid: process.pid, jid: typed.jid, tgt: 'salt-call' } }),
      });
      if (typed !== undefined && outcome.available && outcome.failure === undefined) hand(agent, id, fun, typed, outcome);
      if (recorder !== undefined && typed !== undefined && outcome.available) reports.push(report(recorder, id, fun, typed, outcome));
      return outcome;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(reports);
      control.abort(new TsaltError('stopped', 'the caller went away'));
      await agent.close();
      await close();
    },
  };
}

/** As `salt-call` hands a result over; the returners get there until the caller closes. */
function hand({ ports }: Agent, id: string, fun: string, { jid, words, returners }: Typed, outcome: LocalOutcome): void {
  const { value, retcode, out } = outcome;
  const result = { jid, return: value, retcode, ...(out === undefined ? {} : { out }), id, fun, fun_args: words, success: true };
  ports.returners.hand(namesOf(returners ?? ports.options()['return']), result);
}

/**
 * Sends the return as `salt-call` does, under the jid `req`: the master gives it a job of its own. Who typed the
 * call has the result already, so a master that does not take it is a warning. Never rejects.
 */
async function report({ send, maxBytes, log }: Recorder, id: string, fun: string, typed: Typed, outcome: LocalOutcome): Promise<void> {
  const { value, retcode, success, out } = outcome;
  const load = { cmd: '_return', id, jid: 'req', fun, fun_args: typed.words, return: value, retcode, success };
  try {
    const answer = await send(bounded({ ...load, ...(out === undefined ? {} : { out }) }, maxBytes));
    if (answer === '' || answer === false) log.warn(`the master did not store the result of ${fun}`);
  } catch (error) {
    log.warn(`the result of ${fun} was not sent to the master: ${messageOf(error)}`);
  }
}
