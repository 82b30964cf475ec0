import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BadFrame, TsaltError } from '../errors.ts';
import { Float } from './float.ts';
import { type DecodeOptions, decode, encode } from './msgpack.ts';
import type { Packed } from './packed.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** Values that come back as they went; text keys that look like array indices would be reordered by any JavaScript object. */
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.string({ unit: 'grapheme' }),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
    fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
    fc.uint8Array({ minLength: 1 }).map((bytes) => Uint8Array.of(0xff, ...bytes)),
    fc.array(tie('any')),
    tie('map'),
    fc.uniqueArray(fc.tuple(fc.integer(), tie('any')), { minLength: 1, selector: ([key]) => key }).map((entries) => new Map(entries)),
  ),
  map: fc
    .dictionary(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('__proto__', 'constructor', 'toString')), tie('any'), {
      noNullPrototype: false,
    })
    .map((map) => Object.assign(Object.create(null), Object.fromEntries([]), nullMap(map as object))),
}));

function nullMap(map: object): object {
  const clean = Object.create(null);
  for (const key of Object.keys(map))
    Object.defineProperty(clean, key, { value: Reflect.get(map, key), enumerable: true, writable: true, configurable: true });
  return clean;
}

test('what is encoded decodes to the same', () => {
  fc.assert(
    fc.property(value.any, (input) => {
      // A whole double beyond 2^53 travels as an integer and comes back as one.
      const normal = (item: unknown): unknown =>
        typeof item === 'number' && Number.isInteger(item) && !Number.isSafeInteger(item) && Math.abs(item) < 2 ** 63 ? BigInt(item) : item;
      const deep = (item: unknown): unknown => {
        if (Array.isArray(item)) return item.map(deep);
        if (item instanceof Map) return new Map([...item].map(([key, inner]) => [key, deep(inner)]));
        if (item === null || typeof item !== 'object' || item instanceof Uint8Array) return normal(item);
        const copy = Object.create(null);
        for (const [key, inner] of Object.entries(item)) copy[key] = deep(inner);
        return copy;
      };
      assert.deepStrictEqual(decode(encode(input)), deep(input));
    }),
    { numRuns: 500 },
  );
});

test('random bytes decode or are a BadFrame, whole, packed or as bytes', () => {
  const options: DecodeOptions[] = [{}, { packedAt: ['a'], bytesAt: ['b'] }, { floats: 'wrap' }];
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc.uint8Array({ maxLength: 64 }).map((tail) => Uint8Array.of(0x81, 0xa1, 0x61, ...tail)),
    fc.uint8Array({ maxLength: 64 }).map((tail) => Uint8Array.of(0x81, 0xa1, 0x62, ...tail)),
    fc
      .array(fc.constantFrom(0x91, 0x81, 0xdc, 0xdf, 0xc7, 0x4e, 0x4f, 0, 1, 0xff, 0xc4, 0xd9), { maxLength: 40 })
      .map((codes) => Uint8Array.from(codes)),
  );
  fc.assert(
    fc.property(bytes, fc.constantFrom(...options), (input, option) => {
      try {
        decode(input, option);
      } catch (error) {
        assert.ok(error instanceof BadFrame, String(error));
      }
    }),
    { numRuns: 3000 },
  );
});

test('a truncated or prolonged frame is a BadFrame', () => {
  fc.assert(
    fc.property(value.any, fc.nat(), (input, cut) => {
      const whole = encode(input);
      assert.throws(() => decode(whole.subarray(0, cut % whole.length)), BadFrame);
      assert.throws(() => decode(Buffer.concat([whole, hex('c0')])), BadFrame);
    }),
  );
});

test('a value kept packed is accepted exactly when it can be decoded, and is the bytes as sent', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 30 }),
        value.any.map((input) => encode(input)),
      ),
      (raw) => {
        const frame = Buffer.concat([hex('81 a1 61'), raw]);
        const attempt = (options: DecodeOptions): unknown => {
          try {
            return decode(frame, options);
          } catch (error) {
            assert.ok(error instanceof BadFrame);
            return undefined;
          }
        };
        const packed = attempt({ packedAt: ['a'] });
        assert.equal(packed === undefined, attempt({}) === undefined);
        if (packed === undefined) return;
        assert.deepStrictEqual((packed as { a: Packed }).a.bytes, new Uint8Array(raw));
        assert.deepStrictEqual(encode(packed), frame);
      },
    ),
    { numRuns: 2000 },
  );
});

