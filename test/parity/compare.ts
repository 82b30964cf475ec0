import { isDeepStrictEqual } from 'node:util';
import type { Case } from './cases.ts';
import type { Answer } from './sides.ts';

/** Both answers without what is not compared, ready for a deep comparison. */
export function comparable(one: Case, answer: Answer): unknown {
  const [ignored, unordered] = [pathsOf(one.ignore), pathsOf(one.unordered)];
  const strip = (value: unknown, path: string): unknown => {
    if (ignored(path)) return '<not compared>';
    if (Array.isArray(value)) {
      const items = value.map((item, index) => strip(item, below(path, String(index))));
      return unordered(path) ? items.sort(byText) : items;
    }
    if (isMap(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, strip(item, below(path, key))]));
    return value;
  };
  // What Python calls an exception by name has no counterpart of that name here.
  if (answer.error === 'exception' || answer.error === 'KeyError') return { error: 'exception' };
  if (answer.error !== undefined) return { error: answer.error, text: strip(answer.text, 'text'), seen: answer.seen };
  const value = strip(answer.value, '');
  return { value: one.shape ? shapeOf(value) : value, retcode: answer.retcode, seen: answer.seen };
}

export const isSame = (one: Case, real: Answer, ours: Answer): boolean => isDeepStrictEqual(comparable(one, real), comparable(one, ours));

/**
 * Asks both, and once more if they differ where they should not (or agree where they should not): between the two
 * turns time passes, and other programs live on the machine.
 */
export async function askedTwice<T>(ask: () => Promise<T>, asExpected: (answers: T) => boolean): Promise<T> {
  const answers = await ask();
  return asExpected(answers) ? answers : await ask();
}

/** Whether a path is one of those that these regular expressions mean. */
export function pathsOf(expressions: readonly string[]): (path: string) => boolean {
  const patterns = expressions.map((path) => new RegExp(`^(?:${path})$`));
  return (path) => patterns.some((pattern) => pattern.test(path));
}

const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

export const below = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

/** Types by key; of a list the type of its first item. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (isMap(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shapeOf(item)]));
  return value === null ? 'null' : typeof value;
}

const isMap = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
