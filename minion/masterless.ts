import type { Run } from '../kernel/loader/callable.ts';
import { ForeignException, NotAvailable } from '../kernel/loader/errors.ts';
import type { Loader } from '../kernel/loader/registry.ts';
import type { Functions } from '../kernel/render/functions.ts';
import { CommandFailed, type Log, type Returnable } from '../modules/define.ts';
import { compilePillar } from '../states/pillar/compile.ts';
import type { FunctionsFor, PillarTools } from '../states/pillar/contract.ts';
import { freshPillars } from '../states/pillar/sources/git/pillars.ts';
import type { Agent } from './agent.ts';
import { gpgBy, programRenderers } from './extensions/rendering.ts';
import type { PillarMap, PillarRequest } from './pillar.ts';
import type { Options } from './settings.ts';

/** The pillar of a minion without a master: compiled here, from its own `pillar_roots`, over the one it has. */
export async function compileHere(agent: Agent, options: Options, request: PillarRequest, log: Log): Promise<PillarMap> {
  const { id, pillar } = agent.ports;
  await using git = freshPillars(log);
  const parts = { options, ...pillarTools(agent, () => options), log, git, before: pillar.items };
  return await compilePillar(parts, {
    id,
    grains: request.grains,
    saltenv: request.saltenv || undefined,
    pillarenv: request.pillarenv || undefined,
    override: request.override ?? {},
    ext: request.ext,
  });
}

/** What templates of pillar are rendered with where this agent is: its functions, and renderers that need a process or keys. */
export function pillarTools(agent: Agent, options: () => Options): PillarTools {
  const renderers = (names: Readonly<Record<string, unknown>>) => ({
    ...programRenderers(agent.ports.extensions, names, () => ownRun(agent.loader)),
    ...gpgBy(options(), agent.ports.paths.confDir),
  });
  return { functions: functionsFor(agent), renderers };
}

const ownRun = (loader: Loader): Run => ({
  job: { fun: 'pillar.items', signal: new AbortController().signal },
  status: { retcode: 0 },
  testing: false,
  others: loader.builtins,
});

/** The functions of an agent, for templates of pillar: they see the pillar as far as it is compiled. */
const functionsFor =
  ({ loader, ports }: Agent): FunctionsFor =>
  ({ pillar }) => {
    const functions = throwing(loader);
    return { has: functions.has, call: (fun, args, kwargs) => ports.pillar.within(pillar(), () => functions.call(fun, args, kwargs)) };
  };

/** A template is told why a call failed by an exception. */
function throwing(loader: Loader): Functions {
  const { signal } = new AbortController();
  return {
    has: (fun) => loader.has(fun),
    call: async (fun, args = [], kwargs = {}) => {
      const { value, failure, available } = await loader.invoke(fun, [...args, { __kwarg__: true, ...kwargs }], { fun, signal });
      if (!available) throw new NotAvailable(String(value));
      if (failure?.kind === 'command') throw new CommandFailed(failure.text);
      if (failure !== undefined) throw exception(failure.text);
      return value as Returnable;
    },
  };
}

/** A traceback ends in the class of the exception and its message. */
function exception(text: string): Error {
  const last = text.trimEnd().split('\n').at(-1) ?? text;
  const [, kind = 'Exception', message = last] = /^([\w.]+): (.*)$/.exec(last) ?? [];
  return new ForeignException(kind, message, text);
}
