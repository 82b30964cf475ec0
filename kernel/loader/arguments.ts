import { typedArgument } from '../render/argument.ts';
import type { ArgSpec, Given } from './callable.ts';
import { UnknownKeywords } from './errors.ts';

/** `name=value` as one text: what API clients may send for a keyword (a second `=` at once is no keyword). */
const keywordText = /^([\p{L}\p{Nl}_][\p{L}\p{N}_.-]*)=(?!=)([^\n]*)\n?$/u;

/**
 * Takes Salt's wire form of arguments apart: positional values, and maps with `__kwarg__: true` that hold
 * keywords. A text of the form `name=value` is a keyword too, its value read as YAML.
 *
 * @throws UnknownKeywords for keywords the function does not take.
 */
export const splitArguments = (args: readonly unknown[], argspec: ArgSpec, alsoTakes: readonly string[] = []): Given => {
  const positional: unknown[] = [];
  const keywords = new Map<string, unknown>();
  for (const arg of args) {
    const found = keywordsOf(arg);
    if (found === undefined) positional.push(arg);
    else for (const [name, value] of found) keywords.set(name, value);
  }
  const unknown = unknownKeywords(keywords, argspec, alsoTakes);
  if (unknown.length > 0) throw new UnknownKeywords(unknown.map(([name, value]) => `${name}=${pythonText(value)}`));
  return { positional, keywords };
};

/** The keywords a function does not take; none if it takes any. */
export const unknownKeywords = (
  keywords: ReadonlyMap<string, unknown>,
  argspec: ArgSpec,
  alsoTakes: readonly string[] = [],
): [string, unknown][] => {
  if (argspec.kwargs) return [];
  const known = new Set([...(argspec.args ?? []), ...alsoTakes]);
  return [...keywords].filter(([name]) => !known.has(name));
};

/** The entries of a keyword argument, or undefined for a positional one. */
const keywordsOf = (arg: unknown): [string, unknown][] | undefined => {
  if (typeof arg === 'string') return keywordOfText(arg);
  const entries = entriesOf(arg);
  if (!entries?.some(([key, value]) => key === '__kwarg__' && value === true)) return undefined;
  return entries.filter(([key]) => key !== '__kwarg__').map(([key, value]) => [String(key), value]);
};

const keywordOfText = (text: string): [string, unknown][] | undefined => {
  const match = keywordText.exec(text);
  return match?.[1] === undefined ? undefined : [[match[1], typedArgument(match[2] ?? '')]];
};

/** The entries of a map in either of its two forms: a plain object, or a Map (the decoder makes one for odd keys). */
export const entriesOf = (value: unknown): [unknown, unknown][] | undefined => {
  if (value instanceof Map) return [...value];
  if (value === null || typeof value !== 'object' || Array.isArray(value) || value instanceof Uint8Array) return undefined;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype ? Object.entries(value) : undefined;
};

/** A value as Python's `str()` writes it, for messages that scripts compare. */
export const pythonText = (value: unknown): string => (typeof value === 'string' ? value : pythonRepr(value));

const pythonRepr = (value: unknown): string => {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return value.includes("'") && !value.includes('"') ? `"${value}"` : `'${value.replaceAll("'", "\\'")}'`;
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(', ')}]`;
  const entries = entriesOf(value);
  return entries ? `{${entries.map(([key, item]) => `${pythonRepr(key)}: ${pythonRepr(item)}`).join(', ')}}` : String(value);
};
