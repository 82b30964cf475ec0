import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ArgTable, call } from '../../modules/define.ts';
import { Float } from '../../protocol/wire/float.ts';
import { pythonText, splitArguments } from './arguments.ts';
import { argspecOf, bind } from './bind.ts';
import { coerce } from './coerce.ts';
import { BadArguments, UnknownKeywords } from './errors.ts';

const of = (args: ArgTable, more: { rest?: string; extra?: string } = {}) =>
  call({ doc: 'x', examples: [], args, changes: false, run: () => null, ...more });

const given = (positional: readonly unknown[], keywords: Record<string, unknown> = {}) => ({
  positional,
  keywords: new Map(Object.entries(keywords)),
});

const three = of({
  a: { type: 'any', doc: 'a', required: true },
  b: { type: 'any', doc: 'b', required: true },
  c: { type: 'any', doc: 'c', default: 1 },
});

const wrong: readonly (readonly [readonly unknown[], Record<string, unknown>, string])[] = [
  [[], {}, "f() missing 2 required positional arguments: 'a' and 'b'"],
  [[1], {}, "f() missing 1 required positional argument: 'b'"],
  [[1, 2, 3, 4], {}, 'f() takes from 2 to 3 positional arguments but 4 were given'],
  [[1], { a: 1, b: 1 }, "f() got multiple values for argument 'a'"],
  [[1, 2, 3, 4], { c: 2 }, "f() got multiple values for argument 'c'"],
];

for (const [positional, keywords, message] of wrong) {
  test(`arguments that do not fit are told as Python tells it: ${message}`, () => {
    assert.throws(() => bind('m.f', three, given(positional, keywords)), { message });
  });
}

test('a function without arguments says so', () => {
  assert.throws(() => bind('m.f', of({}), given([1])), { message: 'f() takes 0 positional arguments but 1 was given' });
  const four = of(Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [name, { type: 'any', doc: name, required: true }])));
  assert.throws(() => bind('m.f', four, given([])), { message: "f() missing 4 required positional arguments: 'a', 'b', 'c', and 'd'" });
});

const conversions: readonly (readonly ['string' | 'number' | 'boolean' | 'list' | 'map', unknown, unknown])[] = [
  ['string', 5, '5'],
  ['string', true, 'True'],
  ['string', new Float(1), '1.0'],
  ['string', Buffer.from('ü'), 'ü'],
  ['number', '5', 5],
  ['number', ' 0x10 ', 16],
  ['number', 7n, 7],
  ['number', new Float(2), 2],
  ['boolean', 'True', true],
  ['boolean', 'no', false],
  ['boolean', 2, true],
  ['boolean', '', false],
  ['list', 'a, b', ['a', 'b']],
  ['list', '', []],
  ['list', 5, [5]],
  ['map', new Map([[1, 2]]), { 1: 2 }],
  ['map', [{ a: 1 }, { b: 2 }], { a: 1, b: 2 }],
];

for (const [type, value, expected] of conversions) {
  test(`${pythonText(value)} is taken for a ${type}`, () => {
    const made = coerce('x', { type, doc: '' }, value);
    assert.deepEqual(type === 'map' ? { ...(made as object) } : made, expected);
  });
}

const refused: readonly (readonly ['string' | 'number' | 'boolean' | 'list' | 'map', unknown, string])[] = [
  ['string', { a: [1, 'b', null] }, "x must be text, not {'a': [1, 'b', None]}"],
  ['number', 'soon', 'x must be a number, not soon'],
  ['boolean', 'maybe', 'x must be True or False, not maybe'],
  ['list', { a: 1 }, "x must be a list, not {'a': 1}"],
  ['map', 'a', 'x must be a map, not a'],
];

for (const [type, value, message] of refused) {
  test(`${pythonText(value)} is refused for a ${type}`, () => {
    assert.throws(() => coerce('x', { type, doc: '' }, value), { message });
  });
}

test('None counts as left out, unless the argument is required', () => {
  const definition = of({ a: { type: 'string', doc: 'a', default: 'x' } });
  assert.deepEqual({ ...bind('m.f', definition, given([null])).args }, { a: 'x' });
  assert.throws(() => coerce('a', { type: 'string', doc: '', required: true }, null), { message: 'a must be text, not None' });
});

test('only a choice of the table is taken', () => {
  assert.throws(() => coerce('x', { type: 'string', doc: '', choices: ['a', 'b'] }, 'c'), { message: 'x must be one of a, b, not c' });
});

test('whatever is given, binding fits it or refuses it, and never fails otherwise', () => {
  const definitions = [
    three,
    of({}, { rest: 'more', extra: 'any' }),
    of({ n: { type: 'number', doc: 'n' }, m: { type: 'map', doc: 'm' } }),
  ];
  const values = fc.array(fc.jsonValue());
  fc.assert(
    fc.property(
      fc.constantFrom(...definitions),
      values,
      fc.dictionary(fc.constantFrom('a', 'b', 'n', 'z', '__proto__'), fc.jsonValue()),
      (definition, args, map) => {
        try {
          const split = splitArguments([...args, Object.assign(Object.create(null), { __kwarg__: true }, map)], argspecOf(definition));
          const bound = bind('m.f', definition, split);
          assert.deepEqual(Object.keys(bound.args), Object.keys(definition.args));
        } catch (thrown) {
          assert.ok(thrown instanceof BadArguments || thrown instanceof UnknownKeywords, String(thrown));
        }
      },
    ),
  );
});

test('an argument that is given by its name alone takes no position, and argspec names it unless it is one of **kwargs', () => {
  const definition = of({
    a: { type: 'any', doc: 'a', required: true },
    b: { type: 'number', doc: 'b', default: 2, only: 'keyword' },
    c: { type: 'number', doc: 'c', only: 'extra' },
  });
  assert.deepEqual(argspecOf(definition), { args: ['a', 'b'], defaults: [2], varargs: null, kwargs: true });
  assert.deepEqual({ ...bind('m.f', definition, given([1], { c: '3' })).args }, { a: 1, b: 2, c: 3 });
  assert.throws(() => bind('m.f', definition, given([1, 2])), { message: 'f() takes 1 positional argument but 2 were given' });
  assert.throws(() => bind('m.f', definition, given([1], { d: true })), {
    message: 'The following keyword arguments are not valid: d=True',
  });
});

test('a text with an equals sign is a keyword only in the form Salt knows', () => {
  const spec = argspecOf(of({ a: { type: 'any', doc: 'a' } }, { rest: 'more', extra: 'any' }));
  const split = splitArguments(['x=1', 'y==2', '1z=3', 'b c=4', 'n=1_000', 'h=a # b', 'e='], spec);
  assert.deepEqual(split.positional, ['y==2', '1z=3', 'b c=4']);
  assert.deepEqual(Object.fromEntries(split.keywords), { x: 1, n: '1_000', h: 'a # b', e: '' });
});
