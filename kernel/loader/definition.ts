import type { AnyCall, Ctx, ExecModule, Host } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import { argspecOf, type Bound, bind } from './bind.ts';
import type { Callable, LoadedModule, RefusedModule, Run } from './callable.ts';
import { docText } from './docs.ts';
import { toReturnable } from './returnable.ts';

/** Makes the context of one call. */
export type MakeContext = (fun: string, run: Run, bound: Bound) => Ctx;

/** A module written against `modules/define.ts`, as the registry calls it. */
export const fromDefinition = (module: ExecModule, host: Host, context: MakeContext): LoadedModule | RefusedModule => {
  const reason = refusal(module, host);
  if (reason !== undefined) return { name: module.name, reason };
  const functions = Object.entries(module.calls).map(
    ([name, definition]) => [name, callable(`${module.name}.${name}`, definition, context)] as const,
  );
  return { name: module.name, functions: new Map(functions) };
};

const refusal = (module: ExecModule, host: Host): string | undefined => {
  try {
    const serves = module.serves?.(host) ?? true;
    return serves === true ? undefined : serves;
  } catch (thrown) {
    return `its check for this machine failed: ${messageOf(thrown)}`;
  }
};

const callable = (fun: string, definition: AnyCall, context: MakeContext): Callable => ({
  doc: docText(definition),
  argspec: argspecOf(definition),
  ...(definition.out === undefined ? {} : { out: definition.out }),
  alsoTakes: definition.changes ? ['test'] : [],
  async call(given, run) {
    const bound = bind(fun, definition, given);
    return toReturnable(await definition.run(context(fun, run, bound), bound.args));
  },
});
