import { writeFileSync } from 'node:fs';
import { referencePage } from '../../kernel/config/reference.ts';
import { masterOptions } from '../../master/options.ts';
import { minionOptions } from '../../minion/options.ts';

/** The generated pages by their path in the repository. */
export const pages = (): ReadonlyMap<string, string> =>
  new Map([
    ['docs/reference/master-options.md', referencePage('master', masterOptions)],
    ['docs/reference/minion-options.md', referencePage('minion', minionOptions)],
  ]);

export const placeOf = (page: string): URL => new URL(`../../${page}`, import.meta.url);

if (process.argv[1] === new URL(import.meta.url).pathname) {
  for (const [page, text] of pages()) writeFileSync(placeOf(page), text);
}
