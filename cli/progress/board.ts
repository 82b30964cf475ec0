import type { Step } from './step.ts';

/** How far one minion is. */
interface Row {
  readonly numbers: Set<number>;
  total: number;
  failed: number;
  /** What runs now, or ended last. */
  current: string;
  ended: boolean;
}

/** What is known of a running job: how many minions are done, and how far the states of each are. */
export class Board {
  readonly #rows = new Map<string, Row>();
  #expected = 0;
  #ended = 0;

  expect(minions: number): void {
    this.#expected = minions;
  }

  /** What there is to say about a step, on one line. */
  step(step: Step): string {
    const row = this.#row(step.minion);
    row.numbers.add(step.number);
    row.total = Math.max(step.total, row.numbers.size);
    if (step.outcome === 'Failed') row.failed += 1;
    row.current = step.next ?? step.id;
    return `${step.minion}: ${counts(row)} ${step.id}: ${step.outcome}${failures(row)}`;
  }

  /** A minion returned, or will not. */
  end(minion: string): string {
    this.#ended += 1;
    const row = this.#rows.get(minion);
    if (row !== undefined) row.ended = true;
    return this.summary;
  }

  get summary(): string {
    return `${this.#ended} of ${this.#expected} minions`;
  }

  /** How many minions are done, where that is known, and a bar for each minion that runs states: at most `most` lines. */
  lines(most: number, columns: number): string[] {
    const running = [...this.#rows].filter(([, row]) => !row.ended);
    const shown = running.slice(0, running.length > most - 1 ? Math.max(0, most - 2) : running.length);
    const width = Math.min(30, Math.max(0, ...shown.map(([minion]) => minion.length)));
    const left = running.length - shown.length;
    const head = this.#expected > 0 ? [this.summary] : [];
    return [...head, ...shown.map(([minion, row]) => bar(minion.padEnd(width), row)), ...(left > 0 ? [`and ${left} more`] : [])].map(
      (line) => [...line].slice(0, Math.max(1, columns - 1)).join(''),
    );
  }

  #row(minion: string): Row {
    const known = this.#rows.get(minion);
    if (known !== undefined) return known;
    const row: Row = { numbers: new Set(), total: 0, failed: 0, current: '', ended: false };
    this.#rows.set(minion, row);
    return row;
  }
}

const BAR = 20;

const counts = ({ numbers, total }: Row): string => `${String(numbers.size).padStart(String(total).length)}/${total}`;
const failures = ({ failed }: Row): string => (failed > 0 ? ` (${failed} failed)` : '');

function bar(minion: string, row: Row): string {
  const full = row.total === 0 ? 0 : Math.floor((BAR * row.numbers.size) / row.total);
  return `${minion} [${'#'.repeat(full)}${'.'.repeat(BAR - full)}] ${counts(row)}${failures(row)} ${row.current}`;
}
