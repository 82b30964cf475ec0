import { globMatcher } from './glob.ts';
import { entriesOf, hasKey, isMapping, keysOf, lookUp, type Mapping, pythonText } from './python.ts';
import { regexMatcher } from './regex.ts';
import { BadTarget, quoted } from './target.ts';

export type Comparison = 'glob' | 'pcre' | 'exact';

/** Tells whether a tree of grains or pillar holds what the path expression says. */
export type PathMatcher = (tree: Mapping) => boolean;

/** More levels than any real data have; bounds the work of `*:*:*:...`. */
const MOST_LEVELS = 64;

/**
 * `key:pattern`, `key:sub:pattern`, `key:*` against nested maps and lists, with the meaning of Salt's
 * `subdict_match`: every way of cutting the expression into a path and a pattern is tried, the longest path
 * first, so both paths and patterns may hold the delimiter. Text is compared without regard to case.
 * @throws BadTarget when the delimiter is missing or, for `pcre`, no part can be a regular expression.
 */
export function pathMatcher(expression: string, delimiter: string, comparison: Comparison): PathMatcher {
  if (delimiter === '') throw new BadTarget('The delimiter is empty; use one character, such as ":".');
  const levels = expression.split(delimiter);
  if (levels.length === 1) {
    throw new BadTarget(
      `${quoted(expression)} has no ${quoted(delimiter)}: write it as key${delimiter}value, or key${delimiter}* for any value.`,
    );
  }
  if (levels.length > MOST_LEVELS) throw new BadTarget(`${quoted(expression)} has more than ${MOST_LEVELS} levels; shorten it.`);
  const compare = comparer(comparison);
  if (comparison === 'pcre') refuseIfNoRegex(levels, delimiter);
  return (tree) => matchTree(tree, expression, delimiter, compare);
}

type Compare = (value: unknown, pattern: string) => boolean;

/** Compiled patterns are kept: few arise from one expression, many minions are asked. */
function comparer(comparison: Comparison): Compare {
  if (comparison === 'exact') return (value, pattern) => pythonText(value).toLowerCase() === pattern.toLowerCase();
  const compile = comparison === 'glob' ? globMatcher : lenientRegex;
  const compiled = new Map<string, (text: string) => boolean>();
  return (value, pattern) => {
    let test = compiled.get(pattern);
    if (test === undefined) {
      test = compile(pattern.toLowerCase());
      compiled.set(pattern, test);
    }
    return test(pythonText(value).toLowerCase());
  };
}

/** Pieces cut at a delimiter inside the expression need not be valid by themselves: they match nothing. */
function lenientRegex(pattern: string): (text: string) => boolean {
  try {
    return regexMatcher(pattern);
  } catch (problem) {
    if (problem instanceof BadTarget) return () => false;
    throw problem;
  }
}

function refuseIfNoRegex(levels: readonly string[], delimiter: string): void {
  let first: unknown;
  for (let cut = 1; cut < levels.length; cut++) {
    const pattern = levels.slice(cut).join(delimiter);
    if (pattern === '*') return;
    try {
      regexMatcher(pattern.toLowerCase());
      return;
    } catch (problem) {
      first ??= problem;
    }
  }
  throw first;
}

function matchTree(tree: Mapping, expression: string, delimiter: string, compare: Compare): boolean {
  const levels = expression.split(delimiter);
  for (let cut = levels.length - 1; cut > 0; cut--) {
    const path = levels.slice(0, cut);
    const everything = cut === 1 && path[0] === '*';
    const found = everything ? tree : descend(tree, path);
    const pattern = everything ? expression : levels.slice(cut).join(delimiter);
    if (found !== undefined && matchValue(found, pattern, compare)) return true;
  }
  return false;
}

function matchValue(value: unknown, pattern: string, compare: Compare): boolean {
  if (isMapping(value)) return keysOf(value).length > 0 && matchMapping(value, pattern, compare);
  if (!Array.isArray(value)) return compare(value, pattern);
  return value.some((item) => (isMapping(item) && matchMapping(item, pattern, compare)) || compare(item, pattern));
}

/** A pattern met by a map: `*`, one of its keys, a path below it, and after `*:` one of its values. */
function matchMapping(mapping: Mapping, whole: string, compare: Compare): boolean {
  const anyKey = whole.startsWith('*:');
  const pattern = anyKey ? whole.slice(2) : whole;
  if (pattern === '*' || hasKey(mapping, pattern)) return true;
  if (keysOf(mapping).some((key) => compare(key, pattern))) return true;
  // Salt forgets a chosen delimiter below the first level and uses its own.
  if (pattern.includes(':') && matchTree(mapping, pattern, ':', compare)) return true;
  return anyKey && entriesOf(mapping).some(([, value]) => matchBelow(value, pattern, compare));
}

function matchBelow(value: unknown, pattern: string, compare: Compare): boolean {
  if (isMapping(value)) return matchMapping(value, pattern, compare);
  if (Array.isArray(value)) return value.some((item) => compare(item, pattern));
  return compare(value, pattern);
}

/** The value at a path; a list is entered by index or through the maps in it. Undefined when there is none. */
function descend(tree: unknown, path: readonly string[]): unknown {
  let here = tree;
  for (const step of path) {
    if (Array.isArray(here)) here = enterList(here, step);
    else if (isMapping(here)) here = lookUp(here, step);
    else return undefined;
    if (here === undefined) return undefined;
  }
  return here;
}

function enterList(list: readonly unknown[], step: string): unknown {
  const isIndex = /^\s*[+-]?\d+\s*$/.test(step);
  for (const item of list) {
    const inside = !isMapping(item) || (isIndex && !(item instanceof Map)) ? undefined : lookUp(item, step);
    if (inside !== undefined) return inside;
  }
  return isIndex ? list.at(Number(step)) : undefined;
}
