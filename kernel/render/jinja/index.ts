import { RenderError } from '../errors.ts';
import type { Value } from '../python/value.ts';

/** What a template finds around it. */
export interface TemplateSurroundings {
  readonly globals: ReadonlyMap<string, Value>;
  /** The text of an included or imported template, by its name relative to the root of the environment. */
  load(name: string): Promise<string | undefined>;
}

/** @throws RenderError */
export async function renderJinja(text: string, _surroundings: TemplateSurroundings): Promise<string> {
  if (/\{[{%#]/.test(text)) throw new RenderError('templates cannot be rendered yet');
  return text;
}
