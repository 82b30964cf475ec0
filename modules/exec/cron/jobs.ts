import { randomInt } from 'node:crypto';
import type { Ctx, Returnable } from '../../define.ts';
import { readTab, writeTab } from './crontab.ts';
import { COLUMNS, type Column, type Entry, type Job, type Special, type Tab } from './tab.ts';

/** What stands for no identifier where one is compared. */
const NO_IDENTIFIER = 'NO ID SET';

/**
 * Puts a job into a user's crontab, in place of the one of the same identifier or, if that has none, of the same command.
 * What comes of it: `new`, `updated`, `present`, or crontab's complaint.
 */
export async function putEntry(ctx: Ctx, user: string, wanted: Entry): Promise<string> {
  const tab = await readTab(ctx, user);
  const known = [...tab.crons, ...tab.special].find((entry) => isSame(entry, wanted.cmd, wanted.identifier));
  if (known === undefined) {
    add(tab, wanted);
    return (await writeTab(ctx, user, tab)) ?? 'new';
  }
  if (!differs(known, wanted)) return 'present';
  const removed = await takeEntry(ctx, user, 'spec' in known ? 'special' : 'crons', (entry) => isSame(entry, wanted.cmd, idOf(known)));
  if (removed !== 'removed') return removed;
  const put = await putEntry(ctx, user, merged(known, wanted));
  return put === 'new' ? 'updated' : put;
}

/** Takes the first entry out of a list that is meant: `removed`, `absent`, or crontab's complaint. */
export async function takeEntry<K extends 'crons' | 'special' | 'env'>(
  ctx: Ctx,
  user: string,
  list: K,
  isMeant: (entry: Tab[K][number]) => boolean,
): Promise<string> {
  const tab = await readTab(ctx, user);
  const entries: Tab[K] = tab[list];
  const index = (entries as Tab[K][number][]).findIndex(isMeant);
  if (index >= 0) entries.splice(index, 1);
  // A crontab without the job is written all the same, with Salt's mark, unless it is one of columns.
  const complaint = index >= 0 || list !== 'crons' ? await writeTab(ctx, user, tab) : undefined;
  return complaint ?? (index >= 0 ? 'removed' : 'absent');
}

/** Whether an entry is the one meant: by its identifier, or by its command if it has none. */
export const isSame = (entry: Entry, cmd: string, identifier: Returnable): boolean => {
  const id = idOf(entry);
  return id === NO_IDENTIFIER ? entry.cmd === cmd : id === (identifier ? String(identifier) : NO_IDENTIFIER);
};

const idOf = ({ identifier }: Entry): string => (identifier ? String(identifier) : NO_IDENTIFIER);

/** A value that is not told changes nothing, nor does `random` where there is a time already. */
export const needsChange = (before: Returnable | undefined, wanted: Returnable | undefined): boolean =>
  before !== wanted && (wanted === 'random' ? before === '*' || before === undefined : wanted !== null && wanted !== undefined);

const SET = [...COLUMNS, 'spec', 'comment', 'commented', 'cmd'] as const;

const differs = (known: Entry, wanted: Entry): boolean =>
  (wanted.identifier ?? null) !== (known.identifier ?? NO_IDENTIFIER) || SET.some((key) => needsChange(known[key], wanted[key]));

/** The wanted job, with the known one's value for what is not told. */
function merged(known: Entry, wanted: Entry): Entry {
  const kept = SET.filter((key) => key in wanted && !needsChange(known[key], wanted[key]));
  return {
    ...wanted,
    ...Object.fromEntries(kept.map((key) => [key, known[key]])),
    identifier: wanted.identifier || known.identifier,
  };
}

function add(tab: Tab, wanted: Entry): void {
  if (wanted.spec === undefined) tab.crons.push({ ...wanted, ...placed(wanted) } as Job);
  else tab.special.push(wanted as Special);
}

const RANGES = { minute: [0, 59], hour: [0, 23], month: [1, 12], dayweek: [0, 6] } as const;

/** The columns with `random` and ranges such as `10:20` made one number. */
function placed(wanted: Entry): Record<Column, string> {
  const of = (column: keyof typeof RANGES): string => {
    const text = wanted[column] ?? '1';
    if (text === 'random') return between(RANGES[column][0], RANGES[column][1]);
    const ends = text.split(':');
    if (ends.length !== 2) return text;
    const [from = 0, to = 0] = ends.map(Number).sort((a, b) => a - b);
    if (!Number.isInteger(from) || !Number.isInteger(to)) throw new Error(`cron: ${column} '${text}' is not a range of two numbers`);
    return between(from, to);
  };
  const [minute, hour, month, dayweek] = [of('minute'), of('hour'), of('month'), of('dayweek')];
  const daymonth = wanted.daymonth === 'random' ? between(1, lastDay(month)) : (wanted.daymonth ?? '1');
  return { minute, hour, daymonth, month, dayweek };
}

/** A day that each month meant has. */
const lastDay = (month: string): number =>
  ['1', '3', '5', '7', '8', '10', '12'].includes(month) ? 31 : ['4', '6', '9', '11'].includes(month) ? 30 : 28;

const between = (from: number, to: number): string => String(randomInt(from, to + 1));
