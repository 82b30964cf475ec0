import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Tuple } from '../../kernel/render/python/value.ts';
import { Float } from '../../protocol/wire/float.ts';
import { differences, digestOf, hashOf } from './digest.ts';

const tag = (id: string, fun = 'managed', name = id): string => `file_|-${id}_|-${name}_|-${fun}`;

test('equal values have equal digests, whatever carries them and in whatever order their keys come', () => {
  const map = new Map<string, unknown>([
    ['b', [1, new Tuple([2])]],
    ['a', { y: null, x: 'é' }],
  ]);
  assert.equal(digestOf(map, true, {}), digestOf({ a: { x: 'é', y: null }, b: [1, [2]] }, true, {}));
});

test('unequal values have other digests, also those that look alike', () => {
  const values = [
    null,
    true,
    'true',
    1,
    '1',
    new Float(1),
    1.5,
    '',
    [],
    {},
    [''],
    { a: 1 },
    { a: '1' },
    [1, 2],
    ['1,2'],
    new Uint8Array([49]),
  ];
  const digests = values.map((value) => digestOf(value, true, {}));
  assert.equal(new Set(digests).size, values.length);
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
      const same = JSON.stringify(one) === JSON.stringify(other);
      if (same) assert.equal(digestOf(one, null, {}), digestOf(other, null, {}));
      else if (typeof one === 'string' || typeof other === 'string' || one === null || other === null)
        assert.notEqual(digestOf(one, null, {}), digestOf(other, null, {}));
    }),
  );
});

test('a sentence names each state that is new, gone, defined otherwise, or would do something else', () => {
  const planned = {
    [tag('kept')]: digestOf({ a: 1 }, null, { x: 1 }),
    [tag('redefined')]: digestOf({ a: 1 }, null, { x: 1 }),
    [tag('moved', 'managed', '/etc/motd')]: digestOf({ a: 1 }, null, { x: 1 }),
    [tag('dropped')]: digestOf({ a: 1 }, true, {}),
  };
  const now = {
    [tag('kept')]: digestOf({ a: 1 }, null, { x: 1 }),
    [tag('redefined')]: digestOf({ a: 2 }, null, { x: 1 }),
    [tag('moved', 'managed', '/etc/motd')]: digestOf({ a: 1 }, true, {}),
    [tag('added')]: digestOf({ a: 1 }, true, {}),
  };
  assert.deepEqual(differences(planned, now), [
    'redefined (file.managed) is defined otherwise',
    'moved (file.managed /etc/motd) would do something else',
    'added (file.managed) is new',
    'dropped (file.managed) is gone',
  ]);
  assert.deepEqual(differences(planned, planned), []);
});

test('the order of the states counts', () => {
  const [a, b] = [tag('a'), tag('b')];
  const digest = digestOf({}, true, {});
  assert.deepEqual(differences({ [a]: digest, [b]: digest }, { [b]: digest, [a]: digest }), ['the states come in another order']);
  assert.notEqual(hashOf({ [a]: digest, [b]: digest }), hashOf({ [b]: digest, [a]: digest }));
});
