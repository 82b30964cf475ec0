import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { RunEvent, RunRequest } from '../master/client/contract.ts';
import { capture, fakeMaster, type Script } from './fake-master.ts';
import { readRecorded } from './output/recorded.ts';
import { type Sample, sample } from './sample.ts';
import { main } from './tsalt.ts';

const configDir = mkdtempSync(join(tmpdir(), 'tsalt-cli-'));
after(() => rmSync(configDir, { recursive: true }));

async function tsalt(argv: readonly string[], script: Script, stdin = '') {
  const { io, out, err } = capture(stdin);
  const master = fakeMaster(script);
  const code = await main(['-c', configDir, ...argv], io, master.connect);
  return { code, stdout: out(), stderr: err(), asked: master.asked };
}

interface Answer {
  readonly value?: unknown;
  readonly retcode?: number;
  readonly out?: string;
  readonly silent?: true;
}

const returned = (jid: string, minion: string, answer: Answer): RunEvent =>
  answer.silent
    ? { kind: 'silent', jid, minion, state: 'sent', reason: '' }
    : {
        kind: 'return',
        jid,
        minion,
        value: answer.value,
        retcode: answer.retcode ?? 0,
        success: (answer.retcode ?? 0) === 0,
        ...(answer.out === undefined ? {} : { out: answer.out }),
      };

const job = (jid: string, answers: readonly (readonly [string, Answer])[]): RunEvent[] => [
  { kind: 'published', jid, minions: answers.map(([minion]) => minion) },
  ...answers.map(([minion, answer]) => returned(jid, minion, answer)),
];

const nobody: RunEvent[] = [{ kind: 'published', jid: undefined, minions: [] }];
const up: Answer = { value: true };
const silent: Answer = { silent: true };
const text = (value: string, retcode = 0): Answer => ({ value, retcode });

