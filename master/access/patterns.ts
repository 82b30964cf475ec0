import { globMatcher } from '../../kernel/targeting/glob.ts';
import { regexMatcher } from '../../kernel/targeting/regex.ts';

/** Compiled patterns, by their text: permissions are asked at each call and each event. */
const MOST = 5000;
const regexes = new Map<string, (text: string) => boolean>();

function compiled(pattern: string): (text: string) => boolean {
  const known = regexes.get(pattern);
  if (known !== undefined) return known;
  let made: (text: string) => boolean;
  try {
    made = regexMatcher(pattern);
  } catch {
    made = () => false; // as in Salt a pattern that cannot be read allows nothing; `problemsOf` names it to the operator
  }
  if (regexes.size >= MOST) regexes.clear();
  regexes.set(pattern, made);
  return made;
}

/** Python's `re.match`: anchored at the start alone, so `test.ping` also takes `test.pingX` (Salt's `match_check`). */
export const begins = (pattern: unknown, text: string): boolean => typeof pattern === 'string' && compiled(pattern)(text);

/** A glob of the whole text, in the sense `fnmatch(pattern, value)`. */
const globs = (pattern: string, text: string): boolean => globMatcher(pattern)(text);

/** Salt's `expr_match(value, pattern)`: a glob, or a regular expression of the whole value. */
export const fits = (value: string, pattern: string): boolean => globs(pattern, value) || compiled(`\\A${pattern}\\Z`)(value);
