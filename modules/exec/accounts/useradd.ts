import { readFile } from 'node:fs/promises';
import type { Ctx, Returnable } from '../../define.ts';
import { chroot, execute, program } from './commands.ts';

/** What decides the command line of useradd. */
export interface NewUser {
  readonly name: string;
  readonly uid?: Returnable;
  readonly gid?: Returnable;
  readonly groups?: Returnable;
  readonly home?: string;
  readonly shell?: string;
  readonly unique: boolean;
  readonly system: boolean;
  readonly createhome: boolean;
  readonly nologinit: boolean;
  readonly root?: string;
  readonly usergroup?: boolean;
  readonly local: boolean;
}

/** Makes the user; false if useradd would not. */
export async function addUser(ctx: Ctx, user: NewUser): Promise<boolean> {
  const argv = [
    program(ctx, user.local ? 'luseradd' : 'useradd'),
    ...(user.shell ? ['-s', user.shell] : []),
    ...(given(user.uid) ? ['-u', user.uid] : []),
    ...(await primaryGroup(ctx, user)),
    ...(user.usergroup === false ? [user.local ? '-n' : '-N'] : []),
    ...(user.createhome ? (user.local ? [] : ['-m']) : ['-M']),
    ...(user.nologinit ? ['-l'] : []),
    ...(user.home === undefined ? [] : ['-d', user.home]),
    ...(user.unique ? [] : ['-o']),
    ...(user.system ? ['-r'] : []),
    ...(user.local ? [] : chroot(user.root)),
    '--',
    user.name,
  ];
  return (await execute(ctx, argv)).retcode === 0;
}

/** A group of the user's own name that is there already would stop useradd from making one: it is taken as it is. */
async function primaryGroup(ctx: Ctx, user: NewUser): Promise<Returnable[]> {
  if (given(user.gid)) return ['-g', user.gid];
  if (user.usergroup === true) return user.local ? [] : ['-U'];
  const { groups } = user;
  const isOwn = (Array.isArray(groups) || typeof groups === 'string') && groups.includes(user.name);
  return isOwn && (await makesOwnGroups()) ? ['-g', await ctx.call('file.group_to_gid', [user.name])] : [];
}

async function makesOwnGroups(): Promise<boolean> {
  const definitions = await readFile('/etc/login.defs', 'utf8').catch(() => '');
  const line = definitions.split('\n').find((candidate) => candidate.slice(0, 15).includes('USERGROUPS_ENAB'));
  return line?.includes('yes') ?? false;
}

const given = (value: Returnable | undefined): value is Exclude<Returnable, null> => value !== undefined && value !== null && value !== '';
