import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { House } from '../support/house.ts';
import { until } from '../support/process.ts';

const ID = 'custom';
let house: House;
before(async () => {
  house = await House.open();
  for (const [path, content] of Object.entries(files)) house.serve(path, content);
  await house.startMaster();
  house.addMinion('tsalt', ID, { modules_memory_max: 300 });
  await house.answering(ID);
});
after(async () => await house[Symbol.asyncDispose]());

const python = `
import datetime, decimal, os, subprocess, sys, threading, time
class Thing: pass
def fine(): return 'fine'
def prints():
    print('to stdout'); sys.stderr.write('to stderr'); os.write(1, b'by hand')
    return 'quiet'
def child(): return subprocess.call(['echo', 'from a child'])
def raises(): return 1 / 0
def exits(): sys.exit(4)
def leaves(): os._exit(3)
def killed(): os.kill(os.getpid(), 9)
def hangs(): time.sleep(1000)
def huge(): return 'x' * 110000000
def odd_object(): return {'a': [Thing()]}
def int_keys(): return {1: 'one', None: 'none'}
def tuple_keys(): return {(1, 2): 3}
def generator(): yield from range(3)
def a_set(): return {1}
def a_datetime(): return datetime.datetime(2020, 1, 2)
def some_bytes(): return b'abc'
def a_decimal(): return decimal.Decimal('1.50')
def thread():
    threading.Thread(target=time.sleep, args=(1000,)).start()
    return 'left a thread'
def forks():
    return 'child' if os.fork() == 0 else 'parent'
def closes():
    sys.stdout.close(); sys.stderr.close(); os.close(1); os.close(2)
    return 'closed'
def grows():
    everything = []
    while True: everything.append(bytearray(1000000))
def calls(): return __salt__['test.echo'](__grains__['id'])
`;
const javascript = `
export const fine = () => 'fine';
export const prints = () => { console.log('to stdout'); console.error('to stderr'); return 'quiet'; };
export const raises = () => { throw new Error('wrong'); };
export const later = () => new Promise(() => setTimeout(() => { throw new Error('later'); }, 5));
export const rejects = () => { Promise.reject(new Error('unheard')); return new Promise(() => setTimeout(() => {}, 60000)); };
export const exits = () => process.exit(3);
export const killed = () => process.kill(process.pid, 'SIGKILL');
export const hangs = () => { for (;;); };
export const huge = () => 'x'.repeat(110000000);
export const odd_object = () => ({ a: [new (class Thing {})()] });
export const grows = () => { const all = []; for (;;) all.push(Buffer.alloc(1 << 20, 1)); };
export const calls = async (ctx) => await ctx.call('test.echo', [ctx.grains.id]);
`;
const files = {
  '_modules/pyrude.py': python,
  '_modules/jsrude.mjs': javascript,
  '_modules/disks.ts': readFileSync('docs/examples/modules/disks.ts'),
  '_modules/greet.js': readFileSync('docs/examples/modules/greet.js'),
  '_states/motd.py': readFileSync('docs/examples/modules/motd_state.py'),
};

const answer = async (fun: string, ...args: string[]): Promise<unknown> => (await house.results('-t', '60', ID, fun, ...args))[ID];

/** The minion itself answers while the last job may still be going to pieces. */
const pings = async (afterWhat: string): Promise<void> => {
  const { stdout } = await house.cli('--static', '--out=json', '-t', '1', ID, 'test.ping');
  assert.match(stdout, /"custom": true/, `no answer to a ping after ${afterWhat}`);
};

