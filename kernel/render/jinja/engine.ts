import { arithmetic, negate } from '../python/arithmetic.ts';
import { attributeOf, itemOf, slice } from '../python/attributes.ts';
import { joinedBy } from '../python/bounds.ts';
import { compare, contains, equal, store } from '../python/compare.ts';
import { str } from '../python/repr.ts';
import {
  Callable,
  isDict,
  isNumeric,
  isTrue,
  iterate,
  Opaque,
  PythonError,
  sequence,
  Tuple,
  typeError,
  typeName,
  type Value,
} from '../python/value.ts';
import type { Argument, Comparison, Expression, Target } from './ast.ts';
import type { Budget } from './budget.ts';
import { JinjaError } from './errors.ts';
import { Loop, Namespace } from './objects.ts';
import type { Scope } from './scope.ts';
import { blank, defined, Undefined, undefinedIn, undefinedName } from './undefined.ts';

/** What a filter or test gets besides its arguments. */
export interface Tools {
  readonly filter: (name: string, value: Value, args: readonly Value[], kwargs: ReadonlyMap<string, Value>) => Promise<Value>;
  readonly test: (name: string, value: Value, args: readonly Value[], kwargs: ReadonlyMap<string, Value>) => Promise<boolean>;
  readonly budget: Budget;
}
export type Filter = (value: Value, args: readonly Value[], kwargs: ReadonlyMap<string, Value>, tools: Tools) => Value | Promise<Value>;
export type Test = (value: Value, args: readonly Value[], kwargs: ReadonlyMap<string, Value>) => boolean | Promise<boolean>;

export interface Library {
  readonly filters: Readonly<Record<string, Filter>>;
  readonly tests: Readonly<Record<string, Test>>;
  readonly globals: ReadonlyMap<string, Value>;
  /** Undefined values print nothing, instead of failing. */
  readonly lenient: boolean;
}

/** Computes expressions of one rendering. */
export class Evaluator {
  readonly #library: Library;
  readonly tools: Tools;

  constructor(library: Library, budget: Budget) {
    this.#library = library;
    this.tools = {
      budget,
      filter: async (name, value, args, kwargs) => {
        budget.step();
        return await this.#filterNamed(name)(value, args, kwargs, this.tools);
      },
      test: async (name, value, args, kwargs) => {
        budget.step();
        return await this.#testNamed(name)(value, args, kwargs);
      },
    };
  }

