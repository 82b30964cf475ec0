import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Returnable } from '../../../modules/define.ts';
import { foreseen, isPlan, type Outcome, type StateCtx, type Verdict } from '../../define.ts';
import alternatives from './alternatives.ts';

/** A machine on which `editor` has alternatives, by path with their priorities; the highest is the current one unless one is set. */
class Machine {
  readonly known = new Map([['/usr/bin/nano', 40]]);
  chosen: string | undefined;

  get current(): string {
    return this.chosen ?? [...this.known].sort(([, a], [, b]) => b - a)[0]?.[0] ?? '';
  }

  call(fun: string, [, first, second, priority]: readonly Returnable[]): Returnable {
    switch (fun) {
      case 'alternatives.show_current':
        return this.current || false;
      case 'alternatives.check_exists':
        return this.known.has(String(first));
      case 'alternatives.check_installed':
        return this.current === first;
      case 'alternatives.display':
        return `editor - ${this.chosen === undefined ? 'auto' : 'manual'} mode\n${[...this.known.keys()].join('\n')}`;
      case 'alternatives.install':
        this.known.set(String(second), Number(priority));
        return '';
      case 'alternatives.remove':
        this.known.delete(String(first));
        return '';
      case 'alternatives.set':
        this.chosen = String(first);
        return '';
      default:
        this.chosen = undefined;
        return 'auto';
    }
  }
}

type States = typeof alternatives.states;
async function both(machine: Machine, state: keyof States, args: Record<string, Returnable>): Promise<[Outcome, Outcome]> {
  const ctx = { call: async (fun: string, given: readonly Returnable[]) => machine.call(fun, given) } as unknown as StateCtx;
  const verdict: Verdict = await alternatives.states[state].check(ctx, { name: 'editor', ...args } as never);
  return isPlan(verdict) ? [foreseen(verdict), await verdict.apply()] : [verdict, verdict];
}
const said = (outcomes: readonly Outcome[]) => outcomes.map(({ result, comment }) => [result, comment]);

test('an alternative is installed, and taken if its priority is the highest', async () => {
  const machine = new Machine();
  const vim = { link: '/usr/bin/editor', path: '/usr/bin/vim', priority: 50 };
  const [tried, done] = await both(machine, 'install', vim);
  assert.deepEqual(said([tried, done]), [
    [null, 'Alternative will be set for editor to /usr/bin/vim with priority 50'],
    [true, 'Alternative for editor set to path /usr/bin/vim with priority 50'],
  ]);
  assert.deepEqual([done.changes, done.more], [{ name: 'editor', ...vim }, vim]);
  const [again] = await both(machine, 'install', vim);
  assert.deepEqual(said([again]), [[true, 'Alternative /usr/bin/vim for editor is already registered']]);
  const [, low] = await both(machine, 'install', { ...vim, path: '/usr/bin/ed', priority: 1 });
  assert.equal(low.comment, 'Alternative /usr/bin/ed for editor registered with priority 1 and not set to default');
});

test('an alternative that is removed leaves the name to the next one', async () => {
  const machine = new Machine();
  machine.known.set('/usr/bin/vim', 50);
  assert.deepEqual(said(await both(machine, 'remove', { path: '/usr/bin/vim' })), [
    [null, 'Alternative for editor will be removed'],
    [true, 'Alternative for editor removed. Falling back to path /usr/bin/nano'],
  ]);
  const [other] = await both(machine, 'remove', { path: '/usr/bin/vim' });
  assert.deepEqual(said([other]), [[true, "Alternative for editor is set to it's default path /usr/bin/nano"]]);
  await both(machine, 'remove', { path: '/usr/bin/nano' });
  assert.deepEqual(said([(await both(machine, 'remove', { path: 'x' }))[0]]), [[false, "Alternative for editor doesn't exist"]]);
});

test('a name is set to one of its alternatives, and left to the priorities again', async () => {
  const machine = new Machine();
  machine.known.set('/usr/bin/vim', 1);
  const [, done] = await both(machine, 'set', { path: '/usr/bin/vim' });
  assert.deepEqual([done.comment, done.changes], ['Alternative for editor set to path /usr/bin/vim', { path: '/usr/bin/vim' }]);
  assert.equal((await both(machine, 'set', { path: '/usr/bin/vim' }))[0].comment, 'Alternative for editor already set to /usr/bin/vim');
  assert.equal((await both(machine, 'set', { path: '/no' }))[0].comment, "Alternative /no for editor doesn't exist");
  assert.deepEqual(said([(await both(machine, 'auto', {}))[0]]), [[null, 'editor will be put in auto mode']].slice(0, 1));
  assert.equal((await both(machine, 'auto', {}))[0].comment, 'editor already in auto mode');
});
