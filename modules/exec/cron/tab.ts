import type { Returnable } from '../../define.ts';

/** The parts of a job's time, in the order of their columns. */
export const COLUMNS = ['minute', 'hour', 'daymonth', 'month', 'dayweek'] as const;
export type Column = (typeof COLUMNS)[number];

/** What jobs of both kinds have: `identifier` is Salt's own name for one, kept in the comment above it. */
interface Common {
  readonly cmd: string;
  readonly identifier: Returnable;
  readonly comment: string | null;
  /** Switched off: the line stays, behind a mark. */
  readonly commented: boolean;
}
export type Job = Common & Readonly<Record<Column, string>>;
/** A job with `@daily` or the like instead of columns. */
export type Special = Common & { readonly spec: string };
export type Entry = Common & Partial<Record<Column | 'spec', string>>;

/** A crontab: the lines above Salt's mark as they are, and what is below it in parts. */
export interface Tab {
  readonly pre: string[];
  readonly crons: Job[];
  readonly special: Special[];
  readonly env: { readonly name: string; readonly value: string | null }[];
}

const MARK = '# Lines below here are managed by Salt, do not edit';
const OFF = '#DISABLED#';
const IDENTIFIER = 'SALT_CRON_IDENTIFIER';

/** Reads a crontab. What is below the mark and is neither a job, a variable nor a comment is lost, as in Salt. */
export function parseTab(text: string): Tab {
  const tab: Tab = { pre: [], crons: [], special: [], env: [] };
  let above: Pick<Common, 'comment' | 'identifier'> = { comment: null, identifier: null };
  let isOurs = false;
  for (const whole of linesOf(text)) {
    if (whole === MARK) isOurs = true;
    else if (!isOurs) tab.pre.push(whole);
    else {
      const commented = whole.startsWith(OFF);
      const line = commented ? whole.slice(OFF.length) : whole;
      const entry = parseEntry(line);
      if (entry !== undefined) {
        if ('spec' in entry) tab.special.push({ ...entry, ...above, commented });
        else tab.crons.push({ ...entry, ...above, commented });
        above = { comment: null, identifier: null };
      } else if (line.startsWith('#')) above = withComment(above, line);
      else if (/^[^= ]+=/.test(line)) tab.env.push({ name: line.slice(0, line.indexOf('=')), value: line.slice(line.indexOf('=') + 1) });
    }
  }
  return tab;
}

type Bare = Omit<Job, 'comment' | 'identifier' | 'commented'> | Omit<Special, 'comment' | 'identifier' | 'commented'>;

function parseEntry(line: string): Bare | undefined {
  if (line.startsWith('@')) {
    const [spec = '', ...words] = line.trim().split(/\s+/);
    return words.length === 0 ? undefined : { spec, cmd: words.join(' ') };
  }
  if (line.startsWith('#') || /^[^= ]+=/.test(line)) return undefined;
  const [minute = '', hour = '', daymonth = '', month = '', dayweek = '', ...words] = line.split(' ');
  return words.length === 0 ? undefined : { minute, hour, daymonth, month, dayweek, cmd: words.join(' ') };
}

function withComment(above: Pick<Common, 'comment' | 'identifier'>, line: string): Pick<Common, 'comment' | 'identifier'> {
  const text = line.replace(/^[# ]+/, '');
  const [words = '', mark] = text.split(IDENTIFIER);
  const comment = mark === undefined ? text : words.trimEnd();
  return {
    comment: above.comment === null ? comment : `${above.comment}\n${comment}`,
    // Behind the mark there is a colon.
    identifier: mark !== undefined && mark.length > 1 ? mark.slice(1) : above.identifier,
  };
}

/** The crontab as it is installed. */
export function renderTab(tab: Tab): string {
  return [
    ...tab.pre,
    ...(tab.pre.at(-1) === MARK ? [] : [MARK]),
    ...tab.env.map(({ name, value }) => `${name}=${value === null || value === '' ? '""' : value}`),
    ...tab.crons.flatMap((job) => [...headOf(job), offMark(job) + [...COLUMNS.map((column) => job[column]), job.cmd].join(' ')]),
    ...tab.special.flatMap((job) => [...headOf(job, true), `${offMark(job)}${job.spec} ${job.cmd}`]),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

const offMark = (entry: Entry): string => (entry.commented ? OFF : '');

function headOf({ comment, identifier }: Entry, trims = false): string[] {
  if (comment === null && identifier === null) return [];
  const text = comment ? ` ${(trims ? comment.trimEnd() : comment).replaceAll('\n', '\n# ')}` : '';
  return [`#${text}${identifier ? ` ${IDENTIFIER}:${String(identifier)}` : ''}`];
}

const linesOf = (text: string): string[] => {
  const lines = text.split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/);
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
};
