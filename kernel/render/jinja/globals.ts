import { update } from '../python/methods/containers.ts';
import { str } from '../python/repr.ts';
import { Callable, iterate, Opaque, PythonError, typeError, type Value } from '../python/value.ts';
import { Namespace, Range } from './objects.ts';

const made = (name: string, call: Callable['call']): [string, Callable] => [name, new Callable(name, call)];

const dict: Callable['call'] = (args, kwargs) => {
  const dictionary = new Map<Value, Value>();
  update(dictionary, args, kwargs);
  return dictionary;
};

const range: Callable['call'] = (args) => {
  const [a, b, c] = args.map((value) => {
    if (typeof value !== 'number' || !Number.isInteger(value))
      throw typeError(`'${typeof value}' object cannot be interpreted as an integer`);
    return value;
  });
  if (a === undefined) throw typeError('range expected at least 1 argument, got 0');
  const made = b === undefined ? new Range(0, a, 1) : new Range(a, b, c ?? 1);
  if (made.length > 100_000)
    throw new PythonError('OverflowError', 'Range too big. The sandbox blocks ranges larger than MAX_RANGE (100000).');
  return made;
};

const namespace: Callable['call'] = (args, kwargs) => {
  const space = new Namespace();
  const dictionary = dict(args, kwargs) as Map<Value, Value>;
  for (const [key, value] of dictionary) space.names.set(str(key), value);
  return space;
};

class Cycler extends Opaque {
  readonly typeName: string = 'Cycler';
  readonly #values: readonly Value[];
  #at = 0;
  constructor(values: readonly Value[]) {
    super();
    this.#values = values;
  }
  override attribute(name: string): Value | undefined {
    if (name === 'current') return this.#values[this.#at];
    if (name === 'next') return new Callable('next', () => this.#values[this.#at++ % this.#values.length] ?? null);
    return name === 'reset' ? new Callable('reset', () => this.#reset()) : undefined;
  }

  #reset(): null {
    this.#at = 0;
    return null;
  }
}

const joiner: Callable['call'] = ([by]) => {
  let used = false;
  return new Callable('joiner', () => {
    const first = !used;
    used = true;
    return first ? '' : (by ?? ', ');
  });
};

/** Names that every template knows. */
export const builtinGlobals: ReadonlyMap<string, Value> = new Map<string, Value>([
  made('dict', dict),
  made('odict', dict),
  made('range', range),
  made('namespace', namespace),
  made('cycler', (args) => new Cycler(args)),
  made('joiner', joiner),
  made('raise', ([message]) => {
    throw new PythonError('TemplateError', str(message ?? null));
  }),
  made('lipsum', () => 'Lorem ipsum dolor sit amet.'),
  made('zip', (args) => {
    const lists = args.map((arg) => [...iterate(arg)]);
    return Array.from({ length: Math.min(...lists.map((list) => list.length)) }, (_, index) => lists.map((list) => list[index] ?? null));
  }),
]);
