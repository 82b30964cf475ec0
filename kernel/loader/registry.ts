import type { Ctx, ExecModule, Host, Log, Returnable } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import { refuseUnknown, splitArguments } from './arguments.ts';
import type { Bound } from './bind.ts';
import type { ArgSpec, Callable, Given, JobContext, LoadedModule, ModuleHost, RefusedModule, Run } from './callable.ts';
import { fromDefinition } from './definition.ts';
import { named } from './docs.ts';
import { NotAvailable } from './errors.ts';
import { missing, type Outcome, returned, threw } from './outcome.ts';
import { createSpawn } from './spawn.ts';

/** Where a built-in module comes from. It is imported when one of its functions is first asked for. */
export interface ModuleSource {
  /** The virtual name. Several sources may share one: the first that serves this machine is taken. */
  readonly name: string;
  readonly load: () => Promise<{ readonly default: ExecModule }>;
}

export interface LoaderOptions {
  /** The minion's id. */
  readonly id: string;
  readonly sources: readonly ModuleSource[];
  /** Modules bound to the agent itself (`saltutil`, ...); they go before `sources`. */
  readonly modules?: readonly ExecModule[];
  /** Custom modules in other languages; they go before everything else, as Salt's synced modules do. */
  readonly hosts?: readonly ModuleHost[];
  readonly host: Host;
  /** The minion's options without its secrets. `disable_modules` and `whitelist_modules` are honoured. */
  readonly config: () => Readonly<Record<string, unknown>>;
  readonly grains: () => Readonly<Record<string, Returnable>>;
  readonly pillar: () => Readonly<Record<string, Returnable>>;
  readonly log: Log;
}

export interface Loader {
  /** Runs a function for a job. `args` in Salt's wire form: positional values, and maps with `__kwarg__: true`. Never rejects. */
  invoke(fun: string, args: readonly unknown[], job: JobContext): Promise<Outcome>;
  has(fun: string): Promise<boolean>;
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

type Found = LoadedModule | RefusedModule;

export const createLoader = (options: LoaderOptions): Loader => {
  const found = new Map<string, Promise<Found | undefined>>();
  let foreign: Promise<ReadonlyMap<string, Found>> | undefined;

  const context = (fun: string, run: Run, bound: Bound): Ctx => ({
    id: options.id,
    host: options.host,
    grains: options.grains(),
    pillar: options.pillar(),
    config: options.config(),
    signal: run.job.signal,
    testing: run.testing,
    rest: bound.rest,
    extra: bound.extra,
    log: options.log,
    call: (name, args = [], kwargs = {}) => nested(name, { positional: args, keywords: new Map(Object.entries(kwargs)) }, run),
    has,
    spawn: createSpawn({ signal: run.job.signal, log: options.log, output: run.job.output?.bind(run.job) }),
    retcode: (code) => {
      options.log.debug(`${fun} sets the return code ${code}`);
      run.status.retcode = code;
    },
  });

  const foreignModules = (): Promise<ReadonlyMap<string, Found>> => {
    foreign ??= readHosts(options.hosts ?? [], options.log);
    return foreign;
  };

  const find = (name: string): Promise<Found | undefined> => {
    const known = found.get(name);
    if (known) return known;
    const search = isAllowed(name, options.config()) ? look(name) : Promise.resolve(undefined);
    found.set(name, search);
    return search;
  };

  const look = async (name: string): Promise<Found | undefined> => {
    const custom = (await foreignModules()).get(name);
    if (custom && 'functions' in custom) return custom;
    let refused: Found | undefined = custom;
    for (const load of candidates(name, options)) {
      const module = await fromSource(name, load, (definition) => fromDefinition(definition, options.host, context));
      if ('functions' in module) return module;
      options.log.debug(`module ${name} is not used: ${module.reason}`);
      refused = module;
    }
    return refused;
  };

  const lookup = async (fun: string): Promise<Callable | undefined> => {
    const dot = fun.indexOf('.');
    const module = dot < 1 ? undefined : await find(fun.slice(0, dot));
    return module && 'functions' in module ? module.functions.get(fun.slice(dot + 1)) : undefined;
  };

  const has = async (fun: string): Promise<boolean> => (await lookup(fun)) !== undefined;

  /** A call from within a call: unknown functions and wrong arguments are thrown at the caller. */
  const nested = async (fun: string, given: Given, run: Run): Promise<Returnable> => {
    const callable = await lookup(fun);
    if (!callable) throw new NotAvailable(await whyMissing(fun));
    refuseUnknown(given.keywords, callable.argspec, callable.alsoTakes);
    return callable.call(given, { ...run, testing: testing(given, run.testing) });
  };

  const invoke = async (fun: string, args: readonly unknown[], job: JobContext): Promise<Outcome> => {
    const run: Run = { job, status: { retcode: 0 }, testing: job.testing ?? options.config()['test'] === true };
    let callable: Callable | undefined;
    try {
      callable = await lookup(fun);
      if (!callable) return missing(await explainMissing(fun));
      const split = splitArguments(args, callable.argspec, callable.alsoTakes);
      const given = callable.argspec.kwargs ? withPublication(split, job) : split;
      const value = await callable.call(given, { ...run, testing: testing(split, run.testing) });
      return returned(value, callable, run);
    } catch (thrown) {
      options.log.warn(`${fun} failed: ${messageOf(thrown)}`);
      return threw(fun, thrown, run, callable?.doc);
    }
  };

  const whyMissing = async (fun: string): Promise<string> => {
    const name = fun.split('.')[0] ?? fun;
    const module = await find(name);
    if (!module || 'functions' in module) return `'${fun}' is not available.`;
    return module.reason === '' ? `'${name}' __virtual__ returned False` : `'${name}' __virtual__ returned False: ${module.reason}`;
  };

  /** With the documentation of functions that begin with the same letters, as Salt adds it. */
  const explainMissing = async (fun: string): Promise<Returnable> => {
    const why = await whyMissing(fun);
    const begun = fun.includes('.') ? await docs(`${fun.replace(/[*?[]/g, '[$&]')}*`) : {};
    return Object.keys(begun).length === 0 ? why : { ...begun, [fun]: why };
  };

  /** Every function a pattern may mean, without reading modules it cannot mean. */
  const matching = async (pattern: string): Promise<[string, Callable][]> => {
    const prefix = /^[\w-]+(?=\.|$)/.exec(pattern)?.[0];
    const names = prefix === undefined ? await moduleNames() : [prefix];
    const all = await Promise.all(names.map(callablesOf));
    return all.flat().filter(([fun]) => named(pattern, fun));
  };

  const callablesOf = async (name: string): Promise<[string, Callable][]> => {
    const module = await find(name);
    if (!module || !('functions' in module)) return [];
    return [...module.functions].map(([fun, callable]): [string, Callable] => [`${name}.${fun}`, callable]).sort(byName);
  };

  const moduleNames = async (): Promise<string[]> => {
    const names = [...(options.modules ?? []), ...options.sources].map((source) => source.name);
    return [...new Set([...names, ...(await foreignModules()).keys()])].sort();
  };

  const modules = async (): Promise<readonly string[]> => {
    const names = await moduleNames();
    const all = await Promise.all(names.map(find));
    return names.filter((_, index) => 'functions' in (all[index] ?? {}));
  };

  const functions = async (): Promise<readonly string[]> => (await matching('')).map(([fun]) => fun);

  const docs = async (pattern = ''): Promise<Record<string, string>> =>
    record((await matching(pattern)).map(([fun, callable]) => [fun, callable.doc]));

  const argspec = async (pattern: string): Promise<Record<string, ArgSpec>> =>
    record((await matching(pattern)).map(([fun, callable]) => [fun, callable.argspec]));

  const refresh = async (): Promise<void> => {
    await Promise.all((options.hosts ?? []).map((host) => host.refresh()));
    foreign = undefined;
    found.clear();
  };

  return { invoke, has, functions, modules, docs, argspec, refresh };
};

const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);

