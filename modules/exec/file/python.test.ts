import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { linesOf, unifiedDiff } from './diff.ts';
import { escapeExpression, flagsOf, pythonExpression, replacer, substitute } from './expressions.ts';

const cases = JSON.parse(readFileSync(new URL('python.cases.json', import.meta.url), 'utf8')) as {
  diffs: [string, string, string][];
  substitutions: [string, string, number, number, string, string][];
};

test('differences are those that difflib finds', () => {
  assert.ok(cases.diffs.length > 40);
  for (const [before, after, diff] of cases.diffs) assert.equal(unifiedDiff(linesOf(before), linesOf(after)), diff);
});

for (const [pattern, repl, flags, count, text, result] of cases.substitutions) {
  test(`replacing ${JSON.stringify(pattern)} by ${JSON.stringify(repl)} with flags ${flags} gives what re.sub gives`, () => {
    assert.equal(substitute(text, pythonExpression(pattern, flags), replacer(repl), count)[0], result);
  });
}

test('lines put together are the text they came from', () => {
  const texts = fc.string({ unit: fc.constantFrom('a', '\n', '\r', 'é') });
  fc.assert(fc.property(texts, (text) => assert.equal(linesOf(text).join(''), text)));
});

test('an escaped text is found as it is', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (text) =>
      assert.equal(pythonExpression(escapeExpression(text)).exec(`x${text}`)?.index, `x${text}`.indexOf(text)),
    ),
  );
});

test('flags are a number, a name or names, and an unknown name is told', () => {
  assert.equal(flagsOf(['IGNORECASE', 'multiline']), 10);
  assert.equal(flagsOf('DOTALL'), 16);
  assert.throws(() => flagsOf('NOPE'), { message: 'Invalid re flag given: NOPE' });
});

test('what JavaScript cannot do is refused with the expression named', () => {
  for (const pattern of ['(', 'a++', '(?>a)', '(?i:a)b', '[a'])
    assert.throws(() => pythonExpression(pattern), { name: 'CommandExecutionError' });
});