const outcomes: readonly (readonly [string, RegExp | unknown])[] = [
  ['pyrude.prints', 'quiet'],
  ['pyrude.child', 0],
  [
    'pyrude.raises',
    /^The minion function caused an exception: Traceback \(most recent call last\):\n {2}File ".*pyrude\.py", line \d+, in raises\n[\s\S]*ZeroDivisionError: division by zero$/,
  ],
  ['pyrude.exits', /SystemExit: 4$/],
  ['pyrude.leaves', /the Python process of this job ended itself with status 3 before it had a result$/],
  ['pyrude.killed', /was ended by signal 9 before it had a result$/],
  ['pyrude.huge', /^ERROR: return cannot be returned: it takes \d+ bytes, more than the limit|^ERROR: .*took more than 300 MiB/],
  ['pyrude.odd_object', /^ERROR: return\.a\[0\] cannot be returned: it is an object of the class Thing/],
  ['pyrude.int_keys', { 1: 'one', null: 'none' }],
  ['pyrude.tuple_keys', /^ERROR: return cannot be returned: it has a key that is not text/],
  ['pyrude.generator', [0, 1, 2]],
  ['pyrude.a_set', [1]],
  ['pyrude.a_datetime', '2020-01-02 00:00:00'],
  ['pyrude.some_bytes', 'abc'],
  ['pyrude.a_decimal', '1.50'],
  ['pyrude.thread', 'left a thread'],
  ['pyrude.forks', 'parent'],
  ['pyrude.closes', 'closed'],
  ['pyrude.grows', /^ERROR: the job was ended: its Python process took more than 300 MiB of memory/],
  ['pyrude.calls', ID],
  ['pyrude.fine', 'fine'],
  ['jsrude.prints', 'quiet'],
  ['jsrude.raises', /^The minion function caused an exception: Traceback [\s\S]*jsrude\.mjs[\s\S]*Error: wrong$/],
  ['jsrude.later', /Error: later$/],
  ['jsrude.rejects', /Error: unheard$/],
  ['jsrude.exits', /the JavaScript process of this job ended itself with status 3 before it had a result$/],
  ['jsrude.killed', /was ended by signal 9 before it had a result$/],
  ['jsrude.huge', /^ERROR: return cannot be returned: it takes \d+ bytes, more than the limit|^ERROR: .*took more than 300 MiB/],
  ['jsrude.odd_object', /^ERROR: return\.a\[0\] cannot be returned: it is an object of Thing/],
  ['jsrude.grows', /^ERROR: the job was ended: its JavaScript process took more than 300 MiB of memory/],
  ['jsrude.calls', ID],
  ['jsrude.fine', 'fine'],
];

test('whatever a module does, its job gets a clear result and the minion answers a ping at once', { timeout: 300_000 }, async () => {
  assert.deepEqual(((await answer('saltutil.sync_all')) as Record<string, string[]>)['modules']?.sort(), [
    'modules.disks',
    'modules.greet',
    'modules.jsrude',
    'modules.pyrude',
  ]);
  for (const [fun, expected] of outcomes) {
    const got = await answer(fun);
    if (expected instanceof RegExp) assert.match(String(got), expected, fun);
    else assert.deepEqual(got, expected, fun);
    await pings(fun);
  }
});

test('a module that hangs does not hinder others, and is ended by saltutil.kill_job', { timeout: 120_000 }, async () => {
  for (const fun of ['pyrude.hangs', 'jsrude.hangs']) {
    const jid = await house.start(ID, fun);
    await until(`${fun} runs`, async () => JSON.stringify(await answer('saltutil.running')).includes(jid), 30);
    await pings(fun);
    assert.equal(await answer(`${fun.split('.')[0]}.fine`), 'fine');
    assert.match(String(await answer('saltutil.kill_job', jid)), /^Signal 9 sent to job/);
    await until(`${fun} is gone`, async () => !JSON.stringify(await answer('saltutil.running')).includes(jid), 30);
    assert.match(JSON.stringify(await house.runner('jobs.lookup_jid', jid)), /the job was ended/);
  }
});

test('the examples of the guide do what it says', { timeout: 120_000 }, async () => {
  assert.deepEqual(await answer('greet.hello', 'Ann', 'times=2'), ['hello Ann, from custom', 'hello Ann, from custom']);
  assert.deepEqual(await answer('disks.fuller', '100'), {});
  assert.equal(await answer('disks.clean', 'test=True'), 'would run apt-get clean');
  assert.match(String(Object.values((await answer('sys.doc', 'greet.hello')) as Record<string, string>)[0]), /Greets somebody/);
  house.serve('site.sls', `${house.home}/motd:\n  motd.present:\n    - text: hello\n`);
  const results = Object.values((await answer('state.apply', 'site')) as Record<string, { comment: string; result: boolean }>);
  assert.deepEqual(
    results.map(({ comment, result }) => [comment, result]),
    [['it was written', true]],
  );
});
