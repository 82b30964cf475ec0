import type { Palette } from './colors.ts';
import { type Chunk, chunksOf } from './highstate-chunk.ts';
import { fullLines, terseLine, warningLines } from './highstate-lines.ts';
import { Tally } from './highstate-summary.ts';
import { nested } from './nested.ts';
import type { OutputOptions, StateOptions } from './outputter.ts';
import { str } from './python.ts';
import { at, entriesOf, has, isMapping, kindOf, lines, stripEnd, truthy, Unprintable, withoutEscapes } from './values.ts';

const ORCHESTRATION = new Set(['state.orch', 'state.orchestrate', 'state.sls']);

/** What one block needs to know besides the results themselves. */
export interface Setting {
  readonly options: OutputOptions;
  readonly colors: Palette;
  /** How deep this is inside an orchestration's own results; 1 at the top. */
  readonly level: number;
  /** The output of results found inside the changes of an orchestration step. */
  readonly inner: (data: unknown, level: number) => string;
}

/** One minion's part of a highstate output. */
export class Host {
  readonly #name: string;
  readonly #data: unknown;
  readonly #options: OutputOptions;
  readonly #state: StateOptions;
  readonly #colors: Palette;
  readonly #setting: Setting;
  readonly #lines: string[] = [];
  #nameColor: string;
  #changes = 0;

  constructor(name: unknown, data: unknown, setting: Setting) {
    this.#name = str(name);
    this.#data = data;
    this.#setting = setting;
    this.#options = setting.options;
    this.#state = setting.options.state ?? {};
    this.#colors = setting.colors;
    this.#nameColor = setting.colors.GREEN;
  }

  get changed(): boolean {
    return this.#changes > 0;
  }

  text(): string {
    switch (kindOf(this.#data)) {
      case 'int':
      case 'bool':
        this.#plain([str(this.#data)]);
        break;
      case 'text':
        this.#plain(lines(String(this.#data)));
        break;
      case 'list':
        this.#compileErrors(this.#data as unknown[]);
        break;
      case 'map':
        this.#states();
    }
    return [`${this.#nameColor}${this.#harmless(this.#name)}:${this.#colors.ENDC}`, ...this.#lines].join('\n');
  }

  /** Without what could move the cursor, unless `strip_colors` is off. */
  #harmless(value: unknown): string {
    if (this.#state.stripColors === false) return str(value);
    return withoutEscapes(value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : str(value));
  }

  /** What an orchestrated function returned: counted as a change. */
  #plain(texts: readonly string[]): void {
    this.#changes = 1;
    for (const text of texts) this.#lines.push(`${this.#colors.GREEN}    ${text}${this.#colors.ENDC}`);
    this.#nameColor = this.#colors.CYAN;
  }

  #compileErrors(errors: readonly unknown[]): void {
    const color = this.#colors.LIGHT_RED;
    this.#nameColor = color;
    this.#lines.push(`    ${color}Data failed to compile:${this.#colors.ENDC}`);
    for (const error of errors) this.#lines.push(`${color}----------\n    ${this.#harmless(error)}${this.#colors.ENDC}`);
  }

  #states(): void {
    const { chunks, complaints } = chunksOf(this.#data, this.#state.compressIds === true);
    this.#lines.unshift(...complaints);
    const tally = new Tally();
    for (const chunk of chunks) {
      tally.add(chunk);
      this.#chunk(chunk, tally);
    }
    this.#lines.push(...tally.lines(this.#harmless(this.#name), this.#changes, this.#state, this.#colors));
  }

