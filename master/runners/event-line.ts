import type { BusEvent } from '../../kernel/events/bus.ts';
import { entriesOf, isMapping } from '../../kernel/targeting/python.ts';
import { Float } from '../../protocol/wire/float.ts';
import { decode } from '../../protocol/wire/msgpack.ts';
import { Packed } from '../../protocol/wire/packed.ts';

/** An event as Salt's `state.event` prints it: the tag, a tab, and the data as Python writes JSON. `pretty`: sorted and indented by 4. */
export const eventLine = ({ tag, data }: BusEvent, pretty: boolean): string => `${tag}\t${json(data, pretty ? 1 : 0)}`;

/** `depth` 0: on one line. */
function json(value: unknown, depth: number): string {
  if (value === null || value === undefined) return 'null';
  if (value instanceof Packed) return json(decode(value.bytes, { floats: 'wrap' }), depth);
  if (value instanceof Float) return String(value);
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('latin1'));
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
  if (Array.isArray(value))
    return block(
      '[',
      value.map((item) => json(item, next(depth))),
      ']',
      depth,
    );
  if (isMapping(value)) {
    const pairs = entriesOf(value).map(([key, item]): [string, unknown] => [keyText(key), item]);
    if (depth > 0) pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return block(
      '{',
      pairs.map(([key, item]) => `${JSON.stringify(key)}: ${json(item, next(depth))}`),
      '}',
      depth,
    );
  }
  return JSON.stringify(value) ?? 'null';
}

const next = (depth: number): number => (depth === 0 ? 0 : depth + 1);
const keyText = (key: unknown): string => (key === null ? 'null' : String(key));

function block(open: string, items: readonly string[], close: string, depth: number): string {
  if (items.length === 0) return open + close;
  if (depth === 0) return `${open}${items.join(', ')}${close}`;
  const inner = ' '.repeat(4 * depth);
  return `${open}\n${inner}${items.join(`,\n${inner}`)}\n${' '.repeat(4 * (depth - 1))}${close}`;
}
