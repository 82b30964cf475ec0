import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createBus } from '../../kernel/events/bus.ts';
import type { Fleet } from './fleet.ts';
import { createPresence } from './presence.ts';
import { presenceRound } from './presence-events.ts';

/** A clock that is set by hand, and what would be on disk. */
function watched() {
  const at = { now: 1_000_000 };
  const disk = new Map<string, number>();
  const seen = {
    get: (id: string) => disk.get(id),
    set: (id: string, when: number) => void disk.set(id, when),
    delete: (id: string) => void disk.delete(id),
  };
  return { at, disk, presence: createPresence(seen, () => at.now), again: () => createPresence(seen, () => at.now) };
}
const beat = { boot: 'b', started: new Date(0), dueMs: 1000 };

it('a minion is never heard of, then there, then away when its heartbeat is missing', () => {
  const { at, presence } = watched();
  assert.deepEqual(presence.of('web1'), { state: 'never' });
  presence.beat('web1', beat);
  assert.equal(presence.of('web1').state, 'online');
  at.now += 1001;
  assert.deepEqual(presence.of('web1'), { state: 'offline', since: new Date(1_000_000) });
  presence.seen('web1');
  assert.equal(presence.of('web1').state, 'online');
});

it('one without heartbeats stays until it says goodbye, or stays silent when asked', () => {
  const { at, presence } = watched();
  presence.seen('web1');
  at.now += 3_600_000;
  assert.equal(presence.of('web1').state, 'online');
  presence.gone('web1');
  assert.deepEqual(presence.of('web1'), { state: 'offline', since: new Date(1_000_000) });
});

it('after a restart of the master it is known when a minion was seen, not whether it is there', () => {
  const { presence, again, disk } = watched();
  presence.seen('web1');
  assert.deepEqual(again().of('web1'), { state: 'unknown', seen: new Date(1_000_000) });
  presence.forget('web1');
  assert.deepEqual([again().of('web1').state, disk.size], ['never', 0]);
});

it('the disk is not written at each word', () => {
  const { at, presence, disk } = watched();
  presence.seen('web1');
  at.now += 59_000;
  presence.seen('web1');
  assert.equal(disk.get('web1'), 1_000_000);
  at.now += 2_000;
  presence.seen('web1');
  assert.equal(disk.get('web1'), 1_061_000);
});

it('events tell who is there, and who came and went', () => {
  const { presence } = watched();
  const events: unknown[] = [];
  const bus = createBus((error) => assert.fail(String(error)));
  bus.listen(({ tag, data: { _stamp, ...data } }) => events.push([tag, data]));
  const look = presenceRound({ ids: () => ['web1', 'web2'], presence } as unknown as Fleet, bus);
  presence.seen('web1');
  look();
  presence.gone('web1');
  presence.seen('web2');
  look();
  look();
  assert.deepEqual(events, [
    ['salt/presence/change', { new: ['web1'], lost: [] }],
    ['salt/presence/present', { present: ['web1'] }],
    ['salt/presence/change', { new: ['web2'], lost: ['web1'] }],
    ['salt/presence/present', { present: ['web2'] }],
    ['salt/presence/present', { present: ['web2'] }],
  ]);
});
