import { SaltFunctions } from '../../kernel/render/functions.ts';
import { renderJinja } from '../../kernel/render/jinja/index.ts';
import { formats, renderPipeline } from '../../kernel/render/pipeline.ts';
import { fromPlain } from '../../kernel/render/python/plain.ts';
import { str } from '../../kernel/render/python/repr.ts';
import type { Data, Value } from '../../kernel/render/python/value.ts';
import type { SourceParts } from './sources/source.ts';

/** Renders a text that is no file of pillar_roots, with what templates of pillar see. @throws RenderError */
export async function renderText(text: string, renderer: string, parts: SourceParts): Promise<Data> {
  const { request, pillar, options, functions } = parts;
  const globals = new Map<string, Value>([
    ['salt', new SaltFunctions(functions)],
    ['grains', fromPlain(request.grains)],
    ['pillar', pillar],
    ['opts', fromPlain(options)],
  ]);
  return await renderPipeline(text, renderer, {
    ...formats,
    jinja: async (input) => await renderJinja(str(input), { globals, load: async () => undefined }),
  });
}
