import { placeNames } from '../../../kernel/render/context.ts';
import { renderPipeline } from '../../../kernel/render/pipeline.ts';
import { fromPlain } from '../../../kernel/render/python/plain.ts';
import { type Data, isDict } from '../../../kernel/render/python/value.ts';
import type { Ctx, Returnable } from '../../../modules/define.ts';
import { stateSources } from '../../../states/builtins.ts';
import { faultsOf } from '../../../states/engine/call.ts';
import { tagOf } from '../../../states/engine/chunk.ts';
import { Graph } from '../../../states/engine/graph.ts';
import {
  type Chunk,
  compileHigh,
  type Depth,
  type High,
  type Journal,
  type Matches,
  runOrdered,
  SlsCompiler,
  StateModules,
} from '../../../states/engine/index.ts';
import type { StateSource } from '../../../states/engine/modules.ts';
import type { Results } from '../../../states/engine/result.ts';
import type { Reload } from '../../../states/engine/run.ts';
import { readTop, type Top, topMatches, verifyTop } from '../../../states/engine/top.ts';
import type { Ports } from '../ports.ts';
import { disabledOf } from './disabled.ts';
import { jobOf } from './job.ts';
import { type RenderSls, SlsFiles } from './sls_files.ts';
import { templateGlobals, templateRenderers } from './templates.ts';

/** High data and its errors. */
export interface Rendered {
  readonly high: High;
  readonly errors: readonly string[];
}

/** What of high data is to be run: all of it, unless told. */
interface Part {
  readonly depth?: Depth;
  readonly wanted?: (chunk: Chunk) => boolean;
}

/** What a session begins with. */
export interface Opening {
  readonly saltenv: string | undefined;
  readonly custom: readonly StateSource[];
  /** Fire an event after each state. */
  readonly events: boolean;
  /** Where this run is written down, if it is. */
  readonly journal?: Journal | undefined;
  /** The pillar of this run, made anew. */
  readonly repillar: () => Promise<Readonly<Record<string, Returnable>>>;
  /** Nobody is told how the run gets on. */
  readonly silent?: boolean;
}

/** What high data ask for, by the tags of the chunks, and what they would do. */
export interface Trial {
  readonly chunks: ReadonlyMap<string, unknown>;
  readonly results: Results;
}

/** One call of the state system on this minion: its context, its environment, what it has rendered. */
export class Session {
  readonly #ports: Ports;
  readonly #saltenv: string | undefined;
  readonly #opening: Opening;
  #ctx: Ctx;
  readonly #source: SlsFiles;
  readonly #modules: StateModules;

  constructor(ports: Ports, ctx: Ctx, opening: Opening) {
    this.#ports = ports;
    this.#ctx = ctx;
    this.#saltenv = opening.saltenv;
    this.#opening = opening;
    this.#modules = new StateModules([...opening.custom, ...stateSources], ctx.host);
    this.#source = new SlsFiles(ports.files, this.#renderSls);
  }

