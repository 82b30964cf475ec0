import assert from 'node:assert/strict';
import { test } from 'node:test';
import { childrenOf } from './xml.ts';

test('XML becomes maps by tag, a list where a tag comes twice', () => {
  assert.deepEqual(childrenOf('<r><a>1</a><b><c>x</c><c/><d k="v">y &lt;</d></b></r>'), [{ a: '1' }, { c: ['x', { c: null }], d: 'y <' }]);
});

test('what is not XML is refused, and so are entities of its own', () => {
  for (const text of [
    '',
    'text',
    '<a>',
    '<a></b>',
    '<a/><b/>',
    '<a>&x;</a>',
    '<!DOCTYPE r [<!ENTITY x "y">]><r>&x;</r>',
    '</a>',
    '<a b>x</a>',
    '<a/>x',
  ])
    assert.throws(() => childrenOf(text), { name: 'CommandExecutionError' }, text);
});
