import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** The folder of a formula that holds its SLS files, as its `FORMULA` says. */
export function folderOf(dir: string): string {
  const [, named] = /^top_level_dir:\s*(\S+)/m.exec(readFileSync(join(dir, 'FORMULA'), 'utf8')) ?? [];
  return named ?? basename(dir).replace(/-formula$/, '');
}

/** The files that make the formula and its `pillar.example` what a minion is told to have. */
export const topFiles = (dir: string): Readonly<Record<string, string>> => ({
  'base/top.sls': `base: {'*': [${folderOf(dir)}]}\n`,
  'pillar/top.sls': "base: {'*': [example]}\n",
  'pillar/example.sls': readFileSync(join(dir, 'pillar.example'), 'utf8'),
});

/** What a formula draws by lot, or takes from the clock. */
const UNSTEADY = /("priority":|update-alternatives --install \S+ \S+ \S+) ?\d+|\d\d-\d\d-\d\d_\d\d:\d\d:\d\d/g;

/** An answer without that. */
export const steadied = (answer: unknown): unknown =>
  JSON.parse(JSON.stringify(answer).replace(UNSTEADY, (_all, words = '') => `${words}0`));

const SHOWN_LINES = 12;
/** The order of keys is that of either side, and counts nowhere. */
const ordered = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
    : value;
const lines = (value: unknown): readonly string[] => JSON.stringify(value, ordered, 1)?.split('\n') ?? [];

/** Where two answers begin to differ, for a reader. */
export function difference(real: unknown, ours: unknown): string {
  const [theirs, own] = [lines(real), lines(ours)];
  const at = theirs.findIndex((line, index) => line !== own[index]);
  const shown = (all: readonly string[]): string => all.slice(Math.max(0, at - 2), at + SHOWN_LINES).join('\n          ');
  return `    real: ${shown(theirs)}\n    ours: ${shown(own)}\n`;
}
