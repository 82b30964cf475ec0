import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Log, Returnable } from '../../../../modules/define.ts';
import { entriesOf } from '../../arguments.ts';
import type { Callable, Given, Others, Run } from '../../callable.ts';
import { callableOf, listOf, modulesOf } from '../described.ts';
import type { Message } from '../frames.ts';
import type { Fallback, ForeignHost, Kind } from '../host.ts';
import { nobody } from '../nobody.ts';
import { ImportFailed, type PythonContext, PythonProcess } from './process.ts';

export interface PythonHostOptions {
  /** Where synced files lie, in `modules/`, `utils/`, `states/`, ...: Salt's `extmods`. */
  readonly directory: string;
  /** Absolute path of python3, or undefined where there is none. */
  readonly python: () => string | undefined;
  /** What was looked for: `python3` unless told; empty if modules in Python are refused. */
  readonly interpreter?: () => string;
  readonly context: () => PythonContext;
  readonly log: Log;
  /** main.py; looked for beside this file, and where the bundle has it, unless given. */
  readonly hostScript?: string;
  /** Seconds without a job until the process is stopped; 120 unless told. */
  readonly idle?: number;
  /** Bytes that one return may take; 100 MB unless told. */
  readonly limit?: number;
  /** Bytes of memory that one job may take; 1 GiB unless told, 0 for any number. */
  readonly memory?: () => number;
  /** Seconds that importing one module may take; 30 unless told. */
  readonly importTimeout?: number;
}

/** Synchronised Python files, and with `python_fallback` the real Salt's own modules. */
export type PythonHost = ForeignHost & Fallback;

/** Custom Python modules. Nothing is started before there is a file to load, and nothing is kept while nobody calls. */
export const createPythonHost = (options: PythonHostOptions): PythonHost => {
  const skip = new Set<string>();
  const found = new Map<string, Promise<Callable | string>>();
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
      limit: options.limit ?? 100 * 1024 ** 2,
      memory: options.memory?.() ?? 1024 ** 3,
      importTimeout: (options.importTimeout ?? 30) * 1000,
      log: options.log,
    });

  const missing = (what = 'this module'): string => {
    const name = options.interpreter?.() ?? 'python3';
    const why =
      name === '' ? 'the option python_interpreter is empty' : name.includes('/') ? `there is no ${name} here` : `${name} is not installed`;
    return `${why}, and ${what} is written in Python`;
  };

  const python3 = (what?: string): string => {
    const python = options.python();
    if (python === undefined) throw new Error(missing(what));
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

  const call =
    (kind: Kind) =>
    async (fun: string, given: Given, run: Run): Promise<Returnable> =>
      (await ready()).run({ kind, fun, given }, options.context(), run);

  const of = async (kind: Kind, others: Others) => {
    builtins = others;
    const files = pythonFiles(join(options.directory, kind));
    if (files.length === 0) return [];
    if (options.python() === undefined) return files.map((name) => ({ name, reason: missing() }));
    await ready();
    return modulesOf(entriesOf(describedBy?.['kinds']), kind, call(kind));
  };

  const find = async (fun: string): Promise<Callable | string> => {
    const process = await ready();
    const { described, reason } = await process.find(fun, options.context());
    if (described === undefined) return reason;
    return callableOf(described, fun, async (name, given, run) => {
      // A process that was started meanwhile must look for the function first.
      const now = await ready();
      if (now !== process) await now.find(name, options.context());
      return now.run({ kind: 'salt', fun: name, given }, options.context(), run);
    });
  };

  return {
    name: 'Python',
    of,
    modules: (others) => of('modules', others),
    async refresh() {
      skip.clear();
      found.clear();
      stop();
    },
    async find(fun, others) {
      builtins = others;
      if (options.python() === undefined) return missing();
      const known = found.get(fun) ?? find(fun);
      found.set(fun, known);
      return await known.catch((thrown: unknown) => {
        found.delete(fun);
        throw thrown;
      });
    },
    async grains(others) {
      if (pythonFiles(join(options.directory, 'grains')).length === 0) return {};
      const job = { fun: 'grains.items', signal: AbortSignal.timeout((options.importTimeout ?? 30) * 1000) };
      // A process of its own: modules may ask for grains while they load, and these are not known yet.
      const process = open(python3());
      const run = { job, status: { retcode: 0 }, testing: false, others };
      const asked = { kind: 'grains', fun: '', given: { positional: [], keywords: new Map() } } as const;
      const answer = await process.run(asked, options.context(), run).finally(() => process.stop());
      const told = new Map(entriesOf(answer));
      for (const error of listOf(told.get('errors'))) options.log.error(`custom grains are missing: ${String(error)}`);
      return (told.get('grains') ?? {}) as Record<string, Returnable>;
    },
    async render({ path, text, names }, run) {
      builtins = run.others;
      const given = { positional: [], keywords: new Map<string, unknown>(Object.entries({ text, names })) };
      python3(path);
      return (await ready()).run({ kind: 'render', fun: path, given }, options.context(), run);
    },
    async [Symbol.asyncDispose]() {
      stop();
    },
  };
};

/** Names of the modules in a folder, which need not exist. */
const pythonFiles = (folder: string): string[] => {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !/^[_.]/.test(entry.name))
    .filter((entry) => entry.name.endsWith('.py') || existsSync(join(folder, entry.name, '__init__.py')))
    .map((entry) => entry.name.replace(/\.py$/, ''));
};

const findScript = (): string => {
  const places = ['./worker/main.py', '../python/main.py'].map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new Error(`main.py is missing; it was looked for at ${places.join(' and ')}`);
  return found;
};
