import type { Returnable } from '../../../modules/define.ts';
import { entriesOf } from '../arguments.ts';
import type { ArgSpec, Callable, Given, LoadedModule, RefusedModule, Run } from '../callable.ts';

/** How another process runs a function of that full name. */
export type Call = (fun: string, given: Given, run: Run) => Promise<Returnable>;

/** The modules of a kind, as a process described them by kind. */
export const modulesOf = (kinds: [unknown, unknown][] | undefined, kind: string, call: Call): (LoadedModule | RefusedModule)[] =>
  listOf(new Map(kinds).get(kind)).map((entry) => {
    const fields = new Map(entriesOf(entry));
    const name = String(fields.get('name'));
    if (fields.has('reason')) return { name, reason: String(fields.get('reason')) };
    const functions = listOf(fields.get('functions')).map((described) => {
      const own = String(new Map(entriesOf(described)).get('name'));
      return [own, callableOf(described, `${name}.${own}`, call)] as const;
    });
    return { name, functions: new Map(functions) };
  });

/** One function as a process described it: `doc`, `args`, `defaults`, `varargs`, `kwargs`, `out`, `also`. */
export const callableOf = (described: unknown, fun: string, call: Call): Callable => {
  const fields = new Map(entriesOf(described));
  const out = fields.get('out');
  return {
    doc: String(fields.get('doc') ?? ''),
    argspec: argspecOf(fields),
    ...(typeof out === 'string' ? { out } : {}),
    alsoTakes: listOf(fields.get('also')).map(String),
    call: (given: Given, run: Run) => call(fun, given, run),
  };
};

const argspecOf = (fields: ReadonlyMap<unknown, unknown>): ArgSpec => {
  const args = listOf(fields.get('args')).map(String);
  const defaults = listOf(fields.get('defaults')) as Returnable[];
  return {
    args: args.length > 0 ? args : null,
    defaults: defaults.length > 0 ? defaults : null,
    varargs: fields.get('varargs') === true ? true : null,
    kwargs: fields.get('kwargs') === true ? true : null,
  };
};

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
