import { chmod, chown, mkdir } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { CommandFailed, type Ctx, type Returnable } from '../../../define.ts';

export interface Account {
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** The account of a user, or undefined if there is none. */
export async function accountOf(ctx: Ctx, user: string): Promise<Account | undefined> {
  const info = (await ctx.call('user.info', [user])) as Record<string, Returnable>;
  return 'home' in info ? (info as unknown as Account) : undefined;
}

/** Where the authorized keys of a user are: `%u`, `%h` and `%%` stand for name, home and a percent sign, as for sshd. */
export async function authorizedFile(ctx: Ctx, user: string, config: string): Promise<string> {
  const account = await accountOf(ctx, user);
  if (account === undefined) throw new CommandFailed(`User '${user}' does not exist`);
  const values: Record<string, string> = { u: user, h: account.home, '%': '%' };
  const path = config.replace(/%(.?)/g, (_token, letter: string) => {
    if (letter === '') throw new CommandFailed("AuthorizedKeysFile path: Last character can't be escape character");
    const value = values[letter];
    if (value === undefined) throw new CommandFailed(`AuthorizedKeysFile path: unknown token character "%${letter}"`);
    return value;
  });
  return isAbsolute(path) ? path : join(account.home, path);
}

/** What the known hosts functions answer instead of failing. */
export interface Refusal {
  readonly status: 'error';
  readonly error: string;
}
export const refusal = (error: string): Refusal => ({ status: 'error', error });

/** Where the known hosts of a user, or of the machine, are. */
export async function knownFile(ctx: Ctx, user: string | undefined, config: string | undefined): Promise<string | Refusal> {
  const place = config || (user ? '.ssh/known_hosts' : '/etc/ssh/ssh_known_hosts');
  if (isAbsolute(place)) return place;
  if (!user) return refusal('Cannot determine absolute path to file.');
  const account = await accountOf(ctx, user);
  return account === undefined ? refusal(`User ${user} does not exist`) : join(account.home, place);
}

/** The folder of a file, made for its user alone if it is not there. */
export async function makeFolder(ctx: Ctx, file: string, account: Account | undefined): Promise<void> {
  const folder = dirname(file);
  const made = await mkdir(folder, { recursive: true });
  if (made === undefined || account === undefined) return;
  await handOver(folder, account);
  await chmod(folder, 0o700);
  await relabel(ctx, folder);
}

/** Gives a file to its user, if we may. */
export async function handOver(path: string, account: Account | undefined): Promise<void> {
  if (process.geteuid?.() === 0 && account !== undefined) await chown(path, account.uid, account.gid);
}

/** What was made gets the SELinux context that it has by rule. */
export async function relabel(ctx: Ctx, path: string): Promise<void> {
  const tool = ctx.host.which('restorecon');
  if (tool !== undefined) await ctx.spawn([tool, path]);
}