/** The returns behind each sample; where the sample is JSON they are read from it. */
const ANSWERS: Readonly<Record<string, (from: Sample) => readonly (readonly [string, Answer])[]>> = {
  'ping-text': () => [
    ['web2', up],
    ['web1', up],
  ],
  'ping-pprint': () => [
    ['web1', up],
    ['web2', up],
  ],
  'ping-raw': () => [
    ['web1', up],
    ['web2', up],
  ],
  'ping-txt': () => [
    ['web2', up],
    ['web1', up],
  ],
  'ping-yaml': () => [
    ['web2', up],
    ['web1', up],
  ],
  'cmd-run-nonser': () => [['web1', up]],
  'cmd-run-text': () => [
    ['web2', text('hi\nLinux')],
    ['web1', text('hi\nLinux')],
  ],
  'cmd-run-txt': () => [
    ['web1', text('hi\nLinux')],
    ['web2', text('hi\nLinux')],
    ['ghost', text('hi\nLinux')],
  ],
  'cmd-run-fail': () => [
    ['web2', text('err', 3)],
    ['web1', text('err', 3)],
    ['ghost', text('err', 3)],
  ],
  'cmd-run-fail-static-text': () => [['web1', text('', 3)]],
  'cmd-retcode': () => [['web1', { value: 7, retcode: 1 }]],
  'mod-missing': () => [['web1', text("'nosuch.func' is not available.", 254)]],
  'mod-badkw': () => [['web1', text("ERROR executing 'test.ping': The following keyword arguments are not valid: foo=bar", 1)]],
  'no-match-list': () => [
    ['web1', up],
    ['nosuch', silent],
  ],
  'show-jid': () => [
    ['web2', up],
    ['web1', up],
    ['ghost', silent],
  ],
  verbose: () => [
    ['web1', up],
    ['web2', up],
    ['ghost', silent],
  ],
  summary: () => [
    ['web2', up],
    ['web1', up],
    ['ghost', silent],
  ],
  'timeout-ghost': () => [['ghost', silent]],
  'timeout-ghost-json': () => [
    ['ghost', silent],
    ['web1', up],
  ],
  'timeout-ghost-json-nostatic': () => [
    ['web1', up],
    ['ghost', silent],
  ],
  'target-compound': () => [
    ['web1', up],
    ['ghost', silent],
  ],
  'target-grain': () => [
    ['web1', up],
    ['web2', up],
    ['ghost', silent],
  ],
  'target-ipcidr': () => [
    ['web1', up],
    ['web2', up],
    ['ghost', silent],
  ],
  'target-nodegroup': () => [
    ['web1', up],
    ['web2', up],
  ],
  'target-pcre': () => [
    ['web2', up],
    ['web1', up],
  ],
  'target-pillar': () => [
    ['web1', up],
    ['web2', up],
    ['ghost', silent],
  ],
  'grains-item': () => [['web1', { value: { os: 'Debian', osrelease: '12', kernel: 'Linux' } }]],
  'pillar-get': () => [['web1', text('**********')]],
  'compound-fun': () => [['web1', { value: { 'test.ping': true, 'test.echo': 'foo' } }]],
  mine: () => [['web1', { value: {} }]],
  sync_modules: () => [['web1', { value: ['modules.odd'] }]],
  'pkg-install-again': () => [['web1', { value: {} }]],
  'pkg-remove': () => [['web1', { value: { tree: { old: '2.1.0-1', new: '' } } }]],
  'pkg-version': () => [['web1', text('')]],
  'state-apply-nosls': () => [['web1', { value: ["No matching sls found for 'nosuch' in env 'base'"], retcode: 1, out: 'highstate' }]],
  ...Object.fromEntries(
    [
      'ping-json',
      'ping-json-static',
      'ping-json-indent-1',
      'cmd-run-json',
      'arg-parse',
      'arg-parse-rep',
      'compound-fun-json',
      'pillar-items',
      'pkg-install',
    ].map((name) => [name, fromJson(0)]),
  ),
  ...Object.fromEntries(
    ['cmd-run-all', 'cmd-run-fail-json', 'cmd-run-fail-json-nostatic', 'mod-missing-json'].map((name) => [name, fromJson(3)]),
  ),
  ...Object.fromEntries(
    ['odd-a_bigint', 'odd-a_generator', 'odd-a_nan', 'odd-a_set', 'odd-uses_salt', 'state-apply-ok-json'].map((name) => [
      name,
      fromJson(0),
    ]),
  ),
  'odd-a_bytes': () => [['web1', { value: new Uint8Array([255, 0, 97, 98, 99]) }]],
  'odd-a_datetime': () => [['web1', { value: new Date('2020-01-02T03:04:05Z') }]],
};

function fromJson(retcode: number) {
  return ({ stdout }: Sample): (readonly [string, Answer])[] => {
    const documents = stdout
      .trim()
      .replace(/\}\n\{/g, '},{')
      .replace(/\bNaN\b/g, '{"$float": "nan"}');
    const parsed = readRecorded(`[${documents}]`) as Record<string, unknown>[];
    return parsed.flatMap((document) => Object.entries(document).map(([minion, value]) => [minion, { value, retcode }] as const));
  };
}

