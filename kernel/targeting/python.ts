/**
 * Values as Python's `str()` shows them: Salt compares grains and pillar with patterns in that form, so
 * `True`, `None` and `1.0` must look the same here.
 */
export function pythonText(value: unknown): string {
  return typeof value === 'string' ? value : representation(value, 0);
}

const DEEPEST = 50;

function representation(value: unknown, depth: number): string {
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value === 'string') return pythonString(value);
  if (typeof value === 'number') return pythonNumber(value);
  if (depth > DEEPEST) return '...';
  if (Array.isArray(value)) return `[${value.map((item) => representation(item, depth + 1)).join(', ')}]`;
  if (value instanceof Uint8Array) return `b${pythonString(Buffer.from(value).toString('latin1'))}`;
  if (isMapping(value)) {
    const pairs = entriesOf(value).map(([key, item]) => `${representation(key, depth + 1)}: ${representation(item, depth + 1)}`);
    return `{${pairs.join(', ')}}`;
  }
  return String(value);
}

function pythonNumber(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Number.isInteger(value)) return BigInt(value).toString();
  const [mantissa, exponent] = String(value).split('e');
  if (exponent === undefined) return value !== 0 && Math.abs(value) < 1e-4 ? smallFloat(value) : String(value);
  return `${mantissa}e${exponent.replace(/^([+-]?)(\d)$/, '$10$2')}`;
}

const smallFloat = (value: number): string => value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function pythonString(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is escaped
  const escaped = text.replace(/[\\\x00-\x1f\x7f]/g, (c) => ESCAPES[c] ?? `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `${quote}${quote === "'" ? escaped.replaceAll("'", "\\'") : escaped}${quote}`;
}

/** A Python dict: a plain object, or a Map where the keys are not all text. */
export type Mapping = Readonly<Record<string, unknown>> | ReadonlyMap<unknown, unknown>;

export function isMapping(value: unknown): value is Mapping {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  if (value instanceof Map) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

export const entriesOf = (mapping: Mapping): [unknown, unknown][] =>
  mapping instanceof Map ? [...mapping.entries()] : Object.entries(mapping);

export const keysOf = (mapping: Mapping): unknown[] => (mapping instanceof Map ? [...mapping.keys()] : Object.keys(mapping));

export function hasKey(mapping: Mapping, key: string): boolean {
  return mapping instanceof Map ? mapping.has(key) : Object.hasOwn(mapping, key);
}

/** By the text itself, else by a number, boolean or null that is written so. Undefined when absent. */
export function lookUp(mapping: Mapping, key: string): unknown {
  if (!(mapping instanceof Map)) return Object.hasOwn(mapping, key) ? (mapping as Readonly<Record<string, unknown>>)[key] : undefined;
  if (mapping.has(key)) return mapping.get(key);
  const written = key.toLowerCase();
  for (const [candidate, value] of mapping) {
    if (typeof candidate !== 'string' && pythonText(candidate).toLowerCase() === written) return value;
  }
  return undefined;
}
