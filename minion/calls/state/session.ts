import { placeNames } from '../../../kernel/render/context.ts';
import { renderPipeline } from '../../../kernel/render/pipeline.ts';
import { fromPlain } from '../../../kernel/render/python/plain.ts';
import { str } from '../../../kernel/render/python/repr.ts';
import { type Data, isDict } from '../../../kernel/render/python/value.ts';
import type { Ctx, Returnable } from '../../../modules/define.ts';
import { stateSources } from '../../../states/builtins.ts';
import type { Surroundings } from '../../../states/engine/call.ts';
import { Graph } from '../../../states/engine/graph.ts';
import { type Chunk, compileHigh, type High, type Matches, runOrdered, SlsCompiler, StateModules } from '../../../states/engine/index.ts';
import type { Results } from '../../../states/engine/result.ts';
import { readTop, type Top, topMatches, verifyTop } from '../../../states/engine/top.ts';
import type { Ports } from '../ports.ts';
import { SlsFiles } from './sls_files.ts';
import { templateGlobals, templateRenderers } from './templates.ts';

/** High data and its errors. */
export interface Rendered {
  readonly high: High;
  readonly errors: readonly string[];
}

/** One call of the state system on this minion: its context, its environment, what it has rendered. */
export class Session {
  readonly #ports: Ports;
  readonly #ctx: Ctx;
  readonly #saltenv: string | undefined;
  readonly #source: SlsFiles;
  readonly #modules: StateModules;

  constructor(ports: Ports, ctx: Ctx, saltenv: string | undefined) {
    this.#ports = ports;
    this.#ctx = ctx;
    this.#saltenv = saltenv;
    this.#modules = new StateModules(stateSources, ctx.host);
    this.#source = new SlsFiles(ports.files, async (text, file, sls, env) => {
      const globals = templateGlobals(ports, ctx, { ...placeNames(sls, file.name, file.path), saltenv: env, env });
      return await renderPipeline(text, String(ports.options()['renderer'] ?? 'jinja|yaml'), templateRenderers(ports, env, globals));
    });
  }

  /** What the top files give this minion, and what is wrong with them. @throws RenderError */
  async top(): Promise<{ readonly matches: Map<string, string[]>; readonly top: Top; readonly errors: readonly string[] }> {
    const options = this.#ports.options();
    const top = await readTop(this.#source, {
      strategy: String(options['top_file_merging_strategy'] ?? 'merge'),
      saltenv: this.#saltenv,
      defaultTop: String(options['default_top'] ?? 'base'),
      envOrder: Array.isArray(options['env_order']) ? options['env_order'].map(String) : [],
      file: String(options['state_top'] ?? 'top.sls').replace(/\.sls$/, ''),
    });
    const subject = { id: this.#ports.id, grains: this.#ctx.grains, pillar: this.#ctx.pillar };
    return { matches: topMatches(top, subject, this.#saltenv), top, errors: verifyTop(top) };
  }

  async render(matches: Matches): Promise<Rendered> {
    const compiler = new SlsCompiler(this.#source);
    await compiler.add(matches);
    return compiler;
  }

  async compile(high: High) {
    const disabled = this.#ports.options()['disabled_requisites'];
    const named = (Array.isArray(disabled) ? disabled : [disabled ?? []].flat()).map(String);
    return await compileHigh(high, { watches: (state) => this.#modules.watches(state), disabled: named });
  }

  /** Runs high data. A list of errors when it cannot be compiled, and nothing has run then. */
  async run(high: High, wanted: (chunk: Chunk) => boolean = () => true): Promise<Results | readonly string[]> {
    const ordered = await this.compile(high);
    if ('errors' in ordered) return ordered.errors;
    return await runOrdered({ ...ordered, chunks: ordered.chunks.filter(wanted) }, this.#surroundings());
  }

  /** Runs one chunk that stands in no SLS. */
  async runChunk(chunk: Chunk): Promise<Results> {
    const graph = new Graph();
    graph.add(chunk);
    return await runOrdered({ chunks: [chunk], graph }, this.#surroundings());
  }

  #surroundings() {
    return { ctx: this.#ctx, modules: this.#modules, render: this.#renderFor, failhard: this.#ports.options()['failhard'] === true };
  }

  readonly #renderFor: Surroundings['render'] = async (chunk: Chunk, engine, { text, source }, context) => {
    const name = source.replace(/^salt:\/\//, '').replace(/\?.*$/, '');
    const place = { ...placeNames(chunk.sls ?? '', name, name), source: name, saltenv: chunk.env, env: chunk.env };
    const globals = templateGlobals(this.#ports, this.#ctx, place);
    for (const [key, value] of Object.entries(context)) globals.set(key, fromPlain(value));
    return str(await renderPipeline(text, engine, templateRenderers(this.#ports, chunk.env, globals)));
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