describe('what Salt printed is what is printed here', () => {
  for (const [name, answers] of Object.entries(ANSWERS)) {
    it(name, async () => {
      const from = sample(name);
      const got = await tsalt(from.argv, { run: job(from.jid, answers(from)) });
      assert.deepEqual(
        { stdout: got.stdout, stderr: got.stderr, code: got.code },
        { stdout: from.stdout, stderr: from.stderr, code: from.code },
      );
    });
  }

  for (const name of ['no-match', 'no-match-json']) {
    it(name, async () => {
      const from = sample(name);
      const got = await tsalt(from.argv, { run: nobody });
      assert.deepEqual([got.stdout, got.stderr, got.code], [from.stdout, from.stderr, from.code]);
    });
  }

  for (const name of ['retcode-passthrough', 'cmd-run-show-full-return', 'show-timeout']) {
    it(name, async () => {
      const from = sample(name);
      const got = await tsalt(from.argv, {});
      assert.deepEqual([got.stdout, got.stderr, got.code], [from.stdout, from.stderr, from.code]);
      assert.deepEqual(got.asked, []);
    });
  }

  for (const name of ['batch', 'batch-json']) {
    it(name, async () => {
      const from = sample(name);
      const order = [...from.stdout.matchAll(/Executing run on \['(\w+)'\]/g)].map((found) => found[1] ?? '');
      const events: RunEvent[] = [
        { kind: 'published', jid: from.jid, minions: ['ghost', ...order] },
        returned(from.jid, 'ghost', silent),
        ...order.map((minion): RunEvent => ({ kind: 'batch', minions: [minion] })),
        ...order.map((minion) => returned(from.jid, minion, up)),
      ];
      const got = await tsalt(from.argv, { run: events });
      assert.deepEqual([got.stdout, got.stderr, got.code], [from.stdout, from.stderr, from.code]);
    });
  }

  it('batch-static', async () => {
    const from = sample('batch-static');
    const got = await tsalt(from.argv, {
      run: job(from.jid, [
        ['ghost', silent],
        ['web1', up],
        ['web2', up],
      ]),
    });
    assert.deepEqual([got.stdout, got.stderr, got.code], [from.stdout, from.stderr, from.code]);
  });

  it('async', async () => {
    const from = sample('async');
    const got = await tsalt(from.argv, { run: job(from.jid, []) });
    assert.deepEqual([got.stdout, got.stderr, got.code], [from.stdout, from.stderr, from.code]);
  });

  it('target-preview', async () => {
    const from = sample('target-preview');
    const got = await tsalt(from.argv, { preview: ['ghost', 'web1', 'web2'] });
    assert.deepEqual([got.stdout, got.stderr, got.code], [from.stdout, from.stderr, from.code]);
  });
});

describe('what is asked of the master', () => {
  const asked = async (...argv: string[]): Promise<RunRequest> => (await tsalt(argv, { run: nobody })).asked[0] as RunRequest;

  it('a target of each kind', async () => {
    for (const [flag, kind] of [
      ['-E', 'pcre'],
      ['-G', 'grain'],
      ['-P', 'grain_pcre'],
      ['-I', 'pillar'],
      ['-J', 'pillar_pcre'],
      ['-S', 'ipcidr'],
      ['-C', 'compound'],
      ['-N', 'nodegroup'],
    ] as const) {
      assert.deepEqual((await asked(flag, 'x', 'test.ping')).target, { kind, expression: 'x' });
    }
    assert.deepEqual((await asked('-L', 'a, b', 'test.ping')).target, { kind: 'list', expression: ['a', 'b'] });
    assert.deepEqual((await asked('-L', 'a b', 'test.ping')).target, { kind: 'list', expression: ['a', 'b'] });
    assert.deepEqual((await asked('x', 'test.ping', '--delimiter=/')).target, { kind: 'glob', expression: 'x', delimiter: '/' });
  });

  it('several functions with an array of arguments each', async () => {
    const { fun, args } = await asked('*', 'test.ping,test.arg', ',', '1', 'a=b');
    assert.deepEqual(fun, ['test.ping', 'test.arg']);
    assert.equal(JSON.stringify(args), '[[],[1,{"__kwarg__":true,"a":"b"}]]');
  });

  it('how the job is to run', async () => {
    const request = await asked(
      '*',
      'test.ping',
      '-vt',
      '7',
      '-b10%',
      '--batch-wait=1',
      '--failhard',
      '--subset',
      '2',
      '--metadata={a: 1}',
      '--return=syslog',
      '--foll',
    );
    assert.equal(request.timeout, 7);
    assert.deepEqual(request.batch, { size: '10%', wait: 1, failhard: true });
    assert.equal(request.subset, 2);
    assert.equal(JSON.stringify(request.metadata), '{"a":1}');
    assert.equal(request.returners, 'syslog');
    assert.equal(request.follow, true);
  });

  it('documentation of everything from everybody when nothing is named', async () => {
    const request = await asked('-d');
    assert.deepEqual([request.target.expression, request.fun, request.args], ['*', 'sys.doc', []]);
  });

  it('words from standard input', async () => {
    const got = await tsalt(['*', 'test.arg', '--args-stdin'], { run: nobody }, '1\n--show-jid\nx y\n');
    assert.deepEqual((got.asked[0] as RunRequest).args, [1, 'x y']);
  });

  it('a batch that --failhard stopped says so on stderr, and ends with the return code of the failure', async () => {
    const batch: RunEvent[] = [
      { kind: 'published', jid: '1', minions: ['web1', 'web2'] },
      { kind: 'batch', minions: ['web1'] },
      returned('1', 'web1', text('', 3)),
    ];
    const stopped = await tsalt(['*', 'cmd.run', 'exit 3', '-b1', '--failhard'], { run: batch });
    assert.equal(stopped.stderr, '[ERROR   ] Batch run stopped due to failhard\n');
    assert.equal(stopped.code, 3);
    const quiet = await tsalt(['*', 'cmd.run', 'exit 3', '-b1', '--failhard', '-lquiet'], { run: batch });
    assert.deepEqual([quiet.stderr, quiet.code], ['', 3]);
    const going = await tsalt(['*', 'cmd.run', 'exit 3', '-b1'], { run: batch });
    assert.deepEqual([going.stderr, going.code], ['', 3]);
  });

  it('batches once the safe limit is reached', async () => {
    const got = await tsalt(['*', 'test.ping', '--batch-safe-limit=2', '--batch-safe-size=1'], { run: nobody, preview: ['a', 'b'] });
    assert.deepEqual((got.asked[1] as RunRequest).batch, { size: '1' });
    assert.match(got.stdout, /NOTICE: Too many minions targeted/);
  });
});

