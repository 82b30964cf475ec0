import { type Comparison, pathMatcher } from '../path.ts';
import type { Kind, Need } from '../target.ts';

/** Grains or pillar by a path and a pattern: `os:Debian`, `roles:web*`. */
const tree = (name: string, letter: string | undefined, where: Need, comparison: Comparison): Kind => ({
  name,
  ...(letter === undefined ? {} : { letter }),
  compile(expression, delimiter) {
    const test = pathMatcher(expression, delimiter, comparison);
    return { needs: [where], matches: (subject) => test(subject[where]) };
  },
});

export const grain = tree('grain', 'G', 'grains', 'glob');
export const grainPcre = tree('grain_pcre', 'P', 'grains', 'pcre');
export const pillar = tree('pillar', 'I', 'pillar', 'glob');
export const pillarPcre = tree('pillar_pcre', 'J', 'pillar', 'pcre');
export const pillarExact = tree('pillar_exact', undefined, 'pillar', 'exact');
