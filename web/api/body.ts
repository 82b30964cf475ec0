import { typedArgument } from '../../kernel/render/argument.ts';
import { splitWords } from '../../kernel/render/words.ts';
import { loadYaml, YamlError } from '../../kernel/render/yaml/index.ts';
import { HttpProblem } from './problem.ts';

/** One call of a client, unchecked. Without prototype: names of the sender are nothing but keys. */
export type Chunk = Readonly<Record<string, unknown>>;

/** Deeper than any honest request, and far from what would exhaust the stack. */
const DEEPEST = 100;
/** More than a body of 1 MiB can hold without aliases. */
const MOST_VALUES = 1_000_000;

/**
 * What was sent, by its content type: JSON, YAML, a form, or text that may be JSON. Null for an empty body.
 * @throws HttpProblem 400 for a malformed body, 406 for a type that is not understood
 */
export function bodyOf(contentType: string | undefined, bytes: Buffer | undefined): unknown {
  if (bytes === undefined || bytes.length === 0) return null;
  const text = bytes.toString('utf8');
  switch ((contentType ?? 'application/x-www-form-urlencoded').split(';', 1)[0]?.trim().toLowerCase()) {
    case 'application/json':
      return bounded(parseJson(text));
    case 'application/x-yaml':
    case 'text/yaml':
      return parseYaml(text);
    case 'text/plain':
      return bounded(jsonOrText(text));
    case 'application/x-www-form-urlencoded':
      return formOf(text);
    default:
      throw new HttpProblem(406, 'Content type not supported');
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpProblem(400, 'Invalid JSON document');
  }
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function parseYaml(text: string): unknown {
  try {
    return bounded(loadYaml(text));
  } catch (error) {
    if (error instanceof YamlError) throw new HttpProblem(400, 'Invalid YAML document');
    throw error;
  }
}

/** Maps become objects without prototype. @throws HttpProblem 400 for what is nested too deep, or unfolds to too much */
function bounded(value: unknown): unknown {
  let left = MOST_VALUES;
  const copy = (part: unknown, depth: number): unknown => {
    left -= 1;
    if (depth > DEEPEST || left < 0)
      throw new HttpProblem(400, `The body is nested more than ${DEEPEST} levels deep, or holds too many values`);
    if (Array.isArray(part)) return part.map((item) => copy(item, depth + 1));
    if (typeof part !== 'object' || part === null || part instanceof Uint8Array || part instanceof Date) return part;
    const made: Record<string, unknown> = Object.create(null);
    for (const [key, item] of part instanceof Map ? part : Object.entries(part)) made[String(key)] = copy(item, depth + 1);
    return made;
  };
  return copy(value, 0);
}

/** Repeated names become lists; `arg` and `kwarg` are typed as on the command line. */
function formOf(text: string): Chunk {
  const form: Record<string, unknown> = Object.create(null);
  const fields = new URLSearchParams(text);
  for (const name of new Set(fields.keys())) {
    const all = fields.getAll(name);
    form[name] = all.length === 1 ? all[0] : all;
  }
  if (form['arg'] !== undefined) {
    const { args, kwargs } = splitWords([form['arg']].flat());
    form['arg'] = args;
    if (Object.keys(kwargs).length > 0) form['kwarg'] = kwargs;
  }
  if (typeof form['kwarg'] === 'string') form['kwarg'] = bounded(typedArgument(form['kwarg']));
  return form;
}

export const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The calls of a body: a mapping is one, a list many.
 * @throws HttpProblem 400 for anything else
 */
export function lowstateOf(data: unknown): readonly Chunk[] {
  const list = isMap(data) ? [data] : data;
  if (!Array.isArray(list) || !list.every(isMap)) throw new HttpProblem(400, 'Lowstates must be a list');
  return list.map((chunk) => ('arg' in chunk && !Array.isArray(chunk['arg']) ? { ...chunk, arg: [chunk['arg']] } : chunk));
}
