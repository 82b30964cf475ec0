import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { House, program } from '../support/house.ts';
import { Daemon, until } from '../support/process.ts';

const FAILED = 'ERROR: Minions returned with non-zero exit code\n';
const NOTHING = 'ERROR: No return received\n';
const NO_MATCH = 'No minions matched the target. No command was sent, no jid was assigned.\n';

interface Shown {
  readonly args: readonly string[];
  readonly stdout: string | RegExp;
  readonly stderr?: string | RegExp;
  readonly code?: number;
}

/** What `tsalt` prints and exits with. */
const TSALT: readonly Shown[] = [
  { args: ['web1', 'test.ping'], stdout: 'web1:\n    True\n' },
  { args: ['web1', 'test.ping', '--out=raw'], stdout: "{'web1': True}\n" },
  { args: ['web1', 'test.ping', '--out=yaml'], stdout: 'web1: true\n' },
  { args: ['web1', 'test.ping', '--out=txt'], stdout: 'web1: True\n' },
  { args: ['web1', 'test.ping', '--out=json'], stdout: '{\n    "web1": true\n}\n' },
  { args: ['web1', 'test.ping', '--out=quiet'], stdout: '' },
  { args: ['web1', 'test.ping', '--out=nosuch'], stdout: 'web1:\n    True\n', stderr: /Invalid outputter nosuch/ },
  { args: ['*', 'test.ping', '--out=json', '--static'], stdout: /^\{\n {4}"web[12]": true,\n {4}"web[12]": true\n\}\n$/ },
  { args: ['no*', 'test.ping'], stdout: NO_MATCH, stderr: NOTHING, code: 2 },
  { args: ['no*', 'test.ping', '--out=json', '--static'], stdout: `${NO_MATCH}{}\n`, stderr: NOTHING, code: 2 },
  { args: ['web1', 'cmd.run', 'echo no; exit 3'], stdout: 'web1:\n    no\n', stderr: FAILED, code: 1 },
  { args: ['web1', 'cmd.run', 'exit 3', '--static'], stdout: 'web1:\n', code: 0 },
  { args: ['--strict-exit', 'web1', 'cmd.run', 'exit 3', '--static'], stdout: 'web1:\n', code: 1 },
  { args: ['--strict-exit', 'no*', 'test.ping'], stdout: NO_MATCH, stderr: NOTHING, code: 2 },
  { args: ['--strict-exit', '-L', 'web1,ghost', 'test.ping'], stdout: /^ghost:\n {4}Minion did not return/m, stderr: FAILED, code: 3 },
  { args: ['--hide-timeout', '-L', 'web1,ghost', 'test.ping'], stdout: 'web1:\n    True\n', stderr: FAILED, code: 1 },
  { args: ['web1', 'test.nosuch'], stdout: "web1:\n    'test.nosuch' is not available.\n", stderr: FAILED, code: 1 },
  { args: ['web1', 'test.ping,test.echo', ',foo', '--out=raw'], stdout: "{'web1': {'test.ping': True, 'test.echo': 'foo'}}\n" },
  { args: ['--preview-target', '*'], stdout: '- web1\n- web2\n' },
  { args: ['--preview-target', 'no*'], stdout: '', stderr: NOTHING, code: 2 },
  { args: ['-v', 'web1', 'test.ping'], stdout: /^Executing job with jid \d{20}\n-+\n\nweb1:\n {4}True\n$/ },
  { args: ['--show-jid', 'web1', 'test.ping'], stdout: /^jid: \d{20}\nweb1:\n {4}True\n$/ },
  { args: ['--subset=1', '*', 'test.ping'], stdout: /^web[12]:\n {4}True\n$/ },
  { args: ['-d', 'web1', 'test.ping'], stdout: /^test\.ping:\n\n[\s\S]*CLI Example:/ },
  { args: ['-b', '1', '*', 'test.ping', '--static', '--out=json'], stdout: '{\n    "web1": true,\n    "web2": true\n}\n' },
  {
    args: ['-b', '1', '*', 'test.ping', '--out=raw'],
    stdout:
      /^\nExecuting run on \['web1'\]\n\n\{'retcode': 0, 'jid': '\d{20}', 'web1': True\}\n\nExecuting run on \['web2'\]\n\n.*'web2': True\}\n$/,
  },
  { args: ['-b', '50%', 'web1', 'cmd.run', 'exit 7'], stdout: /web1:/, code: 7 },
  {
    args: ['--summary', 'web1', 'test.ping'],
    stdout: /# of minions targeted: 1\n# of minions returned: 1\n# of minions that did not return: 0\n# of minions with errors: 0\n-+\n$/,
  },
  { args: ['--nosuch'], stdout: '', stderr: /no such option: --nosuch/, code: 64 },
  { args: ['web1'], stdout: /^Usage: tsalt /, stderr: /Incomplete options passed/, code: 42 },
  { args: ['-E', '(', 'test.ping'], stdout: '', stderr: /regular expression "\("/, code: 1 },
];

