import { TsaltError } from '../../protocol/errors.ts';
import { type OptionSpec, optionsOf, type ToolSpec } from './option.ts';

/** The command line cannot be understood; printed below the usage line, exit code 64. */
export class UsageError extends TsaltError {
  constructor(message: string) {
    super('usage', message);
  }
}

type Value = boolean | number | string | readonly string[];

/** The options that were given, and the other words. */
export class Parsed {
  readonly words: readonly string[];
  readonly #values: ReadonlyMap<string, Value>;

  constructor(values: ReadonlyMap<string, Value>, words: readonly string[]) {
    this.#values = values;
    this.words = words;
  }

  flag(name: string): boolean {
    return this.#values.get(name) === true;
  }

  text(name: string): string | undefined {
    const value = this.#values.get(name);
    return typeof value === 'string' ? value : undefined;
  }

  number(name: string): number | undefined {
    const value = this.#values.get(name);
    return typeof value === 'number' ? value : undefined;
  }

  list(name: string): readonly string[] {
    const value = this.#values.get(name);
    return Array.isArray(value) ? value : [];
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }
}

/**
 * Reads a command line as Python's optparse does: options and words in any order, `--opt=value` or
 * `--opt value`, long options abbreviated as far as they stay clear, `-vt5` for `-v -t 5`, and nothing
 * but words behind `--`. @throws UsageError in optparse's words
 */
export function parse(tool: ToolSpec, argv: readonly string[]): Parsed {
  const reader = new Reader(optionsOf(tool), argv);
  return reader.read();
}

class Reader {
  readonly #flags = new Map<string, OptionSpec>();
  readonly #rest: string[];
  readonly #values = new Map<string, Value>();
  readonly #words: string[] = [];

  constructor(options: readonly OptionSpec[], argv: readonly string[]) {
    for (const option of options) for (const flag of option.flags) this.#flags.set(flag, option);
    this.#rest = [...argv];
  }

  read(): Parsed {
    for (let word = this.#rest.shift(); word !== undefined; word = this.#rest.shift()) {
      if (word === '--') {
        this.#words.push(...this.#rest.splice(0));
      } else if (word.startsWith('--')) this.#long(word);
      else if (word.startsWith('-') && word.length > 1) this.#short(word);
      else this.#words.push(word);
    }
    return new Parsed(this.#values, this.#words);
  }

  #long(word: string): void {
    const equals = word.indexOf('=');
    const given = equals < 0 ? word : word.slice(0, equals);
    const flag = this.#unabbreviated(given);
    const option = this.#option(flag);
    const attached = equals < 0 ? undefined : word.slice(equals + 1);
    if (option.kind === 'flag') {
      if (attached !== undefined) throw new UsageError(`${flag} option does not take a value`);
      this.#values.set(option.name, true);
    } else this.#store(option, flag, attached ?? this.#next(flag));
  }

  #unabbreviated(given: string): string {
    if (this.#flags.has(given)) return given;
    const meant = [...this.#flags.keys()].filter((flag) => flag.startsWith(given)).sort();
    const [only] = meant;
    if (only === undefined) throw new UsageError(`no such option: ${given}`);
    if (meant.length > 1) throw new UsageError(`ambiguous option: ${given} (${meant.join(', ')}?)`);
    return only;
  }

  /** `-vs`, `-t5`, `-t 5`. */
  #short(word: string): void {
    for (let i = 1; i < word.length; i++) {
      const flag = `-${word.charAt(i)}`;
      const option = this.#option(flag);
      if (option.kind !== 'flag') {
        this.#store(option, flag, i + 1 < word.length ? word.slice(i + 1) : this.#next(flag));
        return;
      }
      this.#values.set(option.name, true);
    }
  }

  #option(flag: string): OptionSpec {
    const option = this.#flags.get(flag);
    if (option === undefined) throw new UsageError(`no such option: ${flag}`);
    return option;
  }

  #next(flag: string): string {
    const value = this.#rest.shift();
    if (value === undefined) throw new UsageError(`${flag} option requires 1 argument`);
    return value;
  }

  #store(option: OptionSpec, flag: string, value: string): void {
    switch (option.kind) {
      case 'int':
        if (!/^\s*[-+]?\d+\s*$/.test(value)) throw new UsageError(`option ${flag}: invalid integer value: '${value}'`);
        this.#values.set(option.name, Number(value));
        break;
      case 'number':
        if (value.trim() === '' || Number.isNaN(Number(value)))
          throw new UsageError(`option ${flag}: invalid floating-point value: '${value}'`);
        this.#values.set(option.name, Number(value));
        break;
      case 'list':
        this.#values.set(option.name, [...this.#listed(option.name), value]);
        break;
      default:
        refuseOtherThan(option, flag, value);
        this.#values.set(option.name, value);
    }
  }

  #listed(name: string): readonly string[] {
    const value = this.#values.get(name);
    return Array.isArray(value) ? value : [];
  }
}

function refuseOtherThan({ choices, closed }: OptionSpec, flag: string, value: string): void {
  if (closed !== true || choices === undefined || choices.includes(value)) return;
  const known = choices.map((choice) => `'${choice}'`).join(', ');
  throw new UsageError(`option ${flag}: invalid choice: '${value}' (choose from ${known})`);
}
