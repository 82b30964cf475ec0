import assert from 'node:assert/strict';
import { test } from 'node:test';
import { float, type Returnable } from '../../define.ts';
import { pythonRepr, tupleRepr } from './repr.ts';

/** Value and the text that Python 3.11 prints for it. */
const PRINTED: readonly (readonly [Returnable, string])[] = [
  [null, 'None'],
  [true, 'True'],
  [10, '10'],
  [2n ** 70n, '1180591620717411303424'],
  [1.5, '1.5'],
  [float(1), '1.0'],
  [float(1e16), '1e+16'],
  [0.00001, '1e-05'],
  [0.0001, '0.0001'],
  [float(Number.POSITIVE_INFINITY), 'inf'],
  ['1e3', "'1e3'"],
  ["it's", '"it\'s"'],
  [`it's "x"`, `'it\\'s "x"'`],
  ['x\ny\\z\t', "'x\\ny\\\\z\\t'"],
  ['\u0000\u007f\u00a0\u2028é😀', "'\\x00\\x7f\\xa0\\u2028é😀'"],
  [Buffer.from([0, 0x41, 0xff, 0x27]), `b"\\x00A\\xff'"`],
  [[1, ['a']], "[1, ['a']]"],
  [{ a: [1, null] }, "{'a': [1, None]}"],
  [new Map<number, Returnable>([[1, 'x']]), "{1: 'x'}"],
  [{}, '{}'],
];

for (const [value, text] of PRINTED) {
  test(`a value is printed as Python prints it: ${text}`, () => assert.equal(pythonRepr(value), text));
}

test('positional arguments are printed as a tuple, one of them with a trailing comma', () => {
  assert.equal(tupleRepr([]), '()');
  assert.equal(tupleRepr(['x']), "('x',)");
  assert.equal(
    tupleRepr([10, '1e3', '2015-01-01', '5', '/root', true, true, '']),
    "(10, '1e3', '2015-01-01', '5', '/root', True, True, '')",
  );
});