describe('the command line', () => {
  it('says which words are missing, with the exit code 42', async () => {
    const nothing = await tsalt([], {});
    assert.equal(nothing.code, 42);
    assert.match(nothing.stderr, /without defining a target/);
    assert.match(nothing.stdout, /^Usage: tsalt \[options\]/);
    assert.equal((await tsalt(['*'], {})).code, 42);
  });
  it('refuses two kinds of targets', async () => {
    const got = await tsalt(['-L', '-E', 'x', 'test.ping'], {});
    assert.equal(got.code, 64);
    assert.match(got.stderr, /The options --pcre\/--list are mutually exclusive/);
  });
  it('names its version', async () => {
    assert.equal((await tsalt(['--version'], {})).stdout, 'tsalt 0.1.0 (Salt 3008.3 compatible)\n');
  });
  it('asks who logs in by -a for what he did not give, and hands it to the master', async () => {
    const got = await tsalt(['-a', 'pam', '*', 'test.ping'], { run: [] }, 'alice\nwonder\n');
    assert.match(got.stderr, /^username: password: /);
    assert.deepEqual(got.asked[0], { eauth: 'pam', username: 'alice', password: 'wonder' });
    const given = await tsalt(['-a', 'file', '--username', 'bob', '--password', 'x', '*', 'test.ping'], { run: [] });
    assert.deepEqual(given.asked[0], { eauth: 'file', username: 'bob', password: 'x' });
  });
});

describe('silent minions', () => {
  const events: RunEvent[] = [
    { kind: 'published', jid: '20260101000000000001', minions: ['a', 'b'] },
    returned('20260101000000000001', 'a', up),
    { kind: 'silent', jid: '20260101000000000001', minion: 'b', state: 'offline', reason: 'offline since 10:00' },
  ];
  it('are told with the reason below the line scripts look for', async () => {
    const { stdout } = await tsalt(['*', 'test.ping'], { run: events });
    assert.match(stdout, /^b:\n {4}Minion did not return\. \[No response\]\n {4}offline since 10:00\n {4}The minions may not/m);
  });
  it('are hidden on request, and still make the exit code 1', async () => {
    const { stdout, code } = await tsalt(['*', 'test.ping', '--hide-timeout'], { run: events });
    assert.equal(stdout, 'a:\n    True\n');
    assert.equal(code, 1);
  });
  it('make the strict exit code 3, also with --static', async () => {
    assert.equal((await tsalt(['*', 'test.ping', '--strict-exit'], { run: events })).code, 3);
    assert.equal((await tsalt(['*', 'test.ping', '--strict-exit', '--static'], { run: events })).code, 3);
  });
});

