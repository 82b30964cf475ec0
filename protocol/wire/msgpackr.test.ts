import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { decode, encode } from './msgpack.ts';

/** An independent implementation, with the settings under which it writes what Python's msgpack writes. */
const other = new Packr({ useRecords: false, variableMapSize: true, encodeUndefinedAsNil: true });

const scalar = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 }),
  fc.double({ noInteger: true, noNaN: true }),
  fc.string({ unit: 'grapheme' }),
);
const key = fc.string({ minLength: 1 }).filter((text) => !/^\d+$/.test(text) && text !== '__proto__');
const value = fc.letrec((tie) => ({
  any: fc.oneof({ depthSize: 'small' }, scalar, fc.array(tie('any')), fc.dictionary(key, tie('any'))),
})).any;

test('another msgpack implementation reads what we write', () => {
  fc.assert(fc.property(value, (original) => assert.deepEqual(plain(other.unpack(encode(original))), plain(original))));
});

test('we read what another msgpack implementation writes', () => {
  fc.assert(fc.property(value, (original) => assert.deepEqual(plain(decode(other.pack(original))), plain(original))));
});

test('both write the same bytes', () => {
  fc.assert(fc.property(value, (original) => assert.deepEqual(encode(original), Buffer.from(other.pack(original)))));
});

/** Prototypes differ by design (ours have none): only the data is compared. */
const plain = (of: unknown): unknown => JSON.parse(JSON.stringify(of ?? null));
