import { globMatcher } from '../glob.ts';
import { hasKey, isMapping, lookUp, pythonText } from '../python.ts';
import { BadTarget, type Kind, quoted } from '../target.ts';

/** The minion's own data store, `key:value`; only a minion can answer, a master's cache never matches. */
export const data: Kind = {
  name: 'data',
  compile(expression) {
    const [key, pattern] = expression.split(':');
    if (key === undefined || pattern === undefined) throw new BadTarget(`${quoted(expression)} has no ":"; write it as key:value.`);
    const test = globMatcher(pattern);
    const testFolded = globMatcher(pattern.toLowerCase());
    return {
      needs: [],
      matches(subject) {
        const value = subject.data === undefined ? undefined : lookUp(subject.data, key);
        if (value === undefined || value === null) return false;
        if (Array.isArray(value)) return value.some((item) => testFolded(pythonText(item).toLowerCase()));
        return isMapping(value) ? hasKey(value, pattern) : test(pythonText(value));
      },
    };
  },
};
