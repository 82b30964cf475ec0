import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RunnerEvent } from '../master/client/contract.ts';
import { capture, fakeMaster } from './fake-master.ts';
import { type Sample, sample } from './sample.ts';
import { main } from './tsalt-run.ts';

const NOWHERE = '/nonexistent/tsalt';

const result = (value: unknown, more: Partial<Extract<RunnerEvent, { kind: 'result' }>> = {}): RunnerEvent[] => [
  { kind: 'started', jid: '20260101000000000001' },
  { kind: 'result', value, success: true, retcode: 0, ...more },
];

async function run(argv: readonly string[], runner: readonly RunnerEvent[]) {
  const { io, out, err } = capture();
  const master = fakeMaster({ runner });
  const code = await main(['-c', NOWHERE, ...argv], io, master.connect);
  return { code, stdout: out(), stderr: err(), asked: master.asked };
}

const job = {
  jid: '20261123234834706075',
  Function: 'test.ping',
  Arguments: [],
  Target: 'web*',
  'Target-type': 'glob',
  User: 'root',
  Minions: ['web1', 'web2'],
  StartTime: '2026, Nov 23 23:48:34.706075',
  Result: {
    web1: { return: true, retcode: 0, success: true },
    web2: { return: true, retcode: 0, success: true },
  },
};
const { jid, ...withoutJid } = job;

const VALUES: Readonly<Record<string, (from: Sample) => RunnerEvent[]>> = {
  'run-active': () => result({}),
  'run-fileserver-list': () => result(['bad.sls', 'broken.sls', 'jinjabad.sls', 'ok.sls', 'top.sls']),
  'run-list_job-json': () => result(job),
  'run-print_job': () => result(new Map([[jid, withoutJid]])),
  'run-lookup-missing': () => result({}),
  'run-lookup_jid': () => result({ web1: true, web2: true }),
  'run-lookup_jid-json': () => result({ web1: true, web2: true }),
  'run-manage-down': () => result(['ghost']),
  'run-manage-list-state': () => result(['ghost', 'web1', 'web2']),
  'run-manage-status': () => result({ up: ['web1', 'web2'], down: ['ghost'] }),
  'run-manage-up': () => result(['web1', 'web2']),
  'run-missing': () => result("'nosuch.func' is not available.", { success: false, retcode: 254 }),
  'run-test-arg': () => result({ args: ['a'], kwargs: { b: 'c' } }),
};

describe('what Salt printed is what is printed here', () => {
  for (const [name, answer] of Object.entries(VALUES)) {
    it(name, async () => {
      const from = sample(name);
      const got = await run(from.argv, answer(from));
      assert.deepEqual([got.stdout, got.stderr, got.code], [from.stdout, from.stderr, from.code]);
    });
  }
});

it('arguments and keyword arguments reach the runner typed', async () => {
  const got = await run(['jobs.list_jobs', '010', 'search_function=pkg.install', 'count=5', '--jid=20260101000000000009'], result({}));
  assert.equal(
    JSON.stringify(got.asked[0]),
    '{"fun":"jobs.list_jobs","args":[10],"kwargs":{"search_function":"pkg.install","count":5},"jid":"20260101000000000009"}',
  );
});

it('an unknown function exits with 0 as in Salt, and with 1 when exit codes are strict', async () => {
  const missing = result("'nosuch.func' is not available.", { success: false, retcode: 1 });
  assert.equal((await run(['nosuch.func'], missing)).code, 0);
  assert.equal((await run(['nosuch.func', '--strict-exit'], missing)).code, 1);
});

it('a runner that failed passes its return code on', async () => {
  assert.equal((await run(['x.y'], result('Exception occurred', { success: false, retcode: 1 }))).code, 1);
  assert.equal((await run(['state.orchestrate', 'x'], result({ data: {}, retcode: 2 }, { out: 'highstate' }))).code, 2);
});

it('progress is printed as it comes, and nothing with --quiet', async () => {
  const events: RunnerEvent[] = [{ kind: 'progress', data: { step: 1 } }, ...result('done')];
  assert.equal((await run(['x.y'], events)).stdout, 'step:\n    1\ndone\n');
  assert.equal((await run(['x.y', '--quiet'], events)).stdout, '');
});

it('an asynchronous runner is not waited for', async () => {
  const got = await run(['x.y', '--async'], result('never seen'));
  assert.equal(got.stdout, '');
  assert.match(got.stderr, /salt\/run\/20260101000000000001/);
});

it('documentation can be narrowed to a runner', async () => {
  const docs = result({ 'jobs.active': 'Jobs under way.', 'manage.up': 'Minions that are up.', 'jobsx.y': '' });
  assert.equal((await run(['-d', 'jobs'], docs)).stdout, 'jobs.active:\nJobs under way.\n');
});

it('no function is a hint, not a crash', async () => {
  assert.match((await run([], [])).stdout, /^Must specify a function to run!/);
});
