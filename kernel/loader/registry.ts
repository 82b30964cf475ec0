import { messageOf } from '../../protocol/errors.ts';
import { splitArguments } from './arguments.ts';
import type { ArgSpec, Callable, Given, JobContext, Others, Run } from './callable.ts';
import { Catalogue, type CatalogueOptions } from './catalogue.ts';
import { createContexts, type View } from './context.ts';
import { BadArguments, UnknownKeywords } from './errors.ts';
import { withTesting } from './nested.ts';
import { missing, type Outcome, returned, threw } from './outcome.ts';

/** `host` and `log` serve the finding of modules, too. */
export type LoaderOptions = CatalogueOptions & View;

export interface Loader {
  /** Runs a function for a job. `args` in Salt's wire form: positional values, and maps with `__kwarg__: true`. Never rejects. */
  invoke(fun: string, args: readonly unknown[], job: JobContext): Promise<Outcome>;
  has(fun: string): Promise<boolean>;
  /** The functions that need no synchronised file, for those that such files call while they are loaded. */
  readonly builtins: Others;
  /** All `module.function` names, sorted. */
  functions(): Promise<readonly string[]>;
  modules(): Promise<readonly string[]>;
  /** Documentation by function, for `sys.doc`: of one function, of a module, of all that match a glob, of all. */
  docs(pattern?: string): Promise<Record<string, string>>;
  /** Signatures by function, for `sys.argspec`. */
  argspec(pattern: string): Promise<Record<string, ArgSpec>>;
  /** Forgets what was found and looks again (`saltutil.sync_modules`). */
  refresh(): Promise<void>;
}

/** The functions of a minion, and the one way to call them. */
export const createLoader = (options: LoaderOptions): Loader => {
  const catalogue = new Catalogue(options, createContexts(options));
  return {
    invoke: (fun, args, job) => invoke(catalogue, options, fun, args, job),
    has: (fun) => catalogue.others.has(fun),
    builtins: catalogue.builtins,
    functions: () => catalogue.others.names(),
    modules: () => catalogue.modules(),
    docs: (pattern = '') => catalogue.docs(pattern),
    argspec: (pattern) => catalogue.argspec(pattern),
    refresh: () => catalogue.refresh(),
  };
};

const invoke = async (
  catalogue: Catalogue,
  options: LoaderOptions,
  fun: string,
  args: readonly unknown[],
  job: JobContext,
): Promise<Outcome> => {
  const testing = job.testing ?? options.config()['test'] === true;
  const run: Run = { job, status: { retcode: 0 }, testing, others: catalogue.others };
  let callable: Callable | undefined;
  try {
    callable = await catalogue.lookup(fun);
    if (!callable) return missing(await catalogue.explainMissing(fun));
    const given = splitArguments(args, callable.argspec, callable.alsoTakes);
    const value = await callable.call(callable.argspec.kwargs ? withPublication(given, job) : given, withTesting(run, given));
    return returned(value, callable, run);
  } catch (thrown) {
    options.log.warn(`${fun} failed: ${loggable(thrown)}`);
    return threw(fun, thrown, run, callable?.doc);
  }
};

/** Complaints about arguments quote them, and a password may be among them: the log only tells that they did not fit. */
const loggable = (thrown: unknown): string =>
  thrown instanceof BadArguments || thrown instanceof UnknownKeywords ? 'its arguments do not fit' : messageOf(thrown);

/** Functions that take any keyword see the publication, too: Salt's custom modules read `__pub_jid` and its kin. */
const withPublication = (given: Given, job: JobContext): Given => {
  const fields = Object.entries(job.pub ?? {}).map(([field, value]): [string, unknown] => [`__pub_${field}`, value]);
  return { ...given, keywords: new Map([...given.keywords, ...fields]) };
};
