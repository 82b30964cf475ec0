import { BadFrame } from '../../errors.ts';
import { bytesOf } from '../../wire/envelope.ts';
import type { Message } from '../suite.ts';

/** The bytes under `name`. @throws BadFrame unless they are there, and `length` many where a length is given. */
export function bytesField(message: Message, name: string, length?: number): Buffer {
  const bytes = bytesOf(message[name]);
  if (bytes === undefined) throw new BadFrame(`${name} is missing, or is not bytes`);
  if (length !== undefined && bytes.length !== length) throw new BadFrame(`${name} has ${bytes.length} bytes instead of ${length}`);
  return Buffer.from(bytes);
}

/** @throws BadFrame unless `name` holds text. */
export function textField(message: Message, name: string): string {
  const text = message[name];
  if (typeof text !== 'string') throw new BadFrame(`${name} is missing, or is not text`);
  return text;
}

/** @throws BadFrame unless `name` is absent or holds text. */
export const optionalText = (message: Message, name: string): string | undefined =>
  message[name] === undefined || message[name] === null ? undefined : textField(message, name);

/** @throws BadFrame unless `name` holds a whole number from 0 to `max`. */
export function countField(message: Message, name: string, max: number): number {
  const count = message[name];
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 0 || count > max) {
    throw new BadFrame(`${name} is not a whole number from 0 to ${max}`);
  }
  return count;
}
