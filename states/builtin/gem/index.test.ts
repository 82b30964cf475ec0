import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandFailed, type Returnable } from '../../../modules/define.ts';
import { foreseen, isPlan, type Outcome, type StateCtx, type Verdict } from '../../define.ts';
import gem from './index.ts';

/** A machine with these gems, and one source, where gem cannot find what is named `none`. */
class Machine {
  readonly gems: Record<string, string[]> = { 'tsalt-demo': ['1.10', 'default: 1.0'], 'tsalt-demo-more': ['3'] };
  readonly sources = ['https://rubygems.org/'];
  readonly calls: Returnable[] = [];

  call(fun: string, [given]: readonly Returnable[], how: Readonly<Record<string, Returnable>>): Returnable {
    const name = String(given);
    switch (fun) {
      case 'gem.list':
        return Object.fromEntries(Object.entries(this.gems).filter(([one]) => one.startsWith(name)));
      case 'gem.sources_list':
        return this.sources;
    }
    this.calls.push([fun, name, how]);
    if (name === 'none') throw new CommandFailed("ERROR:  Could not find a valid gem 'none' (>= 0)");
    return '';
  }
}

type States = typeof gem.states;
async function both(machine: Machine, state: keyof States, args: Record<string, Returnable>): Promise<Outcome[]> {
  const ctx = {
    call: async (fun: string, given: readonly Returnable[], how: Readonly<Record<string, Returnable>>) => machine.call(fun, given, how),
  } as unknown as StateCtx;
  const verdict: Verdict = await gem.states[state].check(ctx, args as never);
  return isPlan(verdict) ? [foreseen(verdict), await verdict.apply()] : [verdict];
}
const told = (outcomes: readonly Outcome[]) => outcomes.map(({ result, comment, changes }) => [result, comment, changes]);

test('a gem is installed once', async () => {
  const machine = new Machine();
  assert.deepEqual(told(await both(machine, 'installed', { name: 'rake', user: 'web', version: '>= 13' })), [
    [null, 'The gem rake would have been installed', {}],
    [true, 'Gem was successfully installed', { rake: 'Installed' }],
  ]);
  assert.deepEqual(machine.calls, [['gem.install', 'rake', { runas: 'web', version: '>= 13' }]]);
  assert.deepEqual(told(await both(machine, 'installed', { name: 'tsalt-demo' })), [[true, 'Gem is already installed.', {}]]);
});

test('a version will do if one that is installed meets it', async () => {
  const result = async (version: string) => told(await both(new Machine(), 'installed', { name: 'tsalt-demo', version }))[0]?.slice(0, 2);
  assert.deepEqual(await result('1.0'), [true, 'Gem is already installed.']);
  assert.deepEqual(await result('<=1.0'), [true, 'Installed Gem meets version requirements.']);
  assert.deepEqual(await result('~> 1.2'), [true, 'Installed Gem meets version requirements.']);
  assert.deepEqual(await result('>1.10'), [null, 'The gem tsalt-demo would have been installed']);
  assert.deepEqual(await result('2.0'), [null, 'The gem tsalt-demo would have been installed']);
});

test('what gem complains of is in the comment', async () => {
  const [, done] = await both(new Machine(), 'installed', { name: 'none' });
  assert.deepEqual([done?.result, done?.comment], [false, "Could not install gem. ERROR:  Could not find a valid gem 'none' (>= 0)"]);
});

test('a gem is removed by its whole name', async () => {
  const machine = new Machine();
  assert.deepEqual(told(await both(machine, 'removed', { name: 'tsalt' })), [[true, 'Gem is not installed.', {}]]);
  assert.deepEqual(told(await both(machine, 'removed', { name: 'tsalt-demo', gem_bin: '/opt/gem' })), [
    [null, 'The gem tsalt-demo would have been removed', {}],
    [true, 'Gem was successfully removed.', { 'tsalt-demo': 'Removed' }],
  ]);
  assert.deepEqual(machine.calls, [['gem.uninstall', 'tsalt-demo', { gem_bin: '/opt/gem' }]]);
});

test('sources are added and removed', async () => {
  const [here, there] = ['https://rubygems.org/', 'http://127.0.0.1:9/'];
  assert.deepEqual(told(await both(new Machine(), 'sources_add', { name: here })), [[true, 'Gem source is already added.', {}]]);
  assert.deepEqual(told(await both(new Machine(), 'sources_add', { name: there })), [
    [null, `The gem source ${there} would have been added.`, {}],
    [true, 'Gem source was successfully added.', { [there]: 'Installed' }],
  ]);
  assert.deepEqual(told(await both(new Machine(), 'sources_remove', { name: there })), [[true, 'Gem source is already removed.', {}]]);
  assert.deepEqual(told(await both(new Machine(), 'sources_remove', { name: here })), [
    [null, 'The gem source would have been removed.', {}],
    [true, 'Gem source was successfully removed.', { [here]: 'Removed' }],
  ]);
});
