import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Float } from '../../protocol/wire/float.ts';
import { decode, encode } from '../../protocol/wire/msgpack.ts';
import { NotReturnable } from './errors.ts';
import { toReturnable } from './returnable.ts';

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('plain data passes unchanged', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.deepEqual(plain(toReturnable(value)), plain(value));
    }),
  );
});

test('whatever passes can be packed, and comes back the same', () => {
  const anything = fc.anything({
    withMap: true,
    withSet: true,
    withDate: true,
    withBigInt: true,
    withTypedArray: true,
    withNullPrototype: true,
  });
  fc.assert(
    fc.property(anything, (value) => {
      let returnable: unknown;
      try {
        returnable = toReturnable(value);
      } catch (thrown) {
        assert.ok(thrown instanceof NotReturnable);
        assert.match(thrown.path, /^return/);
        return;
      }
      const arrived = decode(encode(returnable));
      assert.deepEqual(decode(encode(toReturnable(arrived))), arrived);
    }),
  );
});

test('what only untyped code returns takes the nearest form that travels', () => {
  const date = new Date(Date.UTC(2020, 0, 2, 3, 4, 5));
  const items = (function* () {
    yield 1;
    yield 2;
  })();
  assert.deepEqual(plain(toReturnable({ none: undefined, set: new Set([1]), date, items })), {
    none: null,
    set: [1],
    date: '2020-01-02T03:04:05.000Z',
    items: [1, 2],
  });
  assert.equal(toReturnable(2n ** 70n), '1180591620717411303424');
  assert.equal(toReturnable(2n ** 63n), 2n ** 63n);
  assert.ok(Number.isNaN(toReturnable(Number.NaN)));
  assert.equal(String(toReturnable(new Float(1))), '1.0');
  assert.deepEqual(toReturnable(new Array(2)), [null, null]);
  assert.deepEqual(toReturnable(new Map([[1, new Set(['a'])]])), new Map([[1, ['a']]]));
});

test('a value used twice is no circle', () => {
  const shared = { a: 1 };
  assert.deepEqual(plain(toReturnable([shared, shared])), [{ a: 1 }, { a: 1 }]);
});

class Thing {
  readonly name = 'x';
}
const circle: Record<string, unknown> = {};
circle['me'] = [circle];
let deep: unknown = 1;
for (let level = 0; level < 100_000; level++) deep = [deep];

const refused: readonly (readonly [string, unknown, string])[] = [
  ['a function', { a: [0, () => 1] }, 'return.a[1] cannot be returned: it is a function: [Function (anonymous)]'],
  ['a symbol', new Map([[1, Symbol('s')]]), 'return.1 cannot be returned: it is a symbol: Symbol(s)'],
  ['an object of a class', { 'a key': new Thing() }, 'return["a key"] cannot be returned: it is an object of Thing: Thing { name: \'x\' }'],
  [
    'half a surrogate pair',
    ['\ud800'],
    "return[0] cannot be returned: it holds half of a surrogate pair, which is not Unicode text: '\\ud800'",
  ],
  [
    'a map as a key',
    new Map([[{}, 1]]),
    'return cannot be returned: it has a key that is not text, a number, a boolean or null: {}: Map(1) { {} => 1 }',
  ],
];

for (const [name, value, message] of refused) {
  test(`${name} is refused by its path and shown`, () => {
    assert.throws(() => toReturnable(value), { message });
  });
}

test('a circle and a bottomless nesting are refused', () => {
  assert.throws(() => toReturnable(circle), /^NotReturnable: return\.me\[0\] cannot be returned: it contains itself/);
  assert.throws(() => toReturnable(deep), /it is nested more than 500 levels deep/);
});

test('the key __proto__ stays a key', () => {
  const value = toReturnable(JSON.parse('{"__proto__": {"polluted": 1}}'));
  assert.equal(JSON.stringify(value), '{"__proto__":{"polluted":1}}');
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
});
