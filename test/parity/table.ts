// `node --import tsx test/parity/table.ts [file of cases ...]`: runs every case, or those of these files, and writes
// docs/reference/parity.md from what came of it; the rows of functions that were not called stay.
import { readFileSync, writeFileSync } from 'node:fs';
import { debianPackages } from '../support/debian.ts';
import { realSalt } from '../support/salt.ts';
import { type Case, caseFiles } from './cases.ts';
import { askedTwice, isSame } from './compare.ts';
import { isApart } from './namespace.ts';
import { Sides } from './sides.ts';

interface Row {
  cases: number;
  same: number;
  /** Same by types only. */
  shape: number;
  readonly reasons: Set<string>;
}

const PAGE = new URL('../../docs/reference/parity.md', import.meta.url);

const salt = realSalt();
if (salt === undefined) throw new Error('the real Salt is needed to compare with');
const wanted = process.argv.slice(2);
const rows = await rowsOf(salt);
writeFileSync(PAGE, page(new Map([...(wanted.length === 0 ? [] : rowsIn(readFileSync(PAGE, 'utf8'))), ...rows])));

/** The rows of the page as it is. */
function rowsIn(text: string): [string, Row][] {
  const row = /^\| `([^`]+)` \| (\d+) \| (\d*) \| (\d*) \| (.*) \|$/gm;
  return [...text.matchAll(row)].map(([, fun = '', cases, same, shape, reasons = '']) => [
    fun,
    {
      cases: Number(cases),
      same: Number(same),
      shape: Number(shape),
      reasons: new Set(reasons === '' ? [] : [reasons.replaceAll('\\|', '|')]),
    },
  ]);
}

async function rowsOf(salt: string): Promise<Map<string, Row>> {
  const found = new Map<string, Row>();
  for (const file of caseFiles(wanted)) {
    const sides = new Sides(salt);
    if (file.packages.length > 0 && debianPackages(...file.packages) !== false) continue;
    if (file.namespace && !isApart()) {
      process.stderr.write(
        `${file.name} is left out: it changes the network of the machine; start this by TSALT_OUTER_NET=$(readlink /proc/self/ns/net) unshare --net --mount, and set lo up there\n`,
      );
      continue;
    }
    await sides.begin(file);
    for (const one of file.cases) {
      const { real, ours } = await askedTwice(
        () => sides.both(one),
        ({ real, ours }) => isSame(one, real, ours),
      );
      // That neither has it is no function to compare.
      if (real.error !== 'missing' || ours.error !== 'missing') count(found, one, isSame(one, real, ours));
    }
    await sides.end(file);
    await sides.close();
  }
  return found;
}

function count(found: Map<string, Row>, one: Case, same: boolean): void {
  const row = found.get(one.fun) ?? { cases: 0, same: 0, shape: 0, reasons: new Set() };
  found.set(one.fun, row);
  row.cases += 1;
  if (same && one.shape) row.shape += 1;
  else if (same) row.same += 1;
  else row.reasons.add(one.differs ?? 'not explained yet');
}

function page(found: ReadonlyMap<string, Row>): string {
  const functions = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
  const equal = functions.filter(([, row]) => row.reasons.size === 0).length;
  return [
    '# Functions next to the real Salt',
    '',
    'Made by `node --import tsx test/parity/table.ts`: each case is one call, of `salt-call --local` of Salt 3008.3 and of ours,',
    'as root on the same Debian machine, in the same state. *Same* means an equal value (or an equal error), an equal return code and,',
    'where the call changes something, an equal machine afterwards; *same types* that the value tells of the moment and its shape is equal.',
    'The cases are in `test/parity/cases`; `npm run parity` runs them again.',
    '',
    `${functions.length} functions in ${total(functions)} cases; ${equal} answer alike in all of their cases.`,
    '',
    '| function | cases | same | same types | otherwise, because |',
    '|---|---|---|---|---|',
    ...functions.map(
      ([fun, row]) => `| \`${fun}\` | ${row.cases} | ${row.same || ''} | ${row.shape || ''} | ${[...row.reasons].map(cell).join('; ')} |`,
    ),
    '',
  ].join('\n');
}

function total(functions: readonly (readonly [string, Row])[]): number {
  return functions.reduce((sum, [, row]) => sum + row.cases, 0);
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
