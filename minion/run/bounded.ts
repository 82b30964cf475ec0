import { TsaltError } from '../../protocol/errors.ts';
import type { Message } from '../../protocol/suites/suite.ts';
import { encode } from '../../protocol/wire/msgpack.ts';

/** A return that is larger than this minion may send. */
export class ReturnTooBig extends TsaltError {
  constructor(bytes: number, limit: number) {
    super('return-too-big', `it is ${bytes} bytes, more than the ${limit} of return_max_size; write it to a file, or raise the limit`);
  }
}

/**
 * The load packed, if it may travel: a larger frame would only close the connection, again at each try.
 * @throws ReturnTooBig, TsaltError `not-packable`
 */
export function packedWithin(load: Message, maxBytes: number): Uint8Array {
  const packed = encode(load);
  if (packed.length > maxBytes) throw new ReturnTooBig(packed.length, maxBytes);
  return packed;
}

/** The load, or, in place of a value that cannot travel, words that say why. */
export function bounded(load: Message, maxBytes: number): Message {
  try {
    packedWithin(load, maxBytes);
    return load;
  } catch (error) {
    if (!cannotTravel(error)) throw error;
    return { ...load, return: `The return value cannot be carried: ${error.message}`, retcode: 1, success: false, out: 'nested' };
  }
}

/** Nothing that waiting or another try could mend. */
export const cannotTravel = (error: unknown): error is TsaltError =>
  error instanceof TsaltError && (error.code === 'not-packable' || error.code === 'return-too-big');
