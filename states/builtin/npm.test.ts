import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandFailed, type Returnable } from '../../modules/define.ts';
import { foreseen, isPlan, type Outcome, type StateCtx, type Verdict } from '../define.ts';
import npm from './npm.ts';

type Words = Readonly<Record<string, Returnable>>;

/** Salt 3008 has no states of npm: the comments are those of Salt 3007.8, which these were tried beside. */
class Machine {
  readonly packages: Readonly<Record<string, Words>> = {
    'tsalt-demo': { version: '1.2.3', resolved: 'git+ssh://git@example.org/tsalt-demo.git#1f2e' },
    '@tsalt/two': { version: '2.0.0' },
  };
  /** What npm would do in the directory, as `npm install --json --dry-run` counts it. */
  added = 1;
  cached = [
    'make-fetch-happen:request-cache:https://registry.npmjs.org/@tsalt%2ftwo',
    'make-fetch-happen:request-cache:https://registry.npmjs.org/tsalt-demo',
    'make-fetch-happen:request-cache:https://registry.npmjs.org/tsalt-demo/-/tsalt-demo-1.2.3.tgz',
    'make-fetch-happen:request-cache:https://registry.npmjs.org/tsalt-demo-more',
    'pacote:tarball:tsalt-demo@1.2.3',
  ];
  broken = false;
  readonly calls: [string, Words][] = [];

  call(fun: string, how: Words): Returnable {
    if (this.broken) throw new CommandFailed('npm error code EJSONPARSE');
    switch (fun) {
      case 'npm.list':
        return this.packages;
      case 'npm.cache_list':
        return this.cached.join('\n');
    }
    if (how['dry_run']) return { added: this.added, changed: 0, removed: 0, audited: 5 };
    this.calls.push([fun, how]);
    return fun === 'npm.install' ? '' : true;
  }
}

async function both(machine: Machine, state: keyof typeof npm.states, args: Record<string, Returnable>): Promise<Outcome[]> {
  const ctx = { call: async (fun: string, _given: readonly Returnable[], how: Words) => machine.call(fun, how) } as unknown as StateCtx;
  const defaults = Object.entries(npm.states[state].args).flatMap(([name, arg]) => ('default' in arg ? [[name, arg.default]] : []));
  const verdict: Verdict = await npm.states[state].check(ctx, { ...Object.fromEntries(defaults), ...args } as never);
  return isPlan(verdict) ? [foreseen(verdict), await verdict.apply()] : [verdict];
}
const told = (outcomes: readonly Outcome[]) => outcomes.map(({ result, comment, changes }) => [result, comment, changes]);

test('a package is installed once', async () => {
  const machine = new Machine();
  const changes = { old: [], new: ['left-pad'] };
  assert.deepEqual(told(await both(machine, 'installed', { name: 'left-pad', dir: '/srv/app', user: 'web' })), [
    [null, "NPM package(s) 'left-pad' are set to be installed", changes],
    [true, "Package(s) 'left-pad' successfully installed", changes],
  ]);
  assert.deepEqual(machine.calls, [['npm.install', { dir: '/srv/app', runas: 'web', pkgs: ['left-pad'] }]]);
  const there = [true, "Package(s) '@tsalt/two@2.0.0' satisfied by @tsalt/two@2.0.0", {}];
  assert.deepEqual(told(await both(machine, 'installed', { name: '@tsalt/two@2.0.0' })), [there]);
});

test('another version, and a package that is to be installed again, are installed', async () => {
  const change = async (args: Record<string, Returnable>) => told(await both(new Machine(), 'installed', args))[1]?.[2];
  assert.deepEqual(await change({ name: 'tsalt-demo@1.2.4' }), { old: [], new: ['tsalt-demo@1.2.4'] });
  assert.deepEqual(await change({ name: 'tsalt-demo', force_reinstall: true }), { old: [], new: ['tsalt-demo'] });
});

