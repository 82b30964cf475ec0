import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { House } from '../support/house.ts';
import { until } from '../support/process.ts';
import { realSalt } from '../support/salt.ts';

const skip = realSalt() === undefined ? 'the real Salt could not be installed' : false;

/** What each make answers to the same calls, in order. `next`: a time of the answer that is another each time. */
const CALLS: readonly (readonly string[])[] = [
  ['schedule.list'],
  ['schedule.list', 'where=pillar', 'return_yaml=False'],
  ['schedule.add', 'job1', 'function=test.echo', 'job_args=["hello"]', 'seconds=3600'],
  ['schedule.add', 'job1', 'function=test.ping', 'seconds=3600'],
  ['schedule.add', 'job2', 'function=test.ping', 'cron=0 0 1 1 *', 'persist=False'],
  ['schedule.list'],
  ['schedule.list', 'return_yaml=False', 'where=opts'],
  ['schedule.is_enabled'],
  ['schedule.is_enabled', 'job1'],
  ['schedule.is_enabled', 'nothing'],
  ['schedule.modify', 'job1', 'function=test.echo', 'job_args=["again"]', 'seconds=7200'],
  ['schedule.disable_job', 'job1'],
  ['schedule.list', 'show_disabled=False', 'return_yaml=False'],
  ['schedule.run_job', 'job1'],
  ['schedule.run_job', 'nothing'],
  ['schedule.enable_job', 'job1'],
  ['schedule.enable_job', 'nothing'],
  ['schedule.run_job', 'job1'],
  ['schedule.show_next_fire_time', 'job2'],
  ['schedule.postpone_job', 'job2', '2030-01-01T00:00:00', '2030-01-01T01:00:00'],
  ['schedule.skip_job', 'job2', '2031-01-01T00:00:00'],
  ['schedule.save'],
  ['schedule.disable'],
  ['schedule.is_enabled'],
  ['schedule.enable'],
  ['schedule.delete', 'job2'],
  ['schedule.delete', 'job2'],
  ['schedule.delete', 'ofpillar'],
  ['schedule.reload'],
  ['schedule.purge'],
  ['schedule.list'],
];

suite('the schedule of a tsalt-minion under a salt-master, beside that of a salt-minion', { skip }, () => {
  let house: House;
  before(async () => {
    house = await House.open('salt', {});
    house.servePillar('top.sls', 'base:\n  "*":\n    - all\n');
    house.servePillar('all.sls', 'schedule:\n  ofpillar:\n    function: test.ping\n    cron: 0 0 1 1 *\n');
    await house.startMaster();
    const tick = { function: 'cmd.run', args: [`echo "$$" >> ${join(house.home, 'ticks')}`], seconds: 2 };
    house.addMinion('salt', 'real', {});
    house.addMinion('tsalt', 'ours', {});
    house.addMinion('tsalt', 'ticking', { schedule: { tick } });
    await house.answering('real', 'ours', 'ticking');
    // Each names a job of the pillar when its clock first looked at it.
    await until('both have looked at their schedules', async () => {
      const { real, ours } = await house.results('-L', 'real,ours', 'schedule.list');
      return [real, ours].every((listed) => String(listed).includes('name: ofpillar'));
    });
  });
  after(() => house[Symbol.asyncDispose]());

  for (const [index, call] of CALLS.entries()) {
    test(`${index + 1}: ${call.join(' ')} answers the same`, async () => {
      const { real, ours } = await house.results('-L', 'real,ours', ...call);
      assert.deepEqual(ours, real);
    });
  }

  test('what it runs by itself is in the job cache of the master', async () => {
    const ran = (): number => readFileSync(join(house.home, 'ticks'), 'utf8').split('\n').length - 1;
    await until('it ran', async () => existsSync(join(house.home, 'ticks')) && ran() > 2);
    await until('the master has the returns', async () => {
      const jobs = await house.runner('jobs.list_jobs', 'search_function=cmd.run', 'search_target=*');
      return Object.keys(jobs).length > 2;
    });
  });
});
