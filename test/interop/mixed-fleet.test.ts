import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { House } from '../support/house.ts';
import { until } from '../support/process.ts';
import { realSalt } from '../support/salt.ts';

const skip = realSalt() === undefined ? 'the real Salt could not be installed' : false;

/** Alike but for the id: what one make of minion matches, the other must match too. */
const GRAINS = { role: 'web', datacentre: { name: 'north', racks: ['a1', 'b2'] } };
const ALL = ['native1', 'real1', 'salt1'];

/** Each target with the minions it means. `real1` is a salt-minion, the others are ours, by either suite. */
const TARGETS: readonly (readonly [args: readonly string[], minions: readonly string[]])[] = [
  [['*'], ALL],
  [['real?'], ['real1']],
  [['[ns]*1'], ['native1', 'salt1']],
  [
    ['-E', 'real|salt'],
    ['real1', 'salt1'],
  ],
  [['-E', '1'], []],
  [
    ['-L', 'real1,native1'],
    ['native1', 'real1'],
  ],
  [['-G', 'role:web'], ALL],
  [['-G', 'role:w*b'], ALL],
  [['-G', 'datacentre:name:north'], ALL],
  [['-G', 'datacentre:racks:b2'], ALL],
  [['-G', 'kernel:Linux'], ALL],
  [['-G', 'role:db'], []],
  [['--grain-pcre', 'role:^(web|db)$'], ALL],
  [['-P', 'datacentre:racks:[xb]\\d'], ALL],
  [['-I', 'colour:blue'], ALL],
  [['-I', 'deep:er:val*'], ALL],
  [['-I', 'mine:real1'], ['real1']],
  [
    ['-J', 'mine:(real|native)\\d'],
    ['native1', 'real1'],
  ],
  [['-J', 'colour:^re'], []],
  [['-S', '127.0.0.1'], ALL],
  [['-S', '127.0.0.0/8'], ALL],
  [['-S', '203.0.113.0/24'], []],
  [
    ['-C', 'G@role:web and not real1'],
    ['native1', 'salt1'],
  ],
  [
    ['-C', '( E@real or L@salt1,nobody ) and I@colour:blue'],
    ['real1', 'salt1'],
  ],
  [
    ['-C', 'S@127.0.0.0/8 and J@mine:native.* or real1'],
    ['native1', 'real1'],
  ],
  [['-C', 'P@role:(web|db) and not ( N@ours )'], ['real1']],
  [
    ['-N', 'ours'],
    ['native1', 'salt1'],
  ],
  [
    ['-N', 'nested'],
    ['real1', 'salt1'],
  ],
  [
    ['-N', 'listed'],
    ['native1', 'real1'],
  ],
];

/** Calls with the value every make must give. */
const CALLS: readonly (readonly [args: readonly string[], value: unknown])[] = [
  [['test.echo', '{"a": [1, 2.5, null]}'], { a: [1, 2.5, null] }],
  [['cmd.run', 'echo $((6*7))'], '42'],
  [['cmd.retcode', 'exit 9'], 9],
  [
    ['grains.get', 'datacentre:racks'],
    ['a1', 'b2'],
  ],
  [['pillar.get', 'colour', 'unmask=True'], 'blue'],
  [['match.grain', 'role:web'], true],
  [['config.get', 'role'], 'web'],
];

const STEPS = `first:
  test.succeed_with_changes:
    - name: on {{ grains['id'] }} in {{ pillar['colour'] }} with {{ grains['role'] | upper }}
second:
  test.fail_without_changes:
    - require:
      - test: first
third:
  test.nop:
    - require:
      - test: second
fourth:
  test.configurable_test_state:
    - changes: true
    - result: true
    - comment: {{ salt['test.echo']('from a module') }}
    - onchanges:
      - test: first
`;

type LastRun = { readonly Result: Readonly<Record<string, { readonly retcode: number }>> };

