import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Float } from '../../protocol/wire/float.ts';
import { outputterNames } from './names.ts';
import { floatRepr } from './python.ts';
import { render } from './render.ts';
import { compareText, sortedKeys } from './values.ts';

const key = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: 'binary' }),
    fc.double(),
    fc.bigInt(),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 60 }),
    fc.date({ noInvalidDate: true }),
    fc.integer().map((whole) => new Float(whole)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 4, noNullPrototype: false }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map((entries) => new Map(entries)),
  ),
}));

describe('whatever a minion returns', () => {
  for (const name of [...outputterNames, 'nosuch']) {
    it(`is printed by ${name} without failing, and without ESC unless the format quotes it`, async () => {
      await fc.assert(
        fc.asyncProperty(value, async (data) => {
          const { text } = await render({ web1: data }, name, {});
          if (['nested', 'key', 'nosuch'].includes(name)) assert.ok(!text.includes('\x1b'));
        }),
        { numRuns: 200 },
      );
    });
  }

  it('can be read back from its JSON when JSON can hold it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.constantFrom(undefined, -1, 2), async (data, indent) => {
        const { text } = await render(data, 'json', indent === undefined ? {} : { indent });
        assert.deepEqual(JSON.parse(text), data);
      }),
    );
  });

  it('has harmless keys only', async () => {
    const data = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": 2}');
    assert.equal((await render(data, 'nested', {})).text, '__proto__:\n    ----------\n    polluted:\n        1\nconstructor:\n    2');
    assert.equal((await render(data, 'json', { indent: -1 })).text, '{"__proto__": {"polluted": 1}, "constructor": 2}');
    assert.equal((await render(data, 'key', {})).text.startsWith('__proto__:'), true);
  });
});

it('floats read back as the same number', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
      assert.ok(Object.is(Number(floatRepr(number)), number));
    }),
  );
});

it('texts are ordered by code point', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      const points = (text: string): number[] => [...text].map((character) => character.codePointAt(0) ?? 0);
      const [x, y] = [points(a), points(b)];
      const at = x.findIndex((point, index) => point !== y[index]);
      const expected = at < 0 ? x.length - y.length : (x[at] ?? 0) - (y[at] ?? -1);
      assert.equal(Math.sign(compareText(a, b)), Math.sign(expected));
    }),
  );
});

it('keys of several kinds have no order', () => {
  assert.equal(sortedKeys(['a', 1]), undefined);
  assert.deepEqual(sortedKeys([2, 10n, true]), [true, 2, 10n]);
});
