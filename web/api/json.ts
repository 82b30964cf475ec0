import { Float } from '../../protocol/wire/float.ts';
import { decode } from '../../protocol/wire/msgpack.ts';
import { Packed } from '../../protocol/wire/packed.ts';

/** JSON as Python's `json.dumps` writes it on one line: `", "` and `": "`, keys in their order, text as it is. */
export function jsonOf(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
      return Number.isFinite(value) ? String(value) : pythonName(value);
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'object':
      return value === null ? 'null' : objectOf(value);
    default:
      return 'null';
  }
}

function objectOf(value: object): string {
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(', ')}]`;
  if (value instanceof Map) return `{${[...value].map(([key, item]) => `${JSON.stringify(keyText(key))}: ${jsonOf(item)}`).join(', ')}}`;
  if (value instanceof Float) return Number.isInteger(value.value) ? `${value.value}.0` : jsonOf(value.value);
  if (value instanceof Packed) return jsonOf(decode(value.bytes));
  if (value instanceof Date) return JSON.stringify(value.toISOString());
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('utf8'));
  return `{${Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .map(([key, item]) => `${JSON.stringify(key)}: ${jsonOf(item)}`)
    .join(', ')}}`;
}

const pythonName = (value: number): string => (Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity');

const keyText = (key: unknown): string => (typeof key === 'string' ? key : jsonOf(key));
