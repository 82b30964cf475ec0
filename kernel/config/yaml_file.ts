import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument, type ScalarTag, type Tags } from 'yaml';
import { messageOf } from '../../protocol/errors.ts';
import { BadConfig, type Source } from './errors.ts';
import { isValues } from './option.ts';

/** A configuration file, read: values in null-prototype objects, and on which line each top key stands. */
export interface YamlFile {
  readonly values: Record<string, unknown>;
  readonly sources: ReadonlyMap<string, Source>;
}

/**
 * Reads a YAML file as Salt does (YAML 1.1: yes/no/on/off are booleans). An absent file gives undefined.
 * @throws BadConfig when it cannot be read, is no YAML, or is no map at its top.
 */
export function readYamlFile(file: string): YamlFile | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new BadConfig([{ file, message: `cannot be read (${messageOf(problem)}); check its permissions.` }], problem);
  }
  try {
    return parse(file, text);
  } catch (problem) {
    if (problem instanceof BadConfig) throw problem;
    throw new BadConfig([{ file, message: `cannot be read as YAML (${messageOf(problem)}).` }], problem);
  }
}

function parse(file: string, text: string): YamlFile {
  const counter = new LineCounter();
  const squeezed = withoutComments(text);
  const lineAt = (offset: number): number => squeezed.numbers[counter.linePos(offset).line - 1] ?? squeezed.numbers.at(-1) ?? 1;
  const document = parseDocument(squeezed.text, {
    version: '1.1',
    customTags: pythonTags,
    lineCounter: counter,
    prettyErrors: false,
    logLevel: 'error',
  });
  const error = document.errors[0];
  if (error !== undefined) {
    const line = lineAt(error.pos[0]);
    throw new BadConfig([{ file, line, message: `bad YAML: ${error.message}${excerpt(text, line)}` }]);
  }
  const values = safe(document.toJS());
  if (values === null || values === undefined) return { values: Object.create(null), sources: new Map() };
  if (!isValues(values))
    throw new BadConfig([{ file, line: 1, message: `must be a map of options (key: value), got ${shapeOf(values)}.` }]);
  return { values: values as Record<string, unknown>, sources: linesOf(file, document.contents, lineAt) };
}

interface Squeezed {
  readonly text: string;
  /** The number in the file of each line left. */
  readonly numbers: readonly number[];
}

/**
 * Leaves out lines that are comments from their first column on, and empty ones after these. The parser needs
 * 100 ms for the 1,300 comment lines of a distribution's file, at each start of each command. Within a map no
 * scalar can hold such a line, as continuations are indented.
 */
function withoutComments(text: string): Squeezed {
  const left: string[] = [];
  const numbers: number[] = [];
  let outside = false;
  for (const [index, line] of text.split('\n').entries()) {
    outside = line.startsWith('#') || (outside && line.trim() === '');
    if (outside) continue;
    left.push(line);
    numbers.push(index + 1);
  }
  return { text: left.join('\n'), numbers };
}

const excerpt = (text: string, line: number): string => `\n    ${(text.split('\n')[line - 1] ?? '').trimEnd().slice(0, 120)}`;

const shapeOf = (value: unknown): string => (Array.isArray(value) ? 'a list' : `a ${typeof value}`);

function linesOf(file: string, contents: unknown, lineAt: (offset: number) => number): Map<string, Source> {
  const found = new Map<string, Source>();
  const pairs = isValues(contents) && Array.isArray(contents['items']) ? contents['items'] : [];
  for (const pair of pairs) {
    const key: unknown = isValues(pair) ? pair['key'] : undefined;
    if (!isValues(key) || !Array.isArray(key['range'])) continue;
    found.set(String(key['value']), { file, line: lineAt(Number(key['range'][0])) });
  }
  return found;
}

/** Copies into objects without a prototype, where a key such as `__proto__` is only a key. */
function safe(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(safe);
  if (!isValues(value) || ArrayBuffer.isView(value)) return value;
  if (value instanceof Set) return [...value].map(safe);
  const copy: Record<string, unknown> = Object.create(null);
  for (const [key, item] of value instanceof Map ? value : Object.entries(value)) copy[String(key)] = safe(item);
  return copy;
}

/** YAML 1.1 as Python's loader has it: no single-letter booleans, `1e3` and dates are texts. */
const pythonTags = (tags: Tags): Tags =>
  tags.flatMap((tag): Tags => {
    if (typeof tag !== 'object' || tag.collection !== undefined) return [tag];
    if (tag.tag === 'tag:yaml.org,2002:timestamp') return [];
    if (tag.tag === 'tag:yaml.org,2002:bool') return [strictBoolean(tag)];
    if (tag.tag === 'tag:yaml.org,2002:float' && tag.format === 'EXP') return [{ ...tag, test: /^[-+]?\d[\d_]*\.[\d_]*[eE][-+]\d+$/ }];
    return [tag];
  });

const strictBoolean = (tag: ScalarTag): ScalarTag => ({
  ...tag,
  test: tag.test?.test('yes') ? /^(?:[Yy]es|YES|[Tt]rue|TRUE|[Oo]n|ON)$/ : /^(?:[Nn]o|NO|[Ff]alse|FALSE|[Oo]ff|OFF)$/,
});
