import { readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { Command } from 'commander';
import type { Make } from '../support/house.ts';
import { realSalt } from '../support/salt.ts';
import type { FigureName, Readings } from './figures.ts';
import { median } from './measure.ts';
import { MEASUREMENTS, type Plan } from './measurements.ts';
import { circumstances, tableOf } from './table.ts';

/*
 * `npm run bench`: real Salt and tsalt, measured in turn on this machine; the table goes into docs/benchmarks.md
 * when everything was measured, and to the terminal always.
 */

interface Flags {
  readonly only?: string;
  readonly quick?: boolean;
  readonly impl?: string;
  readonly minions?: string;
  readonly rounds?: string;
}

const FULL: Plan = { minions: 1000, runs: 10, jobs: 3, storedReturns: 1_000_000, idleMs: 8000 };
const QUICK: Plan = { minions: 200, runs: 3, jobs: 2, storedReturns: 100_000, idleMs: 2000 };
const DOCUMENT = new URL('../../docs/benchmarks.md', import.meta.url);
const MARKS = ['<!-- figures -->', '<!-- /figures -->'] as const;

const flags = new Command('bench')
  .option('--only <names>', `some of ${Object.keys(MEASUREMENTS).join(',')}`)
  .option('--quick', 'smaller, in about two minutes, for a look')
  .option('--impl <make>', 'tsalt or salt alone')
  .option('--minions <n>', 'simulated minions')
  .option('--rounds <n>', 'how often everything is measured; the table has medians')
  .parse()
  .opts<Flags>();

const plan: Plan = { ...(flags.quick ? QUICK : FULL), ...(flags.minions === undefined ? {} : { minions: Number(flags.minions) }) };
const names = flags.only?.split(',') ?? Object.keys(MEASUREMENTS);
const makes = makesOf(flags.impl);
const loadBefore = loadavg()[0] ?? 0;
const began = performance.now();
const readings = await measureAll(Number(flags.rounds ?? 1));
const about = circumstances(
  { minions: plan.minions, loadBefore, loadAfter: loadavg()[0] ?? 0, seconds: (performance.now() - began) / 1000 },
  makes.includes('salt'),
);
const table = `${about}\n${tableOf({ tsalt: medians(readings.tsalt), ...(makes.includes('salt') ? { salt: medians(readings.salt) } : {}) })}`;
process.stdout.write(`\n${table}`);
if (flags.only === undefined && flags.impl === undefined && !flags.quick) writeInto(DOCUMENT, table);

function makesOf(impl: string | undefined): readonly Make[] {
  if (impl === 'tsalt' || impl === 'salt') return [impl];
  if (impl !== undefined) throw new Error(`--impl is tsalt or salt, not ${impl}`);
  return realSalt() === undefined ? ['tsalt'] : ['salt', 'tsalt'];
}

/** One failure must not lose the other figures: it is told, and its rows are missing. */
async function measureAll(rounds: number): Promise<Record<Make, Readings[]>> {
  const all: Record<Make, Readings[]> = { salt: [], tsalt: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) for (const make of makes) all[make].push(await measured(name, make));
  }
  return all;
}

async function measured(name: string, make: Make): Promise<Readings> {
  const measurement = MEASUREMENTS[name];
  if (measurement === undefined) throw new Error(`there is no measurement ${name}, only ${Object.keys(MEASUREMENTS).join(', ')}`);
  const from = performance.now();
  try {
    const found = await measurement(make, plan, makes.includes('salt'));
    process.stderr.write(`${name} of ${make}, ${Math.round((performance.now() - from) / 1000)} s: ${JSON.stringify(found)}\n`);
    return found;
  } catch (error) {
    process.exitCode = 1;
    process.stderr.write(`${name} of ${make} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return {};
  }
}

function medians(rounds: readonly Readings[]): Readings {
  const values = new Map<FigureName, number[]>();
  for (const round of rounds)
    for (const [name, value] of Object.entries(round)) values.set(name as FigureName, [...(values.get(name as FigureName) ?? []), value]);
  return Object.fromEntries([...values].map(([name, some]) => [name, median(some)]));
}

/** Replaces what stands between the marks. */
function writeInto(file: URL, text: string): void {
  const [open, close] = MARKS;
  const old = readFileSync(file, 'utf8');
  const [before, after] = [old.split(open)[0] ?? '', old.split(close)[1] ?? ''];
  writeFileSync(file, `${before}${open}\n\n${text}\n${close}${after}`);
}
