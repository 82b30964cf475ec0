import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { openStateStore } from '../../master/state/sqlite.ts';
import { House } from '../support/house.ts';
import { until } from '../support/process.ts';

const EVERY_SECOND = { seconds: 1, catchup: 'all' };
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

suite('schedules of a minion and of a master, whose processes are killed and restarted', () => {
  let house: House;
  const path = (name: string): string => join(house.home, name);
  const lines = (name: string): string[] => (existsSync(path(name)) ? readFileSync(path(name), 'utf8').split('\n').slice(0, -1) : []);
  const grown = async (name: string, by = 2): Promise<number> => {
    const before = lines(name).length;
    return await until(`${name} grows`, async () => lines(name).length >= before + by && lines(name).length);
  };
  /** Kills a little after a run began: in the middle of a slow one. */
  const killAfterRun = async (name: string, kill: () => Promise<void>): Promise<void> => {
    await grown(name);
    await pause(100);
    await kill();
  };

  before(async () => {
    house = await House.open('tsalt', {
      reactor: [{ 'salt/run/*/ret': ['salt://tick.sls'] }],
    });
    const reaction = `tick:\n  local.cmd.run:\n    - tgt: quick1\n    - arg:\n      - echo {{ data.jid }} >> ${path('ticks')}\n`;
    house.serve('tick.sls', `{% if data.fun == 'runner.event.send' %}\n${reaction}{% endif %}\n`);
    await house.startMaster();
    house.addMinion('tsalt', 'quick1');
    await house.answering('quick1');
  });
  after(() => house[Symbol.asyncDispose]());

  /** How many slots are done with, as it is remembered of an entry of each second. */
  const slotsIn = (slot: unknown): number => {
    const { anchor, last } = slot as { readonly anchor: number; readonly last: number };
    return Math.floor((last - anchor) / 1000) + 1;
  };
  const slotsOf = (minion: string, entry: string): number =>
    slotsIn(
      (JSON.parse(readFileSync(join(house.minionEtc(minion), 'root/cache/schedule.json'), 'utf8')) as Record<string, unknown>)[entry],
    );
  const slotsOfMaster = async (entry: string): Promise<number> => {
    await using state = openStateStore(join(house.etc, 'root/cache/state.db'));
    return slotsIn(state.get('schedule', entry));
  };

  test('no slot of a minion is lost or doubled when it is killed, in the middle of runs, and restarted', async () => {
    const slow = { function: 'cmd.run', args: [`echo $$ >> ${path('slow')}; sleep 0.4`], ...EVERY_SECOND };
    const minion = house.addMinion('tsalt', 'slow1', { schedule: { slow } });
    for (let turn = 0; turn < 3; turn += 1) {
      await killAfterRun('slow', () => minion.kill('SIGKILL'));
      await pause(1500);
      minion.start();
    }
    await grown('slow', 4);
    await minion.stop();
    assert.equal(lines('slow').length, slotsOf('slow1', 'slow'));
    assert.equal(new Set(lines('slow')).size, lines('slow').length);
  });

  test('each slot of a minion is run once, and told once to the master, over clean restarts', async () => {
    const told = { function: 'cmd.run', args: [`echo $$ | tee -a ${path('told')}`], ...EVERY_SECOND };
    const minion = house.addMinion('tsalt', 'told1', { schedule: { told } });
    for (let turn = 0; turn < 2; turn += 1) {
      await grown('told');
      await minion.stop();
      await pause(1200);
      minion.start();
    }
    await grown('told', 3);
    await minion.stop();
    assert.equal(lines('told').length, slotsOf('told1', 'told'));
    type Listed = Readonly<Record<string, { readonly Target: unknown }>>;
    await until('the master has every return', async () => {
      const jobs = await house.runner<Listed>('jobs.list_jobs', 'search_function=cmd.run', 'search_target=told1');
      return Object.keys(jobs).length === lines('told').length;
    });
  });

  test('no slot of a master is lost or doubled when it is killed and restarted, and each one leads to one reaction', async () => {
    const file = join(house.etc, 'master');
    const options = readFileSync(file, 'utf8');
    const tick = { function: 'event.send', args: ['tick'], ...EVERY_SECOND };
    await house.master.stop();
    writeFileSync(file, JSON.stringify({ ...(JSON.parse(options) as object), schedule: { tick } }));
    await house.startMaster();
    for (let turn = 0; turn < 3; turn += 1) {
      await killAfterRun('ticks', () => house.master.kill('SIGKILL'));
      await pause(1500);
      await house.startMaster();
    }
    await grown('ticks', 4);
    await house.master.stop();
    const slots = await slotsOfMaster('tick');
    writeFileSync(file, options);
    await house.startMaster(); // what was on its way arrives, and nothing new begins
    await until('the reactions caught up', async () => lines('ticks').length >= slots);
    assert.equal(new Set(lines('ticks')).size, lines('ticks').length, 'no run was reacted to twice');
    assert.equal(lines('ticks').length, slots);
  });
});
