import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import { newJid } from '../protocol/jid.ts';
import type { Message } from '../protocol/suites/suite.ts';
import { decode, encode } from '../protocol/wire/msgpack.ts';
import { Packed } from '../protocol/wire/packed.ts';
import { SmallMaster } from '../test/support/small_master.ts';
import { type RunningMinion, startMinion } from './main.ts';

const LOG = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

let dir: string;
let master: SmallMaster;
let minion: RunningMinion | undefined;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tsalt-minion-'));
  master = new SmallMaster();
  await master.start();
  configure('');
});

afterEach(async () => {
  await minion?.stop();
  minion = undefined;
  await master.stop();
  rmSync(dir, { recursive: true, force: true });
});

const configure = (more: string): void =>
  writeFileSync(
    join(dir, 'minion'),
    `id: web1\nroot_dir: ${dir}\nmaster: 127.0.0.1:${master.requestPort}\nacceptance_wait_time: 0.1\nreturn_retry_timer: 1\nreturn_retry_timer_max: 1\n${more}`,
  );
const start = async (): Promise<void> => {
  minion = await startMinion({ configDir: dir, log: LOG });
  minion.ended.catch(() => undefined);
};
const started = async (): Promise<void> => {
  await start();
  await master.request(({ tag }) => tag === 'salt/minion/web1/start');
};
const publish = async (fun: unknown, arg: unknown[] = [], more: Message = {}): Promise<string> => {
  const jid = newJid();
  await master.publish({ fun, arg, tgt: '*', tgt_type: 'glob', jid, ret: '', user: 'root', ...more });
  return jid;
};
const returned = async (jid: string): Promise<Message> => await master.request(({ cmd, jid: of }) => cmd === '_return' && of === jid);
const answerOf = ({ return: value }: Message): unknown => (value instanceof Packed ? decode(value.bytes) : value);
/** A program that ended and was not yet reaped by whoever inherited it does not run. */
const isRunning = (pid: number): boolean => {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};
const returnsOf = (jid: string): number => master.requests.filter(({ cmd, jid: of }) => cmd === '_return' && of === jid).length;

test('it joins, announces itself in order, runs a job and returns it', async () => {
  await started();
  const load = await returned(await publish('test.echo', ['hello']));
  assert.equal(answerOf(load), 'hello');
  assert.equal(load['success'], true);
  assert.equal(load['retcode'], 0);
  assert.deepEqual(load['fun_args'], ['hello']);
  const told = master.requests.map(({ cmd, tag }) => tag ?? cmd).filter((what) => what !== '_heartbeat' && what !== '_file_list');
  assert.deepEqual(told.slice(0, 3), ['_pillar', 'minion_start', 'salt/minion/web1/start']);
});

test('it waits while its key is pending and goes on when it is accepted', async () => {
  master.verdict = 'pending';
  await start();
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.deepEqual(master.requests, []);
  master.verdict = 'accepted';
  await master.request(({ tag }) => tag === 'salt/minion/web1/start');
});

test('a rejected key ends it, with the reason', async () => {
  master.verdict = 'rejected';
  minion = await startMinion({ configDir: dir, log: LOG });
  await assert.rejects(minion.ended, { code: 'key-rejected' });
});

test('several functions come back as maps keyed by function', async () => {
  await started();
  const load = await returned(await publish(['test.ping', 'test.echo'], [[], ['x']]));
  assert.deepEqual({ ...(answerOf(load) as object) }, { 'test.ping': true, 'test.echo': 'x' });
  assert.deepEqual({ ...(load['success'] as object) }, { 'test.ping': true, 'test.echo': true });
});

test('a function that is not there comes back as a failure that says so', async () => {
  await started();
  const load = await returned(await publish('no.such'));
  assert.equal(answerOf(load), "'no.such' is not available.");
  assert.deepEqual([load['success'], load['retcode'], load['out']], [false, 1, 'nested']);
});

