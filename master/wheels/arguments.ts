import { TsaltError } from '../../protocol/errors.ts';

export type Kwargs = Readonly<Record<string, unknown>>;

/** The arguments of one call of a wheel function, checked as they are read. All methods throw TsaltError `bad-arguments`. */
export class WheelArguments {
  readonly #fun: string;
  readonly #kwargs: Kwargs;

  constructor(fun: string, kwargs: Kwargs) {
    this.#fun = fun;
    this.#kwargs = kwargs;
  }

  text(name: string): string {
    return this.optionalText(name) ?? this.refuse(name, 'a text is required');
  }

  optionalText(name: string): string | undefined {
    const value = this.value(name);
    if (value === undefined || value === null) return undefined;
    return typeof value === 'string' ? value : this.refuse(name, 'a text is expected');
  }

  /** False when absent. */
  flag(name: string): boolean {
    const value = this.value(name);
    if (value === undefined) return false;
    return typeof value === 'boolean' ? value : this.refuse(name, 'true or false is expected');
  }

  /** A number, also as text, as command lines hand it in. */
  optionalNumber(name: string): number | undefined {
    const value = this.value(name);
    if (value === undefined || value === null) return undefined;
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    return typeof number === 'number' && Number.isFinite(number) ? number : this.refuse(name, 'a number is expected');
  }

  wholeNumber(name: string, otherwise: number): number {
    const number = this.optionalNumber(name) ?? otherwise;
    return Number.isInteger(number) ? number : this.refuse(name, 'a whole number is expected');
  }

  /** One glob or several; a number is taken for the id it looks like. */
  globs(name: string): string | string[] {
    const value = this.value(name);
    if (isWord(value)) return String(value);
    return Array.isArray(value) && value.every(isWord) ? value.map(String) : this.refuse(name, 'a glob or a list of globs is required');
  }

  /** Lists of texts by some of these keys; clients may wrap the map in a list. */
  lists<K extends string>(name: string, keys: readonly K[]): Partial<Record<K, string[]>> {
    const given = this.value(name);
    const map: unknown = Array.isArray(given) && given.length === 1 ? given[0] : given;
    const found: Partial<Record<K, string[]>> = Object.create(null);
    if (typeof map !== 'object' || map === null || Array.isArray(map)) return this.#refuseLists(name, keys);
    for (const [key, list] of Object.entries(map)) {
      const known = keys.find((one) => one === key);
      if (known === undefined || !Array.isArray(list) || !list.every((item) => typeof item === 'string'))
        return this.#refuseLists(name, keys);
      found[known] = list;
    }
    return found;
  }

  value(name: string): unknown {
    return Object.hasOwn(this.#kwargs, name) ? this.#kwargs[name] : undefined;
  }

  refuse(name: string, why: string): never {
    throw new TsaltError('bad-arguments', `${this.#fun}: ${name}: ${why}`);
  }

  #refuseLists(name: string, keys: readonly string[]): never {
    return this.refuse(name, `a map of ${keys.join(', ')} to lists of minion ids is required`);
  }
}

const isWord = (value: unknown): value is string | number => typeof value === 'string' || typeof value === 'number';