  #chunk(chunk: Chunk, tally: Tally): void {
    const { changed, text } = this.#changesOf(chunk);
    if (chunk.result !== false && chunk.result !== null && truthy(chunk.result) && !changed) {
      if (this.#state.diff === true || this.#state.verbose === false) return;
    }
    const color = this.#colorOf(chunk, changed);
    const names = this.#names(chunk);
    switch (this.#form(chunk, changed)) {
      case 'hidden':
        return;
      case 'terse':
        this.#lines.push(terseLine(chunk, names, color, this.#state, this.#colors));
        return;
      default:
        this.#lines.push(...fullLines(chunk, names, color, this.#state, this.#colors));
        this.#lines.push(`${color}     Changes:   ${text}${this.#colors.ENDC}`);
        if (chunk.warnings !== undefined) {
          tally.warnings++;
          this.#lines.push(warningLines(chunk.warnings, this.#colors));
        }
    }
  }

  #colorOf(chunk: Chunk, changed: boolean): string {
    if (chunk.result === false) {
      this.#nameColor = this.#colors.RED;
      return this.#colors.RED;
    }
    if (chunk.result === null) {
      this.#nameColor = this.#colors.LIGHT_YELLOW;
      return this.#colors.LIGHT_YELLOW;
    }
    return changed ? this.#colors.CYAN : this.#colors.GREEN;
  }

  /** State, id, name and function; the `_id` modes show the id for the name. */
  #names(chunk: Chunk): readonly string[] {
    const [state = '', id = '', name = '', ...rest] = chunk.names;
    return [state, id, this.#mode().endsWith('_id') ? id : name, ...rest];
  }

  #mode(): string {
    return (this.#state.output ?? 'full').toLowerCase();
  }

  #form(chunk: Chunk, changed: boolean): 'full' | 'terse' | 'hidden' {
    const mode = this.#mode();
    if (mode.startsWith('filter')) return this.#filtered(str(chunk.result));
    const terse =
      mode.startsWith('terse') ||
      (mode.startsWith('mixed') && chunk.result !== false) ||
      (mode.startsWith('changes') && truthy(chunk.result) && !changed);
    return terse ? 'terse' : 'full';
  }

  #filtered(result: string): 'full' | 'terse' | 'hidden' {
    const kwargs = [...(this.#options.args ?? [])].reverse().find((arg) => has(arg, '__kwarg__'));
    const listed = (name: 'terse' | 'exclude'): boolean => {
      const value = has(kwargs, name) ? at(kwargs, name) : (this.#state[name] ?? []);
      if (typeof value === 'string') return value.split(',').includes(result);
      return Array.isArray(value) && value.includes(result);
    };
    return listed('terse') ? 'terse' : listed('exclude') ? 'hidden' : 'full';
  }

  #changesOf(chunk: Chunk): { changed: boolean; text: string } {
    if (ORCHESTRATION.has(str(chunk.name))) {
      this.#changes++;
      const { inner, level } = this.#setting;
      const text = inner(chunk.changes, level + 1);
      return { changed: true, text: `\n${text}`.replace(/^/gm, ' '.repeat(14 * level)) };
    }
    const shown = this.#format(chunk.changes);
    if (shown.changed) this.#changes += chunk.count > 1 ? entriesOf(at(chunk.changes, 'compressed changes')).length || 1 : 1;
    return shown;
  }

  #format(changes: unknown): { changed: boolean; text: string } {
    if (!truthy(changes)) return { changed: false, text: '' };
    if (!isMapping(changes)) return { changed: true, text: `Invalid Changes data: ${str(changes)}` };
    const results = at(changes, 'ret');
    if (results === undefined || results === null || at(changes, 'out') !== 'highstate') {
      const text = nested(changes, this.#options, { nestedIndent: 14 });
      return { changed: true, text: `\n${stripEnd(text)}` };
    }
    if (!isMapping(results)) throw new Unprintable('the results of a step are not a mapping');
    return this.#inner(results);
  }

  /** A step that ran states on other minions: their output, indented; changed when one of them changed. */
  #inner(results: object): { changed: boolean; text: string } {
    let changed = false;
    let text = '';
    for (const [name, data] of entriesOf(results)) {
      const host = new Host(name, data, { ...this.#setting, level: 1 });
      for (const line of lines(host.text())) text += `\n${' '.repeat(14)}${line}`;
      changed ||= host.changed;
    }
    return { changed, text };
  }
}
