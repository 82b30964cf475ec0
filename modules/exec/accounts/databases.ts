import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ctx } from '../../define.ts';

/** A line of passwd. */
export interface Passwd {
  readonly name: string;
  readonly passwd: string;
  readonly uid: number;
  readonly gid: number;
  readonly gecos: string;
  readonly home: string;
  readonly shell: string;
}

/** A line of group. */
export interface Group {
  readonly name: string;
  readonly passwd: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** All users that the name service lists, or those of the tree below `root`. */
export const users = async (ctx: Ctx, root?: string): Promise<Passwd[]> => (await lines(ctx, 'passwd', root)).map(passwdOf);

/** All groups that the name service lists, or those of the tree below `root`. */
export const groups = async (ctx: Ctx, root?: string): Promise<Group[]> =>
  (await lines(ctx, 'group', root)).filter((fields) => fields.length >= 4).map(groupOf);

/** The user of that name (not number), or undefined. */
export const userNamed = async (ctx: Ctx, name: string, root?: string): Promise<Passwd | undefined> => {
  const fields = await lineNamed(ctx, 'passwd', name, root);
  return fields && passwdOf(fields);
};

/** The group of that name (not number), or undefined. */
export const groupNamed = async (ctx: Ctx, name: string, root?: string): Promise<Group | undefined> => {
  const fields = await lineNamed(ctx, 'group', name, root);
  return fields && groupOf(fields);
};

/**
 * The names of the groups that a user is in, the primary one among them, sorted. `id` is asked, because a directory
 * service may know more than it lists; of a user it does not know only the groups that name it as a member count.
 */
export async function groupNames(ctx: Ctx, user: string, known?: readonly Group[]): Promise<string[]> {
  const listed = known ?? (await groups(ctx));
  const numbers = await groupNumbers(ctx, user, listed);
  const found = new Set(listed.filter(({ gid, members }) => numbers?.has(gid) ?? members.includes(user)).map(({ name }) => name));
  for (const gid of numbers ?? []) {
    if (listed.some((group) => group.gid === gid)) continue;
    const [name] = (await getent(ctx, 'group', String(gid)))[0] ?? [];
    if (name !== undefined) found.add(name);
  }
  return [...found].sort();
}

async function groupNumbers(ctx: Ctx, user: string, listed: readonly Group[]): Promise<Set<number> | undefined> {
  const own = isName(user) ? await userNamed(ctx, user) : undefined;
  if (own === undefined) return undefined;
  const { code, stdout } = await ctx.spawn(['id', '-G', user]);
  if (code !== 0) return undefined;
  const numbers = new Set(stdout.toString('utf8').trim().split(/\s+/).map(Number));
  // Where users share a number, `id` (of coreutils) takes the primary group of the first of them for that of all.
  const first = await firstNumbered(ctx, own.uid);
  const belongs = listed.some(({ gid, members }) => gid === first?.gid && members.includes(user));
  if (first !== undefined && first.name !== user && first.gid !== own.gid && !belongs) numbers.delete(first.gid);
  return numbers;
}

/** The user that a number stands for. */
async function firstNumbered(ctx: Ctx, uid: number): Promise<Passwd | undefined> {
  const found = ctx.host.which('getent') === undefined ? await local('passwd') : await getent(ctx, 'passwd', String(uid));
  return found.map(passwdOf).find((one) => one.uid === uid);
}

async function lineNamed(ctx: Ctx, database: 'passwd' | 'group', name: string, root?: string): Promise<string[] | undefined> {
  if (!isName(name)) return undefined;
  // getent also answers to a number; Salt wants the name.
  const found =
    root === undefined && ctx.host.which('getent') !== undefined ? await getent(ctx, database, name) : await local(database, root);
  return found.find((fields) => fields[0] === name);
}

const lines = async (ctx: Ctx, database: 'passwd' | 'group', root?: string): Promise<string[][]> =>
  root === undefined && ctx.host.which('getent') !== undefined ? await getent(ctx, database) : await local(database, root);

async function getent(ctx: Ctx, database: 'passwd' | 'group', key?: string): Promise<string[][]> {
  const { stdout } = await ctx.spawn(['getent', database, ...(key === undefined ? [] : [key])]);
  return fieldsOf(stdout.toString('utf8'));
}

const local = async (database: 'passwd' | 'group', root = '/'): Promise<string[][]> =>
  fieldsOf(await readFile(join(root || '/', 'etc', database), 'utf8'));

const fieldsOf = (text: string): string[][] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.trim().split(':'));

/** Whether it may be asked for: what begins with a dash would be taken for an option. */
const isName = (name: string): boolean => name !== '' && !/[:\n\0]|^-/.test(name);

const passwdOf = ([name = '', passwd = '', uid = '', gid = '', gecos = '', home = '', shell = '']: readonly string[]): Passwd => ({
  name,
  passwd,
  uid: Number(uid),
  gid: Number(gid),
  gecos,
  home,
  shell,
});

const groupOf = ([name = '', passwd = '', gid = '', members = '']: readonly string[]): Group => ({
  name,
  passwd,
  gid: Number(gid),
  members: members === '' ? [] : members.split(','),
});
