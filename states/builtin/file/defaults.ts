import type { ArgsOf, ArgTable, Returnable } from '../../../modules/define.ts';

/** The arguments of a state that another state calls: those given, and the defaults of the others. */
export function withDefaults<A extends ArgTable>(table: A, given: Readonly<Record<string, Returnable>>): ArgsOf<A> {
  const defaults = Object.entries(table).flatMap(([name, arg]) => ('default' in arg ? [[name, arg.default]] : []));
  return { ...Object.fromEntries(defaults), ...given } as ArgsOf<A>;
}
