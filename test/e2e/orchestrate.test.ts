import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { House } from '../support/house.ts';

const SECRET = 'hunter2hunter2';

interface Run {
  readonly Function: string;
  readonly Arguments: readonly unknown[];
  readonly State: string;
  readonly EndTime: string | null;
  readonly Reason?: string;
  readonly Resumed?: readonly string[];
}
interface Shown extends Run {
  readonly States: readonly {
    readonly id: string;
    readonly function: string;
    readonly state: string;
    readonly result?: boolean;
    readonly comment?: string;
    readonly jobs?: readonly string[];
  }[];
}

suite('orchestrations', () => {
  let house: House;
  const path = (name: string): string => join(house.home, name);
  const list = async (): Promise<Record<string, Run>> => await house.runner<Record<string, Run>>('orchestrate.list');
  const show = async (jid: string): Promise<Shown> => await house.runner<Shown>('orchestrate.show', jid);
  let count = 0;
  const newJid = (): string => `2026010100000000${String(++count).padStart(4, '0')}`;

  /** A state that leaves a line in `<name>.ran` on each minion. */
  const leaves = (name: string): string => `
${name}:
  salt.function:
    - name: cmd.run
    - tgt: 'm*'
    - arg: ['echo ran >> ${path(name)}.ran']
`;

  before(async () => {
    house = await House.open('tsalt', { timeout: 3 });
    house.serve('orch/three.sls', [leaves('one'), leaves('two'), leaves('three')].join(''));
    house.serve('orch/bad.sls', `${leaves('good')}bad:\n  test.fail_without_changes: []\n`);
    house.serve(
      'orch/secret.sls',
      `
tell:
  salt.function:
    - name: test.echo
    - tgt: 'm*'
    - arg: [said]
    - kwarg: {}
    - ret_kwargs: {password: {{ pillar.password }}}
`,
    );
    await house.startMaster();
    for (const id of ['m1', 'm2']) house.addMinion('tsalt', id);
    await house.answering('m1', 'm2');
  });
  after(() => house[Symbol.asyncDispose]());

  test('are listed with how they ended, and shown with their states and jobs', async () => {
    const [good, bad] = [newJid(), newJid()];
    await house.tool('run', ['--jid', good, 'state.orchestrate', 'orch.three']);
    await house.tool('run', ['--jid', bad, 'state.orchestrate', 'orch.bad']);
    const found = await list();
    assert.deepEqual([found[good]?.State, found[bad]?.State], ['done', 'failed']);
    assert.equal(found[good]?.Function, 'state.orchestrate');
    assert.deepEqual(found[good]?.Arguments, ['orch.three']);
    const { States } = await show(good);
    assert.deepEqual(
      States.map(({ id, function: fun, state, result }) => [id, fun, state, result]),
      ['one', 'two', 'three'].map((id) => [id, 'salt.function', 'done', true]),
    );
    assert.deepEqual(
      (await show(bad)).States.map(({ id, state, result }) => [id, state, result]),
      [
        ['good', 'done', true],
        ['bad', 'failed', false],
      ],
    );
  });

  test('are in the job cache as under Salt, under the id that tsalt-run had', async () => {
    const jid = newJid();
    await house.tool('run', ['--jid', jid, 'state.orchestrate', 'orch.bad', 'pillar={password: x, a: 1}']);
    const jobs = await house.runner<Record<string, unknown>>('jobs.list_jobs', 'search_function=runner.state*');
    const { StartTime: _start, ...job } = jobs[jid] as Record<string, unknown>;
    const [id] = [job['Target']];
    assert.deepEqual(job, { Function: 'runner.state.orchestrate', Arguments: [], Target: id, 'Target-type': 'list', User: 'root' });
    const {
      _stamp,
      return: value,
      ...kept
    } = (await house.runner<Record<string, Record<string, unknown>>>('jobs.lookup_jid', jid))[String(id)] ?? {};
    assert.match(String(_stamp), /^\d{4}-/);
    assert.deepEqual(kept, {
      fun: 'runner.state.orchestrate',
      jid,
      user: 'root',
      fun_args: ['orch.bad', { pillar: '**********' }],
      success: false,
    });
    assert.deepEqual(Object.keys(value as object), ['data', 'outputter', 'retcode']);
  });

  test('leave nothing secret of their arguments behind', async () => {
    const jid = newJid();
    await house.tool('run', ['--jid', jid, 'state.orchestrate', 'orch.secret', `pillar={password: ${SECRET}}`]);
    assert.equal((await list())[jid]?.State, 'done');
    const cache = path('master/root/cache');
    for (const name of readdirSync(cache).filter((one) => one.startsWith('orchestrations.db')))
      assert.ok(!readFileSync(join(cache, name)).includes(SECRET), name);
    assert.ok(!JSON.stringify([await list(), await show(jid)]).includes(SECRET));
    assert.ok(!house.log('master').includes(SECRET));
  });
});
