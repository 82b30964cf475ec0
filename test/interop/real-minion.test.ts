import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { House } from '../support/house.ts';
import { noApt } from '../support/privileges.ts';
import { until } from '../support/process.ts';
import { realSalt } from '../support/salt.ts';

const skip = realSalt() === undefined ? 'the real Salt could not be installed' : false;

suite('an unmodified salt-minion under tsalt-master', { skip }, () => {
  let house: House;
  before(async () => {
    house = await House.open('tsalt', { auto_accept: false });
    house.serve('ok.sls', `${house.home}/made.txt:\n  file.managed:\n    - contents: made by a state\n`);
    house.serve('_modules/custom.py', "def twice(word):\n    return {'said': [word, word], 'ping': __salt__['test.ping']()}\n");
    house.servePillar('top.sls', 'base:\n  "*":\n    - colours\n');
    house.servePillar('colours.sls', 'colour: blue\nlist: [1, 2]\n');
    await house.startMaster();
    house.addMinion('salt', 'real');
  });
  after(() => house[Symbol.asyncDispose]());

  test('it waits for its key to be accepted, and answers then', async () => {
    await until('the key is pending', async () => (await house.tool('key', ['-L'])).stdout.includes('Unaccepted Keys:\nreal\n'), 60);
    const accepted = await house.tool('key', ['-y', '-a', 'real']);
    assert.match(accepted.stdout, /Key for minion real accepted\./);
    await house.answering('real');
  });

  test('it runs commands and tells its grains', async () => {
    assert.deepEqual(await house.results('real', 'cmd.run', 'echo one; echo two'), { real: 'one\ntwo' });
    const { real } = await house.results('real', 'grains.items');
    assert.equal((real as Record<string, unknown>)['id'], 'real');
  });

  test('it gets the pillar the master compiles, and shows it masked as Salt 3008 does', async () => {
    assert.deepEqual(await house.results('real', 'pillar.items'), { real: { colour: '**********', list: ['**********', '**********'] } });
    assert.deepEqual(await house.results('real', 'pillar.get', 'colour', 'unmask=True'), { real: 'blue' });
  });

  test('it installs a package, and says what changed', { skip: noApt() }, async () => {
    await house.results('-t', '100', 'real', 'pkg.remove', 'tree');
    const { real } = await house.results('-t', '100', 'real', 'pkg.install', 'tree', 'refresh=True');
    assert.deepEqual(Object.keys(Object(real)), ['tree'], JSON.stringify(real));
    const { tree } = real as { tree: { new: string; old: string } };
    assert.equal(tree.old, '');
    assert.match(tree.new, /^\d+\./);
    assert.deepEqual(await house.results('real', 'pkg.version', 'tree'), { real: tree.new });
  });

  test('it applies a state of the master', async () => {
    const { real } = await house.results('real', 'state.apply', 'ok');
    const [state] = Object.values(real as Record<string, { result: boolean; changes: object }>);
    assert.equal(state?.result, true);
    assert.deepEqual(state?.changes, { diff: 'New file' });
  });

  test('it takes over a Python module of the master and runs it', async () => {
    assert.deepEqual(await house.results('real', 'saltutil.sync_modules'), { real: ['modules.custom'] });
    const said = await until('the module is there', async () => {
      const { real } = await house.results('real', 'custom.twice', 'hello');
      return typeof real === 'object' ? real : undefined;
    });
    assert.deepEqual(said, { said: ['hello', 'hello'], ping: true });
  });

  test('it is there again after the master was restarted', async () => {
    await house.master.stop();
    await house.startMaster();
    await house.answering('real');
  });

  test('it is there again after its own restart', async () => {
    await house.minion('real').stop();
    house.minion('real').start();
    await house.answering('real');
  });

  test('a deleted key ends its part: it is not matched any more', async () => {
    await house.tool('key', ['-y', '-d', 'real']);
    const { stdout, code } = await house.cli('real', 'test.ping');
    assert.match(stdout, /No minions matched the target/);
    assert.equal(code, 2);
  });
});