it('a failure makes the strict exit code 1 with --static, where Salt exits with 0', async () => {
  const run = job('20260101000000000001', [['a', text('x', 3)]]);
  assert.equal((await tsalt(['a', 'cmd.run', 'x', '--static'], { run })).code, 0);
  assert.equal((await tsalt(['a', 'cmd.run', 'x', '--static', '--strict-exit'], { run })).code, 1);
});

it('documentation is printed once for each function', async () => {
  const run = job('20260101000000000001', [
    ['a', { value: { 'test.ping': '\n    Answers.\n    ' } }],
    ['b', { value: { 'test.ping': '\n    Answers.\n    ', 'test.echo': 'Repeats.' } }],
    ['c', silent],
  ]);
  assert.equal((await tsalt(['-d'], { run })).stdout, 'test.echo:\nRepeats.\n\ntest.ping:\n\n    Answers.\n    \n\n');
});

it('output of running commands is shown line by line behind the minion', async () => {
  const run: RunEvent[] = [
    { kind: 'published', jid: '20260101000000000001', minions: ['a'] },
    { kind: 'output', minion: 'a', stream: 'stdout', text: 'one\ntw' },
    { kind: 'output', minion: 'a', stream: 'stdout', text: 'o\nend' },
    returned('20260101000000000001', 'a', text('one\ntwo\nend')),
  ];
  const { stdout } = await tsalt(['a', 'cmd.run', 'x', '--follow'], { run });
  assert.equal(stdout, 'a: one\na: two\na: end\na:\n    one\n    two\n    end\n');
});

it('Ctrl-C tells the job id and where to look, and leaves the job alone', async () => {
  const { io, out, err } = capture();
  const stop = new AbortController();
  const master = fakeMaster({});
  const client = await master.connect({ sockDir: '', cachedir: '', user: '' });
  const run = async function* (): AsyncGenerator<RunEvent> {
    yield { kind: 'published', jid: '20260101000000000001', minions: ['a'] };
    stop.abort();
    await new Promise(() => undefined);
  };
  const code = await main(['-c', configDir, 'a', 'test.ping'], { ...io, interrupted: stop.signal }, async () => ({ ...client, run }));
  assert.equal(code, 0);
  assert.equal(out(), '');
  assert.match(
    err(),
    /^\nExiting gracefully on Ctrl-c\nThis job's jid is: 20260101000000000001\n.*\n\ntsalt-run jobs\.lookup_jid 20260101000000000001\n$/s,
  );
});

it('--progress makes the minions tell of each state, and shows it on stderr', async () => {
  const step = (minion: string, number: number, id: string, result: boolean | null) => ({
    tag: `salt/job/1/prog/${minion}/${number}`,
    data: { id: minion, data: { ret: { __run_num__: number, __id__: id, result, changes: {} }, len: 2 } },
  });
  const events = [step('web1', 0, 'motd', true), step('web1', 1, 'ng\ninx', false), { tag: 'salt/job/1/prog/web1/x', data: {} }];
  const answers = job('1', [
    ['web1', text('done', 1)],
    ['web2', text('done')],
    ['web3', silent],
  ]);
  const { stdout, stderr, asked } = await tsalt(['-p', '--out=txt', '*', 'state.apply', 'web', 'test=True'], { run: answers, events });
  const [request] = asked as [RunRequest];
  assert.match(String(request.jid), /^\d{20}$/);
  assert.deepEqual(request.args, ['web', { __kwarg__: true, state_events: true, test: true }]);
  for (const line of ['web1: 1/2 motd: Clean', 'web1: 2/2 ng inx: Failed (1 failed)', '1 of 3 minions', '3 of 3 minions'])
    assert.ok(stderr.includes(`${line}\n`), `${line} in ${stderr}`);
  assert.ok(!stdout.includes('motd'));
});

it('--progress of a function that is no state asks for nothing more, and what the user said of state_events holds', async () => {
  const ping = await tsalt(['-p', '*', 'test.ping'], { run: job('1', [['web1', up]]) });
  assert.deepEqual((ping.asked as [RunRequest])[0].args, []);
  const quiet = await tsalt(['-p', '*', 'state.apply', 'state_events=False'], { run: job('1', [['web1', up]]) });
  assert.deepEqual((quiet.asked as [RunRequest])[0].args, [{ __kwarg__: true, state_events: false }]);
});
