import type { Kind } from '../target.ts';
import { data } from './data.ts';
import { glob } from './glob.ts';
import { ipcidr } from './ipcidr.ts';
import { list } from './list.ts';
import { pcre } from './pcre.ts';
import { grain, grainPcre, pillar, pillarExact, pillarPcre } from './tree.ts';

/** The kinds that stand by themselves; `compound` and `nodegroup` are made of these. */
export const kinds: readonly Kind[] = [glob, pcre, list, grain, grainPcre, pillar, pillarPcre, pillarExact, ipcidr, data];

/** As in compound expressions of kind `compound_pillar_exact`: pillar without patterns. */
export const exactPillar: Kind = pillarExact;
export { glob };
