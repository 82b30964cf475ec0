import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { CommandFailed, call, execModule, type Returnable } from '../../../../modules/define.ts';
import type { JobContext } from '../../callable.ts';
import { createHost, createWhich } from '../../host.ts';
import { createLoader } from '../../registry.ts';
import { createPythonHost, type PythonHost, type PythonHostOptions } from './host.ts';

const root = mkdtempSync(join(tmpdir(), 'python-host-test-'));
const hosts: PythonHost[] = [];
after(async () => {
  for (const host of hosts) await host[Symbol.asyncDispose]();
  rmSync(root, { recursive: true });
});

const printed: string[] = [];
const log = {
  debug: (text: string) => printed.push(text),
  info: () => undefined,
  warn: () => undefined,
  error: (text: string) => printed.push(text),
};

const built = execModule({
  name: 'built',
  doc: 'Built in.',
  calls: {
    add: call({
      doc: 'Adds.',
      examples: [],
      args: { a: { type: 'number', doc: 'a', required: true }, b: { type: 'number', doc: 'b', default: 1 } },
      changes: false,
      run: (_ctx, { a, b }) => a + b,
    }),
    fail: call({
      doc: 'Fails.',
      examples: [],
      args: {},
      changes: false,
      run: (): Returnable => {
        throw new CommandFailed('it went wrong');
      },
    }),
    back: call({
      doc: 'Calls Python.',
      examples: [],
      args: { fun: { type: 'string', doc: 'function', required: true } },
      changes: false,
      run: async (ctx, { fun }) => [await ctx.call(fun, [20])],
    }),
    code: call({
      doc: 'Sets the return code.',
      examples: [],
      args: {},
      changes: false,
      run: (ctx) => {
        ctx.retcode(5);
        return null;
      },
    }),
  },
});

/** A loader with these files in its extmods. */
const loaderOf = (files: Record<string, string>, options: Partial<PythonHostOptions> = {}) => {
  const directory = mkdtempSync(join(root, 'extmods-'));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  };
  for (const [path, text] of Object.entries(files)) write(path, text);
  const grains = { os: 'Debian' };
  const context = { grains, pillar: { secret: { a: 1 } }, opts: { id: 'web1' } };
  const host = createPythonHost({ directory, python: () => createWhich()('python3'), context: () => context, log, ...options });
  hosts.push(host);
  const loader = createLoader({
    id: 'web1',
    sources: [{ name: 'built', load: async () => ({ default: built }) }],
    hosts: [host],
    host: createHost(() => grains),
    config: () => ({}),
    grains: () => grains,
    pillar: () => ({}),
    log,
  });
  const run = (fun: string, args: readonly unknown[] = [], job: Partial<JobContext> = {}) =>
    loader.invoke(fun, args, { fun, signal: new AbortController().signal, ...job });
  return { loader, run, write, host };
};

const odd = `
import datetime, time
class Thing: pass
def a_set(): return {1}
def a_generator(): yield from range(3)
def dicts():
    yield {'a': 1}
    yield {'b': 2}
def int_keys(): return {1: 'one', None: 'none', 'x': True}
def a_nan(): return float('nan')
def a_float(): return 1.0
def a_bytes(): return b'\\xff\\x00abc'
def a_datetime(): return datetime.datetime(2020, 1, 2, 3, 4, 5)
def a_bigint(): return 2**70
def an_object(): return {'a': [0, {'b': Thing()}]}
def a_circle():
    value = []
    value.append({'me': value})
    return value
def a_tuple_key(): return {(1, 2): 3}
def a_surrogate(): return {'name': 'a\\udcff'}
def echo(*args, **kwargs): return [args, kwargs]
`;

test('odd values come back as data, or as an error that names the path', async () => {
  const { run } = loaderOf({ 'modules/odd.py': odd });
  const value = async (fun: string) => (await run(`odd.${fun}`)).value;
  assert.deepEqual(await value('a_set'), [1]);
  assert.deepEqual(await value('a_generator'), [0, 1, 2]);
  assert.deepEqual({ ...((await value('dicts')) as object) }, { a: 1, b: 2 });
  assert.deepEqual(
    await value('int_keys'),
    new Map<unknown, unknown>([
      [1, 'one'],
      [null, 'none'],
      ['x', true],
    ]),
  );
  assert.ok(Number.isNaN(await value('a_nan')));
  assert.equal(String(await value('a_float')), '1.0');
  assert.deepEqual([...((await value('a_bytes')) as Uint8Array)], [0xff, 0, 97, 98, 99]);
  assert.equal(await value('a_datetime'), '2020-01-02 03:04:05');
  assert.equal(await value('a_bigint'), '1180591620717411303424');
  assert.match(String(await value('an_object')), /^ERROR: return\.a\[1\]\.b cannot be returned: it is an object of the class Thing: </);
  assert.match(String(await value('a_circle')), /^ERROR: return\[0\]\.me cannot be returned: it contains itself/);
  assert.match(String(await value('a_tuple_key')), /^ERROR: return cannot be returned: it has a key that is not text.*\(1, 2\)/);
  assert.match(String(await value('a_surrogate')), /^ERROR: return\.name cannot be returned: it is text with bytes/);
  assert.equal((await run('odd.an_object')).retcode, 1);
});

