import type { Kind, Matcher } from '../target.ts';

/** Ids one by one. */
export const list: Kind = {
  name: 'list',
  letter: 'L',
  compile: (expression) => listMatcher(expression.split(',').filter((id) => id !== '')),
};

export function listMatcher(ids: readonly string[]): Matcher {
  const wanted = new Set(ids);
  return { needs: [], listed: [...wanted], matches: (subject) => wanted.has(subject.id) };
}
