import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Log, Returnable } from '../../../modules/define.ts';
import { entriesOf } from '../arguments.ts';
import type { ArgSpec, Callable, Given, LoadedModule, ModuleHost, Others, RefusedModule, Run } from '../callable.ts';
import { NotAvailable } from '../errors.ts';
import type { Message } from './frames.ts';
import { ImportFailed, type PythonContext, PythonProcess } from './python_process.ts';

export interface PythonHostOptions {
  /** Where synced files lie, in `modules/`, `utils/` and `grains/`: Salt's `extmods`. */
  readonly directory: string;
  /** Absolute path of python3, or undefined where there is none. */
  readonly python: () => string | undefined;
  readonly context: () => PythonContext;
  readonly log: Log;
  /** python_host.py; looked for beside this file, and a folder above (the bundle's place) unless given. */
  readonly hostScript?: string;
  /** Seconds without a job until the process is stopped; 120 unless told. */
  readonly idle?: number;
  /** Bytes that one return may take; 100 MB unless told. */
  readonly limit?: number;
  /** Seconds that importing one module may take; 30 unless told. */
  readonly importTimeout?: number;
}

export interface PythonHost extends ModuleHost, AsyncDisposable {
  /** The grains of custom Python sources; those of functions that fail are missing, and logged. */
  grains(others: Others): Promise<Readonly<Record<string, Returnable>>>;
}

/** Those that modules find before the loader has asked for them. */
const nobody: Others = {
  call: (fun) => Promise.reject(new NotAvailable(`'${fun}' is not available.`)),
  has: async () => false,
  names: async () => [],
};

const python3Missing = 'python3 is not installed, and this module is written in Python';

/** Custom Python modules. Nothing is started before there is a file to load, and nothing is kept while nobody calls. */
export const createPythonHost = (options: PythonHostOptions): PythonHost => {
  const skip = new Set<string>();
  let current: Promise<PythonProcess> | undefined;
  let describedBy: Message | undefined;
  let builtins = nobody;
  let timer: NodeJS.Timeout | undefined;

  const rest = (process: PythonProcess): void => {
    clearTimeout(timer);
    timer = setTimeout(() => (process.busy ? rest(process) : stop()), (options.idle ?? 120) * 1000);
    timer.unref();
  };

  const stop = (): void => {
    clearTimeout(timer);
    void current?.then(
      (process) => process.stop(),
      () => undefined,
    );
    current = undefined;
  };

  const open = (python: string): PythonProcess =>
    new PythonProcess({
      python,
      script: options.hostScript ?? findScript(),
      directory: options.directory,
      limit: options.limit ?? 100 * 1024 * 1024,
      importTimeout: (options.importTimeout ?? 30) * 1000,
      log: options.log,
    });

  const python3 = (): string => {
    const python = options.python();
    if (python === undefined) throw new Error(python3Missing);
    return python;
  };

  /** A process with all modules loaded. A module that takes the process with it is left out at the next try. */
  const start = async (): Promise<PythonProcess> => {
    const process = open(python3());
    try {
      describedBy = await process.load(options.context(), [...skip], builtins);
      return process;
    } catch (thrown) {
      process.stop();
      if (!(thrown instanceof ImportFailed) || skip.has(thrown.place)) throw thrown;
      options.log.error(thrown.message);
      skip.add(thrown.place);
      return start();
    }
  };

  const ready = async (): Promise<PythonProcess> => {
    const attempt = current ?? start();
    current = attempt;
    const process = await attempt.catch((thrown: unknown) => {
      current = undefined;
      throw thrown;
    });
    if (process.ended) {
      if (current === attempt) current = undefined;
      return ready();
    }
    rest(process);
    return process;
  };

  const call = async (fun: string, given: Given, run: Run): Promise<Returnable> =>
    (await ready()).run(fun, given.positional, given.keywords, options.context(), run);

  return {
    name: 'Python',
    async modules(others) {
      builtins = others;
      const files = pythonFiles(join(options.directory, 'modules'));
      if (files.length === 0) return [];
      if (options.python() === undefined) return files.map((name) => ({ name, reason: python3Missing }));
      await ready();
      return modulesOf(describedBy, call);
    },
    async refresh() {
      skip.clear();
      stop();
    },
    async grains(others) {
      if (pythonFiles(join(options.directory, 'grains')).length === 0) return {};
      const job = { fun: 'grains.items', signal: AbortSignal.timeout((options.importTimeout ?? 30) * 1000) };
      // A process of its own: modules may ask for grains while they load, and these are not known yet.
      const process = open(python3());
      const run = { job, status: { retcode: 0 }, testing: false, others };
      const answer = await process.run(null, [], new Map(), options.context(), run).finally(() => process.stop());
      const found = new Map(entriesOf(answer));
      for (const error of listOf(found.get('errors'))) options.log.error(`custom grains are missing: ${String(error)}`);
      return (found.get('grains') ?? {}) as Record<string, Returnable>;
    },
    async [Symbol.asyncDispose]() {
      stop();
    },
  };
};

type Call = (fun: string, given: Given, run: Run) => Promise<Returnable>;

const modulesOf = (message: Message | undefined, call: Call): (LoadedModule | RefusedModule)[] =>
  listOf(message?.['modules']).map((entry) => {
    const fields = new Map(entriesOf(entry));
    const name = String(fields.get('name'));
    if (fields.has('reason')) return { name, reason: String(fields.get('reason')) };
    const functions = listOf(fields.get('functions')).map((described) => callable(name, new Map(entriesOf(described)), call));
    return { name, functions: new Map(functions) };
  });

const callable = (module: string, fields: ReadonlyMap<unknown, unknown>, call: Call): readonly [string, Callable] => {
  const name = String(fields.get('name'));
  const out = fields.get('out');
  const made = {
    doc: String(fields.get('doc') ?? ''),
    argspec: argspecOf(fields),
    ...(typeof out === 'string' ? { out } : {}),
    call: (given: Given, run: Run) => call(`${module}.${name}`, given, run),
  };
  return [name, made];
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

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Names of the modules in a folder, which need not exist. */
const pythonFiles = (folder: string): string[] => {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !/^[_.]/.test(entry.name))
    .filter((entry) => entry.name.endsWith('.py') || existsSync(join(folder, entry.name, '__init__.py')))
    .map((entry) => entry.name.replace(/\.py$/, ''));
};

const findScript = (): string => {
  const places = ['./python_host.py', '../python_host.py'].map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new Error(`python_host.py is missing; it was looked for at ${places.join(' and ')}`);
  return found;
};
