import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type BusEvent, createBus, stamp, tagMatcher } from './bus.ts';
import { Closing } from './closing.ts';

it('events reach all listeners in order, with a stamp; one that throws harms no other', () => {
  const errors: unknown[] = [];
  const bus = createBus((error) => errors.push(error));
  const got: BusEvent[] = [];
  bus.listen(() => {
    throw new Error('a bad listener');
  });
  const stop = bus.listen((event) => got.push(event));
  bus.fire('a', { n: 1 });
  bus.fire('b', { n: 2, _stamp: 'mine' });
  stop();
  bus.fire('c', {});
  assert.deepEqual(
    got.map(({ tag }) => tag),
    ['a', 'b'],
  );
  assert.match(String(got[0]?.data['_stamp']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/);
  assert.equal(got[1]?.data['_stamp'], 'mine');
  assert.equal(errors.length, 3);
});

it('a stamp has six digits of a second, in UTC', () => {
  assert.equal(stamp(new Date(Date.UTC(2026, 10, 24, 1, 2, 3, 45))), '2026-11-24T01:02:03.045000+00:00');
});

it('globs of tags cross slashes, and nothing else in them is special', () => {
  assert.ok(tagMatcher('salt/job/*/ret/web?')('salt/job/1/ret/web1'));
  assert.ok(tagMatcher('salt/*')('salt/a/b\nc'));
  assert.ok(!tagMatcher('salt/*')('xsalt/a'));
  assert.ok(!tagMatcher('a.c')('abc'));
  assert.ok(tagMatcher('')('anything'));
  assert.ok(tagMatcher('a(b|c)+[d]')('a(b|c)+[d]'));
});

it('what was opened last is closed first, and all of it, also when one cannot be', async () => {
  const closed: string[] = [];
  const one = (name: string, fails = false): AsyncDisposable => ({
    [Symbol.asyncDispose]: async () => {
      closed.push(name);
      if (fails) throw new Error(name);
    },
  });
  const closing = new Closing();
  closing.add(one('a'));
  closing.add(one('b', true));
  closing.add(one('c'));
  await assert.rejects(closing[Symbol.asyncDispose](), AggregateError);
  assert.deepEqual(closed, ['c', 'b', 'a']);
});
