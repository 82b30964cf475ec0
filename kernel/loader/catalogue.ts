import type { ExecModule, Host, Log, Returnable } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import type { ArgSpec, Callable, LoadedModule, ModuleHost, Others, RefusedModule } from './callable.ts';
import { fromDefinition, type MakeContext } from './definition.ts';
import { named } from './docs.ts';
import type { Fallback } from './hosts/host.ts';
import { callNested } from './nested.ts';

/** Where a built-in module comes from. It is imported when one of its functions is first asked for. */
export interface ModuleSource {
  /** The virtual name. Several sources may share one: the first that serves this machine is taken. */
  readonly name: string;
  readonly load: () => Promise<{ readonly default: ExecModule }>;
}

export interface CatalogueOptions {
  readonly sources: readonly ModuleSource[];
  /** Modules bound to the agent itself (`saltutil`, ...); they go before `sources`. */
  readonly modules?: readonly ExecModule[];
  /** Custom modules in other languages; they go before everything else, as Salt's synced modules do. */
  readonly hosts?: readonly ModuleHost[];
  /** Asked for a function that nobody else has; undefined while it is switched off. */
  readonly fallback?: () => Fallback | undefined;
  readonly host: Host;
  /** Asked for `disable_modules` and `whitelist_modules`. */
  readonly config: () => Readonly<Record<string, unknown>>;
  readonly log: Log;
}

type Found = LoadedModule | RefusedModule;
type Load = () => Promise<ExecModule>;

/** Which functions there are, wherever they come from. Nothing is read before it is asked for. */
export class Catalogue {
  readonly #options: CatalogueOptions;
  readonly #context: MakeContext;
  readonly #found = new Map<string, Promise<Found | undefined>>();
  #foreign: Promise<ReadonlyMap<string, Found>> | undefined;

  constructor(options: CatalogueOptions, context: MakeContext) {
    this.#options = options;
    this.#context = context;
  }

  /** The function of that full name. */
  async lookup(fun: string): Promise<Callable | undefined> {
    const found = await this.#own(fun);
    if (found !== undefined) return found;
    const borrowed = await this.#borrow(fun);
    return typeof borrowed === 'string' ? undefined : borrowed;
  }

