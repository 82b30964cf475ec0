import { AsyncLocalStorage } from 'node:async_hooks';
import type { Functions } from '../kernel/render/functions.ts';
import type { Renderers } from '../kernel/render/pipeline.ts';
import type { Log } from '../modules/define.ts';
import { TsaltError } from '../protocol/errors.ts';
import type { FunctionsView, PillarTools, Tree } from '../states/pillar/contract.ts';
import type { Agent } from './agent.ts';
import type { OwnMaster } from './calls/own_master.ts';
import type { Options } from './settings.ts';

interface Here {
  readonly agent: Agent;
  readonly tools: PillarTools;
}

/** Which renderers need an agent; each loads it when a document first asks for it. */
const RENDERERS = ['py', 'js', 'gpg'] as const;

export interface OnMaster {
  /** The master's. */
  readonly id: string;
  readonly configDir: string;
  readonly options: () => Options;
  readonly master: OwnMaster;
  readonly log: Log;
}

/** Functions of a minion on the machine of a master. */
export interface FunctionsOnMaster extends PillarTools, AsyncDisposable {
  /** Calls one for the master itself. @throws what the function throws */
  readonly call: Functions['call'];
}

/**
 * Functions of a minion, run on the master's machine with the options of the master: what templates of its pillar call
 * and are rendered by (with the id, the grains and the pillar of the minion that the pillar is for, as Salt has it), and
 * what its reactor does itself. Loads nothing until the first call.
 */
export function functionsOnMaster({ id, configDir, options, master, log }: OnMaster): FunctionsOnMaster {
  const viewed = new AsyncLocalStorage<FunctionsView>();
  let opened: Promise<Here> | undefined;
  const here = (): Promise<Here> => {
    opened ??= openAgent({ id, configDir, options: () => ({ ...options(), id: viewed.getStore()?.id ?? id }), master, log }, viewed);
    return opened;
  };
  const functions = (view: FunctionsView): Functions => ({
    has: async (fun) => await viewed.run(view, async () => await (await here()).tools.functions(view).has(fun)),
    call: async (fun, args, kwargs) =>
      await viewed.run(view, async () => {
        const { agent, tools } = await here();
        return await agent.ports.grains.within(view.grains, async () => await tools.functions(view).call(fun, args, kwargs));
      }),
  });
  const renderer = (name: string, names: Tree): Renderers[string] => {
    return async (...given) => {
      const render = (await here()).tools.renderers?.(names)[name];
      if (render === undefined) throw new TsaltError('no-renderer', `there is no renderer ${name}`);
      return await render(...given);
    };
  };
  return {
    functions,
    call: async (fun, args, kwargs) => {
      const { agent, tools } = await here();
      await agent.ports.pillar.refresh();
      const { grains, pillar } = agent.ports;
      return await tools.functions({ id, grains: grains.own, pillar: () => pillar.items }).call(fun, args, kwargs);
    },
    renderers: (names) => Object.fromEntries(RENDERERS.map((name) => [name, renderer(name, names)])),
    [Symbol.asyncDispose]: async () => void (await opened)?.agent.close(),
  };
}

async function openAgent({ id, configDir, options, master, log }: OnMaster, viewed: AsyncLocalStorage<FunctionsView>): Promise<Here> {
  const [{ createAgent, pathsOf }, { compileHere, pillarTools }, { LocalFiles }, { collectGrains }] = await Promise.all([
    import('./agent.ts'),
    import('./masterless.ts'),
    import('./files/local.ts'),
    import('./grain_sources.ts'),
  ]);
  const paths = pathsOf(configDir, options());
  const noLink = (): never => {
    throw new TsaltError('no-master', 'functions that ask the master cannot be called from its pillar');
  };
  const agent: Agent = createAgent(
    id,
    options,
    paths,
    {
      files: new LocalFiles(
        options()['file_roots'] as Readonly<Record<string, readonly string[]>>,
        String(options()['hash_type'] ?? 'sha256'),
      ),
      compilePillar: async (request) => viewed.getStore()?.pillar() ?? (await compileHere(agent, options(), request, log)),
      master: noLink,
      masters: () => [],
      ownMaster: master,
      collectGrains: async (custom) => await collectGrains(options(), paths, custom, log),
    },
    log,
  );
  await agent.ports.grains.refresh();
  return { agent, tools: pillarTools(agent, options) };
}
