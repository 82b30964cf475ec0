import { TsaltError } from '../../errors.ts';
import { BAD_LOAD } from './answers.ts';

/** A request that fails a check; carries what Salt's master answers to it. The message is for the log only. */
export class Refused extends TsaltError {
  readonly frame: Uint8Array;
  constructor(reason: string, frame: Uint8Array = BAD_LOAD, cause?: unknown) {
    super('refused', reason, { cause });
    this.frame = frame;
  }
}
