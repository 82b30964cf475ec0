import { exactPillar, glob, kinds } from './kinds/index.ts';
import { expandNodegroup, isOperator, isReference } from './nodegroups.ts';
import { BadTarget, type Kind, type Matcher, type Nodegroups, quoted, type Subject } from './target.ts';

/** Deeper nesting than anyone writes; keeps the parser off the end of the stack. */
const DEEPEST = 100;

/**
 * A compound expression's words with nodegroups put in place: what is parsed, and what is published.
 * @throws BadTarget for an undefined or circular nodegroup.
 */
export function compoundWords(expression: string | readonly string[], groups: Nodegroups): string[] {
  const words = typeof expression === 'string' ? expression.split(/\s+/).filter((word) => word !== '') : [...expression];
  return words.flatMap((word) => (isReference(word) ? expandNodegroup(word.slice(2), groups) : [word]));
}

/**
 * Words joined by `and`, `or`, `not` and parentheses; `not` binds tightest, then `and`. A `not` after a
 * complete term means `and not`, as in Salt.
 * @throws BadTarget naming the word at which the expression stops making sense.
 */
export function parseCompound(words: readonly string[], pillarExact: boolean): Matcher {
  const parser = new CompoundParser(words, pillarExact);
  return parser.whole();
}

class CompoundParser {
  readonly #words: readonly string[];
  readonly #pillarExact: boolean;
  #at = 0;
  #depth = 0;

  constructor(words: readonly string[], pillarExact: boolean) {
    this.#words = words;
    this.#pillarExact = pillarExact;
  }

  whole(): Matcher {
    if (this.#words.length === 0) throw new BadTarget('The compound target is empty; name at least one term, such as web*.');
    const matcher = this.#either();
    if (this.#at < this.#words.length) {
      throw this.#problem(this.#words[this.#at] === ')' ? 'has no opening "("' : 'needs "and" or "or" before it');
    }
    return matcher;
  }

  #either(): Matcher {
    let left = this.#all();
    while (this.#take('or')) left = joined(left, this.#all(), (a, b) => a || b);
    return left;
  }

  #all(): Matcher {
    let left = this.#negation();
    while (this.#take('and') || this.#words[this.#at] === 'not') left = joined(left, this.#negation(), (a, b) => a && b);
    return left;
  }

  #negation(): Matcher {
    if (!this.#take('not')) return this.#term();
    if (this.#words[this.#at] === 'not') throw this.#problem('follows another "not"');
    const { needs, matches } = this.#term();
    return { needs, matches: (subject) => !matches(subject) };
  }

  #term(): Matcher {
    const word = this.#words[this.#at];
    if (word === undefined) throw new BadTarget(`The compound target ends after ${quoted(this.#words.at(-1) ?? '')}; a term is missing.`);
    if (word === '(') return this.#group();
    if (isOperator(word)) throw this.#problem('stands where a term is needed');
    this.#at++;
    return compileWord(word, this.#at, this.#pillarExact);
  }

  #group(): Matcher {
    if (++this.#depth > DEEPEST) throw this.#problem(`is nested deeper than ${DEEPEST} levels`);
    this.#at++;
    const matcher = this.#either();
    if (!this.#take(')')) {
      if (this.#at < this.#words.length) throw this.#problem('needs "and" or "or" before it');
      throw new BadTarget('The compound target has a "(" that is never closed; add ")" with spaces around it.');
    }
    this.#depth--;
    return matcher;
  }

  #take(word: string): boolean {
    if (this.#words[this.#at] !== word) return false;
    this.#at++;
    return true;
  }

  #problem(what: string): BadTarget {
    return new BadTarget(`Word ${this.#at + 1} of the compound target, ${quoted(this.#words[this.#at] ?? '')}, ${what}.`);
  }
}

function joined(left: Matcher, right: Matcher, both: (a: boolean, b: boolean) => boolean): Matcher {
  const listed = [...new Set([...(left.listed ?? []), ...(right.listed ?? [])])];
  return {
    needs: [...new Set([...left.needs, ...right.needs])],
    ...(listed.length > 0 ? { listed } : {}),
    matches: (subject) => both(left.matches(subject), right.matches(subject)),
  };
}

/** `G@`, `G|@` (another delimiter, for the four kinds with paths), `E@`, ...; without these a glob. */
const TERM = /^(?:([GPIJ])(.)?@|([LSERTMN])@)(.+)$/u;

const byLetter: ReadonlyMap<string, Kind> = new Map(kinds.flatMap((kind) => (kind.letter === undefined ? [] : [[kind.letter, kind]])));

/** Managed resources are not part of tsalt, so a term about them holds for no minion. */
const nothing: Matcher = { needs: [], matches: () => false };
const byId = (id: string): Matcher => ({ needs: [], matches: (subject: Subject) => subject.id === id });

function compileWord(word: string, position: number, pillarExact: boolean): Matcher {
  const [, pathLetter, delimiter, plainLetter, pattern = ''] = TERM.exec(word) ?? [];
  const letter = pathLetter ?? plainLetter;
  if (letter === 'T') return nothing;
  if (letter === 'M') return byId(pattern);
  const kind = letter === undefined ? glob : pillarExact && (letter === 'I' || letter === 'J') ? exactPillar : byLetter.get(letter);
  if (kind === undefined) {
    throw new BadTarget(`Word ${position} of the compound target, ${quoted(word)}: targeting by ${letter}@ is not provided.`);
  }
  try {
    return kind.compile(letter === undefined ? word : pattern, delimiter ?? ':');
  } catch (problem) {
    if (problem instanceof BadTarget) throw new BadTarget(`Word ${position} of the compound target: ${problem.message}`, problem);
    throw problem;
  }
}
