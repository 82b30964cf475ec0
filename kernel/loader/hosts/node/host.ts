import { join } from 'node:path';
import type { Log, Returnable } from '../../../../modules/define.ts';
import { entriesOf } from '../../arguments.ts';
import type { Given, Run } from '../../callable.ts';
import { modulesOf } from '../described.ts';
import type { Message } from '../frames.ts';
import type { ForeignHost, Kind } from '../host.ts';
import { workerFiles } from './files.ts';
import { ImportFailed, type NodeContext, NodeProcess } from './process.ts';
import { moduleFiles } from './read.ts';

export interface NodeHostOptions {
  /** Where synced files lie, in `modules/`, `grains/`, ... */
  readonly directory: string;
  readonly context: () => NodeContext;
  readonly log: Log;
  /** Seconds without a job until the process is stopped; 120 unless told. */
  readonly idle?: number;
  /** Bytes that one return may take; 100 MB unless told. */
  readonly limit?: number;
  /** Bytes of memory that one job may take; 1 GiB unless told, 0 for any number. */
  readonly memory?: () => number;
  /** Seconds that importing one module may take; 30 unless told. */
  readonly importTimeout?: number;
}

/** Kinds of files that may be written in JavaScript. */
const KINDS: readonly Kind[] = ['modules', 'returners', 'beacons'];

/**
 * Synchronised files in JavaScript and TypeScript. Each job has a process to itself; one that a job has left in order is
 * kept for the next, and ended when nobody calls for a while.
 */
export const createNodeHost = (options: NodeHostOptions): ForeignHost => {
  const skip = new Set<string>();
  let described: Promise<Message> | undefined;
  let spare: NodeProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  let generation = 0;

  const open = (): NodeProcess =>
    new NodeProcess({
      files: workerFiles(),
      directory: options.directory,
      limit: options.limit ?? 100 * 1024 ** 2,
      memory: options.memory?.() ?? 1024 ** 3,
      importTimeout: (options.importTimeout ?? 30) * 1000,
      skip: [...skip],
      log: options.log,
    });

  const take = (): NodeProcess => {
    const process = spare?.fit === true ? spare : open();
    if (process === spare) spare = undefined;
    return process;
  };

  const drop = (): void => {
    clearTimeout(timer);
    spare?.stop();
    spare = undefined;
  };

  /** Keeps a process for the next job, or ends it: it is broken, of older files, or one too many. */
  const give = (process: NodeProcess, born: number): void => {
    if (!process.fit || born !== generation || spare !== undefined) {
      process.stop();
      return;
    }
    spare = process;
    clearTimeout(timer);
    timer = setTimeout(drop, (options.idle ?? 120) * 1000);
    timer.unref();
  };

  /** What all modules offer. One that takes its process with it is left out at the next try. */
  const load = async (): Promise<Message> => {
    const [process, born] = [open(), generation];
    try {
      return await process.load(KINDS, options.context());
    } catch (thrown) {
      if (!(thrown instanceof ImportFailed) || skip.has(thrown.place)) throw thrown;
      options.log.error(thrown.message);
      skip.add(thrown.place);
      return await load();
    } finally {
      give(process, born);
    }
  };

  const call =
    (kind: string) =>
    async (fun: string, given: Given, run: Run): Promise<Returnable> => {
      const [process, born] = [take(), generation];
      return await process.run({ kind, fun, given }, options.context(), run).finally(() => give(process, born));
    };

  const of = async (kind: Kind) => {
    if (!KINDS.includes(kind) || moduleFiles(join(options.directory, kind)).length === 0) return [];
    described ??= load();
    const message = await described.catch((thrown: unknown) => {
      described = undefined;
      throw thrown;
    });
    return modulesOf(entriesOf(message['kinds']), kind, call(kind));
  };

  return {
    name: 'JavaScript',
    of,
    modules: () => of('modules'),
    async refresh() {
      skip.clear();
      described = undefined;
      generation += 1;
      drop();
    },
    async grains(others) {
      if (moduleFiles(join(options.directory, 'grains')).length === 0) return {};
      const job = { fun: 'grains.items', signal: AbortSignal.timeout((options.importTimeout ?? 30) * 1000) };
      const run = { job, status: { retcode: 0 }, testing: false, others };
      return (await call('grains')('', { positional: [], keywords: new Map() }, run)) as Record<string, Returnable>;
    },
    async render({ path, text, names }, run) {
      const keywords = new Map<string, unknown>(Object.entries({ text, names }));
      return await call('render')(path, { positional: [], keywords }, run);
    },
    async [Symbol.asyncDispose]() {
      generation += 1;
      drop();
    },
  };
};
