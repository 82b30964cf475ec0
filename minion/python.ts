import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Given, ModuleHost, Others, Run } from '../kernel/loader/callable.ts';
import { createWhich } from '../kernel/loader/host.ts';
import type { PythonHost } from '../kernel/loader/hosts/python.ts';
import type { Loader } from '../kernel/loader/registry.ts';
import { CommandFailed, type Log, type Returnable } from '../modules/define.ts';
import type { GrainMap } from './grains.ts';
import { type Options, text } from './settings.ts';

/** What Python modules see of the minion. */
export interface PythonView {
  readonly options: () => Options;
  readonly grains: () => GrainMap;
  readonly pillar: () => Readonly<Record<string, Returnable>>;
}

/** The host of synchronised Python files; none of it is loaded before there is such a file. */
export class PythonModules implements ModuleHost {
  readonly name = 'Python';
  readonly #extmods: string;
  readonly #view: PythonView;
  readonly #log: Log;
  #host: Promise<PythonHost> | undefined;

  constructor(extmods: string, view: PythonView, log: Log) {
    this.#extmods = extmods;
    this.#view = view;
    this.#log = log;
  }

  async modules(builtins: Others) {
    return existsSync(join(this.#extmods, 'modules')) ? await (await this.#open()).modules(builtins) : [];
  }

  async refresh(): Promise<void> {
    await (await this.#host)?.refresh();
  }

  /** Grains of synchronised Python sources; they may call functions of `loader`. */
  async grains(loader: Loader): Promise<GrainMap> {
    return existsSync(join(this.#extmods, 'grains')) ? await (await this.#open()).grains(functionsOf(loader)) : {};
  }

  async close(): Promise<void> {
    await (await this.#host)?.[Symbol.asyncDispose]();
  }

  #open(): Promise<PythonHost> {
    this.#host ??= this.#create();
    return this.#host;
  }

  async #create(): Promise<PythonHost> {
    const { createPythonHost } = await import('../kernel/loader/hosts/python.ts');
    const which = createWhich();
    return createPythonHost({
      directory: this.#extmods,
      python: () => which(text(this.#view.options(), 'python_fallback', 'python3')),
      context: () => ({ opts: this.#view.options(), grains: this.#view.grains(), pillar: this.#view.pillar() }),
      log: this.#log,
    });
  }
}

const functionsOf = (loader: Loader): Others => ({
  call: async (fun: string, given: Given, run: Run) => {
    const keywords = given.keywords.size === 0 ? [] : [{ __kwarg__: true, ...Object.fromEntries(given.keywords) }];
    const outcome = await loader.invoke(fun, [...given.positional, ...keywords], run.job);
    if (!outcome.success) throw new CommandFailed(String(outcome.value));
    return outcome.value;
  },
  has: (fun) => loader.has(fun),
  names: () => loader.functions(),
});
