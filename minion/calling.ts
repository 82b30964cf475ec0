import type { Returnable } from '../modules/define.ts';
import { TsaltError } from '../protocol/errors.ts';
import { newJid } from '../protocol/jid.ts';
import type { Agent } from './agent.ts';

export interface LocalOutcome {
  readonly value: Returnable;
  readonly retcode: number;
  readonly success: boolean;
  readonly out?: string;
  /** False: this machine has no such function. */
  readonly available: boolean;
}

/** The functions of a minion in this process, for one caller. */
export interface LocalMinion extends AsyncDisposable {
  readonly id: string;
  /** `args` in wire form: positional values, and maps with `__kwarg__: true`. Never rejects. */
  call(fun: string, args: readonly unknown[]): Promise<LocalOutcome>;
}

/**
 * A caller's view of an agent. Functions see the fields salt-call gives them: to some (`cmd.run` and its shell) it
 * matters that a person called.
 */
export function localMinion(id: string, agent: Agent, close: () => Promise<void>): LocalMinion {
  const control = new AbortController();
  return {
    id,
    call: (fun, args) => {
      const jid = newJid();
      const pub = { fun, jid, pid: process.pid, tgt: 'salt-call' };
      return agent.loader.invoke(fun, args, { jid, fun, pub, user: process.env['USER'] ?? 'root', signal: control.signal });
    },
    [Symbol.asyncDispose]: async () => {
      control.abort(new TsaltError('stopped', 'the caller went away'));
      await agent.close();
      await close();
    },
  };
}
