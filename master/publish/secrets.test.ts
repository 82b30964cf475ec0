import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Float } from '../../protocol/wire/float.ts';
import { decode, encode } from '../../protocol/wire/msgpack.ts';
import { withoutSecrets } from './secrets.ts';

const shown = (...args: readonly unknown[]): unknown => JSON.parse(JSON.stringify(withoutSecrets(decode(encode(args)) as unknown[])));

it('keywords with the name of a secret become stars', () => {
  assert.deepEqual(shown('bob', { __kwarg__: true, password: 'hunter2', api_key: 'k', groups: ['a'], token: { x: 1 } }), [
    'bob',
    { __kwarg__: true, password: '**********', api_key: '**********', groups: ['a'], token: '**********' },
  ]);
});

it('so do those inside of other values, in texts of the form name=value, and pillar given with a job', () => {
  assert.deepEqual(shown([{ db: { passwd: 'x', port: 5 } }], 'password=x', 'name=x', { __kwarg__: true, pillar: { a: 'b' } }), [
    [{ db: { passwd: '**********', port: 5 } }],
    'password=**********',
    'name=x',
    { __kwarg__: true, pillar: '**********' },
  ]);
});

it('switches, counts, and what only looks like it stay', () => {
  const args = [
    { __kwarg__: true, hide_password: true, token_ttl: 5 },
    { pillar: 'of a state' },
    'a==b',
    'password',
    'echo password=1 x',
    null,
    1.5,
  ];
  assert.deepEqual(shown(...args), args);
});

it('values that are no JSON pass as they are, and a map may have any keys', () => {
  const bytes = new Uint8Array([1, 2]);
  const float = new Float(5);
  assert.deepEqual(withoutSecrets([bytes, float, 2n ** 63n]), [bytes, float, 2n ** 63n]);
  const odd = new Map<unknown, unknown>([
    [1, 'x'],
    ['secret', 'y'],
  ]);
  assert.deepEqual(withoutSecrets([odd]), [
    new Map<unknown, unknown>([
      [1, 'x'],
      ['secret', '**********'],
    ]),
  ]);
  const hostile = JSON.parse('{"__proto__": {"polluted": true}}') as object;
  const [clean] = withoutSecrets([hostile]) as [Record<string, unknown>];
  assert.equal((clean as { polluted?: boolean }).polluted, undefined);
});

it('a tree deeper than any real one is cut', () => {
  let deep: unknown = 'bottom';
  for (let i = 0; i < 100; i += 1) deep = [deep];
  assert.ok(JSON.stringify(withoutSecrets([deep])).includes('**********'));
});