test('a job published twice runs once, also when the minion was restarted between', async () => {
  await started();
  const jid = await publish('test.ping');
  await returned(jid);
  await publish('test.ping', [], { jid });
  await returned(await publish('test.ping'));
  await minion?.stop();
  master.requests.length = 0;
  await started();
  await publish('test.ping', [], { jid });
  await returned(await publish('test.ping'));
  assert.equal(returnsOf(jid), 0);
});

test('a job for others is not run', async () => {
  await started();
  const jid = await publish('test.ping', [], { tgt: 'db*' });
  await returned(await publish('test.ping'));
  assert.equal(returnsOf(jid), 0);
});

test('an expired job is not run', async () => {
  await started();
  const jid = await publish('test.ping', [], { expires: Date.now() / 1000 - 5 });
  await returned(await publish('test.ping', [], { expires: Date.now() / 1000 + 60 }));
  assert.equal(returnsOf(jid), 0);
});

test('a return that falls due while the master is away is delivered when it is back', async () => {
  await started();
  const jid = await publish('cmd.run', ['sleep 0.5; echo survived']);
  await master.request(({ cmd, jid: of }) => cmd === '_job_state' && of === jid);
  await master.stop();
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await master.start();
  assert.equal(answerOf(await returned(jid)), 'survived');
});

test('a return that could not be delivered survives a restart of the minion', async () => {
  await started();
  const jid = await publish('cmd.run', ['sleep 0.6; echo kept']);
  await master.request(({ cmd, jid: of }) => cmd === '_job_state' && of === jid);
  await master.stop();
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await minion?.stop();
  await master.start();
  await start();
  assert.equal(answerOf(await returned(jid)), 'kept');
  assert.equal(returnsOf(jid), 1);
});

test('a return the master cannot store is offered again', async () => {
  await started();
  let refusals = 2;
  master.handlers.set('_return', () => (refusals-- > 0 ? '' : null));
  const jid = await publish('test.ping');
  await master.request(() => returnsOf(jid) === 3);
});

test('a return refused as too big comes back as an error that says where', async () => {
  await started();
  master.handlers.set('_return', ({ success }) => (success === true ? { refused: 'too-big', limit: 10 } : null));
  const jid = await publish('test.echo', ['x'.repeat(100)]);
  const load = await master.request(({ cmd, jid: of, success }) => cmd === '_return' && of === jid && success === false);
  assert.match(String(answerOf(load)), /"return" is too big.*takes 10 at most/);
  assert.equal(load['retcode'], 1);
});

test('a killed job comes back and its programs are ended, also those that do not listen', async () => {
  await started();
  const pids = join(dir, 'pids');
  const jid = await publish('cmd.run', [`trap '' TERM; sleep 600 & echo $$ $! > ${pids}; wait; sleep 600`]);
  await master.request(({ cmd, jid: of }) => cmd === '_job_state' && of === jid);
  const found = answerOf(await returned(await publish('saltutil.find_job', [jid]))) as Message;
  assert.deepEqual([found['fun'], found['jid'], found['pid']], ['cmd.run', jid, process.pid]);
  assert.match(String(answerOf(await returned(await publish('saltutil.kill_job', [jid])))), /^Signal 9 sent to job/);
  const load = await returned(jid);
  assert.equal(load['success'], false);
  const [shell = 0, child = 0] = readFileSync(pids, 'utf8').trim().split(' ').map(Number);
  assert.ok(shell > 1 && child > 1);
  assert.deepEqual([isRunning(shell), isRunning(child)], [false, false]);
  assert.deepEqual({ ...(answerOf(await returned(await publish('saltutil.find_job', [jid]))) as object) }, {});
});

