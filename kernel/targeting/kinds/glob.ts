import { globMatcher } from '../glob.ts';
import type { Kind } from '../target.ts';

/** The id by a shell pattern: `web*`, `db[1-3]`. What a target is when nothing else is said. */
export const glob: Kind = {
  name: 'glob',
  compile(expression) {
    const test = globMatcher(expression);
    return { needs: [], matches: (subject) => test(subject.id) };
  },
};