  readonly #renderSls: RenderSls = async (text, file, sls, env) => {
    const globals = templateGlobals(this.#ports, this.#ctx, { ...placeNames(sls, file.name, file.path), saltenv: env, env });
    return await renderPipeline(
      text,
      String(this.#ports.options()['renderer'] ?? 'jinja|yaml'),
      templateRenderers(this.#ports, this.#ctx, env, globals),
    );
  };

  /** Another session of this kind, with other custom states and the grains of now. */
  renewed(custom: readonly StateSource[]): Session {
    return new Session(this.#ports, { ...this.#ctx, grains: this.#ports.grains.items }, { ...this.#opening, custom });
  }

  /** What the top files give this minion, and what is wrong with them. @throws RenderError */
  async top(file?: string): Promise<{ readonly matches: Map<string, string[]>; readonly top: Top; readonly errors: readonly string[] }> {
    const options = this.#ports.options();
    const question = {
      strategy: String(options['top_file_merging_strategy'] ?? 'merge'),
      saltenv: this.#saltenv,
      defaultTop: String(options['default_top'] ?? 'base'),
      envOrder: Array.isArray(options['env_order']) ? options['env_order'].map(String) : [],
      file: (file ?? String(options['state_top'] ?? 'top.sls')).replace(/^salt:\/\//, '').replace(/\.sls$/, ''),
    };
    const top = await readTop(this.#source, question, (error) => this.#ctx.log.error(`Unable to render top file: ${error.message}`));
    const subject = { id: this.#ports.id, grains: this.#ctx.grains, pillar: this.#ctx.pillar };
    return { matches: topMatches(top, subject, this.#saltenv), top, errors: verifyTop(top) };
  }

  /** An SLS that is no file of the environments. */
  async renderText(text: string, name: string): Promise<Rendered> {
    const env = this.#saltenv ?? 'base';
    const compiler = new SlsCompiler({
      environments: async () => [env],
      available: async () => [],
      find: async () => ({ path: name, name }),
      render: async (file, sls) => await this.#renderSls(text, file, sls, env),
    });
    await compiler.add(new Map([[env, [name]]]));
    return compiler;
  }

  async render(matches: Matches): Promise<Rendered> {
    const before = this.#opening.journal?.high;
    if (before !== undefined) return { high: before, errors: [] };
    const compiler = new SlsCompiler(this.#source);
    await compiler.add(matches);
    if (compiler.errors.length === 0) this.#opening.journal?.rendered(compiler.high);
    // What functions in templates ended with is not what the call ends with.
    this.#ctx.retcode(0);
    return compiler;
  }

  /** Names of all SLS by environment. */
  async available(): Promise<ReadonlyMap<string, readonly string[]>> {
    const found = new Map<string, readonly string[]>();
    for (const env of await this.#source.environments()) found.set(env, await this.#source.available(env));
    return found;
  }

  async compile(high: High, depth: Depth = 'all') {
    const disabled = this.#ports.options()['disabled_requisites'];
    const named = (Array.isArray(disabled) ? disabled : [disabled ?? []].flat()).map(String);
    const stopped = disabledOf(this.#ports);
    const [watches, aggregate] = [(state: string) => this.#modules.watches(state), (state: string) => this.#modules.aggregate(state)];
    const aggregated = fromPlain(this.#ports.options()['state_aggregate'] ?? false);
    return await compileHigh(high, { watches, disabled: named, stopped, aggregate, aggregated }, depth);
  }

  /** Runs high data. A list of errors when it cannot be compiled, and nothing has run then. */
  async run(high: High, { depth = 'all', wanted = () => true }: Part = {}): Promise<Results | readonly string[]> {
    const ordered = await this.compile(high, depth);
    if ('errors' in ordered) return ordered.errors;
    const chunks = ordered.chunks.filter(wanted);
    const wrong = this.#opening.journal?.compiled(chunks) ?? [];
    return wrong.length > 0 ? wrong : await runOrdered({ ...ordered, chunks }, this.#surroundings());
  }

  /** What high data would do. Errors when they cannot be compiled. Leaves `high` as it is, to be run later. */
  async trial(high: High, manner: 'told' | 'silent'): Promise<Trial | readonly string[]> {
    const session = new Session(
      this.#ports,
      { ...this.#ctx, testing: true },
      { ...this.#opening, journal: undefined, silent: manner === 'silent' },
    );
    const ordered = await session.compile(fromPlain(high) as High);
    if ('errors' in ordered) return ordered.errors;
    // Of before the run, which settles some of them.
    const chunks = new Map(ordered.chunks.map((chunk) => [tagOf(chunk), fromPlain(chunk.args)]));
    return { chunks, results: await runOrdered(ordered, session.#surroundings()) };
  }

  /** Why one chunk that stands in no SLS cannot be run. */
  async faults(chunk: Chunk): Promise<string[]> {
    if (chunk.fun === 'mod_watch' && (await this.#modules.watches(chunk.state))) return [];
    return await faultsOf(chunk, this.#modules);
  }

  /** Runs one chunk that stands in no SLS. */
  async runChunk(chunk: Chunk): Promise<Results | readonly string[]> {
    const wrong = this.#opening.journal?.compiled([chunk]) ?? [];
    if (wrong.length > 0) return wrong;
    const graph = new Graph();
    graph.add(chunk);
    return await runOrdered({ chunks: [chunk], graph }, this.#surroundings());
  }

  #surroundings() {
    const options = this.#ports.options();
    const { events, journal, silent } = this.#opening;
    const most = options['state_max_parallel'];
    return {
      ctx: this.#ctx,
      modules: this.#modules,

      failhard: options['failhard'] === true,
      reload: this.#reload,
      maxParallel: typeof most === 'number' ? most : 0,
      ...(journal === undefined ? {} : { journal }),
      ...(silent === true ? {} : jobOf(this.#ports, this.#ctx, events, journal?.jid)),
    };
  }

  readonly #reload = async (what: readonly Reload[]): Promise<Ctx> => {
    const ports = this.#ports;
    if (what.includes('reload_grains')) await ports.grains.refresh();
    if (what.includes('reload_pillar')) ports.pillar.replace(await this.#opening.repillar());
    await ports.loader().refresh();
    this.#ctx = { ...this.#ctx, grains: ports.grains.items, pillar: ports.pillar.items };
    return this.#ctx;
  };
}

/** Adds what a caller wants left out: names of SLS, or maps with `id` or `sls`. */
export function exclude(high: High, wanted: Returnable | undefined): void {
  if (wanted === undefined || wanted === null || wanted === '') return;
  const items = fromPlain(typeof wanted === 'string' ? wanted.split(',').map((name) => name.trim()) : wanted);
  const list: Data[] = Array.isArray(items) ? items : isDict(items) ? [items as Data] : [items];
  const known = high.get('__exclude__');
  high.set('__exclude__', [...(Array.isArray(known) ? known : []), ...list]);
}
