import { createHost } from '../../kernel/loader/host.ts';
import { createLoader } from '../../kernel/loader/registry.ts';
import { formats, renderPipeline } from '../../kernel/render/pipeline.ts';
import { type Ctx, call, execModule } from '../../modules/define.ts';
import { stateSources } from '../builtins.ts';
import { compileHigh, type Result, type Results, runOrdered, SlsCompiler, type SlsSource, StateModules } from './index.ts';

/** What a trial ran, or why it could not be compiled. */
export interface Trial {
  readonly errors: readonly string[];
  readonly results: Results;
}

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** SLS texts by name, of the environment `base`. */
const memory = (files: Readonly<Record<string, string>>): SlsSource => ({
  environments: async () => ['base'],
  available: async () => Object.keys(files),
  find: async (sls) => (Object.hasOwn(files, sls) ? { path: sls, name: `${sls}.sls` } : undefined),
  render: async (_file, sls) => await renderPipeline(files[sls] ?? '', 'yaml', formats),
});

/**
 * For tests: compiles and runs SLS texts, of which `t` is the one applied, on this machine by the real compiler,
 * engine, states and execution modules `cmd`, `file` and `test`.
 */
export async function trial(
  files: string | Readonly<Record<string, string>>,
  options: { readonly testing?: boolean; readonly failhard?: boolean } = {},
): Promise<Trial> {
  const sources = typeof files === 'string' ? { t: files } : files;
  const compiler = new SlsCompiler(memory(sources));
  await compiler.add(new Map([['base', ['t']]]));
  if (compiler.errors.length > 0) return { errors: compiler.errors, results: new Map() };
  const host = createHost(() => ({}));
  const modules = new StateModules(stateSources, host);
  const ordered = await compileHigh(compiler.high, { watches: (state) => modules.watches(state), disabled: [] });
  if ('errors' in ordered) return { errors: ordered.errors, results: new Map() };
  const surroundings = { modules, failhard: options.failhard === true };
  let results: Results | undefined;
  await inContext(options.testing === true, async (ctx) => {
    results = await runOrdered(ordered, { ...surroundings, ctx });
  });
  if (results === undefined) throw new Error('the trial did not run');
  return { errors: [], results };
}

/** Of the agent's functions over its options what states ask for; nothing is set. */
const settings = execModule({
  name: 'config',
  doc: 'Options of the minion.',
  calls: {
    backup_mode: call({
      doc: 'Where backups go.',
      examples: [],
      args: { backup: { type: 'string', default: '', doc: 'as given' } },
      changes: false,
      run: (_ctx, { backup }) => backup,
    }),
  },
});

/** Acts with the context that a function of a minion has. */
async function inContext(testing: boolean, act: (ctx: Ctx) => Promise<void>): Promise<void> {
  const host = createHost(() => ({}));
  const go = call({
    doc: 'Runs the trial.',
    examples: [],
    args: {},
    changes: true,
    run: async (ctx) => {
      await act(ctx);
      return null;
    },
  });
  const loader = createLoader({
    id: 'web1',
    sources: [
      { name: 'cmd', load: async () => await import('../../modules/exec/cmd/index.ts') },
      { name: 'file', load: async () => await import('../../modules/exec/file/index.ts') },
      { name: 'test', load: async () => await import('../../modules/exec/test/index.ts') },
      { name: 'user', load: async () => await import('../../modules/exec/accounts/user.ts') },
      { name: 'config', load: async () => ({ default: settings }) },
      { name: 'trial', load: async () => ({ default: execModule({ name: 'trial', doc: 'Trials.', calls: { go } }) }) },
    ],
    host,
    config: () => ({}),
    grains: () => ({}),
    pillar: () => ({}),
    log: silent,
  });
  await loader.invoke('trial.go', [], { fun: 'trial.go', signal: new AbortController().signal, testing });
}

/** Results as one line each, in their order: `id True`, with `*` for changes. */
export const summary = (results: Results): string[] =>
  [...results].map(([tag, { result, changes }]) => `${tag.split('_|-')[1]} ${word(result)}${Object.keys(changes).length > 0 ? '*' : ''}`);
const word = (result: boolean | null): string => (result === null ? 'None' : result ? 'True' : 'False');

/** The result of the only chunk of an id. */
export function ofId(results: Results, id: string): Result {
  const found = [...results].filter(([tag]) => tag.split('_|-')[1] === id);
  const [one] = found;
  if (one === undefined || found.length !== 1) throw new Error(`${found.length} results of ${id}`);
  return one[1];
}
