import { CommandFailed, type Returnable } from '../../../modules/define.ts';
import { listening } from '../../../modules/exec/mysql/session.ts';
import type { StateCtx } from '../../define.ts';
import { defined } from '../defined.ts';

/** What a function of `mysql` came to, and what the server complained of. */
interface Answer {
  readonly value: Returnable;
  readonly error: string | undefined;
}
type Given = Readonly<Record<string, Returnable | undefined>>;

/** Calls a function of `mysql` with what the state says of the connection. A statement that is wrong in itself failed, too. */
export const ask = (ctx: StateCtx, fun: string, args: readonly Returnable[] = [], more: Given = {}): Promise<Answer> =>
  listening(() => ctx.call(`mysql.${fun}`, args, { ...defined(more), ...ctx.extra })).catch((error: unknown) => {
    if (error instanceof CommandFailed) return { value: false, error: error.message };
    throw error;
  });

/** The comment on something that failed, with what the server complained of. */
export const withReason = (comment: string, error: string | undefined): string => (error === undefined ? comment : `${comment} (${error})`);
