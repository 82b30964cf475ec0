import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createBus } from '../../kernel/events/bus.ts';
import { workHouse } from '../../test/support/work-house.ts';
import type { RunEvent } from '../client/contract.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { metricsRunner } from '../runners/metrics.ts';
import { asViewer, heardByAll, seen, seenFleet, seenJobs, seenWork, sees } from './viewer.ts';

const IDS = ['db1', 'web1', 'web2'];
const web = (id: string): boolean => id.startsWith('web');
const take = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};

it('what runs for one who sees some minions finds these alone, in the fleet, in jobs and in what it publishes', async () => {
  await using house = await workHouse({ ids: IDS });
  for (const id of IDS) house.minions.set(id, () => true);
  const [fleet, work, jobs] = [seenFleet(house.fleet), seenWork(house.work, () => IDS), seenJobs(house.jobs)];
  const all = { target: { kind: 'glob', expression: '*' }, fun: 'test.ping', args: [] };
  const returned = (events: readonly RunEvent[]): string[] =>
    events.flatMap((event) => (event.kind === 'return' ? [event.minion] : [])).sort();
  assert.deepEqual(returned(await take(work.run(all, 'root'))), IDS);
  const onDb = await take(work.run({ ...all, target: { kind: 'list', expression: ['db1'] } }, 'root'));
  const jid = onDb[0]?.kind === 'published' ? onDb[0].jid : undefined;
  await asViewer(web, async () => {
    await Promise.resolve();
    assert.deepEqual(fleet.ids(), ['web1', 'web2']);
    assert.deepEqual(fleet.match(all.target), {
      minions: ['web1', 'web2'],
      missing: [],
      wire: { tgt: ['web1', 'web2'], tgt_type: 'list' },
    });
    assert.deepEqual(work.publisher.preview(all.target), ['web1', 'web2']);
    assert.deepEqual(returned(await take(work.run(all, 'root'))), ['web1', 'web2']);
    assert.deepEqual(house.sent.at(-1)?.minions, ['web1', 'web2']);
    const listed = await take(jobs.list({}));
    assert.deepEqual(
      listed.map((job) => job.expected),
      [
        ['web1', 'web2'],
        ['web1', 'web2'],
      ],
      'the job on db1 is not there',
    );
    assert.equal(await jobs.job(jid as never), undefined);
    const { rows } = await jobs.browse({ limit: 10 });
    assert.deepEqual(
      rows.map(({ expected, returned: back }) => [expected, back]),
      [
        [2, 2],
        [2, 2],
      ],
    );
    assert.deepEqual(await jobs.returnsOf(jid as never, ['db1']), []);
  });
  assert.deepEqual(fleet.ids(), IDS);
  assert.equal((await take(jobs.list({}))).length, 3);
});

it('who listens to events is not limited by the one in whose call they were fired', () => {
  const bus = heardByAll(createBus((error) => assert.fail(String(error))));
  const seen: boolean[] = [];
  bus.listen(() => seen.push(sees('db1')));
  asViewer(web, () => {
    assert.equal(sees('db1'), false);
    bus.fire('x', {});
  });
  assert.deepEqual(seen, [true]);
});

it('what is asked about a minion by its id is refused alike for one that is not seen and one that is not there', async () => {
  await using house = await workHouse({ ids: IDS });
  const latest = (ids: readonly string[]) => new Map(ids.map((id) => [`load of ${id}`, 1]));
  const metrics = metricsRunner({ metrics: { latest } as unknown as Metrics, fleet: seenFleet(house.fleet) });
  const ask = async (minion: string) => await metrics.calls['latest']?.run({} as never, { minion });
  await asViewer(web, async () => {
    assert.deepEqual(await ask('web1'), { 'load of web1': 1 });
    await assert.rejects(ask('db1'), { message: 'There is no minion db1 with an accepted key.' });
    assert.throws(() => seen('nosuch'), { message: 'There is no minion nosuch with an accepted key.' });
  });
  assert.deepEqual(await ask('db1'), { 'load of db1': 1 });
});
