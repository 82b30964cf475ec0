import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { House } from '../support/house.ts';
import { noApt } from '../support/privileges.ts';
import { until } from '../support/process.ts';
import { realSalt } from '../support/salt.ts';

const skip = realSalt() === undefined ? 'the real Salt could not be installed' : false;

type State = { readonly __id__: string; readonly __run_num__: number; readonly name: string; readonly result: boolean | null };

const STEPS = `first:
  test.succeed_with_changes:
    - name: on {{ grains['id'] }} in {{ pillar['colour'] }}
second:
  test.fail_without_changes:
    - require:
      - test: first
third:
  test.nop:
    - require:
      - test: second
`;

suite('a tsalt-minion under an unmodified salt-master', { skip }, () => {
  let house: House;
  before(async () => {
    house = await House.open('salt', { auto_accept: false });
    house.serve('_modules/custom.py', "def twice(word):\n    return {'said': [word, word], 'ping': __salt__['test.ping']()}\n");
    house.serve('steps.sls', STEPS);
    house.servePillar('top.sls', 'base:\n  "*":\n    - colours\n');
    house.servePillar('colours.sls', 'colour: blue\nlist: [1, 2]\n');
    const file = join(house.home, 'motd');
    house.serve('motd.j2', 'This is {{ grains.id }}, in {{ pillar.colour }}.\n');
    house.serve(
      'motd.sls',
      `motd:
  file.managed:
    - name: ${file}
    - source: salt://motd.j2
    - template: jinja
    - mode: '0640'
told:
  cmd.run:
    - name: cat ${file}
    - onchanges:
      - file: motd
`,
    );
    await house.startMaster();
    house.addMinion('tsalt', 'ours');
  });
  after(() => house[Symbol.asyncDispose]());

  test('it waits for its key to be accepted with salt-key, and answers then', async () => {
    await until('the key is pending', async () => (await house.tool('key', ['-L'])).stdout.includes('Unaccepted Keys:\nours\n'), 60);
    const accepted = await house.tool('key', ['-y', '-a', 'ours']);
    assert.match(accepted.stdout, /Key for minion ours accepted\./);
    await house.answering('ours');
  });

  test('it hands the returns of jobs to the returners that the command line of Salt names, with their options', async () => {
    const file = join(house.home, 'returned');
    const options = ['--return', 'rawfile_json', '--return_config', 'mine', '--return_kwargs', JSON.stringify({ filename: file })];
    // Not by --static: Salt leaves both options out there.
    assert.match((await house.cli(...options, 'ours', 'test.echo', 'hi')).stdout, /ours:\s+hi/);
    const line = await until('the line is there', async () => (existsSync(file) ? readFileSync(file, 'utf8') : undefined));
    const { id, fun, return: value, ret_config, success } = JSON.parse(line) as Record<string, unknown>;
    assert.deepEqual(
      { id, fun, value, ret_config, success },
      { id: 'ours', fun: 'test.echo', value: 'hi', ret_config: 'mine', success: true },
    );
  });

  test('it runs commands and tells its grains', async () => {
    assert.deepEqual(await house.results('ours', 'cmd.run', 'echo one; echo two'), { ours: 'one\ntwo' });
    const { ours } = await house.results('ours', 'grains.items');
    const grains = ours as Record<string, unknown>;
    assert.deepEqual([grains['id'], grains['kernel']], ['ours', 'Linux']);
    assert.equal((await house.cli('-G', 'kernel:Linux', 'test.ping', '--out=txt')).stdout, 'ours: True\n');
  });

  test('a failing command makes the salt command fail', async () => {
    const { stdout, code } = await house.cli('ours', 'cmd.run', 'echo no; exit 3');
    assert.match(stdout, /^ours:\n {4}no\n/);
    assert.equal(code, 1);
  });

  test('it gets the pillar the master compiles, and shows it masked as Salt 3008 does', async () => {
    assert.deepEqual(await house.results('ours', 'pillar.items'), { ours: { colour: '**********', list: ['**********', '**********'] } });
    assert.deepEqual(await house.results('ours', 'pillar.get', 'colour', 'unmask=True'), { ours: 'blue' });
  });

  test('it installs a package, and says what changed', { skip: noApt() }, async () => {
    await house.results('-t', '100', 'ours', 'pkg.remove', 'tree');
    const { ours } = await house.results('-t', '100', 'ours', 'pkg.install', 'tree', 'refresh=True');
    assert.deepEqual(Object.keys(Object(ours)), ['tree'], JSON.stringify(ours));
    const { tree } = ours as { tree: { new: string; old: string } };
    assert.equal(tree.old, '');
    assert.match(tree.new, /^\d+\./);
    assert.deepEqual(await house.results('ours', 'pkg.version', 'tree'), { ours: tree.new });
  });

  test('it applies states of the master, in order and with their requisites, and the salt command fails with them', async () => {
    const { ours } = await house.results('ours', 'state.apply', 'steps');
    const states = Object.values(ours as Record<string, State>).sort((a, b) => a.__run_num__ - b.__run_num__);
    assert.deepEqual(
      states.map(({ __id__, name, result }) => [__id__, name, result]),
      [
        ['first', 'on ours in blue', true],
        ['second', 'second', false],
        ['third', 'third', false],
      ],
    );
    const { stdout, code } = await house.cli('ours', 'state.apply', 'steps');
    assert.match(stdout, /Succeeded: 1 \(changed=1\)\nFailed: {4}2\n/);
    assert.equal(code, 1);
  });

  test('a file of the master is rendered with pillar and grains and put in place, once', async () => {
    const apply = async (): Promise<Record<string, unknown>[]> => {
      const { ours } = await house.results('ours', 'state.apply', 'motd');
      const states = Object.values(ours as Record<string, State>).sort((a, b) => a.__run_num__ - b.__run_num__);
      return states as unknown as Record<string, unknown>[];
    };
    const [made, told] = await apply();
    assert.deepEqual([made?.['result'], told?.['result']], [true, true]);
    assert.equal((told?.['changes'] as { stdout?: string } | undefined)?.stdout, 'This is ours, in blue.');
    const [again, quiet] = await apply();
    assert.deepEqual([again?.['result'], again?.['changes'], quiet?.['result'], quiet?.['changes']], [true, {}, true, {}]);
  });

  test('it takes over a Python module of the master and runs it', async () => {
    assert.deepEqual(await house.results('ours', 'saltutil.sync_modules'), { ours: ['modules.custom'] });
    assert.deepEqual(await house.results('ours', 'custom.twice', 'hello'), { ours: { said: ['hello', 'hello'], ping: true } });
  });

  test('the job cache of the master holds what it returned', async () => {
    const jid = await house.start('ours', 'test.arg', '1', 'two', 'key=[3]');
    const found = await until('the return is stored', async () => {
      const { ours } = await house.runner<{ ours?: { args: unknown; kwargs: { key: unknown } } }>('jobs.lookup_jid', jid);
      return ours;
    });
    assert.deepEqual(found.args, [1, 'two']);
    assert.deepEqual(found.kwargs.key, [3]);
  });

  test('a long job is found running, and killed, by the functions of the salt command', async () => {
    const jid = await house.start('ours', 'test.sleep', '300');
    await until('the job runs', async () => {
      const { ours } = await house.results('ours', 'saltutil.find_job', jid);
      return (ours as Record<string, unknown> | undefined)?.['fun'] === 'test.sleep';
    });
    await house.results('ours', 'saltutil.kill_job', jid);
    await until('the job is gone', async () => {
      const { ours } = await house.results('ours', 'saltutil.find_job', jid);
      return ours !== undefined && Object.keys(ours as object).length === 0;
    });
  });

  test('it is there again after the master was restarted', async () => {
    await house.master.stop();
    await house.startMaster();
    await house.answering('ours');
  });

  test('it is there again after its own restart', async () => {
    await house.minion('ours').stop();
    house.minion('ours').start();
    await house.answering('ours');
  });
});
