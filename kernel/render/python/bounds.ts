import { PythonError } from './value.ts';

/** The longest text or list that a template may make in one step. */
export const LONGEST = 10_000_000;
/** The largest int, in bits. */
const MOST_BITS = 100_000;
const LARGEST_INT = 2n ** BigInt(MOST_BITS);

/** Refuses what would take all the memory, before it is made. @throws PythonError */
export function fits(length: number): number {
  if (length > LONGEST) throw new PythonError('MemoryError', `a text or list of ${length} items is too large: ${LONGEST} is the most`);
  return length;
}

/** Refuses an int on which further arithmetic would take for ever. @throws PythonError */
export function bounded(value: bigint): bigint {
  if (value >= LARGEST_INT || value <= -LARGEST_INT) throw tooLarge();
  return value;
}

/** `a ** b` of ints, `b` not negative. @throws PythonError before a result that is too large is computed */
export function power(a: bigint, b: bigint): bigint {
  const bits = BigInt((a < 0n ? -a : a).toString(16).length * 4 - 3);
  if (a !== 0n && a !== 1n && a !== -1n && (bits - 1n) * b >= BigInt(MOST_BITS)) throw tooLarge();
  return bounded(a ** b);
}

const tooLarge = (): PythonError => new PythonError('OverflowError', `an int of more than ${MOST_BITS} bits`);

/** `by.join(parts)`. @throws PythonError */
export function joinedBy(by: string, parts: readonly string[]): string {
  fits(parts.reduce((length, part) => length + part.length + by.length, -by.length));
  return parts.join(by);
}

/** `text.replace(from, to, most)`; all of them when `most` is negative. @throws PythonError */
export function replacedAll(text: string, from: string, to: string, most: number): string {
  const parts = from === '' ? ['', ...text, ''] : text.split(from);
  const count = most < 0 ? parts.length - 1 : Math.min(most, parts.length - 1);
  fits(text.length + count * (to.length - from.length));
  return (
    parts
      .slice(0, count)
      .map((part) => part + to)
      .join('') + parts.slice(count).join(from)
  );
}

/** Adds up the lengths of what one step makes piece by piece. */
export function measured(): (piece: string) => string {
  let length = 0;
  return (piece) => {
    length = fits(length + piece.length);
    return piece;
  };
}
