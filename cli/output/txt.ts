import type { Outputter } from './outputter.ts';
import { pretty } from './pprint.ts';
import { str } from './python.ts';
import { entriesOf, isMapping, lines } from './values.ts';

/** Every line of every minion's output behind its id, made for `grep`. */
export const txt: Outputter = (data) => {
  if (typeof data === 'string') return data;
  if (!isMapping(data)) return pretty(data);
  return entriesOf(data)
    .flatMap(([key, value]) => prefixed(str(key), value))
    .join('\n');
};

const prefixed = (key: string, value: unknown): string[] =>
  (typeof value === 'string' ? lines(value) : value instanceof Uint8Array ? byteLines(value) : [str(value)]).map(
    (line) => `${key}: ${line}`,
  );

/** Python splits bytes at line ends too, and shows each piece as a bytes literal. */
function byteLines(bytes: Uint8Array): string[] {
  const pieces = Buffer.from(bytes)
    .toString('latin1')
    .split(/\r\n|\n|\r/);
  if (pieces.at(-1) === '') pieces.pop();
  return pieces.map((piece) => str(new Uint8Array(Buffer.from(piece, 'latin1'))));
}
