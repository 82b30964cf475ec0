import { excerpt, RenderError, withExcerpt } from '../errors.ts';
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

/** A template that another one includes or imports. */
export interface TemplateFile {
  readonly text: string;
  /** Where it lies on this machine, for errors. */
  readonly path?: string;
}

/** What a template finds around it. */
export interface TemplateSurroundings {
  readonly globals: ReadonlyMap<string, Value>;
  /** An included or imported template, by its name relative to the root of the environment. */
  load(name: string): Promise<TemplateFile | string | undefined>;
  readonly options?: LexerOptions;
  /** As Jinja is by itself: what is undefined prints nothing, and errors are in its own words. */
  readonly lenient?: boolean;
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
export async function renderJinja(text: string, { globals, load, options = {}, lenient = false }: TemplateSurroundings): Promise<string> {
  const library: Library = { filters, tests, globals: new Map([...builtinGlobals, ...globals]), lenient };
  const sources = new Map<string, TemplateFile>();
  const fetch = templates(load, options, sources);
  try {
    const body = parse(text, known, options);
    const evaluator = new Evaluator(library, new Budget());
    const rendered = await new Rendering(evaluator, fetch, new Scope()).render(body);
    return text.endsWith('\n') ? `${rendered}\n` : rendered;
  } catch (error) {
    throw lenient && error instanceof JinjaError ? new RenderError(error.message, undefined, error) : inWordsOfSalt(error, text, sources);
  }
}

function templates(load: TemplateSurroundings['load'], options: LexerOptions, sources: Map<string, TemplateFile>): Fetch {
  const parsed = new Map<string, ReturnType<Fetch>>();
  const read: Fetch = async (name) => {
    if (name.startsWith('../') || name.includes('/../') || name.startsWith('/')) return undefined;
    const found = await load(name);
    if (found === undefined) return undefined;
    const file = typeof found === 'string' ? { text: found } : found;
    sources.set(name, file);
    try {
      return { body: parse(file.text, known, options), source: file.text };
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

function inWordsOfSalt(error: unknown, text: string, sources: ReadonlyMap<string, TemplateFile>): unknown {
  if (error instanceof RangeError)
    return new RenderError(`Jinja error: the template is nested too deeply (${error.message})`, undefined, error);
  if (!(error instanceof JinjaError)) return error;
  const { spot } = error;
  const prefix = prefixOf(error);
  const trace = prefix === PREFIX.error ? traceback(error) : undefined;
  const words = (where: string): string => `${prefix}${error.message}${where}${trace === undefined ? '' : `\n${trace}\n`}`;
  if (spot === undefined) return new RenderError(words(''), undefined, error);
  const file = spot.template === undefined ? undefined : sources.get(spot.template);
  if (file !== undefined) {
    const where = `\n${file.path ?? spot.template}(${spot.line}):\n${excerpt(spot.line, file.text)}`;
    return new RenderError(words(where), undefined, error);
  }
  const source = trace === undefined ? text : `${text}\n${trace}`;
  return new RenderError(withExcerpt(words(''), spot.line, source), spot.line, error);
}

/** Salt shows the inner life of what is no fault of the form, twice: in the message and behind the template. */
function traceback(error: JinjaError): string {
  const thrown = error.cause instanceof Error ? error.cause : error;
  const [first = '', ...frames] = (thrown.stack ?? thrown.message).split('\n');
  return ['Traceback (most recent call last):', ...frames.reverse().map((frame) => `  ${frame.trim()}`), `${first}\n`].join('\n');
}

function prefixOf(error: JinjaError): string {
  const cause = error.cause;
  if (cause instanceof Error && cause.name === 'CommandExecutionError') return 'Problem running salt function in Jinja template: ';
  return PREFIX[error.kind];
}
