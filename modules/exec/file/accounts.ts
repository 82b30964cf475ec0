import { readFileSync, statSync } from 'node:fs';
import type { Ctx, Returnable } from '../../define.ts';

type Database = 'passwd' | 'group';
type Entries = ReadonlyMap<string, readonly string[]>;

interface Read {
  readonly stamp: string;
  readonly entries: Entries;
}
const known = new Map<Database, Read>();

/** The entries of the local file by name and by number, the first counts. Read anew when the file is another: each state of a file asks. */
function localEntries(database: Database): Entries {
  const path = `/etc/${database}`;
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (found === undefined) return new Map();
  const stamp = `${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs}`;
  const before = known.get(database);
  if (before?.stamp === stamp) return before.entries;
  const entries = new Map<string, readonly string[]>();
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const fields = line.split(':');
    for (const key of [fields[0], fields[2]]) if (key !== undefined && !entries.has(key)) entries.set(key, fields);
  }
  known.set(database, { stamp, entries });
  return entries;
}

/** `name:x:number:...` of the local file first, then of whatever else the name service asks. */
const entryOf = async (ctx: Ctx, database: Database, key: string): Promise<readonly string[] | undefined> => {
  if (key === '' || /[:\n]|^-/.test(key)) return undefined;
  const found = localEntries(database).get(key);
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