  #absent(value: Undefined): Undefined {
    return this.#library.lenient ? blank(value) : value;
  }

  #filterNamed(name: string): Filter {
    const filter = Object.hasOwn(this.#library.filters, name) ? this.#library.filters[name] : undefined;
    if (filter === undefined) throw new JinjaError('error', `No filter named '${name}'.`);
    return filter;
  }

  #testNamed(name: string): Test {
    const test = Object.hasOwn(this.#library.tests, name) ? this.#library.tests[name] : undefined;
    if (test === undefined) throw new JinjaError('error', `No test named '${name}'.`);
    return test;
  }

  lookup(name: string, scope: Scope): Value {
    return found(scope.get(name), () => found(this.#library.globals.get(name), () => this.#absent(undefinedName(name))));
  }

  async all(items: readonly Expression[], scope: Scope): Promise<Value[]> {
    const values: Value[] = [];
    for (const item of items) values.push(await this.value(item, scope));
    return values;
  }

  async isTrue(expression: Expression, scope: Scope): Promise<boolean> {
    return isTrue(await this.value(expression, scope));
  }

  async value(expression: Expression, scope: Scope): Promise<Value> {
    switch (expression.type) {
      case 'constant':
        return expression.value;
      case 'name':
        return this.lookup(expression.name, scope);
      case 'list':
        return await this.all(expression.items, scope);
      case 'tuple':
        return new Tuple(await this.all(expression.items, scope));
      case 'concat':
        return joinedBy(
          '',
          (await this.all(expression.items, scope)).map((item) => str(defined(item))),
        );
      case 'dict':
        return await this.#dict(expression.pairs, scope);
      case 'attribute': {
        const of = defined(await this.value(expression.of, scope));
        return found(await attributeOf(of, expression.name), () => this.#absent(undefinedIn(of, expression.name)));
      }
      case 'item':
        return await this.#item(expression, scope);
      case 'slice':
        return await this.#slice(expression, scope);
      case 'call':
        return await this.call(await this.value(expression.of, scope), await this.arguments(expression.args, scope));
      case 'filter': {
        const of = await this.value(expression.of, scope);
        const { args, kwargs } = await this.arguments(expression.args, scope);
        return await this.tools.filter(expression.name, of, args, kwargs);
      }
      case 'test': {
        const of = await this.value(expression.of, scope);
        const { args, kwargs } = await this.arguments(expression.args, scope);
        return await this.tools.test(expression.name, of, args, kwargs);
      }
      case 'not':
        return !(await this.isTrue(expression.of, scope));
      case 'minus':
        return negate(defined(await this.value(expression.of, scope)));
      case 'plus':
        return this.#plus(defined(await this.value(expression.of, scope)));
      case 'and': {
        const left = await this.value(expression.left, scope);
        return isTrue(left) ? await this.value(expression.right, scope) : left;
      }
      case 'or': {
        const left = await this.value(expression.left, scope);
        return isTrue(left) ? left : await this.value(expression.right, scope);
      }
      case 'arithmetic':
        return arithmetic(
          expression.operator,
          defined(await this.value(expression.left, scope)),
          defined(await this.value(expression.right, scope)),
        );
      case 'compare':
        return await this.#compare(expression, scope);
      case 'if':
        return await this.#if(expression, scope);
    }
  }

  async #dict(pairs: readonly (readonly [Expression, Expression])[], scope: Scope): Promise<Value> {
    const dict = new Map<Value, Value>();
    for (const [key, value] of pairs) store(dict, defined(await this.value(key, scope)), await this.value(value, scope));
    return dict;
  }

  async #item({ of, key }: Extract<Expression, { type: 'item' }>, scope: Scope): Promise<Value> {
    const value = defined(await this.value(of, scope));
    const at = defined(await this.value(key, scope));
    return found(await itemOf(value, at), () => this.#absent(undefinedIn(value, at)));
  }

  async #slice({ of, bounds }: Extract<Expression, { type: 'slice' }>, scope: Scope): Promise<Value> {
    const value = defined(await this.value(of, scope));
    const [start = null, stop = null, step = null] = await Promise.all(
      bounds.map(async (bound) => (bound === undefined ? null : defined(await this.value(bound, scope)))),
    );
    return slice(value instanceof Opaque ? [...iterate(value)] : value, start, stop, step);
  }

  #plus(value: Value): Value {
    if (!isNumeric(value)) throw typeError(`bad operand type for unary +: '${typeName(value)}'`);
    return typeof value === 'boolean' ? Number(value) : value;
  }

  async #if({ condition, value, otherwise }: Extract<Expression, { type: 'if' }>, scope: Scope): Promise<Value> {
    if (await this.isTrue(condition, scope)) return await this.value(value, scope);
    if (otherwise !== undefined) return await this.value(otherwise, scope);
    return new Undefined('the inline if-expression evaluated to false and no else section was defined.');
  }

  async #compare({ first, rest }: Extract<Expression, { type: 'compare' }>, scope: Scope): Promise<boolean> {
    let left = defined(await this.value(first, scope));
    for (const [operator, expression] of rest) {
      const right = defined(await this.value(expression, scope));
      if (!(await compared(operator, left, right))) return false;
      left = right;
    }
    return true;
  }

  async arguments(list: readonly Argument[], scope: Scope): Promise<Arguments> {
    const args: Value[] = [];
    const kwargs = new Map<string, Value>();
    for (const { name, spread, value } of list) {
      const made = await this.value(value, scope);
      if (spread === '*') args.push(...iterate(defined(made)));
      else if (spread === '**') for (const [key, item] of entries(defined(made))) kwargs.set(key, item);
      else if (name !== undefined) kwargs.set(name, made);
      else args.push(made);
    }
    return { args, kwargs };
  }

  async call(callee: Value, { args, kwargs }: Arguments): Promise<Value> {
    const target = defined(callee);
    this.tools.budget.step();
    if (target instanceof Callable) return await target.call(args, kwargs);
    if (target instanceof Loop) {
      if (target.again === undefined) throw typeError("The loop must have the 'recursive' marker to be called recursively.");
      return await target.again(args[0] ?? null);
    }
    throw typeError(`'${typeName(target)}' object is not callable`);
  }

  /** Sets what an assignment names. */
  assign(target: Target, value: Value, scope: Scope): void {
    if (target.type === 'name') scope.set(target.name, value);
    else if (target.type === 'member') {
      const space = this.lookup(target.of, scope);
      if (!(space instanceof Namespace)) throw new JinjaError('error', 'cannot assign attribute on non-namespace object');
      space.names.set(target.name, value);
    } else this.#unpack(target.targets, value, scope);
  }

  #unpack(targets: readonly Target[], value: Value, scope: Scope): void {
    const items = [...(sequence(defined(value)) ?? iterate(value))];
    if (items.length < targets.length)
      throw new PythonError('ValueError', `not enough values to unpack (expected ${targets.length}, got ${items.length})`);
    if (items.length > targets.length) throw new PythonError('ValueError', `too many values to unpack (expected ${targets.length})`);
    for (const [index, target] of targets.entries()) this.assign(target, items[index] ?? null, scope);
  }
}

/** None is a value, too: only what is not there gives way. */
const found = (value: Value | undefined, otherwise: () => Value): Value => (value === undefined ? otherwise() : value);

export interface Arguments {
  readonly args: readonly Value[];
  readonly kwargs: ReadonlyMap<string, Value>;
}

function entries(value: Value): [string, Value][] {
  if (!isDict(value)) throw typeError('argument after ** must be a mapping');
  return [...value].map(([key, item]) => [str(key), item]);
}

/** One comparison with Python's rules. */
export async function compared(operator: Comparison, a: Value, b: Value): Promise<boolean> {
  switch (operator) {
    case '==':
      return equal(a, b);
    case '!=':
      return !equal(a, b);
    case '<':
      return compare(a, b, '<') < 0;
    case '<=':
      return compare(a, b, '<=') <= 0;
    case '>':
      return compare(a, b, '>') > 0;
    case '>=':
      return compare(a, b, '>=') >= 0;
    case 'in':
      return await isIn(b, a);
    case 'not in':
      return !(await isIn(b, a));
  }
}

async function isIn(haystack: Value, needle: Value): Promise<boolean> {
  const answer = haystack instanceof Opaque ? await haystack.has(needle) : undefined;
  if (answer !== undefined) return answer;
  if (
    typeof haystack !== 'string' &&
    !isDict(haystack) &&
    sequence(haystack) === undefined &&
    !(haystack instanceof Opaque && haystack.items() !== undefined)
  ) {
    throw typeError(`argument of type '${typeName(haystack)}' is not iterable`);
  }
  return contains(haystack, needle, iterate);
}
