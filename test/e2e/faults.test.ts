import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { House } from '../support/house.ts';
import { until } from '../support/process.ts';

/** Seconds for which the master is away. */
const AWAY = Number(process.env['TSALT_TEST_AWAY'] ?? 15);
const MINIONS = ['native1', 'native2', 'salt1', 'salt2'];

type States = Readonly<Record<string, { readonly state: string; readonly reason?: string }>>;
type Listed = { readonly Result: Readonly<Record<string, { readonly return: unknown; readonly retcode: number }>> };

suite('a fleet of both suites loses daemons', () => {
  let house: House;
  before(async () => {
    house = await House.open('tsalt', { timeout: 3 });
    await house.startMaster();
    for (const id of MINIONS) house.addMinion('tsalt', id, { suite: id.slice(0, -1) });
    await house.answering(...MINIONS);
  });
  after(() => house[Symbol.asyncDispose]());

  const open = (gate: string): void => writeFileSync(join(house.home, gate), '');
  /** A job that lasts until the gate is open. It leaves a line in `<gate>.ran` each time it is run. */
  const waitFor = (gate: string, word: string): readonly string[] => [
    'cmd.run',
    `cd ${house.home}; echo ${word} >> ${gate}.ran; until [ -e ${gate} ]; do sleep 0.3; done; echo ${word}`,
    'python_shell=True',
  ];
  const ran = (gate: string): string[] => {
    const file = join(house.home, `${gate}.ran`);
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  };
  const listed = async (jid: string): Promise<Listed['Result']> => (await house.runner<Listed>('jobs.list_job', jid)).Result;

  test('a master killed while 100 returns are due stores every one of them, once', async () => {
    const jobs = new Map<string, { gate: string; word: string }>();
    for (let i = 0; i < 25; i += 1) {
      const [gate, word] = [i % 2 === 0 ? 'early' : 'late', `job${i}`];
      jobs.set(await house.start('*', ...waitFor(gate, word)), { gate, word });
    }
    await until('all 100 are running', async () => ran('early').length + ran('late').length === 100);

    open('early'); // about half of the returns are on their way while the master is killed
    const [first = ''] = jobs.keys();
    await until('the first return is stored', async () => Object.keys(await listed(first)).length > 0);
    await house.master.kill('SIGKILL');
    open('late');
    await house.startMaster();

    for (const [jid, { word }] of jobs) {
      const results = await until(`all returns of ${word} are stored`, async () => {
        const found = await listed(jid);
        return Object.keys(found).length === MINIONS.length ? found : undefined;
      });
      for (const id of MINIONS) assert.deepEqual(results[id], { return: word, retcode: 0, success: true }, `${word} on ${id}`);
    }
    assert.equal(ran('early').length + ran('late').length, 100, 'nothing ran twice');
  });

  test('returns that were due while the master was away arrive when it is back, also from a minion restarted meanwhile', async () => {
    await house.answering(...MINIONS);
    const jid = await house.start('*', ...waitFor('away', 'waited'));
    await until('all are running', async () => ran('away').length === MINIONS.length);
    await house.master.stop();
    const back = Date.now() + AWAY * 1000;
    open('away');
    for (const id of ['native1', 'salt1']) {
      const spool = join(house.minionEtc(id), 'root/cache/returns.spool');
      await until(`${id} has the return in its spool`, async () => existsSync(spool) && readFileSync(spool).includes(jid));
      await house.minion(id).kill('SIGKILL');
      house.minion(id).start();
    }
    await until('the time is over', async () => Date.now() > back, AWAY + 10);
    await house.startMaster();
    const results = await until('all returns are stored', async () => {
      const found = await listed(jid);
      return Object.keys(found).length === MINIONS.length ? found : undefined;
    });
    for (const id of MINIONS) assert.equal(results[id]?.return, 'waited');
    await house.answering(...MINIONS);
    assert.equal(ran('away').length, MINIONS.length, 'nothing ran twice');
  });

  for (const id of ['native1', 'salt1']) {
    test(`a job of a minion that was killed is lost within 10 s of its return, with the reason, and is not run again (${id})`, async () => {
      await house.answering(...MINIONS);
      const gate = `killed-${id}`;
      const jid = await house.start('-L', `${id},native2`, ...waitFor(gate, 'once'));
      await until('both are running', async () => ran(gate).length === 2);
      await house.minion(id).kill('SIGKILL');
      house.minion(id).start();
      const part = await until(
        'the job is known to be lost',
        async () => {
          const states = await house.runner<States>('jobs.states', jid);
          return states[id]?.state === 'lost' || states[id]?.state === 'failed' ? states[id] : undefined;
        },
        10,
      );
      const told = part.reason ?? String((await listed(jid))[id]?.return);
      assert.match(told, /restarted/);
      open(gate);
      await until(
        'the other minion returned',
        async () => (await house.runner<States>('jobs.states', jid))['native2']?.state === 'returned',
      );
      await house.answering(id);
      assert.equal(ran(gate).length, 2, 'it did not run again');
    });
  }
});
