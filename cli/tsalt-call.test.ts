import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { LocalOptions, LocalOutcome } from '../minion/local.ts';
import type { Returnable } from '../modules/define.ts';
import { capture } from './fake-master.ts';
import { readRecorded } from './output/recorded.ts';
import { sample } from './sample.ts';
import { main } from './tsalt-call.ts';

const NOWHERE = '/nonexistent/tsalt';

async function call(argv: readonly string[], outcome: Partial<LocalOutcome>, steps: readonly Readonly<Record<string, Returnable>>[] = []) {
  const { io, out, err } = capture();
  const opened: LocalOptions[] = [];
  const called: unknown[] = [];
  let closed = false;
  const code = await main(['-c', NOWHERE, ...argv], io, async (options) => {
    opened.push(options);
    return {
      id: 'web1',
      watch: (tell) => steps.forEach(tell),
      call: async (fun, args) => {
        called.push([fun, args]);
        await new Promise((resolve) => setImmediate(resolve));
        assert.equal(closed, false, 'the minion was closed while a call was under way');
        return { value: null, retcode: 0, success: true, available: true, ...outcome };
      },
      [Symbol.asyncDispose]: async () => {
        closed = true;
      },
    };
  });
  return { code, stdout: out(), stderr: err(), opened: opened[0], called: called[0] };
}

const failed = { pid: 20174, retcode: 5, stdout: '', stderr: '' };

/** The log lines on stderr come from the function, not from the tool. */
const OUTCOMES: Readonly<Record<string, Partial<LocalOutcome>>> = {
  'call-local': { value: true },
  'call-local-fail': { value: '', retcode: 5 },
  'call-local-retcode': { value: '', retcode: 5 },
  'call-local-json': { value: failed, retcode: 5 },
  'call-local-missing': { value: "'nosuch.fn' is not available.", retcode: 255, available: false },
  'call-master': { value: { color: '**********', nest: { a: '**********', b: ['**********', '**********'] } } },
  'call-state': {
    out: 'highstate',
    value: readRecorded(`{
      "file_|-/tmp/tsalt-features-ok_|-/tmp/tsalt-features-ok_|-managed": {"changes": {}, "comment": "File /tmp/tsalt-features-ok is in the correct state",
        "name": "/tmp/tsalt-features-ok", "result": true, "__run_num__": 0, "start_time": "23:47:03.060879", "duration": 7.519, "__id__": "/tmp/tsalt-features-ok"},
      "cmd_|-echo_|-echo hi_|-run": {"name": "echo hi", "changes": {"pid": 20715, "retcode": 0, "stdout": "hi", "stderr": ""}, "result": true,
        "comment": "Command \\"echo hi\\" run", "__run_num__": 1, "start_time": "23:47:03.070057", "duration": 10.287, "__id__": "echo"}}`) as LocalOutcome['value'],
  },
};

describe('what Salt printed is what is printed here', () => {
  for (const [name, outcome] of Object.entries(OUTCOMES)) {
    it(name, async () => {
      const from = sample(name);
      const got = await call(from.argv, outcome);
      const stderr = from.stderr
        .split('\n')
        .filter((line) => !line.startsWith('[ERROR '))
        .join('\n');
      assert.deepEqual([got.stdout, got.stderr, got.code], [from.stdout, stderr, from.code]);
    });
  }
});

it('options decide how the minion is opened', async () => {
  const got = await call(
    ['--local', '--file-root=/f', '--pillar-root', '/p', '--id=x', '-l', 'debug', '--master', 'm', 'test.arg', '1', 'a=b'],
    {},
  );
  assert.deepEqual(got.opened, {
    configDir: NOWHERE,
    local: true,
    id: 'x',
    fileRoot: '/f',
    pillarRoot: '/p',
    logLevel: 'debug',
    overrides: { master: 'm' },
  });
  assert.equal(JSON.stringify(got.called), '["test.arg",[1,{"__kwarg__":true,"a":"b"}]]');
});

it('directories without --local are ignored with a warning', async () => {
  const got = await call(['--file-root=/f', 'test.ping'], {});
  assert.equal(got.opened?.fileRoot, undefined);
  assert.match(got.stderr, /^Warning: --file-root ignored/);
});

it('a result that calls itself a failure makes the exit code 1', async () => {
  assert.equal((await call(['x.y'], { value: { result: false } })).code, 1);
  assert.equal((await call(['x.y'], { value: { success: true } })).code, 0);
});

