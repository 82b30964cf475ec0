import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createBus } from '../../kernel/events/bus.ts';
import { workHouse } from '../../test/support/work-house.ts';
import type { RunEvent } from '../client/contract.ts';
import { asViewer, heardByAll, seenFleet, seenJobs, seenWork, sees } from './viewer.ts';

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
