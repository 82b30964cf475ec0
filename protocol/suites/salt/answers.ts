import { encode } from '../../wire/msgpack.ts';

/** What Salt's master answers when a request is refused, as frames; a minion that reads one introduces itself anew. */
export const BAD_LOAD = encode('bad load');
export const NO_MAP = encode('payload and load must be a dict');
export const NULL_IN_ID = encode('bad load: id contains a null byte');
/** The handler, or the master itself, failed: Salt's words for it. */
export const MASTER_FAILED = encode('Some exception handling minion payload');
export const NOTHING = encode({});

export const idIsNoText = (id: unknown): Buffer => encode(`bad load: id ${pythonWord(id)} is not a string`);

function pythonWord(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : 'given';
}
