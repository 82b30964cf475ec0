import { equal } from '../python/compare.ts';
import { Callable, Opaque, type Value } from '../python/value.ts';

/** `namespace()`: what a loop may alter in the scope outside of it. */
export class Namespace extends Opaque {
  readonly typeName: string = 'Namespace';
  readonly names = new Map<string, Value>();
  override attribute(name: string): Value | undefined {
    return this.names.get(name);
  }
  override item(key: Value): Value | undefined {
    return typeof key === 'string' ? this.names.get(key) : undefined;
  }
}

/** An imported template: what it set and its macros; printed, what it renders. */
export class Module extends Opaque {
  readonly typeName: string = 'Module';
  readonly #names: ReadonlyMap<string, Value>;
  readonly #text: string;
  constructor(names: ReadonlyMap<string, Value>, text: string) {
    super();
    this.#names = names;
    this.#text = text;
  }
  override attribute(name: string): Value | undefined {
    return name.startsWith('_') ? undefined : this.#names.get(name);
  }
  override item(key: Value): Value | undefined {
    return typeof key === 'string' ? this.attribute(key) : undefined;
  }
  override text(): string {
    return this.#text;
  }
}

/** `loop` within a `for`. */
export class Loop extends Opaque {
  readonly typeName: string = 'LoopContext';
  readonly #items: readonly Value[];
  readonly #depth: number;
  readonly #again: ((over: Value) => Promise<Value>) | undefined;
  #last: readonly Value[] | undefined;
  at = 0;

  constructor(items: readonly Value[], depth: number, again?: (over: Value) => Promise<Value>) {
    super();
    this.#items = items;
    this.#depth = depth;
    this.#again = again;
  }

  /** `loop(...)` of a recursive loop. */
  get again(): ((over: Value) => Promise<Value>) | undefined {
    return this.#again;
  }

  override attribute(name: string): Value | undefined {
    const { length } = this.#items;
    switch (name) {
      case 'index':
        return this.at + 1;
      case 'index0':
        return this.at;
      case 'revindex':
        return length - this.at;
      case 'revindex0':
        return length - this.at - 1;
      case 'first':
        return this.at === 0;
      case 'last':
        return this.at === length - 1;
      case 'length':
        return length;
      case 'depth':
        return this.#depth + 1;
      case 'depth0':
        return this.#depth;
      case 'previtem':
        return this.#items[this.at - 1];
      case 'nextitem':
        return this.#items[this.at + 1];
      case 'cycle':
        return new Callable('cycle', (args) => args[this.at % Math.max(1, args.length)] ?? null);
      case 'changed':
        return new Callable('changed', (args) => this.#changed(args));
      default:
        return undefined;
    }
  }

  #changed(now: readonly Value[]): boolean {
    const before = this.#last;
    this.#last = now;
    return before === undefined || before.length !== now.length || before.some((value, index) => !equal(value, now[index] ?? null));
  }
}

/** Numbers in steps: `range(...)`. */
export class Range extends Opaque {
  readonly typeName: string = 'range';
  readonly start: number;
  readonly stop: number;
  readonly step: number;
  constructor(start: number, stop: number, step: number) {
    super();
    this.start = start;
    this.stop = stop;
    this.step = step;
  }
  get length(): number {
    return Math.max(0, Math.ceil((this.stop - this.start) / this.step));
  }
  override item(key: Value): Value | undefined {
    const at = Number(key) < 0 ? Number(key) + this.length : Number(key);
    return at < this.length ? this.start + at * this.step : undefined;
  }
  override isTrue(): boolean {
    return this.length > 0;
  }
  override text(): string {
    return this.step === 1 ? `range(${this.start}, ${this.stop})` : `range(${this.start}, ${this.stop}, ${this.step})`;
  }
  override *items(): Iterable<Value> {
    for (let at = 0; at < this.length; at++) yield this.start + at * this.step;
  }
}