const record = <T>(entries: readonly (readonly [string, T])[]): Record<string, T> => {
  const made: Record<string, T> = Object.create(null);
  for (const [key, value] of entries) made[key] = value;
  return made;
};

/** Modules of other languages by name; an earlier host goes first. A host that fails takes only its own away. */
const readHosts = async (hosts: readonly ModuleHost[], log: Log): Promise<ReadonlyMap<string, Found>> => {
  const all = new Map<string, Found>();
  for (const host of hosts) {
    try {
      for (const module of await host.modules()) if (!all.has(module.name)) all.set(module.name, module);
    } catch (thrown) {
      log.error(`the ${host.name} modules cannot be used: ${messageOf(thrown)}`);
    }
  }
  return all;
};

type Load = () => Promise<ExecModule>;

const candidates = (name: string, options: LoaderOptions): Load[] => [
  ...(options.modules ?? []).filter((module) => module.name === name).map((module) => async () => module),
  ...options.sources.filter((source) => source.name === name).map((source) => async () => (await source.load()).default),
];

/** A module that cannot even be read is one that does not serve, and says why. */
const fromSource = async (name: string, load: Load, make: (definition: ExecModule) => Found): Promise<Found> => {
  try {
    return make(await load());
  } catch (thrown) {
    return { name, reason: `it cannot be loaded: ${messageOf(thrown)}` };
  }
};

const isAllowed = (name: string, config: Readonly<Record<string, unknown>>): boolean => {
  const only = config['whitelist_modules'];
  if (Array.isArray(only) && only.length > 0 && !only.includes(name)) return false;
  const disabled = config['disable_modules'];
  return !(Array.isArray(disabled) && disabled.includes(name));
};

/** Functions that take any keyword see the publication, too: Salt's custom modules read `__pub_jid` and its kin. */
const withPublication = (given: Given, job: JobContext): Given => {
  const fields = Object.entries(job.pub ?? {}).map(([field, value]): [string, unknown] => [`__pub_${field}`, value]);
  return { ...given, keywords: new Map([...given.keywords, ...fields]) };
};

/** `test=True` among the keywords, in the spellings Salt takes for true. */
const testing = (given: Given, otherwise: boolean): boolean => {
  const asked = given.keywords.get('test');
  if (asked === undefined || asked === null) return otherwise;
  return typeof asked === 'string' ? asked.toLowerCase() === 'true' : Number(asked) > 0;
};
