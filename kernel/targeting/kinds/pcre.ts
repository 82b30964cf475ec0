import { regexMatcher } from '../regex.ts';
import type { Kind } from '../target.ts';

/** The id by a regular expression, anchored at its start: `web(1|2)`. */
export const pcre: Kind = {
  name: 'pcre',
  letter: 'E',
  compile(expression) {
    const test = regexMatcher(expression);
    return { needs: [], matches: (subject) => test(subject.id) };
  },
};
