import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { House } from '../support/house.ts';
import type { Result } from '../support/process.ts';
import { realSalt } from '../support/salt.ts';

/** Plans of this house: states that write below its directory, one for each minion. */
suite('a plan is a dry run that is kept, and applied as it is or not at all', () => {
  let house: House;
  const file = (minion: string, name = 'motd'): string => join(house.home, `${minion}-${name}`);
  const states = (text: string): string => `motd:
  file.managed:
    - name: ${house.home}/{{ grains.id }}-motd
    - contents: ${text}
told:
  cmd.run:
    - name: echo {{ grains.id }} >> ${house.home}/told
    - onchanges:
      - file: motd
fine:
  test.nop: []
`;
  const planned = async (...args: string[]): Promise<Result & { readonly id: string }> => {
    const result = await house.cli('plan', ...args);
    const id = /^Plan (\d{20})$/m.exec(result.stdout)?.[1];
    assert.ok(id !== undefined, `${result.stdout}${result.stderr}`);
    return { ...result, id };
  };
  before(async () => {
    house = await House.open('tsalt');
    house.serve('motd.sls', states('hello'));
    house.serve('bad.sls', 'bad:\n  test.fail_without_changes: []\n');
    house.serve('torn.sls', 'torn: {{ nosuch.thing }}\n');
    await house.startMaster();
    house.addMinion('tsalt', 'web1');
    house.addMinion('tsalt', 'web2');
    await house.answering('web1', 'web2');
  });
  after(() => house[Symbol.asyncDispose]());

  test('it shows the diff and what is to be done, changes nothing, and is applied once', async () => {
    writeFileSync(file('web1'), 'old\n');
    const { id, stdout, code, stderr } = await planned('*', 'motd');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /-old\n\s+\+hello/);
    assert.match(stdout, /^web1: 0 to add, 2 to change, 0 to fail, 1 as described$/m);
    assert.match(stdout, /^web2: 1 to add, 1 to change, 0 to fail, 1 as described$/m);
    assert.equal(readFileSync(file('web1'), 'utf8'), 'old\n');
    assert.equal(existsSync(file('web2')), false);

    const [listed] = await house.runner<{ id: string; minions: unknown }[]>('plan.list');
    assert.deepEqual([listed?.id, listed?.minions], [id, { web1: 'planned', web2: 'planned' }]);
    assert.match((await house.cli('plans')).stdout, new RegExp(`^${id}  \\*  motd  web1 planned, web2 planned$`, 'm'));
    assert.match((await house.cli('plans', id)).stdout, /-old\n\s+\+hello/);
    assert.match((await house.tool('run', ['jobs.lookup_jid', id])).stdout, /Function: file.managed/);

    const applied = await house.cli('apply-plan', id);
    assert.equal(applied.code, 0, applied.stdout + applied.stderr);
    assert.match(applied.stdout, /Succeeded: 3 \(changed=2\)/);
    assert.deepEqual([readFileSync(file('web1'), 'utf8'), readFileSync(file('web2'), 'utf8')], ['hello\n', 'hello\n']);
    assert.deepEqual(
      readFileSync(file('told').replace(/[^/]*$/, 'told'), 'utf8')
        .split('\n')
        .sort(),
      ['', 'web1', 'web2'],
    );

    const again = await house.cli('apply-plan', id);
    assert.deepEqual([again.code, again.stdout], [1, '']);
    assert.match(again.stderr, new RegExp(`The plan ${id} was applied already, at 20`));
  });

  test('a minion whose ground moved refuses and names the states, the others go on', async () => {
    for (const minion of ['web1', 'web2']) writeFileSync(file(minion), 'older\n');
    const { id } = await planned('*', 'motd');
    writeFileSync(file('web1'), 'changed by hand\n');
    const { stdout, code } = await house.cli('apply-plan', id);
    assert.equal(code, 1);
    assert.match(
      stdout,
      /Nothing was applied: what was planned is not what would be done now\.\n\s+motd \(file\.managed .*web1-motd\) would do something else/,
    );
    assert.equal(readFileSync(file('web1'), 'utf8'), 'changed by hand\n');
    assert.equal(readFileSync(file('web2'), 'utf8'), 'hello\n');
    const shown = await house.runner<{ minions: Record<string, { state: string }> }>('plan.show', id);
    assert.deepEqual([shown.minions['web1']?.state, shown.minions['web2']?.state], ['refused', 'applied']);
    writeFileSync(file('web1'), 'older\n');
    assert.equal((await house.cli('apply-plan', id)).code, 0);
    assert.equal(readFileSync(file('web1'), 'utf8'), 'hello\n');
  });

  test('a definition that is another, even where it would do the same, is refused', async () => {
    rmSync(file('web1'), { force: true });
    const { id } = await planned('web1', 'motd');
    house.serve('motd.sls', `${states('hello')}new:\n  test.nop: []\n`.replace('echo {{', 'echo again {{'));
    const { stdout, code } = await house.cli('apply-plan', id);
    assert.equal(code, 1);
    assert.match(stdout, /told \(cmd\.run .*\) is new/);
    assert.match(stdout, /new \(test\.nop\) is new/);
    assert.match(stdout, /told \(cmd\.run .*\) is gone/);
    assert.equal(existsSync(file('web1')), false);
    house.serve('motd.sls', states('hello'));
  });

  test('a plan with failures is applied only by force', async () => {
    const { id, code, stdout } = await planned('web1', 'motd,bad');
    assert.equal(code, 1);
    assert.match(stdout, /^web1: 1 to add, 1 to change, 1 to fail, 1 as described$/m);
    const refused = await house.cli('apply-plan', id);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /would fail on web1\. Repair them and plan anew, or apply it with --force\./);
    const forced = await house.cli('apply-plan', '--force', id);
    assert.equal(forced.code, 1);
    assert.match(forced.stdout, /Succeeded: 3 \(changed=2\)\nFailed: {4}1/);
    const torn = await planned('web1', 'torn');
    assert.equal(torn.code, 1);
    assert.match((await house.cli('apply-plan', '--force', torn.id)).stderr, /holds no states/);
  });

  test('minions that are silent are named, and those that are not in the plan refused', async () => {
    await house.minion('web2').stop();
    const { id, code, stdout } = await planned('-t', '2', '*', 'motd');
    assert.equal(code, 1);
    assert.match(stdout, /^web2: no answer \(.+\)$/m);
    house.minion('web2').start();
    await house.answering('web2');
    const { id: one } = await planned('web1', 'motd');
    assert.match((await house.cli('apply-plan', one, '*')).stderr, new RegExp(`Not in the plan ${one}: web2\\.`));
    assert.equal((await house.cli('apply-plan', one, 'web1')).code, 0);
    assert.match((await house.cli('apply-plan', id, 'web2')).stderr, new RegExp(`No minion of the plan ${id} answered its dry run`));
    assert.match((await house.cli('apply-plan', '20200101000000000000')).stderr, /There is no plan 20200101000000000000\./);
    assert.equal((await house.cli('plan', 'nobody*', 'motd')).code, 2);
  });

  test('as JSON it is one document, which says of each minion what would be done', async () => {
    const { stdout, code } = await house.cli('plan', '--out=json', '-L', 'web1,web2', 'motd', 'pillar={"a": 1}');
    assert.equal(code, 0);
    const plan = JSON.parse(stdout) as { id: string; kwargs: object; minions: Record<string, { summary: object; states: object }> };
    assert.match(plan.id, /^\d{20}$/);
    assert.deepEqual(plan.kwargs, { pillar: '**********' });
    assert.deepEqual(Object.keys(plan.minions['web2']?.summary ?? {}), ['add', 'change', 'fail', 'same']);
    assert.equal(Object.keys(plan.minions['web2']?.states ?? {}).length, 3);
    assert.equal(await house.runner('plan.delete', plan.id), true);
    assert.match((await house.cli('apply-plan', plan.id)).stderr, /There is no plan/);
  });

  test('it survives the master, and expires', async () => {
    writeFileSync(file('web1'), 'old\n');
    const { id } = await planned('web1', 'motd');
    const { id: late } = await planned('web2', 'motd');
    await house.master.kill();
    await house.startMaster();
    await house.answering('web1', 'web2');
    assert.equal((await house.cli('apply-plan', id)).code, 0);
    assert.equal(readFileSync(file('web1'), 'utf8'), 'hello\n');
    await house.master.stop();
    house.configure({ plan_ttl: 1 });
    await house.startMaster();
    await house.answering('web2');
    assert.match((await house.cli('apply-plan', late)).stderr, new RegExp(`The plan ${late} has expired: it is older than 1 s`));
    await house.master.stop();
    house.configure({});
    await house.startMaster();
    await house.answering('web1', 'web2');
  });

  const real = realSalt() === undefined ? 'the real Salt could not be installed' : false;
  test('a real salt-minion has plans, too, which the master compares', { skip: real }, async () => {
    house.addMinion('salt', 'real');
    await house.answering('real');
    const { id, stdout, code } = await planned('-L', 'real,web1', 'motd');
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^real: 1 to add, 1 to change, 0 to fail, 1 as described$/m);
    writeFileSync(file('real'), 'by hand\n');
    const refused = await house.cli('apply-plan', id, 'real');
    assert.equal(refused.code, 1);
    assert.match(refused.stdout, /motd \(file\.managed .*real-motd\) would do something else/);
    assert.equal(readFileSync(file('real'), 'utf8'), 'by hand\n');
    rmSync(file('real'));
    const applied = await house.cli('apply-plan', id);
    assert.equal(applied.code, 0, applied.stdout + applied.stderr);
    assert.equal(readFileSync(file('real'), 'utf8'), 'hello\n');
    assert.match((await house.cli('apply-plan', id)).stderr, /was applied already/);
  });
});
