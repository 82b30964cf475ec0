import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Returnable } from '../../../modules/define.ts';
import { foreseen, isPlan, type Outcome, type StateCtx, type Verdict } from '../../define.ts';
import module from './module.ts';

/** A machine where `status` is enabled, and programs answer with this status. */
async function both(state: keyof typeof module.states, name: string, status: Returnable): Promise<Outcome[]> {
  const call = async (fun: string): Promise<Returnable> => (fun === 'apache.check_mod_enabled' ? name === 'status' : { Status: status });
  const verdict: Verdict = await module.states[state].check({ call } as unknown as StateCtx, { name });
  return isPlan(verdict) ? [foreseen(verdict), await verdict.apply()] : [verdict];
}

test('a module is enabled once', async () => {
  const changes = { old: null, new: 'rewrite' };
  assert.deepEqual(await both('enabled', 'rewrite', 'Mod rewrite enabled'), [
    { result: null, comment: 'Apache module rewrite is set to be enabled.', changes },
    { result: true, comment: '', changes },
  ]);
  assert.deepEqual(await both('enabled', 'status', ''), [{ result: true, comment: 'status already enabled.', changes: {} }]);
});

test('a module is disabled once', async () => {
  const changes = { old: 'status', new: null };
  assert.deepEqual(await both('disabled', 'status', 'Mod status disabled'), [
    { result: null, comment: 'Apache module status is set to be disabled.', changes },
    { result: true, comment: '', changes },
  ]);
  assert.deepEqual(await both('disabled', 'rewrite', ''), [{ result: true, comment: 'rewrite already disabled.', changes: {} }]);
});

test('a failure has what the program told, when it is words', async () => {
  const comment = async (status: Returnable) => (await both('enabled', 'none', status))[1]?.comment;
  assert.equal(await comment('Mod none Not found'), 'Failed to enable none Apache module (Mod none Not found)');
  assert.equal(await comment(2), 'Failed to enable none Apache module');
});
