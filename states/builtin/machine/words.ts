import type { Outcome, Plan } from '../../define.ts';

/** A change that is foretold by a comment alone. */
export const plan = (comment: string, apply: () => Promise<Outcome>): Plan => ({ predicted: { comment, changes: {} }, apply });

/** Something that is as foretold until it is tried, and does not say so. */
export const undecided = (comment: string, changes: Outcome['changes'] = {}): Outcome => ({ result: null, comment, changes });
