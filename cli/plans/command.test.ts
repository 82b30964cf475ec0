import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RunnerRequest } from '../../master/client/contract.ts';
import { capture, fakeMaster, type Script } from '../fake-master.ts';
import { main } from '../tsalt.ts';

async function tsalt(argv: readonly string[], value: unknown, more: Script & { readonly success?: boolean } = {}) {
  const { io, out, err } = capture();
  const { success = true, ...script } = more;
  const master = fakeMaster({ runner: [{ kind: 'result', value, success, retcode: success ? 0 : 1 }], ...script });
  const code = await main(['-c', '/nonexistent/tsalt', ...argv], io, master.connect);
  return { code, stdout: out(), stderr: err(), asked: (master.asked as RunnerRequest[])[0] };
}

const states = { 'test_|-a_|-a_|-nop': { __run_num__: 0, __id__: 'a', name: 'a', result: null, changes: { x: 1 }, comment: 'would' } };
const summary = { add: 0, change: 1, fail: 0, same: 0 };
const plan = (minions: Record<string, unknown>) => ({ id: '20261127190102123456', expires: '2026-11-28T19:01:02.000Z', minions });
const one = plan({ web1: { state: 'planned', summary, states } });

describe('what is asked of the master', () => {
  const kwargs = async (...argv: string[]): Promise<unknown> => JSON.parse(JSON.stringify((await tsalt(argv, one)).asked?.kwargs));

  it('a plan has the target, the SLS and the keywords of state.apply', async () => {
    assert.deepEqual(await kwargs('plan', 'web*'), { tgt: 'web*', tgt_type: 'glob', kwargs: {} });
    assert.deepEqual(await kwargs('-G', '-t', '9', 'plan', 'os:Debian', 'nginx,users', 'pillar={a: 1}'), {
      tgt: 'os:Debian',
      tgt_type: 'grain',
      timeout: 9,
      mods: 'nginx,users',
      kwargs: { pillar: { a: 1 } },
    });
    assert.deepEqual(await kwargs('-L', 'plan', 'a,b', 'state.apply', 'web'), {
      tgt: ['a', 'b'],
      tgt_type: 'list',
      mods: 'web',
      kwargs: {},
    });
  });

  it('with --progress the plan has an id beforehand, and the minions tell of their states', async () => {
    const asked = (await kwargs('-p', 'plan', '*')) as { readonly jid: string; readonly kwargs: unknown };
    assert.match(asked.jid, /^\d{20}$/);
    assert.deepEqual(asked.kwargs, { state_events: true });
  });

  it('a plan is applied by its id, on all of its minions or some, by force or not', async () => {
    const applied = { minions: { web1: states }, silent: {}, retcode: 0 };
    const { asked } = await tsalt(['apply-plan', '123'], applied);
    assert.deepEqual([asked?.fun, asked?.args, asked?.kwargs], ['plan.apply', ['123'], {}]);
    const some = await tsalt(['--force', '-L', 'apply-plan', '123', 'web1'], applied);
    assert.deepEqual({ ...some.asked?.kwargs }, { tgt: ['web1'], tgt_type: 'list', force: true });
  });

  it('what cannot be meant is refused before anything is asked', async () => {
    assert.equal((await tsalt(['plan'], one)).code, 42);
    assert.equal((await tsalt(['apply-plan'], one)).code, 42);
    for (const argv of [
      ['plan', '*', 'state.single', 'pkg.installed'],
      ['plan', '*', 'web', 'db'],
    ]) {
      const { code, asked } = await tsalt(argv, one);
      assert.deepEqual([code, asked], [64, undefined]);
    }
  });
});

describe('what is printed', () => {
  it('the states, then the plan with what each minion would do, and how to apply it', async () => {
    const silent = { state: 'silent', note: 'offline', summary: { add: 0, change: 0, fail: 0, same: 0 } };
    const { stdout, stderr, code } = await tsalt(['plan', '*'], plan({ web1: { state: 'planned', summary, states }, web2: silent }));
    assert.match(stdout, /^web1:\n-{10}\n {10}ID: a\n/);
    assert.match(stdout, /^web2:\n {4}Minion did not return\. \[No response\]\n {4}offline$/m);
    assert.match(
      stdout,
      /\nPlan 20261127190102123456\nweb1: 0 to add, 1 to change, 0 to fail, 0 as described\nweb2: no answer \(offline\)\n/,
    );
    assert.match(stdout, /To apply it, until 2026-11-28T19:01:02.000Z: tsalt apply-plan 20261127190102123456\n$/);
    assert.deepEqual([code, stderr], [1, 'ERROR: Minions returned with non-zero exit code\n']);
  });

  it('nobody, and a master that refuses, are the end of it', async () => {
    const nobody = await tsalt(['plan', 'x*'], null);
    assert.deepEqual([nobody.code, nobody.stderr], [2, 'ERROR: No return received\n']);
    const refused = await tsalt(['apply-plan', '1'], 'ERROR: There is no plan 1.', { success: false });
    assert.deepEqual([refused.code, refused.stdout, refused.stderr], [1, '', 'There is no plan 1.\n']);
  });

  it('with --out the answer as it is', async () => {
    assert.deepEqual(JSON.parse((await tsalt(['plan', '--out=json', '*'], one)).stdout), one);
    const { stdout, code } = await tsalt(['apply-plan', '--out=json', '1'], { id: '1', minions: { web1: states }, silent: {}, retcode: 2 });
    assert.deepEqual([JSON.parse(stdout), code], [{ id: '1', minions: { web1: states }, silent: {}, retcode: 2 }, 1]);
  });

  it('the plans that are kept, a line each', async () => {
    const list = [{ id: '2', target: 'web*', mods: null, minions: { web1: 'planned', web2: 'applied' } }];
    assert.equal((await tsalt(['plans'], list)).stdout, '2  web*  highstate  web1 planned, web2 applied\n');
  });
});
