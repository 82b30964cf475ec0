import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindOf, summaryOf } from './summary.ts';

const result = (verdict: unknown, changes: unknown = {}): unknown => ({ result: verdict, changes });

test('what makes a thing that is not there is an addition, in the words that states have for it', () => {
  for (const changes of [
    { newfile: '/etc/motd' },
    { diff: 'New file' },
    { nginx: { old: '', new: '1.2' } },
    { '/srv/www': { directory: 'new' } },
    { new: '/etc/link' },
    { eth0: 'Added' },
  ])
    assert.equal(kindOf(result(null, changes)), 'add', JSON.stringify(changes));
});

test('other changes are changes, also those that are not foreseen in detail', () => {
  for (const changes of [
    {},
    { diff: '-a\n+b' },
    { nginx: { old: '1.1', new: '1.2' } },
    { nginx: { old: '1.1', new: '' } },
    { nginx: { old: '', new: '1.2' }, lib: { old: '1', new: '2' } },
    { removed: '/etc/motd' },
    { mode: '0644' },
    ['a'],
  ])
    assert.equal(kindOf(result(null, changes)), 'change', JSON.stringify(changes));
});

test('failures, states as described, and answers that are no results of states', () => {
  assert.equal(kindOf(result(false, { a: 1 })), 'fail');
  assert.equal(kindOf(result(true)), 'same');
  assert.equal(kindOf(result(true, null)), 'same');
  assert.equal(kindOf('text'), 'fail');
  assert.deepEqual(summaryOf({ a: result(true), b: result(null), c: result(false), d: result(true, { x: 1 }) }), {
    add: 0,
    change: 2,
    fail: 1,
    same: 1,
  });
  for (const answer of [['an error'], 'text', null, false]) assert.deepEqual(summaryOf(answer), { add: 0, change: 0, fail: 1, same: 0 });
});