describe('a function that throws', () => {
  const doc = '\n    Wait.\n    ';
  const failure = (kind: NonNullable<LocalOutcome['failure']>['kind'], text: string): Partial<LocalOutcome> => ({
    value: 'as a minion returns it',
    retcode: 7,
    success: false,
    out: 'nested',
    failure: { kind, text, doc },
  });
  const cases = [
    ['arguments', '\nPassed invalid arguments: no length.\n\nUsage:\n'],
    ['invocation', 'no length\n'],
    ['command', "Error running 'x.y': no length\n"],
    ['not-found', "Command required for 'x.y' not found: no length\n"],
    ['exception', '[ERROR   ] The function x.y caused an exception:\nno length\n'],
  ] as const;
  for (const [kind, stderr] of cases) {
    it(`is told on stderr, with exit code 1: ${kind}`, async () => {
      const got = await call(['--retcode-passthrough', '--out=json', 'x.y'], failure(kind, 'no length'));
      assert.deepEqual(got.stderr, stderr);
      assert.equal(got.stdout, kind === 'arguments' ? `${doc}\n` : '');
      assert.equal(got.code, 1);
    });
  }

  it('is told in parts by the minion of this machine, too', async () => {
    const { io, out, err } = capture();
    const dir = mkdtempSync(join(tmpdir(), 'tsalt-call-'));
    try {
      writeFileSync(join(dir, 'minion'), `id: web1\nroot_dir: ${dir}\n`);
      assert.equal(await main(['-c', dir, '--local', '-l', 'quiet', 'test.sleep'], io), 1);
    } finally {
      rmSync(dir, { recursive: true });
    }
    assert.equal(err(), "\nPassed invalid arguments: sleep() missing 1 required positional argument: 'length'.\n\nUsage:\n");
    assert.match(out(), /^\n {4}\S.*\n[\s\S]*CLI Example:/);
  });
});

it('a name that others begin with shows their documentation, as a failure', async () => {
  const got = await call(['fake.slee'], {
    value: { 'fake.sleep': 'Wait.', 'fake.slee': "'fake.slee' is not available." },
    available: false,
    retcode: 1,
  });
  assert.match(got.stdout, /^local:\n {4}-+\n {4}fake\.slee:\n {8}'fake\.slee' is not available\.\n {4}fake\.sleep:\n {8}Wait\.\n$/);
  assert.equal(got.code, 1);
});

it('metadata shows what is around the result', async () => {
  const got = await call(['--metadata', '--out=json', 'x.y', 'z'], { value: 1 });
  const { local } = JSON.parse(got.stdout) as { local: Record<string, unknown> };
  assert.deepEqual({ ...local, jid: undefined }, { jid: undefined, return: 1, retcode: 0, id: 'web1', fun: 'x.y', fun_args: ['z'] });
});

it('a missing function name is a usage error', async () => {
  const got = await call([], {});
  assert.equal(got.code, 64);
  assert.match(got.stdout, /^Usage: tsalt-call/);
});

it('Ctrl-C ends the wait for a function that goes on', async () => {
  const { io, err } = capture();
  const stop = new AbortController();
  const code = await main(['-c', NOWHERE, 'test.sleep', '9'], { ...io, interrupted: stop.signal }, async () => ({
    id: 'web1',
    watch: () => undefined,
    call: async () => {
      stop.abort();
      return new Promise(() => undefined);
    },
    [Symbol.asyncDispose]: async () => undefined,
  }));
  assert.equal(code, 0);
  assert.equal(err(), '\nExiting gracefully on Ctrl-c\n');
});

it('the progress of a state run is on stderr, the results alone on stdout', async () => {
  const step = { ret: { __run_num__: 0, __id__: 'motd', result: true, changes: { diff: 'x' } }, len: 2, next: 'nginx' };
  const last = { ret: { __run_num__: 1, __id__: 'nginx', result: false, changes: {} }, len: 2 };
  const { stdout, stderr } = await call(['--progress', '--out=json', 'state.apply'], { value: true }, [step, last]);
  assert.deepEqual(JSON.parse(stdout), { local: true });
  assert.equal(stderr, 'web1: 1/2 motd: Changed\nweb1: 2/2 nginx: Failed (1 failed)\n');
  const silent = await call(['--out=json', 'state.apply'], { value: true }, [step]);
  assert.equal(silent.stderr, '');
});