test('integers take the shortest form that holds them, and never a float up to 64 bit', () => {
  const cases: [unknown, string][] = [
    [0, '00'],
    [127, '7f'],
    [128, 'cc80'],
    [256, 'cd0100'],
    [65536, 'ce00010000'],
    [2 ** 32, 'cf0000000100000000'],
    [2 ** 60, 'cf1000000000000000'],
    [2n ** 64n - 1n, 'cfffffffffffffffff'],
    [-1, 'ff'],
    [-32, 'e0'],
    [-33, 'd0df'],
    [-129, 'd1ff7f'],
    [-32769, 'd2ffff7fff'],
    [-(2 ** 31) - 1, 'd3ffffffff7fffffff'],
    [-(2n ** 63n), 'd38000000000000000'],
    [2n ** 70n, 'b631313830353931363230373137343131333033343234'],
    [1.5, 'cb3ff8000000000000'],
    [new Float(1), 'cb3ff0000000000000'],
    [-0, 'cb8000000000000000'],
    [Number.NaN, 'cb7ff8000000000000'],
    [2 ** 64, 'cb43f0000000000000'],
  ];
  for (const [input, expected] of cases) assert.equal(encode(input).toString('hex'), expected, String(input));
});

test('text, bytes, arrays and maps take the shortest modern form at each bound', () => {
  const head = (input: unknown): string => encode(input).subarray(0, 3).toString('hex');
  assert.equal(head('x'.repeat(31)).slice(0, 2), 'bf');
  assert.equal(head('x'.repeat(32)), 'd92078');
  assert.equal(head('x'.repeat(256)), 'da0100');
  assert.equal(head('x'.repeat(65536)), 'db0001');
  assert.equal(head('é'.repeat(16)), 'd920c3');
  assert.equal(head(Buffer.alloc(2)), 'c40200');
  assert.equal(head(Buffer.alloc(256)), 'c50100');
  assert.equal(head(Array(16).fill(0)), 'dc0010');
  assert.equal(head(new Map(Array.from({ length: 16 }, (_, index) => [index, 0]))), 'de0010');
});

test('old and modern forms of text decode alike, and binary that is no UTF-8 stays bytes', () => {
  for (const frame of ['a3 666f6f', 'd9 03 666f6f', 'da 0003 666f6f', 'db 00000003 666f6f', 'c4 03 666f6f', 'c5 0003 666f6f']) {
    assert.equal(decode(hex(frame)), 'foo');
  }
  assert.deepStrictEqual(decode(hex('a2 fffe')), Uint8Array.of(0xff, 0xfe));
  assert.equal(decode(hex('a3 efbfbd')), '\ufffd');
  assert.equal(decode(hex('a3 efbbbf')), '\ufeff');
  assert.deepStrictEqual(decode(hex('a3 eda080')), Uint8Array.of(0xed, 0xa0, 0x80));
  assert.deepStrictEqual(decode(encode(Buffer.alloc(5000, 0xff))), new Uint8Array(5000).fill(0xff));
  assert.equal(decode(encode('é'.repeat(5000))), 'é'.repeat(5000));
});

test('asked for, a key keeps its bytes and a whole float its type', () => {
  const frame = encode({ data: 'text', list: [1, new Float(1), 1.5], other: 'text' });
  assert.deepStrictEqual(
    decode(frame, { bytesAt: ['data', 'list'], floats: 'wrap' }),
    Object.assign(Object.create(null), { data: new Uint8Array(Buffer.from('text')), list: [1, new Float(1), 1.5], other: 'text' }),
  );
});

test('a date goes as extension 78 and comes back as the text Python prints', () => {
  const frame = encode(new Date('2026-11-23T23:48:34.706Z'));
  assert.equal(frame.toString('hex'), `c7184e${Buffer.from('20261123T23:48:34.706000').toString('hex')}`);
  assert.equal(decode(frame), '2026-11-23 23:48:34.706000');
  assert.equal(decode(encode(new Date('2026-11-23T00:00:00Z'))), '2026-11-23 00:00:00');
});

