/**
 * Shell patterns with the meaning of Python's `fnmatch.fnmatchcase`, which Salt uses throughout: `*`, `?`,
 * `[seq]`, `[!seq]`; a `[` that is never closed is itself, an empty range such as `[b-a]` matches nothing.
 * Characters are Unicode code points. Matching is O(pattern x text) at worst, so a pattern cannot hang a daemon.
 */
export function globMatcher(pattern: string): (text: string) => boolean {
  const tokens = tokenize([...pattern]);
  const fixed = tokens.every((token) => typeof token === 'string');
  if (fixed) return (text) => text === pattern;
  if (tokens.length === 1 && tokens[0] === STAR) return () => true;
  return (text) => walk(tokens, [...text]);
}

const STAR = Symbol('any run of characters');
const ANY = Symbol('any one character');
interface CharacterSet {
  readonly negated: boolean;
  readonly ranges: readonly (readonly [number, number])[];
}
type Token = string | typeof STAR | typeof ANY | CharacterSet;

function tokenize(pattern: readonly string[]): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < pattern.length) {
    const character = pattern[at] ?? '';
    const end = character === '[' ? endOfSet(pattern, at + 1) : -1;
    if (end > 0) tokens.push(characterSet(pattern.slice(at + 1, end)));
    else if (character === '?') tokens.push(ANY);
    else if (character !== '*') tokens.push(character);
    else if (tokens.at(-1) !== STAR) tokens.push(STAR);
    at = end > 0 ? end + 1 : at + 1;
  }
  return tokens;
}

/** Index of the closing bracket, or -1. A `]` directly after `[` or `[!` belongs to the set. */
function endOfSet(pattern: readonly string[], start: number): number {
  let at = start;
  if (pattern[at] === '!') at++;
  if (pattern[at] === ']') at++;
  return pattern.indexOf(']', at);
}

function characterSet(inside: readonly string[]): CharacterSet {
  const negated = inside[0] === '!';
  const members = negated ? inside.slice(1) : inside;
  const ranges: [number, number][] = [];
  let at = 0;
  while (at < members.length) {
    const isRange = members[at + 1] === '-' && at + 2 < members.length;
    const low = codeOf(members[at]);
    const high = isRange ? codeOf(members[at + 2]) : low;
    if (low <= high) ranges.push([low, high]);
    at += isRange ? 3 : 1;
  }
  return { negated, ranges };
}

const codeOf = (character: string | undefined): number => character?.codePointAt(0) ?? -1;

/** On a mismatch the last star takes one character more: going back further never helps. */
function walk(tokens: readonly Token[], text: readonly string[]): boolean {
  let token = 0;
  let at = 0;
  let star = -1;
  let retryAt = 0;
  while (at < text.length) {
    if (tokens[token] === STAR) {
      star = token++;
      retryAt = at;
    } else if (token < tokens.length && accepts(tokens[token], text[at] ?? '')) {
      token++;
      at++;
    } else if (star >= 0) {
      token = star + 1;
      at = ++retryAt;
    } else return false;
  }
  while (tokens[token] === STAR) token++;
  return token === tokens.length;
}

function accepts(token: Token | undefined, character: string): boolean {
  if (token === ANY) return true;
  if (typeof token === 'string') return token === character;
  if (typeof token !== 'object') return false;
  const code = codeOf(character);
  return token.ranges.some(([low, high]) => low <= code && code <= high) !== token.negated;
}
