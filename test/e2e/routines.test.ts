import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { connect } from '../../master/client/connect.ts';
import { House } from '../support/house.ts';
import { until } from '../support/process.ts';

interface Run {
  readonly slot: string;
  readonly outcome: string | null;
  readonly state: string;
  readonly reason: string | null;
  readonly jid: string;
}
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

suite('routines of a master that is killed again and again', () => {
  let house: House;
  const MINIONS = ['m1', 'm2'];
  const marks = (minion: string): string[] => {
    const file = join(house.home, `marks-${minion}`);
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
  };
  const wheel = async (fun: string, kwargs: Readonly<Record<string, unknown>>): Promise<unknown> => {
    await using client = await connect(house.client);
    return await client.wheel(fun, kwargs);
  };
  const runs = async (name: string): Promise<Run[]> => await house.runner<Run[]>('routines.runs', name, 'limit=1000');

  before(async () => {
    house = await House.open('tsalt', { timeout: 3, keep_routine_runs: 5000 });
    await house.startMaster();
    for (const id of MINIONS) house.addMinion('tsalt', id);
    await house.answering(...MINIONS);
  });
  after(() => house[Symbol.asyncDispose]());

  test('each slot leaves its mark on each minion once, and none is missing', async () => {
    // $$ is the process of the shell, so that a mark left twice is seen; the routine is of every second.
    const command = `echo $$ >> ${join(house.home, 'marks-')}{{ grains.id }}`;
    await wheel('routine.save', {
      name: 'marks',
      fun: 'cmd.run',
      target: 'm*',
      args: [command],
      kwargs: { template: 'jinja' },
      cron: '* * * * * *',
      timezone: 'UTC',
      catch_up: 'all',
      maxrunning: 50,
    });
    for (let life = 0; life < 4; life += 1) {
      const before = marks('m1').length;
      await until('marks are left', async () => marks('m1').length >= before + 2);
      // Anywhere between taking a slot, publishing its job and hearing of its end.
      await pause(life * 170);
      await house.master.kill('SIGKILL');
      await pause(1300);
      await house.startMaster();
    }
    await wheel('routine.disable', { name: 'marks' });
    const all = await until(
      'all runs have ended',
      async () => {
        const found = await runs('marks');
        return found.every(({ state }) => state === 'ended') && found;
      },
      90,
    );
    const served = all.filter(({ outcome }) => outcome !== 'skipped');
    assert.ok(served.length >= 10, `${served.length} runs`);
    const seconds = served.map(({ slot }) => Date.parse(slot) / 1000).sort((a, b) => a - b);
    assert.deepEqual(
      seconds,
      seconds.map((_, n) => (seconds[0] ?? 0) + n),
      'every second has its slot, and but one',
    );
    assert.equal(new Set(served.map(({ jid }) => jid)).size, served.length);
    for (const minion of MINIONS) {
      assert.equal(
        marks(minion).length,
        served.length,
        `marks of ${minion}: ${JSON.stringify(served.filter(({ outcome }) => outcome !== 'ok'))}`,
      );
      assert.equal(new Set(marks(minion)).size, served.length);
    }
  });

  test('a runner that was cut off is told of as lost and not run again; an orchestration goes on', async () => {
    house.serve('orch/slow.sls', `slow:\n  salt.function:\n    - name: test.sleep\n    - tgt: m1\n    - arg: [4]\n`);
    await wheel('routine.save', { name: 'runner', kind: 'runner', fun: 'test.sleep', args: [60], interval: 3600 });
    await wheel('routine.save', { name: 'orch', kind: 'orchestrate', fun: 'orch.slow', interval: 3600 });
    await wheel('routine.run', { name: 'runner' });
    await wheel('routine.run', { name: 'orch' });
    await until('the orchestration has begun', async () => /slow/.test(JSON.stringify(await house.runner('orchestrate.list'))));
    await pause(500);
    await house.master.kill('SIGKILL');
    await house.startMaster();
    const outcomes = await until(
      'both have ended',
      async () => {
        const found = [...(await runs('runner')), ...(await runs('orch'))];
        return found.every(({ state }) => state === 'ended') && found.map(({ outcome }) => outcome);
      },
      60,
    );
    assert.deepEqual(outcomes, ['lost', 'ok']);
  });

  test('what is wrong is said in a sentence', async () => {
    await assert.rejects(wheel('routine.save', { name: 'x', fun: 'test.ping', cron: 'soon' }), /cron: a cron rule has five fields/);
    await assert.rejects(wheel('routine.run', { name: 'nothing' }), /there is no routine "nothing"/);
  });
});