for (const [fun, ...args] of [['saltutil.term_job'], ['saltutil.signal_job', 15], ['saltutil.term_all_jobs']] as const) {
  test(`${fun} ends the programs of a job`, async () => {
    await started();
    const pids = join(dir, 'pids');
    const jid = await publish('cmd.run', [`sleep 600 & echo $! > ${pids}; wait`]);
    await master.request(({ cmd, jid: of }) => cmd === '_job_state' && of === jid);
    await returned(await publish(fun, fun === 'saltutil.term_all_jobs' ? [] : [jid, ...args]));
    assert.equal((await returned(jid))['success'], false);
    assert.equal(isRunning(Number(readFileSync(pids, 'utf8'))), false);
  });
}

test('a reload takes static grains and options on, and keeps the session', async () => {
  configure('grains: {role: web}\n');
  await started();
  assert.equal(answerOf(await returned(await publish('grains.get', ['role']))), 'web');
  configure('grains: {role: db}\nreload_probe: 7\n');
  await minion?.reload();
  assert.equal(answerOf(await returned(await publish('grains.get', ['role']))), 'db');
  assert.equal(answerOf(await returned(await publish('config.get', ['reload_probe']))), 7);
  assert.equal(master.requests.filter(({ tag }) => tag === 'salt/minion/web1/start').length, 1);
});

test('a reload of a configuration that cannot be read changes nothing', async () => {
  configure('grains: {role: web}\n');
  await started();
  configure('grains: [unclosed\n');
  await assert.rejects(async () => await minion?.reload());
  assert.equal(answerOf(await returned(await publish('grains.get', ['role']))), 'web');
});

test('jobs beyond the limit wait for their turn, questions about jobs do not', async () => {
  await minion?.stop();
  configure('process_count_max: 1\nmine_enabled: false\n');
  await started();
  const first = await publish('cmd.run', ['sleep 0.7; echo 1']);
  const second = await publish('cmd.run', ['echo 2']);
  const running = answerOf(await returned(await publish('saltutil.running'))) as Message[];
  assert.deepEqual(
    running.map(({ jid, pid }) => [jid, pid === 0]),
    [
      [first, false],
      [second, true],
    ],
  );
  await returned(second);
  assert.equal(returnsOf(first), 1);
});

test('output is sent while the job runs, when it is asked for', async () => {
  await started();
  const jid = await publish('cmd.run', ['echo one; sleep 0.5; echo two'], { follow: true });
  await returned(jid);
  const pieces = master.requests.filter(({ cmd, jid: of }) => cmd === '_job_output' && of === jid).map(({ text }) => text);
  assert.equal(pieces.join(''), 'one\ntwo\n');
  assert.ok(pieces.length >= 2);
});

test('the master learns of its heartbeat at the start and of its clean stop', async () => {
  await started();
  const { boot } = await master.request(({ cmd }) => cmd === '_heartbeat');
  await minion?.stop();
  minion = undefined;
  assert.equal((await master.request(({ cmd }) => cmd === '_goodbye'))['boot'], boot);
});

test('a master that restarted and knows no session is joined anew by the next job', async () => {
  await started();
  await master.stop();
  master.requests.length = 0;
  await master.start();
  // A publication that nobody hears yet is lost, as with any master.
  const again = setInterval(() => void publish('test.ping'), 300);
  const load = await master.request(({ cmd }) => cmd === '_return');
  clearInterval(again);
  assert.equal(answerOf(load), true);
});

test('whatever bytes arrive as publications, the next job is run', async () => {
  await started();
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => await master.publishRaw(bytes)),
    { numRuns: 200 },
  );
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.string(), fc.anything({ withBigInt: true })), async (message) => {
      let frame: Uint8Array;
      try {
        frame = encode(message);
      } catch {
        return; // what cannot be packed cannot arrive
      }
      await master.publishRaw(frame);
      await master.publish(decode(frame) as Message).catch(() => undefined);
    }),
    { numRuns: 200 },
  );
  assert.equal(answerOf(await returned(await publish('test.ping'))), true);
});
