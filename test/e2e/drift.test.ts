import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { House, program } from '../support/house.ts';
import { Daemon, until } from '../support/process.ts';

interface Score {
  readonly score: number;
  readonly states: number;
  readonly drifting: readonly string[];
  readonly failing: readonly string[];
  readonly errors?: readonly string[];
}
type Status = Record<string, Record<string, Score>>;

suite('drift is measured by dry runs on a schedule, with a score for each minion', () => {
  let house: House;
  const file = (minion: string): string => join(house.home, `${minion}-motd`);
  before(async () => {
    house = await House.open('tsalt', { drift: { motd: { tgt: 'web*', mods: 'motd', seconds: 2 }, nobody: { seconds: 1 } } });
    house.serve(
      'motd.sls',
      `motd:
  file.managed:
    - name: ${house.home}/{{ grains.id }}-motd
    - contents: hello
one:
  test.nop: []
two:
  test.nop: []
three:
  test.succeed_without_changes: []
`,
    );
    house.serve('bad.sls', 'bad:\n  test.fail_without_changes: []\ngood:\n  test.nop: []\n');
    await house.startMaster();
    for (const minion of ['web1', 'web2']) {
      house.addMinion('tsalt', minion);
      writeFileSync(file(minion), 'hello\n');
    }
    await house.answering('web1', 'web2');
  });
  after(() => house[Symbol.asyncDispose]());

  const status = async (): Promise<Status> => await house.runner<Status>('drift.status');
  const scored = async (minion: string, score: number): Promise<Score> =>
    await until(`${minion} has the score ${score}`, async () => {
      const found = (await status())[minion]?.['motd'];
      return found?.score === score && found;
    });

  test('a minion that is changed by hand loses, and nothing is changed on it; repaired it is whole again', async () => {
    assert.deepEqual((await scored('web1', 1)).drifting, []);
    writeFileSync(file('web1'), 'by hand\n');
    const drifted = await scored('web1', 0.75);
    assert.deepEqual([drifted.states, drifted.drifting, drifted.failing], [4, ['motd'], []]);
    assert.equal(readFileSync(file('web1'), 'utf8'), 'by hand\n');
    assert.equal((await status())['web2']?.['motd']?.score, 1);
    writeFileSync(file('web1'), 'hello\n');
    await scored('web1', 1);
    const history = await house.runner<Score[]>('drift.history', 'web1');
    assert.deepEqual(
      history.map(({ score }) => score).filter((score, index, all) => score !== all[index - 1]),
      [1, 0.75, 1],
    );
  });

  test('events tell of a minion that drifts, and once when it does no more', async () => {
    const out = join(house.home, 'events');
    const watching = new Daemon([...program('tsalt', 'run'), '-c', house.etc, 'state.event', 'salt/drift/*'], out);
    watching.start();
    const heard = (): Score[] =>
      readFileSync(out, 'utf8')
        .split('\n')
        .filter((line) => line.startsWith('salt/drift/web2\t'))
        .map((line) => JSON.parse(line.split('\t')[1] ?? '') as Score);
    try {
      writeFileSync(file('web2'), 'by hand\n');
      await until('the event of the drift comes', async () => heard().some(({ drifting }) => drifting.join() === 'motd'));
      writeFileSync(file('web2'), 'hello\n');
      await until('the event of the end comes', async () => heard().at(-1)?.score === 1);
      const runs = (await house.runner<Score[]>('drift.history', 'web2', 'limit=1000')).length;
      await until(
        'it is measured twice more',
        async () => (await house.runner<Score[]>('drift.history', 'web2', 'limit=1000')).length > runs + 1,
      );
      assert.equal(heard().filter(({ score }) => score === 1).length, 1);
    } finally {
      await watching.stop();
    }
  });

  test('it can be measured by hand; states that fail and SLS that are broken are named', async () => {
    const bad = await house.runner<Record<string, Score>>('drift.run', 'web1', 'mods=bad');
    assert.deepEqual([bad['web1']?.score, bad['web1']?.drifting, bad['web1']?.failing], [0.5, [], ['bad']]);
    const none = await house.runner<Record<string, Score>>('drift.run', 'web1', 'mods=nosuch', 'name=broken');
    assert.equal(none['web1']?.score, 0);
    assert.match(String(none['web1']?.errors), /No matching sls found for 'nosuch'/);
    assert.deepEqual(Object.keys((await status())['web1'] ?? {}).sort(), ['broken', 'manual', 'motd']);
  });

  test('an entry that names no minions is told of once', () => {
    assert.equal(house.log('master').match(/the option drift: the entry nobody names no minions/g)?.length, 1);
  });

  test('scores outlive the master', async () => {
    await house.master.kill();
    await house.startMaster();
    assert.ok((await house.runner<Score[]>('drift.history', 'web1', 'limit=1000')).length > 2);
  });
});
