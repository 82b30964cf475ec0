import { RenderError } from './errors.ts';
import { fromPlain } from './python/plain.ts';
import type { Data } from './python/value.ts';
import { loadYaml, YamlError } from './yaml/index.ts';

/** One step of a pipeline: text or data in, text or data out. `argument` is what stands after its name. */
export type Renderer = (input: Data, argument: string) => Data | Promise<Data>;
export type Renderers = Readonly<Record<string, Renderer>>;

/** Renderers without those that `renderer_blacklist` names or `renderer_whitelist` does not: these pass their input on. */
export function allowedRenderers(renderers: Renderers, options: Readonly<Record<string, unknown>>): Renderers {
  const [black, white] = ['renderer_blacklist', 'renderer_whitelist'].map((name) => listed(options[name]));
  const isAllowed = (name: string): boolean =>
    !black?.includes(name) && (white === undefined || white.length === 0 || white.includes(name));
  return Object.fromEntries(
    Object.entries(renderers).map(([name, renderer]) => [name, isAllowed(name) ? renderer : (input: Data) => input]),
  );
}

const listed = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

/** What every pipeline has: formats. Template engines are added by those who have their surroundings. */
export const formats: Renderers = { yaml: renderYaml, json: renderJson, text: (input) => input };

/** Salt's older names of two steps at once. */
const OLD_NAME = /^(yaml|json|yamlex)_(jinja|mako|wempy)$/;

/**
 * Renders a document through the steps that its first line names (`#!jinja|yaml`), else through `fallback`.
 * @throws RenderError in Salt's words
 */
export async function renderPipeline(text: string, fallback: string, renderers: Renderers): Promise<Data> {
  let value: Data = text;
  for (const { name, argument } of stepsOf(text, fallback)) {
    const renderer = Object.hasOwn(renderers, name) ? renderers[name] : undefined;
    if (renderer === undefined)
      throw new RenderError(`The renderer "${name}" is not available; there are ${Object.keys(renderers).join(', ')}`);
    value = await renderer(value, argument);
  }
  return value;
}

interface Step {
  readonly name: string;
  readonly argument: string;
}

/** The steps a document asks for. A first line such as `#!/bin/sh` is no wish. */
export function stepsOf(text: string, fallback: string): readonly Step[] {
  const first = text.slice(0, text.indexOf('\n') < 0 ? text.length : text.indexOf('\n')).trim();
  const asked = first.startsWith('#!') && !first.startsWith('#!/') ? first.slice(2) : fallback;
  const old = OLD_NAME.exec(asked.trim());
  const pipe = old === null ? asked : `${old[2]}|${old[1]}`;
  return pipe.split('|').map((part) => {
    const [name = '', ...rest] = part.trim().split(' ');
    return { name, argument: rest.join(' ').trim() };
  });
}

function renderYaml(input: Data): Data {
  if (typeof input !== 'string') return input;
  try {
    return loadYaml(input) ?? new Map();
  } catch (error) {
    // Salt does not take this one for a fault of the document's form.
    if (!(error instanceof YamlError) || error.step === 'ComposerError') throw error;
    const message = error.step === 'ScannerError' ? error.problem : error.message;
    throw new RenderError(message, error.mark === undefined ? undefined : error.mark.line + 1, error);
  }
}

/** The first line may still hold the names of the renderers. */
function renderJson(input: Data): Data {
  if (typeof input !== 'string') return input;
  const body = input.startsWith('#') ? input.slice(input.indexOf('\n') + 1) : input;
  try {
    return body.trim() === '' ? new Map() : fromPlain(JSON.parse(body));
  } catch (error) {
    throw new RenderError(`not JSON: ${(error as Error).message}`, undefined, error);
  }
}