/** An argument as it is typed, and as the minion gets it. */
const TYPED: readonly (readonly [typed: string, value: unknown])[] = [
  ['1', 1],
  ['010', 10],
  ['1.5', 1.5],
  ['1e3', '1e3'],
  ['yes', true],
  ['off', false],
  ['null', null],
  ['', ''],
  ['"5"', '5'],
  ["'5'", '5'],
  ['2015-01-01', '2015-01-01'],
  ['[1, two, {a: b}]', [1, 'two', { a: 'b' }]],
  ['{a: 1}', { a: 1 }],
  ['/root', '/root'],
  ['a: b', 'a: b'],
  ['#no comment', '#no comment'],
  ['* star', '* star'],
  ['12:30', 750],
  ['1_000', '1_000'],
];

suite('the command line with a small house', () => {
  let house: House;
  before(async () => {
    house = await House.open('tsalt');
    house.serve('top.txt', 'from the master');
    house.serve('sub/file.txt', 'x');
    house.servePillar('top.sls', 'base:\n  "*":\n    - all\n');
    house.servePillar('all.sls', 'colour: blue\n');
    await house.startMaster();
    for (const id of ['web1', 'web2']) house.addMinion('tsalt', id);
    await house.answering('web1', 'web2');
  });
  after(() => house[Symbol.asyncDispose]());

  const prints = (got: string, wanted: string | RegExp): void =>
    wanted instanceof RegExp ? assert.match(got, wanted) : assert.equal(got, wanted);
  const check = async (shown: Shown, run: (args: readonly string[]) => Promise<{ stdout: string; stderr: string; code: number }>) => {
    const { stdout, stderr, code } = await run(shown.args);
    prints(stdout, shown.stdout);
    prints(stderr, shown.stderr ?? '');
    assert.equal(code, shown.code ?? 0);
  };

  for (const shown of TSALT) {
    test(`tsalt ${shown.args.join(' ')} prints and exits as it should`, () => check(shown, (args) => house.cli(...args)));
  }

  test('arguments are read as YAML, as Salt reads them', async () => {
    const { web1 } = await house.results('web1', 'test.arg', ...TYPED.map(([typed]) => typed), 'key=[1, 2]', 'text=a=b');
    const { args, kwargs } = web1 as { args: unknown[]; kwargs: Record<string, unknown> };
    for (const [at, [typed, value]] of TYPED.entries()) assert.deepEqual(args[at], value, JSON.stringify(typed));
    assert.deepEqual([kwargs['key'], kwargs['text']], [[1, 2], 'a=b']);
  });

  test('a job that was started and left is found again by its id', async () => {
    const jid = await house.start('*', 'test.echo', 'later');
    const found = await until('both returned', async () => {
      const results = await house.runner('jobs.lookup_jid', jid);
      return Object.keys(results).length === 2 && results;
    });
    assert.deepEqual(found, { web1: 'later', web2: 'later' });
    const job = await house.runner('jobs.list_job', jid);
    assert.deepEqual([job['Function'], job['Arguments'], job['Target'], job['Target-type']], ['test.echo', ['later'], '*', 'glob']);
    assert.ok(jid in (await house.runner('jobs.list_jobs')));
    assert.ok(jid in (await house.runner('jobs.print_job', jid)));
    assert.deepEqual(await house.runner('jobs.exit_success', jid), { web1: true, web2: true });
    assert.deepEqual(await house.runner('jobs.lookup_jid', '20200101000000000000'), {});
  });

  test('tsalt-run tells who is there, what they are and which files there are', async () => {
    assert.deepEqual(await house.runner('manage.status'), { up: ['web1', 'web2'], down: [] });
    assert.deepEqual(await house.runner('manage.up'), ['web1', 'web2']);
    assert.deepEqual(await house.runner('manage.down'), []);
    assert.deepEqual(await house.runner('fileserver.file_list'), ['sub/file.txt', 'top.txt']);
    const grains = await house.runner<Record<string, { id: string }>>('cache.grains', 'tgt=web1');
    assert.deepEqual([Object.keys(grains), grains['web1']?.id], [['web1'], 'web1']);
  });

  test('an unknown runner function is told, and fails under --strict-exit alone', async () => {
    await check({ args: ['no.such'], stdout: "'no.such' is not available.\n" }, (args) => house.tool('run', args));
    await check({ args: ['--strict-exit', 'no.such'], stdout: /is not available/, code: 1 }, (args) => house.tool('run', args));
  });

  const CALLS: readonly Shown[] = [
    { args: ['--local', 'test.ping'], stdout: 'local:\n    True\n' },
    { args: ['test.ping'], stdout: 'local:\n    True\n' },
    { args: ['--local', '--out=json', 'cmd.run', 'echo $((6*7))'], stdout: '{\n    "local": "42"\n}\n' },
    { args: ['--local', 'cmd.run', 'exit 5'], stdout: 'local:\n', stderr: /retcode: 5/, code: 1 },
    { args: ['--local', '--retcode-passthrough', 'cmd.run', 'exit 5'], stdout: 'local:\n', stderr: /retcode: 5/, code: 5 },
    { args: ['--local', 'no.such'], stdout: '', stderr: "'no.such' is not available.\n", code: 255 },
    { args: ['pillar.get', 'colour', 'unmask=True'], stdout: 'local:\n    blue\n' },
    { args: ['cp.get_file_str', 'salt://top.txt'], stdout: 'local:\n    from the master\n' },
    { args: ['--local', 'grains.get', 'id'], stdout: 'local:\n    web1\n' },
  ];
  for (const shown of CALLS)
    test(`tsalt-call ${shown.args.join(' ')} prints and exits as it should`, () => check(shown, (args) => house.call('web1', ...args)));

  test('tsalt-cp puts a file onto minions, and says where it cannot', async () => {
    const [from, to] = [join(house.home, 'from.txt'), join(house.home, 'to.txt')];
    writeFileSync(from, 'some text\n');
    await check({ args: ['web1', from, to], stdout: `web1:\n    ----------\n    ${to}:\n        True\n` }, (args) =>
      house.tool('cp', args),
    );
    assert.equal(readFileSync(to, 'utf8'), 'some text\n');
    await check({ args: ['web1', '/no/such', to], stdout: '', stderr: /\/no\/such/, code: 42 }, (args) => house.tool('cp', args));
  });

  test('tsalt-key lists, accepts, shows and deletes', async () => {
    const key = (...args: readonly string[]) => house.tool('key', args);
    assert.equal((await key('-L')).stdout, 'Accepted Keys:\nweb1\nweb2\nDenied Keys:\nUnaccepted Keys:\nRejected Keys:\n');
    assert.match((await key('-F')).stdout, /^Local Keys:\nmaster\.pem: {2}([0-9a-f]{2}:){31}[0-9a-f]{2}\n[\s\S]*Accepted Keys:\nweb1: {2}/);
    assert.match((await key('-p', 'web1')).stdout, /^Accepted Keys:\nweb1: {2}-----BEGIN PUBLIC KEY-----/);
    const fingers = JSON.parse((await key('-f', 'web1', '--out=json')).stdout) as { minions: { web1: string } };
    assert.match(fingers.minions.web1, /^([0-9a-f]{2}:){31}[0-9a-f]{2}$/);
    await check({ args: ['-y', '-a', 'no*'], stdout: /The key glob 'no\*' does not match any unaccepted keys\./ }, (args) =>
      house.tool('key', args),
    );
  });

  test('a new machine joins with the line that tsalt-key --token prints, once, and is accepted', async () => {
    await using strict = await House.open('tsalt', { auto_accept: false });
    await strict.startMaster();
    const { stdout } = await strict.tool('key', ['--token', '--for', 'new*', '--ttl', '600']);
    const [tool, ...join_] = stdout.trim().split(' ');
    assert.equal(tool, 'tsalt-minion');
    const machine = (id: string): Daemon => {
      const etc = strict.minionEtc(id);
      mkdirSync(etc, { recursive: true });
      const root = join(etc, 'root');
      const places = { id, root_dir: root, pki_dir: join(root, 'pki'), cachedir: join(root, 'cache'), sock_dir: join(root, 'run') };
      writeFileSync(
        join(etc, 'minion'),
        JSON.stringify({ ...places, acceptance_wait_time: 1, pidfile: join(root, 'pid'), log_file: join(root, 'log') }),
      );
      return new Daemon([...program('tsalt', 'minion'), '-c', etc, ...join_], join(strict.home, `${id}.out`));
    };
    const [first, second] = [machine('new1'), machine('new2')];
    try {
      first.start();
      await strict.answering('new1');
      assert.equal(existsSync(join(strict.minionEtc('new1'), 'minion.d/99-master.conf')), true);
      second.start();
      await until('the second one waits for a person', async () =>
        (await strict.tool('key', ['-L'])).stdout.includes('Unaccepted Keys:\nnew2\n'),
      );
      assert.deepEqual(await strict.results('*', 'test.ping'), { new1: true });
    } finally {
      await Promise.all([first.stop(), second.stop()]);
    }
  });
});
