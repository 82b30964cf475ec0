import type { Host, Log, Returnable } from '../../modules/define.ts';
import type { MakeContext } from './definition.ts';
import { createSpawn } from './spawn.ts';

/** What calls see of the minion they run on. */
export interface View {
  /** The minion's id. */
  readonly id: string;
  /** The minion's options without its secrets; modules read them. */
  readonly config: () => Readonly<Record<string, unknown>>;
  readonly grains: () => Readonly<Record<string, Returnable>>;
  readonly pillar: () => Readonly<Record<string, Returnable>>;
  readonly host: Host;
  readonly log: Log;
}

/** The contexts of calls on the minion that `view` shows. */
export const createContexts =
  (view: View): MakeContext =>
  (fun, run, bound) => ({
    id: view.id,
    host: view.host,
    grains: view.grains(),
    pillar: view.pillar(),
    config: view.config(),
    signal: run.job.signal,
    testing: run.testing,
    rest: bound.rest,
    extra: bound.extra,
    log: view.log,
    call: (name, args = [], kwargs = {}) => run.others.call(name, { positional: args, keywords: new Map(Object.entries(kwargs)) }, run),
    has: (name) => run.others.has(name),
    spawn: createSpawn({ signal: run.job.signal, log: view.log, output: run.job.output?.bind(run.job) }),
    retcode: (code) => {
      view.log.debug(`${fun} sets the return code ${code}`);
      run.status.retcode = code;
    },
  });
