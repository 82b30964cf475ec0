import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { LoadedModule, ModuleHost, Others, RefusedModule, Run } from '../../kernel/loader/callable.ts';
import { createWhich } from '../../kernel/loader/host.ts';
import type { Fallback, ForeignHost, Kind, SlsSource } from '../../kernel/loader/hosts/host.ts';
import type { PythonHost } from '../../kernel/loader/hosts/python/host.ts';
import type { Loader } from '../../kernel/loader/registry.ts';
import type { Log, Returnable } from '../../modules/define.ts';
import type { GrainMap } from '../grains.ts';
import { number, type Options } from '../settings.ts';

/** What synchronised files see of the minion. */
export interface ExtensionView {
  readonly options: () => Options;
  readonly grains: () => GrainMap;
  readonly pillar: () => Readonly<Record<string, Returnable>>;
}

const JAVASCRIPT = /\.[cm]?[jt]s$/;
const MIB = 1024 ** 2;

/** The synchronised files of this minion, in whatever language. No host is loaded before there is a file for it. */
export class Extensions {
  readonly #directory: string;
  readonly #view: ExtensionView;
  readonly #log: Log;
  readonly #which = createWhich();
  #python: Promise<PythonHost> | undefined;
  #node: Promise<ForeignHost> | undefined;

  constructor(directory: string, view: ExtensionView, log: Log) {
    this.#directory = directory;
    this.#view = view;
    this.#log = log;
  }

  /** For the loader: the execution modules among them. */
  readonly modules: ModuleHost = {
    name: 'synchronised',
    modules: async (others) => await this.#of('modules', others),
    refresh: async () => {
      for (const host of await this.#opened()) await host.refresh();
    },
  };

  /** The real Salt's own modules, where the option `python_fallback` allows them. */
  fallback(): Fallback | undefined {
    if (this.#view.options()['python_fallback'] !== true) return undefined;
    return { find: async (fun, others) => await (await this.#openPython()).find(fun, others) };
  }

  /** Those of another kind, such as `returners`; a low chunk is what states take as their keywords. */
  async of(kind: Kind, loader: Loader): Promise<readonly (LoadedModule | RefusedModule)[]> {
    return await this.#of(kind, loader.builtins);
  }

  /** Grains of synchronised sources; they may call functions of `loader`. A later language overrides an earlier one. */
  async grains(loader: Loader): Promise<GrainMap> {
    const found: Record<string, Returnable> = Object.create(null);
    for (const host of await this.#hostsOf('grains')) Object.assign(found, await host.grains(loader.builtins));
    return found;
  }

  /** What an SLS that is a program answers. @throws ForeignException */
  async render(language: 'python' | 'javascript', source: SlsSource, run: Run): Promise<Returnable> {
    return await (language === 'python' ? await this.#openPython() : await this.#openNode()).render(source, run);
  }

  async close(): Promise<void> {
    for (const host of await this.#opened()) await host[Symbol.asyncDispose]();
  }

  /** A host that fails takes only its own files away. */
  async #of(kind: Kind, others: Others): Promise<readonly (LoadedModule | RefusedModule)[]> {
    const found: (LoadedModule | RefusedModule)[] = [];
    for (const host of await this.#hostsOf(kind)) {
      try {
        found.push(...(await host.of(kind, others)));
      } catch (error) {
        this.#log.error(`the ${host.name} ${kind} cannot be used: ${String(error)}`);
      }
    }
    return found;
  }

  async #hostsOf(folder: string): Promise<readonly ForeignHost[]> {
    const files = await readdir(join(this.#directory, folder)).catch(() => []);
    const hosts: ForeignHost[] = [];
    if (files.some((file) => !JAVASCRIPT.test(file))) hosts.push(await this.#openPython());
    if (files.some((file) => JAVASCRIPT.test(file))) hosts.push(await this.#openNode());
    return hosts;
  }

  async #opened(): Promise<readonly ForeignHost[]> {
    return await Promise.all([this.#python, this.#node].filter((host) => host !== undefined));
  }

  /** Absolute path of the interpreter; an empty option refuses modules in Python. */
  #python3(): string | undefined {
    const name = this.#interpreter();
    return name === '' ? undefined : this.#which(name);
  }

  #interpreter(): string {
    const name = this.#view.options()['python_interpreter'];
    return typeof name === 'string' ? name : 'python3';
  }

  #openPython(): Promise<PythonHost> {
    this.#python ??= this.#createPython();
    return this.#python;
  }

  async #createPython(): Promise<PythonHost> {
    const { createPythonHost } = await import('../../kernel/loader/hosts/python/host.ts');
    return createPythonHost({
      ...this.#terms,
      python: () => this.#python3(),
      interpreter: () => this.#interpreter(),
    });
  }

  #openNode(): Promise<ForeignHost> {
    this.#node ??= import('../../kernel/loader/hosts/node/host.ts').then(({ createNodeHost }) => createNodeHost(this.#terms));
    return this.#node;
  }

  get #terms() {
    return {
      directory: this.#directory,
      context: () => ({ opts: this.#view.options(), grains: this.#view.grains(), pillar: this.#view.pillar() }),
      memory: () => number(this.#view.options(), 'modules_memory_max', 1024) * MIB,
      log: this.#log,
    };
  }
}
