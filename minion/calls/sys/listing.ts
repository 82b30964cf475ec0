import { argspecOf } from '../../../kernel/loader/bind.ts';
import { docText, named } from '../../../kernel/loader/docs.ts';
import { globMatcher } from '../../../kernel/targeting/glob.ts';
import { type AnyCall, type ArgTable, type Ctx, call, type Returnable } from '../../../modules/define.ts';

/** What is told of one function that is none of an execution module: of a state, a returner. */
export interface Described {
  readonly doc: string;
  readonly examples?: readonly string[];
  readonly args: ArgTable;
  readonly rest?: string;
  readonly extra?: string;
}

/** All functions of a kind, by `module.function`; also the documentation of modules where Salt shows it. */
export interface Kind {
  /** In the names of the calls and in their documentation. */
  readonly name: string;
  readonly modules: string;
  find(ctx: Ctx): Promise<{ readonly functions: Readonly<Record<string, Described>>; readonly modules: Readonly<Record<string, string>> }>;
}

const PATTERNS = 'modules, functions, or globs of functions';

/** `list_<kind>s`, `list_<kind>_functions`, `<kind>_doc`, `<kind>_argspec`, as Salt has them for states and returners. */
export function listingCalls(kind: Kind) {
  const { name } = kind;
  return {
    [kind.modules]: call({
      doc: `The names of ${name} modules, sorted.`,
      examples: [`tsalt '*' sys.${kind.modules}`],
      args: {},
      rest: 'modules, or globs of functions',
      changes: false,
      run: async (ctx) => modulesOf(Object.keys((await kind.find(ctx)).functions), ctx.rest),
    }),
    [`list_${name}_functions`]: call({
      doc: `The names of the functions of ${name} modules, sorted.`,
      examples: [`tsalt '*' sys.list_${name}_functions`],
      args: {},
      rest: PATTERNS,
      extra: 'whatever else was given; it is not looked at',
      changes: false,
      run: async (ctx) => functionsOf(Object.keys((await kind.find(ctx)).functions), ctx.rest),
    }),
    [`${name}_doc`]: call({
      doc: `The documentation of ${name} modules and their functions.`,
      examples: [`tsalt '*' sys.${name}_doc`],
      args: {},
      rest: PATTERNS,
      changes: false,
      async run(ctx) {
        const { functions, modules } = await kind.find(ctx);
        const docs: Record<string, string> = {};
        for (const [fun, described] of Object.entries(functions)) {
          if (!isNamed(fun, ctx.rest)) continue;
          const module = fun.split('.')[0] ?? fun;
          if (modules[module] !== undefined) docs[module] = modules[module];
          docs[fun] = docText(asCall(described));
        }
        return docs;
      },
    }),
    [`${name}_argspec`]: call({
      doc: `The arguments of the functions of ${name} modules, with their defaults.`,
      examples: [`tsalt '*' sys.${name}_argspec`],
      args: { module: { type: 'string', default: '', doc: 'a module, a function or a glob of functions' } },
      changes: false,
      async run(ctx, { module }) {
        const entries = Object.entries((await kind.find(ctx)).functions).filter(([fun]) => named(module, fun));
        return Object.fromEntries(entries.map(([fun, described]) => [fun, argspecOf(asCall(described)) as unknown as Returnable]));
      },
    }),
  };
}

/** Modules by their names, or those of the functions that a glob with a star fits. */
export function modulesOf(functions: readonly string[], patterns: readonly Returnable[]): string[] {
  const moduleOf = (fun: string): string => fun.split('.')[0] ?? fun;
  const fits = patterns
    .map(String)
    .map((pattern) => (pattern.includes('*') ? globMatcher(pattern) : (fun: string) => moduleOf(fun) === pattern));
  return [...new Set(functions.filter((fun) => fits.length === 0 || fits.some((fit) => fit(fun))).map(moduleOf))].sort();
}

/** Functions that globs fit; a name without dot or star means a module. */
export function functionsOf(functions: readonly string[], patterns: readonly Returnable[]): string[] {
  const fits = patterns.map(String).map((pattern) => globMatcher(/[*.]/.test(pattern) ? pattern : `${pattern}.*`));
  return functions.filter((fun) => fits.length === 0 || fits.some((fit) => fit(fun))).sort();
}

const isNamed = (fun: string, patterns: readonly Returnable[]): boolean =>
  patterns.length === 0 || patterns.map(String).some((pattern) => named(pattern, fun));

/** Documentation and signatures are made of calls; these are described alike. */
const asCall = (described: Described): AnyCall => ({ examples: [], ...described, changes: true, run: () => null });
