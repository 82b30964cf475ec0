import type { Returnable } from '../../modules/define.ts';
import { fromPlain, toPlain } from './python/plain.ts';
import { str } from './python/repr.ts';
import { Callable, type Data, isDict, Opaque, type Value } from './python/value.ts';

/** Functions as templates reach them. */
export interface Functions {
  /** @throws what the function throws */
  call(fun: string, args?: readonly Returnable[], kwargs?: Readonly<Record<string, Returnable>>): Promise<Returnable>;
  has(fun: string): Promise<boolean>;
}

/** What these answer is masked for people, not for templates. */
const UNMASKED: ReadonlySet<string> = new Set(['pillar.get', 'pillar.item', 'pillar.items', 'pillar.fetch', 'pillar.ext']);

/** `salt['module.function']` and `salt.module.function`: functions called as modules call each other. */
export class SaltFunctions extends Opaque {
  readonly typeName: string = 'salt.utils.templates.AliasedLoader';
  readonly #functions: Functions;
  readonly #prefix: string;

  constructor(functions: Functions, prefix = '') {
    super();
    this.#functions = functions;
    this.#prefix = prefix;
  }

  override async attribute(name: string): Promise<Value | undefined> {
    if (this.#prefix !== '') return await this.item(name);
    return (await moduleExists(this.#functions, name)) ? new SaltFunctions(this.#functions, `${name}.`) : undefined;
  }

  override async item(key: Value): Promise<Value | undefined> {
    const name = `${this.#prefix}${str(key)}`;
    if (!(await this.#functions.has(name))) return undefined;
    return new Callable(name, async (args, kwargs) => await this.#call(name, args, kwargs));
  }

  override async has(key: Value): Promise<boolean | undefined> {
    return this.#prefix === '' ? await this.#functions.has(str(key)) : undefined;
  }

  async #call(name: string, args: readonly Value[], kwargs: ReadonlyMap<string, Value>): Promise<Data> {
    const named: Record<string, Returnable> = Object.create(null);
    for (const [key, value] of kwargs) named[key] = toPlain(value) as Returnable;
    const real = UNMASKED.has(name) ? { unmask: true, ...named } : named;
    const plain = args.map((value) => toPlain(value) as Returnable);
    const answer = fromPlain(await this.#functions.call(name, plain, real));
    const altered = ALTERS.has(name) && named['in_place'] !== false ? args[0] : undefined;
    if (!isDict(altered) || !isDict(answer)) return answer;
    altered.clear();
    for (const [key, value] of answer) altered.set(key, value);
    return altered as Data;
  }
}

/** These alter their first argument, which formulas count on: `{% do salt['defaults.merge'](settings, given) %}`. */
const ALTERS: ReadonlySet<string> = new Set(['defaults.merge', 'defaults.update', 'slsutil.update']);

/** A module is there if `sys.list_functions` knows functions of it. */
async function moduleExists(functions: Functions, name: string): Promise<boolean> {
  try {
    const found = await functions.call('sys.list_functions', [name]);
    return Array.isArray(found) && found.length > 0;
  } catch {
    return false;
  }
}
