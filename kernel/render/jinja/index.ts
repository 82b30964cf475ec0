import { RenderError, withExcerpt } from '../errors.ts';
import { str } from '../python/repr.ts';
import type { Value } from '../python/value.ts';
import { Budget } from './budget.ts';
import { Evaluator, type Filter, type Library, type Test } from './engine.ts';
import { JinjaError } from './errors.ts';
import { saltFilters } from './filters/salt.ts';
import { sequenceFilters } from './filters/sequences.ts';
import { serialFilters } from './filters/serial.ts';
import { textFilters } from './filters/text.ts';
import { builtinGlobals } from './globals.ts';
import type { LexerOptions } from './lexer.ts';
import { parse } from './parser.ts';
import { Scope } from './scope.ts';
import { type Fetch, Rendering } from './template.ts';
import { tests as plainTests } from './tests.ts';

/** What a template finds around it. */
export interface TemplateSurroundings {
  readonly globals: ReadonlyMap<string, Value>;
  /** The text of an included or imported template, by its name relative to the root of the environment. */
  load(name: string): Promise<string | undefined>;
  readonly options?: LexerOptions;
}

const filters: Readonly<Record<string, Filter>> = { ...textFilters, ...sequenceFilters, ...serialFilters, ...saltFilters };
const tests: Readonly<Record<string, Test>> = {
  ...plainTests,
  filter: (value) => Object.hasOwn(filters, str(value)),
  test: (value) => Object.hasOwn(plainTests, str(value)) || value === 'filter' || value === 'test',
};
const known = { filter: (name: string) => Object.hasOwn(filters, name), test: (name: string) => Object.hasOwn(tests, name) };

/**
 * Renders a Jinja template as Salt does: strict about what is undefined, sandboxed, with Salt's filters, tests and
 * tags. A line end at the end is kept. Nothing of it can reach JavaScript's own objects.
 * @throws RenderError in Salt's words, with the line and what stands around it
 */
export async function renderJinja(text: string, { globals, load, options = {} }: TemplateSurroundings): Promise<string> {
  const library: Library = { filters, tests, globals: new Map([...builtinGlobals, ...globals]) };
  const sources = new Map<string, string>();
  const fetch = templates(load, options, sources);
  try {
    const body = parse(text, known, options);
    const evaluator = new Evaluator(library, new Budget());
    const rendered = await new Rendering(evaluator, fetch, new Scope()).render(body);
    return text.endsWith('\n') ? `${rendered}\n` : rendered;
  } catch (error) {
    throw inWordsOfSalt(error, text, sources);
  }
}

function templates(load: TemplateSurroundings['load'], options: LexerOptions, sources: Map<string, string>): Fetch {
  const parsed = new Map<string, ReturnType<Fetch>>();
  const read: Fetch = async (name) => {
    if (name.startsWith('../') || name.includes('/../') || name.startsWith('/')) return undefined;
    const source = await load(name);
    if (source === undefined) return undefined;
    sources.set(name, source);
    try {
      return { body: parse(source, known, options), source };
    } catch (error) {
      if (error instanceof JinjaError && error.spot !== undefined) error.spot = { line: error.spot.line, template: name };
      throw error;
    }
  };
  return (name) => {
    const cached = parsed.get(name) ?? read(name);
    parsed.set(name, cached);
    return cached;
  };
}

const PREFIX = { syntax: 'Jinja syntax error: ', undefined: 'Jinja variable ', error: 'Jinja error: ' } as const;

function inWordsOfSalt(error: unknown, text: string, sources: ReadonlyMap<string, string>): unknown {
  if (error instanceof RangeError)
    return new RenderError(`Jinja error: the template is nested too deeply (${error.message})`, undefined, error);
  if (!(error instanceof JinjaError)) return error;
  const message = `${prefixOf(error)}${error.message}`;
  const { spot } = error;
  if (spot === undefined) return new RenderError(message, undefined, error);
  const source = spot.template === undefined ? text : sources.get(spot.template);
  if (source === undefined) return new RenderError(message, spot.line, error);
  if (spot.template === undefined) return new RenderError(withExcerpt(message, spot.line, source), spot.line, error);
  return new RenderError(withExcerpt(`${message}\n${spot.template}(${spot.line})`, spot.line, source), undefined, error);
}

function prefixOf(error: JinjaError): string {
  const cause = error.cause;
  if (cause instanceof Error && cause.name === 'CommandExecutionError') return 'Problem running salt function in Jinja template: ';
  return PREFIX[error.kind];
}