  /** All functions, for calls from within one: unknown ones and wrong arguments are thrown at the caller. */
  readonly others: Others = {
    has: async (fun) => (await this.lookup(fun)) !== undefined,
    own: async (fun) => (await this.#own(fun)) !== undefined,
    names: async () => (await this.matching('')).map(([fun]) => fun),
    call: async (fun, given, run) => callNested(fun, await this.lookup(fun), () => this.whyMissing(fun), given, run),
  };

  /** Those that are there before the hosts have answered: modules of a host may ask for them while they load. */
  readonly builtins: Others = {
    has: async (fun) => (await this.#builtin(fun)) !== undefined,
    own: async (fun) => (await this.#builtin(fun)) !== undefined,
    names: async () => [],
    call: async (fun, given, run) => callNested(fun, await this.#builtin(fun), async () => `'${fun}' is not available.`, given, run),
  };

  /** Names of the modules that serve here, sorted. */
  async modules(): Promise<readonly string[]> {
    const names = await this.#names();
    const all = await Promise.all(names.map((name) => this.#find(name)));
    return names.filter((_, index) => 'functions' in (all[index] ?? {}));
  }

  /** Every function a pattern means, sorted, without reading modules it cannot mean. */
  async matching(pattern: string): Promise<(readonly [string, Callable])[]> {
    const prefix = /^[\w-]+(?=\.|$)/.exec(pattern)?.[0];
    const names = prefix === undefined ? await this.#names() : [prefix];
    const all = await Promise.all(names.map((name) => this.#functionsOf(name)));
    const found = all.flat().filter(([fun]) => named(pattern, fun));
    if (found.length > 0) return found;
    const borrowed = await this.#borrow(pattern);
    return typeof borrowed === 'object' ? [[pattern, borrowed]] : [];
  }

  async docs(pattern: string): Promise<Record<string, string>> {
    return record((await this.matching(pattern)).map(([fun, callable]) => [fun, callable.doc]));
  }

  async argspec(pattern: string): Promise<Record<string, ArgSpec>> {
    return record((await this.matching(pattern)).map(([fun, callable]) => [fun, callable.argspec]));
  }

  /** Salt's sentence for a function that is not there, or whose module does not serve here. */
  async whyMissing(fun: string): Promise<string> {
    const name = fun.split('.')[0] ?? fun;
    const module = await this.#find(name);
    if (!module || 'functions' in module) return (await this.#borrow(fun).then(reasonOf)) ?? `'${fun}' is not available.`;
    const because = module.reason === '' ? '' : `: ${module.reason}`;
    return `'${name}' __virtual__ returned False${because}`;
  }

  /** The same, with the documentation of functions that begin with the same letters, as Salt adds it. */
  async explainMissing(fun: string): Promise<Returnable> {
    const why = await this.whyMissing(fun);
    const begun = await this.docs(`${fun.replace(/[*?[]/g, '[$&]')}*`);
    return Object.keys(begun).length === 0 ? why : { ...begun, [fun]: why };
  }

  async refresh(): Promise<void> {
    await Promise.all((this.#options.hosts ?? []).map((host) => host.refresh()));
    this.#foreign = undefined;
    this.#found.clear();
  }

  #own(fun: string): Promise<Callable | undefined> {
    return pick(fun, (name) => this.#find(name));
  }

  /** The function, or why it is not there; undefined where nobody is to be asked. */
  async #borrow(fun: string): Promise<Callable | string | undefined> {
    const fallback = this.#options.fallback?.();
    const [name = ''] = fun.split('.');
    if (fallback === undefined || !/^\w+\.\w+$/.test(fun) || !isAllowed(name, this.#options.config())) return undefined;
    return await fallback.find(fun, this.builtins);
  }

  #find(name: string): Promise<Found | undefined> {
    const known = this.#found.get(name);
    if (known) return known;
    const search = isAllowed(name, this.#options.config()) ? this.#look(name) : Promise.resolve(undefined);
    this.#found.set(name, search);
    return search;
  }

  async #look(name: string): Promise<Found | undefined> {
    const custom = (await this.#foreignModules()).get(name);
    const builtin = await this.#lookBuiltin(name);
    if (custom === undefined || builtin === undefined || !('functions' in custom)) return builtin ?? custom;
    // A custom module of a built-in one's name goes before it, function by function.
    return 'functions' in builtin ? { name, functions: new Map([...builtin.functions, ...custom.functions]) } : custom;
  }

  #builtin(fun: string): Promise<Callable | undefined> {
    return pick(fun, (name) => this.#lookBuiltin(name));
  }

  async #lookBuiltin(name: string): Promise<Found | undefined> {
    let refused: Found | undefined;
    for (const load of this.#candidates(name)) {
      const module = await this.#read(name, load);
      if ('functions' in module) return module;
      this.#options.log.debug(`module ${name} is not used: ${module.reason}`);
      refused = module;
    }
    return refused;
  }

  #candidates(name: string): Load[] {
    const { modules = [], sources } = this.#options;
    return [
      ...modules.filter((module) => module.name === name).map((module) => async () => module),
      ...sources.filter((source) => source.name === name).map((source) => async () => (await source.load()).default),
    ];
  }

  /** A module that cannot even be read is one that does not serve, and says why. */
  async #read(name: string, load: Load): Promise<Found> {
    try {
      return fromDefinition(await load(), this.#options.host, this.#context);
    } catch (thrown) {
      return { name, reason: `it cannot be loaded: ${messageOf(thrown)}` };
    }
  }

  async #functionsOf(name: string): Promise<(readonly [string, Callable])[]> {
    const module = await this.#find(name);
    if (!module || !('functions' in module)) return [];
    return [...module.functions].map(([fun, callable]) => [`${name}.${fun}`, callable] as const).sort(byName);
  }

  async #names(): Promise<string[]> {
    const { modules = [], sources } = this.#options;
    const foreign = await this.#foreignModules();
    return [...new Set([...[...modules, ...sources].map((source) => source.name), ...foreign.keys()])].sort();
  }

  #foreignModules(): Promise<ReadonlyMap<string, Found>> {
    this.#foreign ??= readHosts(this.#options.hosts ?? [], this.builtins, this.#options.log);
    return this.#foreign;
  }
}

const pick = async (fun: string, find: (name: string) => Promise<Found | undefined>): Promise<Callable | undefined> => {
  const dot = fun.indexOf('.');
  const module = dot < 1 ? undefined : await find(fun.slice(0, dot));
  return module && 'functions' in module ? module.functions.get(fun.slice(dot + 1)) : undefined;
};

/** Modules of other languages by name; an earlier host goes first. A host that fails takes only its own away. */
const readHosts = async (hosts: readonly ModuleHost[], builtins: Others, log: Log): Promise<ReadonlyMap<string, Found>> => {
  const all = new Map<string, Found>();
  for (const host of hosts) {
    try {
      for (const module of await host.modules(builtins)) if (!all.has(module.name)) all.set(module.name, module);
    } catch (thrown) {
      log.error(`the ${host.name} modules cannot be used: ${messageOf(thrown)}`);
    }
  }
  return all;
};

const reasonOf = (borrowed: Callable | string | undefined): string | undefined =>
  typeof borrowed === 'string' && borrowed !== '' ? borrowed : undefined;

const isAllowed = (name: string, config: Readonly<Record<string, unknown>>): boolean => {
  const only = config['whitelist_modules'];
  if (Array.isArray(only) && only.length > 0 && !only.includes(name)) return false;
  const disabled = config['disable_modules'];
  return !(Array.isArray(disabled) && disabled.includes(name));
};

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);

const record = <T>(entries: readonly (readonly [string, T])[]): Record<string, T> => {
  const made: Record<string, T> = Object.create(null);
  for (const [key, value] of entries) made[key] = value;
  return made;
};
