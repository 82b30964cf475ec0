import type { Outputter } from './outputter.ts';
import { str } from './python.ts';

/** The value as Python writes it, on one line. */
export const raw: Outputter = (data) => str(data);
