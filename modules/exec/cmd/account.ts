import { randomUUID } from 'node:crypto';
import { homedir, userInfo } from 'node:os';
import { CommandFailed, type Ctx } from '../../define.ts';

/** A user as the system's name service knows it. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** Asks getent, so that users of LDAP and the like count. Throws CommandFailed if there is none of that name. */
export const accountOf = async (ctx: Ctx, name: string): Promise<Account> => {
  const missing = new CommandFailed(`User '${name}' is not available`);
  if (name === '' || name.startsWith('-') || name.includes(':')) throw missing;
  const { code, stdout } = await ctx.spawn(['getent', 'passwd', name]);
  const [found, , uid, gid, , home] = stdout.toString('utf8').split('\n', 1).join('').split(':');
  // getent also answers to a number; Salt wants the name.
  if (code !== 0 || found !== name) throw missing;
  return { name, uid: Number(uid), gid: Number(gid), home: home || '/' };
};

/** The group's number. Throws CommandFailed if there is none of that name. */
export const groupIdOf = async (ctx: Ctx, name: string): Promise<number> => {
  const missing = new CommandFailed(`Group '${name}' is not available`);
  if (name === '' || name.startsWith('-') || name.includes(':')) throw missing;
  const { code, stdout } = await ctx.spawn(['getent', 'group', name]);
  const [found, , gid] = stdout.toString('utf8').split(':');
  if (code !== 0 || found !== name) throw missing;
  return Number(gid);
};

/** What a command's identity is made of; undefined parts stay as the minion's. */
export interface Identity {
  readonly account?: Account;
  readonly gid?: number;
}

/** The ids to start the command with; none where they are the minion's already. Throws CommandFailed if it may not change them. */
export const becoming = ({ account, gid }: Identity): { readonly uid?: number; readonly gid?: number } => {
  const user = account !== undefined && account.name !== userInfo().username ? account : undefined;
  const group = gid ?? user?.gid;
  if (group === undefined) return {};
  if (process.getuid?.() !== 0) {
    throw new CommandFailed(
      `Cannot run as ${user === undefined ? 'another group' : `user '${user.name}'`}: the minion does not run as root`,
    );
  }
  return { ...(user === undefined ? {} : { uid: user.uid }), ...(group === undefined ? {} : { gid: group }) };
};

/** The home of the user, or of the minion's own. */
export const homeOf = (account: Account | undefined): string => account?.home ?? homedir();

/** The environment of a fresh login. Empty, with an error in the log, when the login is refused. */
export const loginEnvironment = async (ctx: Ctx, account: Account, shell: string): Promise<Record<string, string>> => {
  const marker = `<<<${randomUUID()}>>>`;
  const print = `printf %s '${marker}'; env -0; printf %s '${marker}'`;
  const argv = ['su', ...(shell === '' ? [] : ['-s', shell]), '-', account.name, '-c', print];
  const { stdout, stderr } = await ctx.spawn(argv, { timeout: 10, stdin: '' });
  const parts = stdout.toString('utf8').split(marker);
  if (parts.length !== 3) {
    const said = stderr.toString('utf8').trim();
    ctx.log.error(`Environment could not be retrieved for user '${account.name}': ${said || 'the login gave no answer'}`);
  }
  const environment: Record<string, string> = { __proto__: null } as never;
  for (const entry of parts.length === 3 ? (parts[1] ?? '').split('\0') : []) {
    const at = entry.indexOf('=');
    if (at > 0) environment[entry.slice(0, at)] = entry.slice(at + 1);
  }
  return environment;
};
