import type { Returnable } from '../../../modules/define.ts';
import { failed, inOrder, type Outcome, type StateCtx, type Verdict } from '../../define.ts';

export const USER = { type: 'string', default: 'root', doc: 'whose crontab' } as const;

/** How something stands in a crontab. */
export type Standing = 'absent' | 'present' | 'update';

/** Something of a crontab that a state is about. */
export interface Thing {
  /** `Cron` or `Cron env`. */
  readonly kind: string;
  readonly name: string;
  readonly user: string;
}

/** A result that says what it is about without the blanks around it. */
export const named = (outcome: Outcome, name: string): Outcome => ({ ...outcome, more: { name } });

/** The verdict on something that is to be in a crontab; `put` answers as the functions of `cron` do. */
export async function putting(
  ctx: StateCtx,
  { kind, name, user }: Thing,
  stand: () => Promise<Standing>,
  put: () => Promise<Returnable>,
): Promise<Verdict> {
  const present = `${kind} ${name} already present`;
  if (ctx.testing) {
    const standing = await stand();
    if (standing === 'present') return named(inOrder(present), name);
    const comment = `${kind} ${name} is set to be ${standing === 'absent' ? 'added' : 'updated'}`;
    return named({ result: null, comment, changes: {} }, name);
  }
  const apply = async (): Promise<Outcome> => {
    const came = await put();
    if (came === 'present') return inOrder(present);
    if (came === 'new') return inOrder(`${kind} ${name} added to ${user}'s crontab`, { [user]: name });
    if (came === 'updated') return inOrder(`${kind} ${name} updated`, { [user]: name });
    return failed(`${kind} ${name} for user ${user} failed to commit with error \n${String(came)}`);
  };
  return { predicted: { comment: '', changes: {} }, apply: async () => named(await apply(), name) };
}

/** The verdict on something that is not to be in a crontab. */
export async function taking(
  ctx: StateCtx,
  { kind, name, user }: Thing,
  stand: () => Promise<Standing>,
  take: () => Promise<Returnable>,
): Promise<Verdict> {
  if (ctx.testing) {
    if ((await stand()) === 'absent') return named(inOrder(`${kind} ${name} is absent`), name);
    return named({ result: null, comment: `${kind} ${name} is set to be removed`, changes: {} }, name);
  }
  const apply = async (): Promise<Outcome> => {
    const came = await take();
    if (came === 'absent') return inOrder(`${kind} ${name} already absent`);
    if (came === 'removed') return inOrder(`${kind} ${name} removed from ${user}'s crontab`, { [user]: name });
    return failed(`${kind} ${name} for user ${user} failed to commit with error ${String(came)}`);
  };
  return { predicted: { comment: '', changes: {} }, apply: async () => named(await apply(), name) };
}
