import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BadTarget, compileTarget, type Subject } from './compile.ts';
import { globMatcher } from './glob.ts';

const subject = (id: string, grains: Record<string, unknown> = {}): Subject => ({ id, grains, pillar: {} });
const id = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', '-', '.', 'é'), minLength: 1, maxLength: 8 });
const plain = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', '-', '.', '*', '?'), maxLength: 8 });

/** The meaning of `*` and `?`, said a second time by a regular expression. */
const byRegex = (pattern: string) =>
  new RegExp(
    `^${pattern
      .replace(/[.\\^$+{}()|[\]]/g, '\\$&')
      .replaceAll('*', '[^]*')
      .replaceAll('?', '[^]')}$`,
    'u',
  );

test('stars and question marks mean what a regular expression says', () => {
  fc.assert(
    fc.property(plain, id, (pattern, text) => globMatcher(pattern)(text) === byRegex(pattern).test(text)),
    { numRuns: 2000 },
  );
});

test('a text without special characters matches itself alone', () => {
  fc.assert(fc.property(id, id, (pattern, text) => globMatcher(pattern)(text) === (pattern === text)));
});

test('a set and its negation share no character and leave none out', () => {
  const inside = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'z', '-', '^', '\\', '['), minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(inside, fc.constantFrom('a', 'b', 'c', 'm', 'z', '-', '^', '\\', '['), (set, character) => {
      assert.notEqual(globMatcher(`[${set}]`)(character), globMatcher(`[!${set}]`)(character));
    }),
    { numRuns: 2000 },
  );
});

test('any text as any kind is compiled or refused as a bad target, and matching never throws', () => {
  const kind = fc.constantFrom(
    'glob',
    'pcre',
    'list',
    'grain',
    'grain_pcre',
    'pillar_exact',
    'ipcidr',
    'data',
    'compound',
    'nodegroup',
    'x',
  );
  const piece = fc.constantFrom(
    'G@',
    'E@',
    'S@',
    'L@',
    'N@',
    'not ',
    'and ',
    ' or ',
    '( ',
    ' )',
    '*',
    '[',
    ':',
    '(',
    '\\',
    '10.0.0.0/8',
    'a',
    '__proto__',
  );
  const expression = fc.oneof(
    fc.string(),
    fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
  );
  const grains = fc.dictionary(
    fc.constantFrom('a', '__proto__', 'ipv4', '10.0.0.0/8'),
    fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<unknown>,
  );
  fc.assert(
    fc.property(kind, expression, grains, (name, text, held) => {
      try {
        compileTarget({ kind: name, expression: text }, { a: 'N@a' }).matches(subject('web1', held));
      } catch (problem) {
        assert.ok(problem instanceof BadTarget, `${name} ${text}: ${String(problem)}`);
      }
    }),
    { numRuns: 3000 },
  );
});

type Tree = { readonly words: string[]; readonly value: boolean };
const tree: fc.Arbitrary<Tree> = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    fc.boolean().map((value): Tree => ({ words: [value ? 'web*' : 'db*'], value })),
    tie('tree').map((inner): Tree => ({ words: ['not', '(', ...inner.words, ')'], value: !inner.value })),
    fc
      .tuple(tie('tree'), tie('tree'))
      .map(([l, r]): Tree => ({ words: ['(', ...l.words, ')', 'and', '(', ...r.words, ')'], value: l.value && r.value })),
    fc
      .tuple(tie('tree'), tie('tree'))
      .map(([l, r]): Tree => ({ words: ['(', ...l.words, ')', 'or', '(', ...r.words, ')'], value: l.value || r.value })),
  ),
})).tree;

test('compound expressions are evaluated like the tree they were written from', () => {
  fc.assert(
    fc.property(tree, ({ words, value }) => {
      assert.equal(compileTarget({ kind: 'compound', expression: words.join(' ') }).matches(subject('web1')), value);
    }),
  );
});

test('not binds tighter than and, and tighter than or', () => {
  const value = fc.boolean();
  fc.assert(
    fc.property(value, value, value, value, (a, b, c, negate) => {
      const word = (holds: boolean) => (holds ? 'web*' : 'db*');
      const expression = `${word(a)} or ${negate ? 'not ' : ''}${word(b)} and ${word(c)}`;
      assert.equal(compileTarget({ kind: 'compound', expression }).matches(subject('web1')), a || (b !== negate && c));
    }),
  );
});

test('an address is in a subnet exactly when their leading bits agree', () => {
  const word = fc.integer({ min: 0, max: 0xffffffff });
  const dotted = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
  fc.assert(
    fc.property(word, word, fc.integer({ min: 0, max: 32 }), fc.boolean(), (network, other, bits, near) => {
      const mask = bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
      const address = near ? ((network & mask) | (other & ~mask)) >>> 0 : other;
      const target = compileTarget({ kind: 'ipcidr', expression: `${dotted((network & mask) >>> 0)}/${bits}` });
      assert.equal(target.matches(subject('a', { ipv4: [dotted(address)] })), (network & mask) >>> 0 === (address & mask) >>> 0);
    }),
  );
});
