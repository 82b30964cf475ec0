export const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Three bytes as characters of crypt's own base 64, the lowest bits first. */
export function encode24(high: number, middle: number, low: number, characters: number): string {
  let bits = (high << 16) | (middle << 8) | low;
  let text = '';
  for (let index = 0; index < characters; index += 1) {
    text += ALPHABET[bits & 0x3f] ?? '';
    bits >>>= 6;
  }
  return text;
}