test('unknown extensions are their payload, constants their value', () => {
  assert.deepStrictEqual(decode(hex('d6 ff 00000001')), Uint8Array.of(0, 0, 0, 1));
  assert.deepStrictEqual(decode(hex('c7 03 4e 616263')), Uint8Array.of(0x61, 0x62, 0x63));
  assert.equal(decode(hex('c7 04 4f 92 a1 61 05')), 5);
  assert.deepStrictEqual(decode(hex('c7 02 4f c1c1')), Uint8Array.of(0xc1, 0xc1));
});

test('a key named __proto__ is data and touches no prototype', () => {
  const decoded = decode(encode(new Map([['__proto__', { polluted: true }]]))) as Record<string, unknown>;
  assert.equal(Object.getPrototypeOf(decoded), null);
  assert.deepStrictEqual(Object.keys(decoded), ['__proto__']);
  assert.equal(Reflect.get({}, 'polluted'), undefined);
});

test('a map with any key that is no text is a Map, in order', () => {
  assert.deepStrictEqual(
    decode(hex('83 a1 61 01 05 02 c0 03')),
    new Map<unknown, unknown>([
      ['a', 1],
      [5, 2],
      [null, 3],
    ]),
  );
});

test('a count larger than the frame is refused before anything is made for it', () => {
  for (const frame of ['dd ffffffff', 'df ffffffff', 'db ffffffff', 'c6 ffffffff', 'c9 ffffffff 00', 'df 7fffffff 00']) {
    assert.throws(() => decode(hex(frame)), BadFrame);
    assert.throws(() => decode(Buffer.concat([hex('81 a1 61'), hex(frame)]), { packedAt: ['a'], bytesAt: [] }), BadFrame);
  }
});

test('nesting is bounded at both ends, decoded or packed', () => {
  const nested = (depth: number): Buffer => Buffer.concat([Buffer.alloc(depth - 1, 0x91), hex('90')]);
  const inMap = (inner: Buffer): Buffer => Buffer.concat([hex('81 a1 61'), inner]);
  decode(nested(512));
  decode(inMap(nested(511)), { packedAt: ['a'] });
  assert.throws(() => decode(nested(513)), BadFrame);
  assert.throws(() => decode(inMap(nested(512)), { packedAt: ['a'] }), BadFrame);
  assert.throws(() => decode(Buffer.alloc(1_000_000, 0x91)), BadFrame);
  let deep: unknown = [];
  for (let level = 0; level < 600; level++) deep = [deep];
  assert.throws(() => encode(deep), { code: 'not-packable', message: /nested deeper than 512/ });
});

test('what cannot be packed is an error that names its path', () => {
  const cycle: Record<string, unknown> = { name: 'x' };
  cycle['again'] = [cycle];
  const cases: [unknown, RegExp][] = [
    [{ return: { a: [0, 1, 2, { b: () => 1 }] } }, /^return\.a\[3\]\.b cannot be sent: it is a function/],
    [{ return: { 'a key': Symbol('s') } }, /^return\["a key"\] cannot be sent: it is a symbol/],
    [{ return: cycle }, /^return\.again\[0\] cannot be sent: it is a cycle/],
    [{ return: new Map([[1, new Map([[2, new Error('no')]])]]) }, /^return\[1\]\[2\] cannot be sent: it is an instance of Error/],
    [[Promise.resolve()], /^\[0\] cannot be sent: it is an instance of Promise/],
    [{ at: new Date(Number.NaN) }, /^at cannot be sent: it is an invalid date/],
    [() => 1, /^the value cannot be sent/],
  ];
  for (const [input, message] of cases) {
    assert.throws(
      () => encode(input),
      (error) => error instanceof TsaltError && error.code === 'not-packable' && message.test(error.message),
    );
  }
  assert.equal(encode(1).toString('hex'), '01');
});

test('the same object twice side by side is no cycle, undefined is nil or left out, a Set is an array', () => {
  const shared = { x: 1 };
  assert.deepStrictEqual(decode(encode([shared, shared, undefined, new Set([1])])), [nullMap(shared), nullMap(shared), null, [1]]);
  assert.equal(encode({ a: undefined, b: 1 }).toString('hex'), '81a16201');
});

test('encoding from within a getter disturbs nothing', () => {
  const outer = {
    a: 'before',
    get b() {
      return encode({ inner: 'x'.repeat(100) }).length;
    },
    c: 'after',
  };
  assert.deepStrictEqual(decode(encode(outer)), nullMap({ a: 'before', b: outer.b, c: 'after' }));
});
