import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Subject } from './subject.ts';

const COUNT = 50;
const ids = Array.from({ length: COUNT }, (_, at) => `sim${String(at).padStart(5, '0')}`);

test('every return of fifty simulated minions is stored and reaches the command line', async () => {
  await using subject = await Subject.open('tsalt');
  await subject.start();
  await using fleet = subject.fleet(COUNT, { keys: 2 });
  const { enrolled, errors } = await fleet.enrol();
  assert.equal(enrolled, COUNT, errors.join('\n'));

  const { jids, returns, missing } = await fleet.jobs({ count: 2, burst: true });
  assert.deepEqual({ returns, missing }, { returns: 2 * COUNT, missing: 0 });
  for (const jid of jids) assert.deepEqual(Object.keys(await looked(subject, jid)).sort(), ids);

  const answers = await subject.house.results('*', 'test.ping');
  assert.deepEqual(answers, Object.fromEntries(ids.map((id) => [id, true])));
  const { received } = await fleet.stats();
  assert.equal(received, 3 * COUNT, 'no simulated minion got a job twice, or one that was not for it');
});

test('a simulated minion answers only what it is sent', async () => {
  await using subject = await Subject.open('tsalt');
  await subject.start();
  await using fleet = subject.fleet(3, { keys: 1, keepRequests: false });
  await fleet.enrol();
  assert.deepEqual(await subject.house.results('-L', 'sim00000,sim00002', 'test.ping'), { sim00000: true, sim00002: true });
  assert.deepEqual(await subject.house.results('*1', 'test.ping'), { sim00001: true });
  assert.equal((await fleet.stats()).received, 3);
});

async function looked(subject: Subject, jid: string): Promise<Record<string, unknown>> {
  const { stdout } = await subject.tool('run', 'jobs.lookup_jid', jid, '--out', 'json');
  return JSON.parse(stdout) as Record<string, unknown>;
}