test('arguments arrive with their types', async () => {
  const { run } = loaderOf({ 'modules/odd.py': odd });
  const args = [1, -5, 2 ** 40, 1.5, 'ü', null, true, [1], Buffer.from([255])];
  const { value } = await run('odd.echo', [...args, { __kwarg__: true, map: { a: 1 } }], { pub: { jid: '1' } });
  assert.deepEqual(JSON.parse(JSON.stringify(value)), [
    [1, -5, 2 ** 40, 1.5, 'ü', null, true, [1], { 0: 255 }],
    { map: { a: 1 }, __pub_jid: '1' },
  ]);
});

const sees = `
'''Module.'''
__virtualname__ = 'seen'
__func_alias__ = {'list_': 'list'}
__outputter__ = {'dunders': 'highstate'}
from os.path import join
def __virtual__(): return __grains__['os'] == 'Debian' and 'built.add' in __salt__ and __virtualname__
def _private(): pass
def list_(): return 1
def dunders(): return [__grains__['os'], __pillar__['secret'], __opts__['id'], __opts__.get('test', False)]
def add(a, b=2, *rest, **more):
    '''
    Adds.

    CLI Example:

    .. code-block:: bash

        salt '*' seen.add 1
    '''
    return __salt__['built.add'](a, b=b)
def other(x): return __salt__['friend.double'](x) + __salt__.friend.double(1)
def keep(): 
    __context__['n'] = __context__.get('n', 0) + 1
    return __context__['n']
def unknown(): return __salt__['no.such']()
def known(): return ['built.add' in __salt__, 'no.such' in __salt__, 'friend.double' in list(__salt__)]
def bad(): return __salt__['built.add']()
def worse(): return __salt__['built.add'](1, nope=2)
def caught():
    from salt.exceptions import CommandExecutionError
    try:
        __salt__['built.fail']()
    except CommandExecutionError as error:
        return 'caught ' + str(error)
def uncaught(): __salt__['built.fail']()
def code(): __context__['retcode'] = 7
def inner_code(): __salt__['built.code']()
def there(): return __salt__['built.back']('friend.double')
def util(): return __utils__['tool.hello']()
`;
const friend = 'def double(x): return 2 * x\n';

test('a module sees the dunders, other functions and its own aliases', async () => {
  const { run, loader } = loaderOf({
    'modules/file_name.py': sees,
    'modules/friend.py': friend,
    'utils/tool.py': "def hello(): return 'hi'\n",
  });
  const value = async (fun: string, ...args: unknown[]) => JSON.parse(JSON.stringify((await run(`seen.${fun}`, args)).value ?? null));
  assert.deepEqual((await loader.functions()).filter((name) => name.startsWith('seen.')).length, 15);
  assert.equal(await loader.has('seen.list'), true);
  assert.equal(await loader.has('seen._private'), false);
  assert.equal(await loader.has('seen.join'), false);
  assert.deepEqual(await value('dunders'), ['Debian', { a: 1 }, 'web1', false]);
  assert.equal((await run('seen.dunders')).out, 'highstate');
  assert.equal(await value('add', 1, 5), 6);
  assert.equal(await value('other', 4), 10);
  assert.deepEqual([await value('keep'), await value('keep')], [1, 1]);
  assert.deepEqual(await value('known'), [true, false, true]);
  assert.equal(await value('caught'), 'caught it went wrong');
  assert.equal(await value('uncaught'), 'ERROR: it went wrong');
  assert.match(
    await value('unknown'),
    /^The minion function caused an exception: Traceback \(most recent call last\):\n {2}File ".*file_name\.py", line \d+, in unknown\n[\s\S]*KeyError: 'no\.such'$/,
  );
  assert.match(await value('bad'), /^Passed invalid arguments to seen\.bad: add\(\) missing 1 required positional argument: 'a'/);
  assert.equal(await value('worse'), "Passed invalid arguments to seen.worse: add() got an unexpected keyword argument 'nope'\n");
  assert.deepEqual([(await run('seen.code')).retcode, (await run('seen.inner_code')).retcode], [7, 5]);
  assert.deepEqual(await value('there'), [40]);
  assert.equal(await value('util'), 'hi');
});

