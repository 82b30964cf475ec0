import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { House, program } from '../support/house.ts';
import { run } from '../support/process.ts';
import { realSalt } from '../support/salt.ts';

for (const make of ['tsalt', 'salt'] as const) {
  const skip = make === 'salt' && realSalt() === undefined ? 'the real Salt could not be installed' : false;
  suite(`tsalt-call beside its daemon, under a ${make}-master`, { skip }, () => {
    test('its result is in the job cache, and the daemon goes on', async () => {
      await using house = await House.open(make);
      await house.startMaster();
      house.addMinion('tsalt', 'ours');
      await house.answering('ours');
      const call = async (...args: string[]) => await run([...program('tsalt', 'call'), '-c', house.minionEtc('ours'), ...args]);

      assert.equal((await call('test.arg', 'one', 'two=2', '--out=json')).code, 0);
      assert.equal((await call('--no-return-event', 'test.arg', 'untold')).code, 0);
      const jobs = Object.entries(
        await house.runner<Record<string, Record<string, unknown>>>('jobs.list_jobs', 'search_function=test.arg'),
      );
      assert.equal(jobs.length, 1, JSON.stringify(jobs));
      const [jid = '', job] = jobs[0] ?? [];
      assert.deepEqual(job?.['Arguments'], ['one', 'two=2']);
      const { ours } = await house.runner<{ ours: { args: unknown; kwargs: Record<string, unknown> } }>('jobs.lookup_jid', jid);
      assert.deepEqual([ours.args, ours.kwargs['two'], ours.kwargs['__pub_tgt']], [['one'], 2, 'salt-call']);
      assert.deepEqual(await house.results('ours', 'test.echo', 'still here'), { ours: 'still here' });
    });
  });
}
