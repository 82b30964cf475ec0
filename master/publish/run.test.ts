import assert from 'node:assert/strict';

import { describe, it, mock } from 'node:test';
import { collect, returned, returnOf, silences, workHouse } from '../../test/support/work-house.ts';
import type { RunEvent } from '../client/contract.ts';

const request = { target: { kind: 'glob', expression: '*' }, fun: 'test.work', args: [] };

describe('why a minion did not return', () => {
  it('never connected: nobody is kept waiting for it', async () => {
    await using house = await workHouse({ ids: ['ghost', 'web1'], timeout: 30, gather: 30 });
    house.fleet.presence.seen('web1');
    house.minions.set('web1', () => true);
    const events = await collect(house.work.run(request, 'root'));
    assert.deepEqual(returned(events), ['web1']);
    assert.deepEqual(silences(events), { ghost: 'offline: never connected to this master' });
  });

  it('offline, and since when', async () => {
    await using house = await workHouse({ ids: ['web1'], timeout: 30, gather: 30 });
    house.fleet.presence.seen('web1');
    house.fleet.presence.gone('web1');
    assert.match(silences(await collect(house.work.run(request, 'root')))['web1'] ?? '', /^offline: offline since \d{4}-\d\d-\d\dT/);
  });

  it('mute: it seemed to be there, and did not answer when asked', async () => {
    await using house = await workHouse({ ids: ['web1'] });
    house.fleet.presence.seen('web1');
    assert.match(silences(await collect(house.work.run(request, 'root')))['web1'] ?? '', /did not answer when asked about the job/);
    assert.deepEqual(
      house.sent.map(({ publication }) => publication['fun']),
      ['test.work', 'saltutil.find_job'],
    );
  });

  it('lost: it is there and does not run the job, which the store keeps', async () => {
    await using house = await workHouse({ ids: ['web1'] });
    house.fleet.presence.seen('web1');
    house.minions.set('web1', (publication) => (publication['fun'] === 'saltutil.find_job' ? {} : undefined));
    const events = await collect(house.work.run(request, 'root'));
    assert.match(silences(events)['web1'] ?? '', /^lost: the minion does not run this job any more/);
    const [first] = events;
    const report = await house.jobs.job((first?.kind === 'published' ? first.jid : '') as never);
    assert.equal(report?.returns[0]?.state, 'lost');
  });

  it('a minion that still runs is waited for as long as it says so', async () => {
    await using house = await workHouse({ ids: ['web1'] });
    house.fleet.presence.seen('web1');
    let asked = 0;
    house.minions.set('web1', (publication) => {
      if (publication['fun'] !== 'saltutil.find_job') return undefined;
      asked += 1;
      if (asked === 2) setImmediate(() => void house.work.returns.take('web1', returnOf(house.sent[0]?.publication ?? {}, 'done')));
      return { jid: house.sent[0]?.publication['jid'], pid: 12 };
    });
    const events = await collect(house.work.run(request, 'root'));
    assert.deepEqual([returned(events), silences(events), asked], [['web1'], {}, 2]);
  });
});

it('a return of one who seemed to be away is taken while others are awaited', async () => {
  await using house = await workHouse({ ids: ['web1', 'web2'], timeout: 30 });
  house.fleet.presence.seen('web1');
  house.minions.set('web1', () => true);
  house.minions.set('web2', () => true);
  assert.deepEqual(returned(await collect(house.work.run(request, 'root'))), ['web1', 'web2']);
});

it('ten thousand returns take no more than a constant time each', async () => {
  const cost = async (count: number): Promise<number> => {
    const ids = Array.from({ length: count }, (_, i) => `m${String(i).padStart(5, '0')}`);
    await using house = await workHouse({ ids, jobCache: false, timeout: 60 });
    let asked = 0;
    const of = mock.method(house.fleet.presence, 'of', (id: string) => {
      asked += 1;
      return { state: 'online' as const, seen: new Date(Number(id.slice(1))) };
    });
    for (const id of ids) house.minions.set(id, () => true);
    const events: RunEvent[] = await collect(house.work.run(request, 'root'));
    of.mock.restore();
    assert.equal(returned(events).length, count);
    return asked;
  };
  const [small, large] = [await cost(1000), await cost(10_000)];
  assert.ok(large < 20 * (small + 1000), `${small} looks at presence for 1,000 minions, ${large} for 10,000`);
});
