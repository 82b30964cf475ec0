import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newJid } from '../../protocol/jid.ts';
import { workHouse } from '../../test/support/work-house.ts';
import { deliver } from './deliver.ts';

const request = () => ({ target: { kind: 'glob', expression: 'web*' }, fun: 'test.ping', args: [], jid: newJid() });
const isOpen = async (heard: Promise<void>): Promise<boolean> =>
  await Promise.race([heard.then(() => false), new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 50))]);

test('a job is heard when each minion returned or tells that it runs it', async () => {
  await using house = await workHouse({ ids: ['web1', 'web2'] });
  house.minions.set('web1', () => true);
  const job = request();
  const { heard } = await deliver(house.work.publisher, job, false);
  assert.equal(await isOpen(heard), true);
  house.work.underWay.part(job.jid, 'web2', { state: 'running', at: new Date() });
  await heard;
  assert.equal(house.sent.length, 1);
});

test('what meets no minion is heard', async () => {
  await using house = await workHouse({ ids: [] });
  await (await deliver(house.work.publisher, request(), false)).heard;
  assert.deepEqual(house.sent, []);
});

test('a job of the master before is published again under its id, to those who are silent, and is one job', async () => {
  await using house = await workHouse({ ids: ['web1', 'web2'] });
  house.minions.set('web1', () => true);
  const job = request();
  const { heard } = await deliver(house.work.publisher, job, true);
  setTimeout(() => house.minions.set('web2', () => true), 100);
  await heard;
  const sent = house.sent.map(({ publication, minions }) => [publication['jid'], minions]);
  assert.deepEqual(sent, [
    [job.jid, ['web1', 'web2']],
    [job.jid, ['web2']],
  ]);
});
