import { typeError, type Value } from './value.ts';

/** Positional and keyword arguments in the order of `names`. @throws PythonError as Python words it */
export function bound(
  fun: string,
  names: readonly string[],
  args: readonly Value[],
  kwargs: ReadonlyMap<string, Value>,
): (Value | undefined)[] {
  if (args.length > names.length) {
    throw typeError(`${fun}() takes at most ${names.length} argument${names.length === 1 ? '' : 's'} (${args.length} given)`);
  }
  const made: (Value | undefined)[] = names.map((_, index) => args[index]);
  for (const [name, value] of kwargs) {
    const index = names.indexOf(name);
    if (index < 0) throw typeError(`${fun}() got an unexpected keyword argument '${name}'`);
    if (index < args.length) throw typeError(`${fun}() got multiple values for argument '${name}'`);
    made[index] = value;
  }
  return made;
}
