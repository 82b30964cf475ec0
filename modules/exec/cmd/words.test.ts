import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { globMatches, listText, quoteWord, splitList, splitWords } from './words.ts';

test('a command line is split as a POSIX shell splits it', () => {
  assert.deepEqual(splitWords(`a  'b c' "d \\"e\\\\ \\n" f\\ g '' h'i'"j"`), ['a', 'b c', 'd "e\\ \\n', 'f g', '', 'hij']);
  assert.deepEqual(splitWords(' \n'), []);
  assert.throws(() => splitWords("a 'b"), /No closing quotation/);
  assert.throws(() => splitWords('a \\'), /No escaped character/);
});

test('any words come back from their quoted line', () => {
  fc.assert(fc.property(fc.array(fc.string()), (words) => assert.deepEqual(splitWords(words.map(quoteWord).join(' ')), words)));
});

test('a list of words is printed as Python prints it', () => {
  assert.equal(listText(['sleep', '5']), "['sleep', '5']");
  assert.equal(listText(["it's"]), '["it\'s"]');
});

test('a comma separated text and a list are the same', () => {
  assert.deepEqual(splitList('1, 2'), splitList([1, '2']));
  assert.deepEqual(splitList(3), ['3']);
});

test('globs match whole commands, special characters of expressions meaning nothing', () => {
  assert.ok(globMatches('rm -rf /', 'rm*'));
  assert.ok(!globMatches('xrm', 'rm*'));
  assert.ok(globMatches('a.b', 'a[.]b') && !globMatches('axb', 'a.b') && globMatches('axb', 'a[!y]b'));
});