test('documentation and signatures are those of Python', async () => {
  const { loader, run } = loaderOf({ 'modules/file_name.py': sees });
  assert.deepEqual(JSON.parse(JSON.stringify(await loader.argspec('seen.add'))), {
    'seen.add': { args: ['a', 'b'], defaults: [2], varargs: true, kwargs: true },
  });
  assert.equal((await loader.docs('seen.add'))['seen.add'], "\n    Adds.\n\n    CLI Example:\n\n        salt '*' seen.add 1\n    ");
  assert.match(
    String((await run('seen.other')).value),
    /^Passed invalid arguments to seen\.other: other\(\) missing 1 required positional argument: 'x'/,
  );
});

const rude = `
import os, sys, time, subprocess
def leave(): os._exit(3)
def leave_well(): os._exit(0)
def leave_politely(): sys.exit(4)
def die(): os.kill(os.getpid(), 9)
def hang(path):
    child = subprocess.Popen(['sleep', '1000'])
    open(path, 'w').write(str(child.pid))
    time.sleep(1000)
def huge(): return 'x' * 2000000
def noisy():
    print('to stdout')
    os.write(3, b'garbage') if False else None
    return 'quiet'
def fine(): return 'fine'
def deep():
    value = []
    for _ in range(5000): value = [value]
    return value
`;

test('a function that ends its process gets an error, and the next call works', async () => {
  const { run } = loaderOf({ 'modules/rude.py': rude }, { limit: 1_000_000 });
  const text = async (fun: string) => String((await run(`rude.${fun}`)).value);
  assert.match(await text('leave'), /the Python process of this job ended itself with status 3 before it had a result$/);
  assert.match(await text('leave_well'), /ended itself with status 0 before it had a result$/);
  assert.match(await text('die'), /was ended by signal 9 before it had a result$/);
  assert.match(await text('leave_politely'), /Traceback[\s\S]*SystemExit: 4$/);
  assert.match(await text('huge'), /^ERROR: return cannot be returned: it takes 2000\d+ bytes, more than the limit of 1000000$/);
  assert.match(await text('deep'), /nested more than 500 levels deep/);
  assert.equal(await text('noisy'), 'quiet');
  assert.equal(await text('fine'), 'fine');
});

test('a function that hangs is ended with its programs by an abort, while others go on', { timeout: 30_000 }, async () => {
  const { run } = loaderOf({ 'modules/rude.py': rude });
  const controller = new AbortController();
  const path = join(mkdtempSync(join(root, 'hang-')), 'pid');
  const hanging = run('rude.hang', [path], { signal: controller.signal });
  assert.equal((await run('rude.fine')).value, 'fine');
  let pid = '';
  while (pid === '') pid = execFileSync('sh', ['-c', `cat ${path} 2>/dev/null || true`], { encoding: 'utf8' });
  controller.abort(new Error('killed'));
  assert.equal((await hanging).value, 'ERROR: the job was ended: killed');
  const state = execFileSync('sh', ['-c', `sleep 0.2; cut -d' ' -f3 /proc/${pid}/stat 2>/dev/null || echo gone`], { encoding: 'utf8' });
  assert.ok(['gone\n', 'Z\n'].includes(state), state);
});

test('a module that cannot be imported says why, and harms no other', { timeout: 30_000 }, async () => {
  const files = {
    'modules/broken.py': 'def f(:\n',
    'modules/absent.py': 'import no_such_package\n',
    'modules/killer.py': 'import os\nos._exit(1)\n',
    'modules/sleeper.py': 'import time\ntime.sleep(1000)\n',
    'modules/refuses.py': "def __virtual__(): return (False, 'not on this machine')\n",
    'modules/friend.py': friend,
  };
  const { run } = loaderOf(files, { importTimeout: 0.5 });
  const text = async (fun: string) => String((await run(fun)).value);
  assert.match(await text('broken.f'), /^'broken' __virtual__ returned False: it cannot be imported: SyntaxError/);
  assert.match(await text('absent.f'), /ModuleNotFoundError: No module named 'no_such_package'$/);
  assert.equal(await text('killer.f'), "'killer' __virtual__ returned False: importing it ended or stopped the Python process");
  assert.equal(await text('sleeper.f'), "'sleeper' __virtual__ returned False: importing it ended or stopped the Python process");
  assert.equal(await text('refuses.f'), "'refuses' __virtual__ returned False: not on this machine");
  assert.equal((await run('friend.double', [2])).value, 4);
});

