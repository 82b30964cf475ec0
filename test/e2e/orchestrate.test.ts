import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import Database from 'better-sqlite3';
import { House } from '../support/house.ts';
import { until } from '../support/process.ts';

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

suite('an orchestration whose master ends goes on where it was', () => {
  let house: House;
  const path = (name: string): string => join(house.home, name);
  const lines = (name: string): string[] => (existsSync(path(name)) ? readFileSync(path(name), 'utf8').split('\n').slice(0, -1) : []);
  const open = (name: string): void => writeFileSync(path(`${name}.go`), '');
  const list = async (): Promise<Record<string, Run>> => await house.runner<Record<string, Run>>('orchestrate.list');
  const show = async (jid: string): Promise<Shown> => await house.runner<Shown>('orchestrate.show', jid);
  let count = 0;
  const newJid = (): string => `2026010200000000${String(++count).padStart(4, '0')}`;
  /** When all minions are there: one that a restart cut off would not hear of it. */
  const start = async (jid: string, ...words: string[]): Promise<void> => {
    await house.answering('m1', 'm2', 'm3');
    await house.tool('run', ['--async', '--jid', jid, 'state.orchestrate', ...words]);
  };
  const ended = async (jid: string): Promise<Shown> =>
    await until(`${jid} ends`, async () => ((await list())[jid]?.EndTime ? await show(jid) : undefined), 90);

  /** A function on minions that leaves a line in `<name>.ran` for each run and then waits for the file `<name>.go`. */
  const waits = (name: string, more = ''): string => `
${name}:
  salt.function:
    - name: cmd.run
    - tgt: 'm*'
    - arg: ['echo ran >> ${path(name)}.ran; until [ -e ${path(name)}.go ]; do sleep 0.2; done; echo ${name} done']
    - kwarg: {python_shell: True}
${more}`;
  const runs = (name: string): string => `
${name}:
  salt.function:
    - name: cmd.run
    - tgt: 'm*'
    - arg: ['echo ran >> ${path(name)}.ran']
`;

  before(async () => {
    house = await House.open('tsalt', { timeout: 3 });
    house.serve(
      'web.sls',
      `sleeps:\n  cmd.run:\n    - name: echo ran >> ${path('web')}.ran; until [ -e ${path('web')}.go ]; do sleep 0.2; done\n`,
    );
    await house.startMaster();
    for (const id of ['m1', 'm2', 'm3']) house.addMinion('tsalt', id);
    await house.answering('m1', 'm2', 'm3');
  });
  after(() => house[Symbol.asyncDispose]());

  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    test(`within a step, by ${signal}: what ended is not run again, what runs on minions is waited for`, async () => {
      const [jid, s] = [newJid(), signal.toLowerCase()];
      house.serve(`orch/${s}.sls`, [runs(`first-${s}`), waits(`within-${s}`), runs(`last-${s}`)].join(''));
      await start(jid, `orch.${s}`);
      await until('all minions run the second step', async () => lines(`within-${s}.ran`).length === 3);
      await (signal === 'SIGKILL' ? house.master.kill('SIGKILL') : house.master.stop());
      // The files say something else by now: what was compiled is what goes on.
      house.serve(`orch/${s}.sls`, 'broken: [');
      await house.startMaster();
      await until('it goes on', async () => (await list())[jid]?.State === 'resumed');
      open(`within-${s}`);
      const { State, States, Resumed } = await ended(jid);
      assert.equal(State, 'done', JSON.stringify(States));
      assert.equal(Resumed?.length, 1);
      assert.deepEqual(
        States.map(({ state }) => state),
        ['done', 'done', 'done'],
      );
      for (const name of ['first', 'within', 'last']) assert.equal(lines(`${name}-${s}.ran`).length, 3, `${name} ran once on each minion`);
      assert.equal(States[1]?.jobs?.length, 1);
    });
  }

  test('returns that come while the master is away count', async () => {
    const jid = newJid();
    house.serve('orch/away.sls', [waits('away'), runs('after-away')].join(''));
    await start(jid, 'orch.away');
    await until('all minions run it', async () => lines('away.ran').length === 3);
    await house.master.kill('SIGKILL');
    open('away');
    await until('the minions have finished', async () => lines('away.ran').length === 3);
    await house.startMaster();
    const { State, States } = await ended(jid);
    assert.equal(State, 'done', JSON.stringify(States));
    assert.deepEqual([lines('away.ran').length, lines('after-away.ran').length], [3, 3]);
  });

  test('states on minions, in batches, run once on each', async () => {
    const jid = newJid();
    house.serve('orch/batch.sls', `web:\n  salt.state:\n    - tgt: 'm*'\n    - sls: web\n    - batch: 1\n`);
    await start(jid, 'orch.batch');
    await until('the first minion runs it', async () => lines('web.ran').length === 1);
    await house.master.kill('SIGKILL');
    await house.startMaster();
    open('web');
    const { State, States } = await ended(jid);
    assert.equal(State, 'done', JSON.stringify(States));
    assert.equal(lines('web.ran').length, 3);
  });

  test('at any moment, again and again: each step runs once on each minion', async () => {
    const jid = newJid();
    const names = Array.from({ length: 12 }, (_, n) => `step${n}`);
    house.serve('orch/many.sls', names.map(runs).join(''));
    await start(jid, 'orch.many');
    for (let turn = 0; turn < 4; turn += 1) {
      const before = names.flatMap((name) => lines(`${name}.ran`)).length;
      await until(
        'a step ran',
        async () => names.flatMap((name) => lines(`${name}.ran`)).length > before || (await list())[jid]?.EndTime != null,
        60,
      );
      await house.master.kill('SIGKILL');
      await house.startMaster();
    }
    const { State, States } = await ended(jid);
    assert.equal(State, 'done', JSON.stringify(States));
    for (const name of names) assert.equal(lines(`${name}.ran`).length, 3, name);
  });

  test('what ran on the master itself is reported as failed and not run again, unless it says so', async () => {
    const jid = newJid();
    const onMaster = (name: string, more = ''): string =>
      `${name}:\n  cmd.run:\n    - name: echo ran >> ${path(name)}.ran; until [ -e ${path(name)}.go ]; do sleep 0.2; done\n${more}`;
    house.serve(
      'orch/own.sls',
      onMaster('own', '    - parallel: True\n') + onMaster('rerun', '    - parallel: True\n    - resume: rerun\n'),
    );
    await start(jid, 'orch.own');
    await until('both run', async () => lines('own.ran').length === 1 && lines('rerun.ran').length === 1);
    await house.master.kill('SIGKILL');
    await house.startMaster();
    await until('one runs again', async () => lines('rerun.ran').length === 2);
    open('own');
    open('rerun');
    const { State, States } = await ended(jid);
    assert.equal(State, 'failed');
    const [own, rerun] = States;
    assert.deepEqual([own?.result, own?.comment], [false, 'The master stopped while this ran; it was not run again.']);
    assert.equal(rerun?.result, true);
    assert.equal(lines('own.ran').length, 1);
  });

  test('orchestrations that one runs go on with it', async () => {
    const jid = newJid();
    house.serve('orch/inner.sls', [waits('inner'), runs('inner-last')].join(''));
    house.serve(
      'orch/outer.sls',
      `both:\n  salt.parallel_runners:\n    - runners:\n        deep: [{name: state.orchestrate}, {kwarg: {mods: orch.inner}}]\n        flat: [{name: test.arg}]\n`,
    );
    await start(jid, 'orch.outer');
    await until('the inner one runs on minions', async () => lines('inner.ran').length === 3);
    await house.master.kill('SIGKILL');
    open('inner');
    await house.startMaster();
    const { State, States } = await ended(jid);
    assert.equal(State, 'done', JSON.stringify(States));
    assert.deepEqual([lines('inner.ran').length, lines('inner-last.ran').length], [3, 3]);
  });

  test('an event that was waited for is waited for again', async () => {
    const jid = newJid();
    house.serve('orch/event.sls', 'heard:\n  salt.wait_for_event:\n    - name: my/tag\n    - id_list: [a, b]\n    - timeout: 60\n');
    await start(jid, 'orch.event');
    await until('it waits', async () => (await list())[jid]?.State === 'running' && (await show(jid)).States[0]?.state === 'running');
    await house.tool('run', ['event.send', 'my/tag', '{"id": "a"}']);
    await house.master.kill('SIGKILL');
    await house.startMaster();
    await until('it goes on', async () => (await list())[jid]?.State === 'resumed');
    const sent = await until('the rest is heard', async () => {
      await house.tool('run', ['event.send', 'my/tag', '{"id": "b"}']);
      return (await list())[jid]?.EndTime ? await show(jid) : undefined;
    });
    assert.equal(sent.State, 'done', JSON.stringify(sent.States));
  });

  test('who waits for it gets its result when the master is back', async () => {
    const jid = newJid();
    house.serve('orch/waited.sls', waits('waited'));
    await house.answering('m1', 'm2', 'm3');
    const running = house.tool('run', ['--jid', jid, 'state.orchestrate', 'orch.waited', '--out=json']);
    await until('all minions run it', async () => lines('waited.ran').length === 3);
    await house.master.kill('SIGKILL');
    await house.startMaster();
    open('waited');
    const { stdout, stderr, code } = await running;
    assert.equal(code, 0, stdout + stderr);
    const [results] = Object.values((JSON.parse(stdout) as { data: Record<string, Record<string, { result: boolean }>> }).data);
    assert.deepEqual(
      Object.values(results ?? {}).map(({ result }) => result),
      [true],
    );
    assert.equal(lines('waited.ran').length, 3);
  });

  test('by hand, or not at all, where the option says so', async () => {
    const [manual, off] = [newJid(), newJid()];
    house.serve('orch/manual.sls', waits('manual'));
    house.serve('orch/dropped.sls', waits('dropped'));
    house.configure({ timeout: 3, orchestrate_resume: 'manual' });
    await start(manual, 'orch.manual');
    await until('all minions run it', async () => lines('manual.ran').length === 3);
    await house.master.kill('SIGKILL');
    open('manual');
    await house.startMaster();
    assert.equal((await list())[manual]?.State, 'interrupted');
    await house.runner('orchestrate.resume', manual);
    assert.equal((await list())[manual]?.State, 'done');
    house.configure({ timeout: 3, orchestrate_resume: 'off' });
    await start(off, 'orch.dropped');
    await until('all minions run it', async () => lines('dropped.ran').length === 3);
    await house.master.kill('SIGKILL');
    open('dropped');
    await house.startMaster();
    const { State, EndTime, Reason } = (await list())[off] ?? ({} as Run);
    assert.deepEqual([State, Reason], ['interrupted', 'the master stopped while it ran']);
    assert.ok(EndTime);
    house.configure({ timeout: 3 });
  });

  test('rows that are damaged or of another program, and a file that is no database, keep no master from starting', async () => {
    const [whole, row] = [newJid(), newJid()];
    house.serve('orch/damaged.sls', waits('damaged'));
    for (const jid of [row, whole]) await start(jid, 'orch.damaged');
    await until('all minions run both', async () => lines('damaged.ran').length === 6);
    await house.master.kill('SIGKILL');
    open('damaged');
    const file = path('master/root/cache/orchestrations.db');
    const db = new Database(file);
    db.prepare("UPDATE runs SET secrets = x'c1', asked = x'c1', resumed = x'93' WHERE jid = ?").run(row);
    db.prepare(
      "INSERT INTO runs VALUES ('no jid', 'state.nosuch', '', -1, NULL, 'running', NULL, x'80', x'82a46172677390a66b776172677380', NULL, NULL)",
    ).run();
    db.close();
    await house.startMaster();
    assert.equal((await ended(whole)).State, 'done');
    assert.deepEqual((({ State, Reason }) => [State, Reason])(await ended(row)), [
      'failed',
      `what was kept of the orchestration ${row} cannot be read`,
    ]);
    assert.equal(lines('damaged.ran').length, 6);
    await house.master.stop();
    for (const name of [file, `${file}-wal`, `${file}-shm`]) rmSync(name, { force: true });
    writeFileSync(file, 'no database at all '.repeat(1000));
    await house.startMaster();
    assert.deepEqual(await list(), {});
  });

  test('ends before a state that it is told to end before, also in the next master', async () => {
    const jid = newJid();
    house.serve('orch/kill.sls', [waits('killed'), runs('never')].join(''));
    await start(jid, 'orch.kill');
    await until('all minions run it', async () => lines('killed.ran').length === 3);
    await house.tool('run', ['state.soft_kill', jid, 'never']);
    await house.master.kill('SIGKILL');
    open('killed');
    await house.startMaster();
    const { States } = await ended(jid);
    assert.deepEqual(
      States.map(({ id, state }) => [id, state]),
      [
        ['killed', 'done'],
        ['never', 'waiting'],
      ],
    );
    assert.equal(lines('never.ran').length, 0);
  });
});
