import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { renderJinja } from '../jinja/index.ts';
import { arithmetic } from './arithmetic.ts';
import { slice } from './attributes.ts';
import { compare, equal } from './compare.ts';
import { repr } from './repr.ts';
import { float, int, type Value } from './value.ts';

const render = async (text: string): Promise<string> => await renderJinja(text, { globals: new Map(), load: async () => undefined });

/** An expression and what Python 3.11 prints of it. */
const PRINTED: readonly (readonly [string, string])[] = [
  [`["a'b"]`, `["a'b"]`],
  [`['a\\'b"c']`, `['a\\'b"c']`],
  [`['\\x00\\x7f\\u00a0\\u2028😀']`, `['\\x00\\x7f\\xa0\\u2028😀']`],
  [`[1, 'a', none, true, 1.5, 2.0, (1,), {'k': ()}]`, `[1, 'a', None, True, 1.5, 2.0, (1,), {'k': ()}]`],
  [
    `'%5.2f|%-5d|%05d|%+d|%x|%o|%e|%g|%s|%r|%%|%c' % (3.14159, 42, -42, 7, 255, 8, 12345.678, 0.00001, none, 'q', 'z')`,
    ` 3.14|42   |-0042|+7|ff|10|1.234568e+04|1e-05|None|'q'|%|z`,
  ],
  [
    `'{:>8}|{:<8}|{:^8}|{:*^9}|{:08.3f}|{:+d}|{:,}|{:#x}|{:%}|{:e}'.format('a', 'b', 'c', 'd', 3.14159, 5, 1234567, 255, 0.25, 12345.0)`,
    '       a|b       |   c    |****d****|0003.142|+5|1,234,567|0xff|25.000000%|1.234500e+04',
  ],
  [`'{0}{1}{0} {k[x]} {l[1]}'.format(1, 2, k={'x': 3}, l=[4, 5])`, '121 3 5'],
  ['[7//2, -7//2, 7%3, -7%3, 7%-3, 7.5//2, -7.5%2, 2**10, 2**-1, 10/4, 10/5]', '[3, -4, 1, 2, -2, 3.0, 0.5, 1024, 0.5, 2.5, 2.0]'],
  [
    `['abcdef'[1:4], 'abcdef'[::-1], 'abcdef'[-3:], 'abcdef'[5:1:-2], [1, 2, 3][::2], (1, 2, 3)[1:]]`,
    `['bcd', 'fedcba', 'def', 'fd', [1, 3], (2, 3)]`,
  ],
  ['[1e16, 1e15, 1e-4, 1e-5, 1.0, -0.0, 0.1 + 0.2]', '[1e+16, 1000000000000000.0, 0.0001, 1e-05, 1.0, -0.0, 0.30000000000000004]'],
  ['10 ** 20', '100000000000000000000'],
  ["'a,b,,c'.split(',')", "['a', 'b', '', 'c']"],
  ["' a  b '.split()", "['a', 'b']"],
  ["'a b c'.rsplit(none, 1)", "['a b', 'c']"],
  ["'x'.center(4) ~ '|' ~ 'xy'.center(5) ~ '|'", ' x  |  xy |'],
  ["'a\\tb'.expandtabs(4)", 'a   b'],
  ["{true: 'a', 1: 'b', 1.0: 'c'}", "{True: 'c'}"],
  ["{'b': 1, 'a': 2, '10': 3, '9': 4, 5: 5}", "{'b': 1, 'a': 2, '10': 3, '9': 4, 5: 5}"],
  [
    "['aXbX'.replace('X', '-', 1), 'abc'.replace('', '-'), 'abc'.replace('', '-', 2), 'aa'.replace('a', '$&')]",
    "['a-bX', '-a-b-c-', '-a-bc', '$&$&']",
  ],
  [
    "['--a--'.strip('-'), '--a--'.lstrip('-'), '--a--'.rstrip('-'), ' \\n a\\t'.strip(), '[]a^'.strip('^[]')]",
    "['a', 'a--', '--a', 'a', 'a']",
  ],
  ["'%s %s' % ('a', (1, 2))", 'a (1, 2)'],
  ["'%d' % 3.99", '3'],
  ["'%.3s|%5s|%-5s|' % ('abcdef', 'ab', 'ab')", 'abc|   ab|ab   |'],
];
for (const [expression, printed] of PRINTED) {
  test(`${expression} prints as in Python`, async () => {
    assert.equal(await render(`{{ ${expression} }}`), printed);
  });
}

const scalar = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.maxSafeInteger(),
  fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }).map(int),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(float),
  fc.string({ unit: 'binary' }),
);
const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(fc.string(), tie('value')), { maxLength: 4 }).map((pairs): Value => new Map(pairs)),
  ),
}));

test('what is printed of a value, read again, prints the same', async () => {
  await fc.assert(
    fc.asyncProperty(value, async (one) => {
      const text = repr([one]);
      assert.equal(await render(`{{ ${text} }}`), text);
    }),
    { numRuns: 300 },
  );
});

test('division and remainder belong together, and the remainder has the sign of the divisor', () => {
  const whole = fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n });
  fc.assert(
    fc.property(whole, whole, (a, b) => {
      fc.pre(b !== 0n);
      const [by, rest] = [arithmetic('//', int(a), int(b)), arithmetic('%', int(a), int(b))];
      assert.ok(equal(arithmetic('+', arithmetic('*', by, int(b)), rest), int(a)));
      assert.ok(equal(rest, 0) || compare(rest, 0) < 0 === b < 0n);
    }),
  );
});

/** Python's own definition of a slice, place by place. */
function sliced(items: readonly string[], start: number | null, stop: number | null, step: number): string[] {
  const place = (bound: number): number => (bound < 0 ? bound + items.length : bound);
  const from = start === null ? (step > 0 ? 0 : items.length - 1) : place(start);
  const to = stop === null ? (step > 0 ? items.length : -1) : Math.max(place(stop), -1);
  const first = step > 0 ? Math.max(from, 0) : Math.min(from, items.length - 1);
  const made: string[] = [];
  for (let at = first; step > 0 ? at < to : at > to; at += step) {
    const item = items[at];
    if (item !== undefined) made.push(item);
  }
  return made;
}

test('a slice takes what Python takes, whatever its bounds', () => {
  const bound = fc.option(fc.integer({ min: -12, max: 12 }), { nil: null });
  const step = fc.integer({ min: -4, max: 4 }).filter((one) => one !== 0);
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }), { maxLength: 8 }),
      bound,
      bound,
      step,
      (items, start, stop, by) => {
        assert.deepEqual(slice(items, start, stop, by), sliced(items, start, stop, by));
      },
    ),
  );
});

test('text is ordered and counted by code points', async () => {
  assert.equal(await render("{{ ['\uffff', '😀', 'a']|sort(case_sensitive=true) }}"), "['a', '\uffff', '😀']".replace('\uffff', '\\uffff'));
  assert.equal(await render("{{ '😀b'|length }} {{ '😀b'[1] }} {{ '😀b'[0] }} {{ '😀b'[::-1] }}"), '2 b 😀 b😀');
});

test('escapes in a text are those of Python; a truncated one is an error', async () => {
  assert.equal(await render("{{ '\\x41\\101\\u00e9\\U0001F600\\q\\\\n' }}"), 'AAé😀\\q\\n');
  await assert.rejects(render("{{ '\\x4' }}"), /truncated \\xXX escape/);
  await assert.rejects(render("{{ '\\u12' }}"), /truncated \\uXXXX escape/);
  await assert.rejects(render("{{ '\\UFFFFFFFF' }}"), /illegal Unicode character/);
});