suite('a tsalt-master with a real minion and two of ours, by both suites', { skip }, () => {
  let house: House;
  before(async () => {
    house = await House.open('tsalt', {
      nodegroups: {
        ours: 'L@native1,salt1',
        nested: ['G@role:web', 'and', 'not', 'native1', 'and', '(', 'N@ours', 'or', 'real*', ')'],
        listed: 'real1,native1',
      },
    });
    house.servePillar('top.sls', 'base:\n  "*":\n    - all\n  real1:\n    - real1\n  native1:\n    - native1\n  salt1:\n    - salt1\n');
    house.servePillar('all.sls', 'colour: blue\ndeep:\n  er: value\n');
    for (const id of ALL) house.servePillar(`${id}.sls`, `mine: ${id}\n`);
    house.serve('steps.sls', STEPS);
    await house.startMaster();
    house.addMinion('salt', 'real1', { grains: GRAINS });
    house.addMinion('tsalt', 'native1', { grains: GRAINS, suite: 'native' });
    house.addMinion('tsalt', 'salt1', { grains: GRAINS, suite: 'salt' });
    await house.answering(...ALL);
    await until('the master knows pillar and grains of all', async () => {
      const { stdout } = await house.cli('--preview-target', '-C', 'G@role:web and I@colour:blue', '--out=json');
      return ALL.every((id) => stdout.includes(id));
    });
  });
  after(() => house[Symbol.asyncDispose]());

  for (const [args, minions] of TARGETS) {
    test(`${args.join(' ')} means ${minions.join(', ') || 'nobody'}`, async () => {
      const { stdout, stderr, code } = await house.cli(...args, '--static', '--out=json', 'test.ping');
      if (minions.length === 0) {
        assert.match(stdout + stderr, /No minions matched the target/);
        assert.equal(code, 2);
        return;
      }
      assert.deepEqual(JSON.parse(stdout), Object.fromEntries(minions.map((id) => [id, true])));
    });
  }

  test('the functions of all makes give the same values', async () => {
    for (const [args, value] of CALLS) {
      const results = await house.results('*', ...args);
      assert.deepEqual(Object.keys(results).sort(), ALL, args.join(' '));
      for (const id of ALL) assert.deepEqual(results[id], value, `${args.join(' ')} on ${id}`);
    }
  });

  test('a failing command is told with the same code by all makes', async () => {
    await house.cli('*', '--static', 'cmd.run', 'exit 7');
    const [job] = Object.values(await house.runner<Record<string, LastRun>>('jobs.last_run', 'function=cmd.run'));
    assert.deepEqual(
      ALL.map((id) => job?.Result[id]?.retcode),
      [7, 7, 7],
    );
    assert.equal((await house.cli('*', 'cmd.run', 'exit 7')).code, 1);
  });

  test('a function that is not there gives the same text by all makes', async () => {
    const results = await house.results('*', 'nothing.here');
    for (const id of ALL) assert.equal(results[id], "'nothing.here' is not available.");
  });

  test('the same states give the same results on all makes', async () => {
    const results = await house.results('*', 'state.apply', 'steps');
    const plain = (id: string): unknown =>
      JSON.parse(JSON.stringify(results[id]).replaceAll(id, 'ID'), (key, value: unknown) =>
        key === 'start_time' || key === 'duration' ? undefined : value,
      );
    assert.equal(Object.keys(Object(plain('real1'))).length, 4);
    for (const id of ['native1', 'salt1']) assert.deepEqual(plain(id), plain('real1'), id);
  });

  test('an event that a minion fires reaches the bus, whatever its make', async () => {
    const results = await house.results('*', 'event.send', 'my/tag', '{"a": 1}');
    assert.deepEqual(results, Object.fromEntries(ALL.map((id) => [id, true])));
  });

  test('what one make puts into the mine, the other reads', async () => {
    await house.results('*', 'mine.send', 'test.echo', 'hello');
    for (const id of ALL) {
      const { [id]: mine } = await house.results(id, 'mine.get', '*', 'test.echo');
      assert.deepEqual(mine, Object.fromEntries(ALL.map((one) => [one, 'hello'])), `as ${id} reads it`);
    }
  });
});
