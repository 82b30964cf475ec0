import { readFile } from 'node:fs/promises';
import { placeNames } from '../../kernel/render/context.ts';
import { SaltFunctions } from '../../kernel/render/functions.ts';
import { renderJinja } from '../../kernel/render/jinja/index.ts';
import { allowedRenderers, formats, type Renderer, renderPipeline } from '../../kernel/render/pipeline.ts';
import { fromPlain, toPlain } from '../../kernel/render/python/plain.ts';
import { str } from '../../kernel/render/python/repr.ts';
import type { Data, Dict, Value } from '../../kernel/render/python/value.ts';
import type { SlsFile } from '../engine/sls.ts';
import type { FunctionsFor, FunctionsView, PillarMap, PillarParts, PillarRequest } from './contract.ts';
import type { PillarFiles } from './files.ts';
import type { Options } from './options.ts';

interface TemplateParts {
  readonly request: PillarRequest;
  readonly pillarenv: string | undefined;
  readonly files: PillarFiles;
  /** What a file is rendered by that names nothing itself. */
  readonly renderer: string;
  /** Grows while external sources and files are compiled. */
  readonly pillar: Dict;
  readonly options: Options;
  readonly functions: FunctionsFor;
  readonly renderers: PillarParts['renderers'];
}

/** Renders the files of one compilation. */
export class Templates {
  readonly #parts: TemplateParts;
  readonly #salt: SaltFunctions;

  constructor(parts: TemplateParts) {
    this.#parts = parts;
    const { id, grains } = parts.request;
    const view = { id, grains: grains as FunctionsView['grains'], pillar: () => toPlain(parts.pillar) as PillarMap };
    this.#salt = new SaltFunctions(parts.functions(view));
  }

  /** @param defaults variables that an including file sets. @throws RenderError */
  async render({ path, name }: SlsFile, sls: string, env: string, defaults: Dict = new Map()): Promise<Data> {
    const text = await readFile(path, 'utf8');
    if (text.trim() === '') return new Map();
    const load = async (wanted: string) => await this.#parts.files.template(wanted, env);
    const place = { ...placeNames(sls, name, path), saltenv: env, env };
    const globals = this.#globals(place, defaults);
    const jinja: Renderer = async (input) => await renderJinja(str(input), { globals, load });
    const { request, pillar, renderers, options } = this.#parts;
    const more = renderers?.({ ...place, minion_id: request.id, grains: request.grains, pillar: toPlain(pillar) });
    return await renderPipeline(text, this.#parts.renderer, allowedRenderers({ ...formats, jinja, ...more }, options));
  }

  #globals(place: Readonly<Record<string, string>>, defaults: Dict): Map<string, Value> {
    const { request, pillar, pillarenv, options } = this.#parts;
    const opts = { ...options, id: request.id, minion_id: request.id, saltenv: request.saltenv ?? null, pillarenv: pillarenv ?? null };
    const globals = new Map<string, Value>([...defaults].map(([name, value]) => [str(name), value]));
    const given: Readonly<Record<string, Value>> = {
      salt: this.#salt,
      grains: fromPlain(request.grains),
      pillar: fromPlain(toPlain(pillar)),
      opts: fromPlain(opts),
      minion_id: request.id,
      ...place,
    };
    for (const [name, value] of Object.entries(given)) globals.set(name, value);
    return globals;
  }
}
