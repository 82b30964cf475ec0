import { Float } from '../../protocol/wire/float.ts';
import type { Color, Palette } from './colors.ts';
import type { Chunk } from './highstate-chunk.ts';
import type { StateOptions } from './outputter.ts';
import { floatRepr } from './python.ts';

/** The longest label, `Succeeded`, decides how wide the summary is. */
const LABEL_WIDTH = 9;

/** Counts of one minion's results, and the summary made of them. */
export class Tally {
  warnings = 0;
  readonly #counts = new Map<unknown, number>();
  #serial = 0;
  /** Parallel states add only their longest one to the run time. */
  #parallel = 0;

  add(chunk: Chunk): void {
    const result = asPython(chunk.result);
    this.#counts.set(result, this.#of(result) + chunk.count);
    const duration = millisecondsOf(chunk.duration);
    if (chunk.parallel) this.#parallel = Math.max(this.#parallel, duration);
    else this.#serial += duration;
  }

  #of(result: unknown): number {
    return this.#counts.get(result) ?? 0;
  }

  get #total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  lines(host: string, changes: number, state: StateOptions, colors: Palette): string[] {
    const width =
      LABEL_WIDTH +
      2 +
      Math.max(0, ...[...this.#counts.values(), ...(this.warnings > 0 ? [this.warnings] : [])].map((count) => String(count).length));
    const rule = '-'.repeat(width);
    const paint = (color: Color, text: string): string => `${colors[color]}${text}${colors.ENDC}`;
    const count = (label: string, value: string | number): string => `${label}: ${String(value).padStart(width - label.length - 2)}`;
    const failed = this.#of(false);
    const failedColor: Color = failed > 0 ? 'RED' : 'CYAN';
    const succeeded = this.#of(true) + this.#of(null);
    const out = [
      paint('CYAN', `\nSummary for ${host}\n${rule}`),
      paint('GREEN', count('Succeeded', succeeded)) + this.#changed(changes, paint),
      paint(failedColor, count('Failed', failed)),
    ];
    if (state.pct === true && this.#total > 0) {
      out.push(paint('GREEN', count('Success %', percent(succeeded, this.#total))));
      out.push(paint(failed > 0 ? 'RED' : 'CYAN', count('Failure %', percent(failed, this.#total))));
    }
    if (this.warnings > 0) out.push(paint('LIGHT_RED', count('Warnings', this.warnings)));
    out.push(paint('CYAN', `${rule}\nTotal states run: ${String(this.#total).padStart(width - 7)}`));
    if (state.profile !== false) out.push(paint('CYAN', this.#runTime(width)));
    return out;
  }

  #changed(changes: number, paint: (color: Color, text: string) => string): string {
    const parts: string[] = [];
    if (this.#of(null) > 0) parts.push(paint('LIGHT_YELLOW', `unchanged=${this.#of(null)}`));
    if (changes > 0) parts.push(paint('GREEN', `changed=${changes}`));
    return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
  }

  #runTime(width: number): string {
    const total = this.#serial + this.#parallel;
    const [value, unit] = total > 999 ? [total / 1000, 's'] : [total, 'ms'];
    return `Total run time: ${value.toFixed(3).padStart(width - 5)} ${unit}`;
  }
}

/** 1 and 0 are the same as True and False where Python counts. */
const asPython = (result: unknown): unknown => {
  const value = result instanceof Float ? result.value : result;
  return value === 1 ? true : value === 0 ? false : value;
};

const percent = (part: number, whole: number): string => floatRepr(Math.round((part / whole) * 10_000) / 100);

function millisecondsOf(duration: unknown): number {
  if (duration instanceof Float) return duration.value;
  const value = Number(typeof duration === 'string' ? duration.split(' ms')[0] : (duration ?? 0));
  return Number.isFinite(value) ? value : 0;
}
