/**
 * JSON of what the master answers. Integers beyond what JavaScript holds become texts, bytes become text as far as they
 * are UTF-8, and numbers that JSON cannot write become null.
 */
export function jsonOf(value: unknown): string {
  return JSON.stringify(value, function replaced(this: unknown, key: string, given: unknown) {
    const own = (this as Record<string, unknown>)[key];
    if (own instanceof Uint8Array) return Buffer.from(own).toString('utf8');
    return typeof given === 'bigint' ? String(given) : given;
  });
}
