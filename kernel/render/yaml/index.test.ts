import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { floatText } from '../python/repr.ts';
import { type Data, isFloat, Tuple, toNumber } from '../python/value.ts';
import { loadYaml, YamlError } from './index.ts';

interface Case {
  readonly id: number;
  readonly yaml: string;
  readonly salt: { readonly value?: unknown; readonly error?: string };
}
const corpus: { readonly cases: readonly Case[] } = JSON.parse(readFileSync(new URL('corpus.json', import.meta.url), 'utf8'));

/** In the notation of the corpus. A set has no order in Python; it is a list here. */
function noted(value: Data): unknown {
  if (isFloat(value)) return { $float: floatText(toNumber(value)) };
  if (typeof value === 'bigint') return { $int: String(value) };
  if (value instanceof Uint8Array) return { $bin: Buffer.from(value).toString('hex') };
  if (value instanceof Tuple) return value.items.map((item) => noted(item as Data));
  if (Array.isArray(value)) return value.map(noted);
  return value instanceof Map ? { $map: [...value].map(([key, item]) => [noted(key), noted(item)]) } : value;
}

const asLists = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_, item) => (item !== null && typeof item === 'object' && '$set' in item ? item.$set : item));

for (const { id, yaml, salt } of corpus.cases) {
  test(`document ${id} of the corpus reads as Salt reads it: ${JSON.stringify(yaml).slice(0, 60)}`, () => {
    if (salt.error === undefined) return assert.deepEqual(noted(loadYaml(yaml)), asLists(salt.value));
    assert.throws(
      () => loadYaml(yaml),
      (error) => error instanceof YamlError && `${error.step}: ${error.message}`.split('\n')[0] === salt.error,
    );
  });
}

test('an error names the place in the words of libyaml', () => {
  const text = 'a:\n  test.nop:\n   - name: [1\n';
  const expected =
    'while parsing a flow sequence\n  in "<unicode string>", line 3, column 12\ndid not find expected \',\' or \']\'\n  in "<unicode string>", line 4, column 1';
  assert.throws(() => loadYaml(text), { message: expected });
});

test('a list whose entry is a question mark without a key is read and refused as by libyaml', () => {
  for (const text of ['[?]', '[? : x]', '[? , y]', '[a, ?]', '[?, ]]', '[?,b]]']) assert.throws(() => loadYaml(text), YamlError, text);
  for (const text of ['[?]]', '[? ]]', '[? : ]', '[{?}]']) assert.deepEqual(loadYaml(text), [new Map([[null, null]])], text);
  assert.deepEqual(loadYaml('[? a : b]'), [new Map([['a', 'b']])]);
});

test('any text is read or refused with a YAML error, and never hangs', () => {
  const piece = fc.constantFrom(
    'a',
    ': ',
    '- ',
    '\n',
    '  ',
    '[',
    ']',
    '{',
    '}',
    ',',
    '"',
    "'",
    '|',
    '>',
    '&x ',
    '*x',
    '!t ',
    '#',
    '? ',
    '---',
    '\t',
    '<<',
    '1',
    '~',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      try {
        loadYaml(pieces.join(''));
      } catch (error) {
        assert.ok(error instanceof YamlError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});

test('JSON is YAML: what it writes is read back', () => {
  const json = fc.jsonValue({ noUnicodeString: true, maxDepth: 3 });
  fc.assert(
    fc.property(json, (value) =>
      assert.deepEqual(plain(loadYaml(JSON.stringify(value, numbersAsText))), JSON.parse(JSON.stringify(value, numbersAsText))),
    ),
  );
});

const numbersAsText = (_: string, value: unknown): unknown => (typeof value === 'number' ? `n${value}` : value);
function plain(value: Data): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!(value instanceof Map)) return value;
  return JSON.parse(JSON.stringify(Object.fromEntries([...value].map(([key, item]) => [String(key), plain(item)]))));
}
