import { readFile } from 'node:fs/promises';
import type { Ctx, Returnable } from '../../define.ts';

type Database = 'passwd' | 'group';

/** `name:x:number:...` of the local file first, then of whatever else the name service asks. */
const entryOf = async (ctx: Ctx, database: Database, key: string): Promise<string[] | undefined> => {
  if (key === '' || /[:\n]|^-/.test(key)) return undefined;
  const local = await readFile(`/etc/${database}`, 'utf8').catch(() => '');
  const fits = (fields: readonly string[]): boolean => fields[0] === key || fields[2] === key;
  const found = local
    .split('\n')
    .map((line) => line.split(':'))
    .find(fits);
  if (found !== undefined || ctx.host.which('getent') === undefined) return found;
  const { code, stdout } = await ctx.spawn(['getent', database, key]);
  return code === 0 ? stdout.toString('utf8').trim().split(':') : undefined;
};

/** The name for a number, or the number if it has none. */
const nameOf =
  (database: Database) =>
  async (ctx: Ctx, id: number): Promise<string | number> =>
    (await entryOf(ctx, database, String(id)))?.[0] ?? id;
export const userName = nameOf('passwd');
export const groupName = nameOf('group');

/** The number for a name (a number is its own), or an empty text if there is none: Salt's answer. */
const idOf =
  (database: Database) =>
  async (ctx: Ctx, name: Returnable): Promise<number | ''> => {
    if (typeof name === 'number') return name;
    if (typeof name !== 'string') return '';
    const entry = await entryOf(ctx, database, name);
    return entry?.[0] === name ? Number(entry[2]) : '';
  };
export const userId = idOf('passwd');
export const groupId = idOf('group');
