/** Roughly how many bytes a value takes in memory; deep parts are not looked at, so that it ends soon. */
export function roughSize(value: unknown, depth = 0): number {
  if (typeof value === 'string') return 16 + 2 * value.length;
  if (typeof value !== 'object' || value === null || depth > 20) return 16;
  if (ArrayBuffer.isView(value)) return 64 + value.byteLength;
  let size = 64;
  for (const [key, item] of value instanceof Map ? value : Object.entries(value)) size += roughSize(key) + roughSize(item, depth + 1);
  return size;
}
