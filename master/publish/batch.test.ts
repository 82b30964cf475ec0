import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { TsaltError } from '../../protocol/errors.ts';
import type { Message } from '../../protocol/suites/suite.ts';
import { collect, returned, type WorkHouse, workHouse } from '../../test/support/work-house.ts';
import type { RunEvent, RunRequest } from '../client/contract.ts';
import { batchSize } from './batch.ts';

const IDS = ['a', 'b', 'c', 'd', 'e'];
const batched = (batch: NonNullable<RunRequest['batch']>): RunRequest => ({
  target: { kind: 'glob', expression: '*' },
  fun: 'test.work',
  args: [],
  batch,
});

/** Minions that answer a ping, and work one after the other; says how many worked at the same time at most. */
function working(house: WorkHouse, ids: readonly string[]): { most: number } {
  const seen = { most: 0 };
  let now = 0;
  for (const id of ids) {
    house.fleet.presence.seen(id);
    house.minions.set(id, async (publication: Message) => {
      if (publication['fun'] !== 'test.work') return publication['fun'] === 'test.ping' ? true : {};
      now += 1;
      seen.most = Math.max(seen.most, now);
      await pause(10);
      now -= 1;
      return true;
    });
  }
  return seen;
}
const batches = (events: readonly RunEvent[]): string[][] =>
  events.flatMap((event) => (event.kind === 'batch' ? [[...event.minions]] : []));

describe('a batch', () => {
  it('keeps as many at work as it may, under one job id, until all returned', async () => {
    await using house = await workHouse({ ids: IDS, timeout: 5 });
    const seen = working(house, IDS);
    const events = await collect(house.work.run(batched({ size: '2' }), 'root'));
    assert.deepEqual(returned(events), IDS);
    assert.equal(seen.most, 2);
    assert.deepEqual(batches(events)[0], ['a', 'b']);
    assert.deepEqual(batches(events).flat().sort(), IDS);
    const jids = new Set(
      house.sent.filter(({ publication }) => publication['fun'] === 'test.work').map(({ publication }) => publication['jid']),
    );
    assert.equal(jids.size, 1);
  });

  it('leaves out who does not answer a ping, and says so', async () => {
    await using house = await workHouse({ ids: IDS });
    working(house, ['a', 'c']);
    const events = await collect(house.work.run(batched({ size: '50%' }), 'root'));
    assert.deepEqual(returned(events), ['a', 'c']);
    assert.deepEqual([...new Set(events.flatMap((event) => (event.kind === 'silent' ? [event.minion] : [])))].sort(), ['b', 'd', 'e']);
    assert.ok(house.sent.filter(({ publication }) => publication['fun'] === 'test.work').every(({ minions }) => !minions.includes('b')));
  });
});

it('a size is a count or a share, at least one', () => {
  assert.deepEqual(
    [batchSize('3', 10), batchSize('25%', 10), batchSize('1%', 10), batchSize('100%', 10), batchSize(' 2 ', 10)],
    [3, 2, 1, 10, 2],
  );
  for (const text of ['', 'x', '-1', '5%%', '1e3', '%']) {
    assert.throws(
      () => batchSize(text, 10),
      (error) => error instanceof TsaltError && error.code === 'bad-batch',
    );
  }
});
