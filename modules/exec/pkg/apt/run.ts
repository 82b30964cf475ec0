import { setTimeout as sleep } from 'node:timers/promises';
import type { Ctx, Ran } from '../../../define.ts';
import { ENGLISH, logFailure, scoped, text } from '../run.ts';
import type { Complaint } from '../tool.ts';

export { text };

const QUIET = {
  APT_LISTBUGS_FRONTEND: 'none',
  APT_LISTCHANGES_FRONTEND: 'none',
  DEBIAN_FRONTEND: 'noninteractive',
  UCF_FORCE_CONFFOLD: '1',
};
const LOCKED = /Could not get lock|Unable to (?:acquire the dpkg frontend )?lock|is another process using it/;

interface RunOptions {
  readonly timeout?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Outside the minion's own unit: upgrading the minion must not kill the upgrade. */
  readonly scope?: boolean;
  /** A failure is an answer too: it is not logged. */
  readonly quiet?: boolean;
}

/** Runs a program of apt or dpkg; waits, 2 minutes in all, while another one holds the lock. */
export const apt = async (ctx: Ctx, argv: readonly string[], options: RunOptions = {}): Promise<Ran> => {
  const words = options.scope ? scoped(ctx, argv) : argv;
  const { timeout, stdin } = options;
  const how = {
    env: { ...ENGLISH, ...QUIET, ...options.env },
    ...(timeout ? { timeout } : {}),
    ...(stdin === undefined ? {} : { stdin }),
  };
  let ran = await ctx.spawn(words, how);
  for (let wait = 2; LOCKED.test(text(ran.stderr)) && wait <= 64; wait *= 2) {
    ctx.log.warn(`Another program holds the lock of the package system, trying again in ${wait} s`);
    await sleep(wait * 1000, undefined, { signal: ctx.signal });
    ran = await ctx.spawn(words, how);
  }
  if (ran.code !== 0 && !options.quiet) logFailure(ctx, argv, ran);
  return ran;
};

/** A failed program's reason. Salt counts a failure only where something is said. */
export const complaintOf = (ran: Ran): Complaint => {
  const said = text(ran.stderr).trimEnd();
  if (ran.code === 0 || said === '') return undefined;
  return LOCKED.test(said) ? `${said}\nAnother program is changing packages: wait for it to end, then try again.` : said;
};
