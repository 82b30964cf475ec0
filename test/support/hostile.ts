import fc from 'fast-check';

/** An id on which a regular expression that goes back and forth would take for ever. */
export const HONEST = 'a'.repeat(40);

/** Every request there is, and some that there are not. */
export const COMMANDS = [
  ...['_auth', '_return', '_syndic_return', '_job_state', '_job_output', '_heartbeat', '_goodbye', '_minion_event', '_group'],
  ...['_mine', '_mine_get', '_mine_delete', '_mine_flush', '_pillar', '_master_opts', '_master_tops', '_register_resources'],
  ...['_serve_file', '_serve_files', '_file_hash', '_file_hash_and_stat', '_file_find', '_file_list', '_dir_list', '_symlink_list'],
  ...['minion_pub', 'minion_publish', 'minion_runner', 'pub_ret', 'publish', 'runner', 'wheel', 'ping', 'mk_token', 'constructor', ''],
];
/** Every field a request may have, and some that none has. */
const FIELDS = [
  ...['id', 'jid', 'fun', 'arg', 'return', 'retcode', 'success', 'tgt', 'tgt_type', 'data', 'tag', 'pretag', 'events', 'path', 'saltenv'],
  ...[
    'loc',
    'gzip',
    'files',
    'grains',
    'pillar_override',
    'state',
    'pieces',
    'text',
    'since',
    'boot',
    'started',
    'running',
    'key',
    'kwarg',
  ],
  ...['nonce', 'ts', 'tok', 'pub', 'token', 'out', 'clear', 'resources', 'prefix', 'ext', '__proto__', 'constructor'],
];

/** What no honest sender puts into a field. */
export const odd = fc.oneof(
  fc.jsonValue(),
  fc.uint8Array({ maxLength: 64 }),
  fc.double(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  fc.constantFrom('../../etc/passwd', 'a\0b', '*', 'x'.repeat(5000), HONEST, '20260101000000000000', 'E@(a+)+$', '{{7*7}}'),
);
/** The load of a request without its command. */
export const load = fc.dictionary(fc.constantFrom(...FIELDS), odd, { maxKeys: 8, noNullPrototype: false });

/** Lists in lists. */
export function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i += 1) value = [value];
  return value;
}

/** The frame with one bit changed, cut short, or longer. */
export function damaged(frame: Uint8Array, at: number, bit: number, how: string): Uint8Array {
  const place = at % frame.length;
  if (how === 'cut') return frame.slice(0, Math.max(1, place));
  if (how === 'grow') return Buffer.concat([frame, Buffer.alloc(1 + (at % 50), at % 256)]);
  const changed = Uint8Array.from(frame);
  changed[place] = (changed[place] ?? 0) ^ (1 << bit);
  return changed;
}