test('a refresh sees new and changed files', async () => {
  const { run, write, loader } = loaderOf({ 'modules/friend.py': friend });
  assert.equal((await run('friend.double', [2])).value, 4);
  write('modules/friend.py', 'def double(x): return 20 * x\n');
  write('modules/newer.py', 'def f(): return 1\n');
  await loader.refresh();
  assert.equal((await run('friend.double', [2])).value, 40);
  assert.equal((await run('newer.f')).value, 1);
});

test('an idle process is stopped, and started again by the next call', { timeout: 30_000 }, async () => {
  const { run } = loaderOf({ 'modules/friend.py': 'import os\ndef parent(): return os.getppid()\n' }, { idle: 0.1 });
  const first = (await run('friend.parent')).value;
  await new Promise((done) => setTimeout(done, 400));
  const second = (await run('friend.parent')).value;
  assert.notEqual(second, first);
});

test('many jobs at once each get their own result', async () => {
  const { run } = loaderOf({ 'modules/friend.py': friend });
  const results = await Promise.all(Array.from({ length: 30 }, (_, index) => run('friend.double', [index])));
  assert.deepEqual(
    results.map((outcome) => outcome.value),
    results.map((_, index) => 2 * index),
  );
});

test('when the minion is killed, the host, its jobs and its folder go, too', { timeout: 30_000 }, async () => {
  const directory = mkdtempSync(join(root, 'orphan-'));
  mkdirSync(join(directory, 'modules'));
  writeFileSync(join(directory, 'modules', 'rude.py'), rude);
  const script = `
    const { createPythonHost } = await import(${JSON.stringify(new URL('./host.ts', import.meta.url).href)});
    const { createLoader } = await import(${JSON.stringify(new URL('../../registry.ts', import.meta.url).href)});
    const log = { debug() {}, info() {}, warn() {}, error: console.error };
    const none = () => ({});
    const python = () => ${JSON.stringify(createWhich()('python3'))};
    const host = createPythonHost({ directory: ${JSON.stringify(directory)}, python, context: () => ({ grains: {}, pillar: {}, opts: {} }), log });
    const loader = createLoader({ id: 'x', sources: [], hosts: [host], host: { os: '', osFamily: '', which: none }, config: none, grains: none, pillar: none, log });
    const signal = new AbortController().signal;
    void loader.invoke('rude.hang', [${JSON.stringify(join(directory, 'pid'))}], { fun: 'rude.hang', signal });
    while (!(await import('node:fs')).existsSync(${JSON.stringify(join(directory, 'pid'))})) await new Promise((done) => setTimeout(done, 20));
    process.kill(process.pid, 'SIGKILL');
  `;
  const temporary = mkdtempSync(join(root, 'tmp-'));
  const settings = { env: { ...process.env, TMPDIR: temporary }, stdio: 'ignore' as const };
  assert.throws(() => execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], settings));
  const left = () =>
    execFileSync('sh', ['-c', `ls ${temporary} | grep tsalt-python || true; pgrep -f "${temporary}/[t]salt-python" || true`], {
      encoding: 'utf8',
    });
  while (left() !== '') await new Promise((done) => setTimeout(done, 50));
});

test('without python3 a Python module says so', async () => {
  const { run } = loaderOf({ 'modules/friend.py': friend }, { python: () => undefined });
  assert.equal(
    (await run('friend.double', [1])).value,
    "'friend' __virtual__ returned False: python3 is not installed, and this module is written in Python",
  );
  assert.equal((await run('built.add', [1])).value, 2);
});

test('custom grains are collected, and a function that fails leaves out its own', async () => {
  const source =
    "def one(): return {'rack': 'r1', 'seen': __grains__['os']}\ndef two(grains): return {'more': grains['rack'] + '!'}\ndef three(): 1/0\n";
  const { host } = loaderOf({ 'grains/site.py': source });
  printed.length = 0;
  const none = { call: () => Promise.reject(new Error('none')), has: async () => false, own: async () => false, names: async () => [] };
  const grains = await host.grains(none);
  assert.deepEqual({ ...grains }, { rack: 'r1', seen: 'Debian', more: 'r1!' });
  assert.ok(printed.includes('custom grains are missing: site.three: ZeroDivisionError: division by zero'));
});

test('a module may call, while it is imported, one that comes after it', async () => {
  const { run } = loaderOf({
    'modules/early.py': "def __virtual__(): return __salt__['late.f']() == 1\ndef f(): return __salt__['late.f']() + 1\n",
    'modules/late.py': 'def f(): return 1\n',
  });
  assert.equal((await run('early.f')).value, 2);
});