test('a package is known by where it came from', async () => {
  const url = 'git://git@example.org/tsalt-demo.git#1f2e';
  assert.deepEqual(told(await both(new Machine(), 'installed', { name: url })), [
    [true, `Package(s) '${url}' satisfied by tsalt-demo@1.2.3`, {}],
  ]);
});

test('with several packages those that are there are told, and the rest is foreseen as a change', async () => {
  const [tried] = await both(new Machine(), 'installed', { name: 'x', pkgs: ['tsalt-demo', 'left-pad'] });
  const comment = "NPM package(s) 'left-pad' are set to be installed. Package(s) 'tsalt-demo, left-pad' satisfied by tsalt-demo@1.2.3";
  assert.deepEqual([tried?.result, tried?.comment], [null, comment]);
});

test('a package is removed once', async () => {
  const machine = new Machine();
  assert.deepEqual(told(await both(machine, 'removed', { name: 'tsalt-demo', dir: '/srv/app' })), [
    [null, "Package 'tsalt-demo' is set to be removed", {}],
    [true, "Package 'tsalt-demo' was successfully removed", { 'tsalt-demo': 'Removed' }],
  ]);
  assert.deepEqual(told(await both(machine, 'removed', { name: 'left-pad' })), [[true, "Package 'left-pad' is not installed", {}]]);
});

test('a directory is bootstrapped when npm would add something', async () => {
  const machine = new Machine();
  assert.deepEqual(told(await both(machine, 'bootstrap', { name: '/srv/app' })), [
    [null, '/srv/app is set to be bootstrapped', { old: [], new: { added: 1, changed: 0, removed: 0, audited: 5 } }],
    [true, 'Directory was successfully bootstrapped', { '/srv/app': 'Bootstrapped' }],
  ]);
  machine.added = 0;
  assert.deepEqual(told(await both(machine, 'bootstrap', { name: '/srv/app' })), [[true, '/srv/app is already bootstrapped', {}]]);
});

test('a package, and no other that begins as it does, is taken out of the cache', async () => {
  const machine = new Machine();
  const keys = async (name: string): Promise<Returnable[]> => {
    machine.calls.length = 0;
    await both(machine, 'cache_cleaned', { name });
    return machine.calls.map(([, how]) => how['path'] ?? null);
  };
  assert.deepEqual(await keys('tsalt-demo'), [machine.cached[1], machine.cached[2], machine.cached[4]]);
  assert.deepEqual(await keys('@tsalt/two'), [machine.cached[0]]);
  assert.deepEqual(told(await both(machine, 'cache_cleaned', { name: 'none' })), [[true, 'Package none is not in the cache', {}]]);
});

test('the whole cache is emptied, unless there is nothing in it', async () => {
  const machine = new Machine();
  assert.deepEqual(told(await both(machine, 'cache_cleaned', { force: true })), [
    [null, 'Cached packages set to be removed', {}],
    [true, 'Cached packages successfully removed', { cache: 'Removed' }],
  ]);
  assert.deepEqual(machine.calls, [['npm.cache_clean', { force: true }]]);
  machine.cached = [];
  assert.deepEqual(told(await both(machine, 'cache_cleaned', {})), [[true, 'The cache is empty', {}]]);
});

test('what npm complains of is in the comment', async () => {
  const machine = new Machine();
  machine.broken = true;
  const comment = async (state: keyof typeof npm.states) => (await both(machine, state, { name: 'x' }))[0]?.comment;
  assert.equal(await comment('installed'), "Error looking up 'x': npm error code EJSONPARSE");
  assert.equal(await comment('removed'), "Error uninstalling 'x': npm error code EJSONPARSE");
  assert.equal(await comment('bootstrap'), "Error Bootstrapping 'x': npm error code EJSONPARSE");
  assert.equal(await comment('cache_cleaned'), 'Error looking up cached x: npm error code EJSONPARSE');
});
