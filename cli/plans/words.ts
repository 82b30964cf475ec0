import type { Parsed } from '../options/parse.ts';

/** First words that are no target: what `tsalt` does with plans. */
const WORDS = ['plan', 'plans', 'apply-plan'] as const;

export type PlanWord = (typeof WORDS)[number];

/** Whether the command line is about plans. */
export const planWord = (parsed: Parsed): PlanWord | undefined => WORDS.find((word) => word === parsed.words[0]);
