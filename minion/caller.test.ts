import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { newJid } from '../protocol/jid.ts';
import type { Message } from '../protocol/suites/suite.ts';
import { decode } from '../protocol/wire/msgpack.ts';
import { Packed } from '../protocol/wire/packed.ts';
import { SmallMaster } from '../test/support/small_master.ts';
import { type LocalOptions, openLocal, type Typed } from './local.ts';

let dir: string;
let master: SmallMaster;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tsalt-caller-'));
  master = new SmallMaster();
  await master.start();
  configure('');
});
afterEach(async () => {
  await master.stop();
  rmSync(dir, { recursive: true, force: true });
});

const configure = (more: string): void =>
  writeFileSync(join(dir, 'minion'), `id: web1\nroot_dir: ${dir}\nmaster: 127.0.0.1:${master.requestPort}\nlog_level: quiet\n${more}`);

/** Runs one call; answers what it came to and the returns the master was sent until the caller had closed. */
async function call(fun: string, args: readonly unknown[], typed?: Typed, options: Partial<LocalOptions> = {}) {
  const minion = await openLocal({ configDir: dir, local: false, ...options });
  const outcome = await minion.call(fun, args, typed);
  await minion[Symbol.asyncDispose]();
  const returns: Message[] = master.requests.filter(({ cmd }) => cmd === '_return').map(unpacked);
  return { outcome, returns };
}
const unpacked = ({ return: value, ...load }: Message): Message => ({
  ...load,
  return: value instanceof Packed ? decode(value.bytes) : value,
});
const typed = (...words: string[]): Typed => ({ jid: newJid(), words });

test('a typed call is told to the master as salt-call tells it', async () => {
  const { returns } = await call('test.echo', [7], typed('7'));
  assert.deepEqual(returns, [
    { cmd: '_return', id: 'web1', jid: 'req', fun: 'test.echo', fun_args: ['7'], return: 7, retcode: 0, success: true },
  ]);
});

test('what fails is told as failed, and what is not there is not told', async () => {
  const { returns } = await call('test.exception', ['broken'], typed('broken'));
  assert.deepEqual(
    returns.map(({ success, retcode }) => [success, retcode]),
    [[false, 1]],
  );
  const unknown = await call('no.such', [], typed());
  assert.equal(unknown.outcome.available, false);
  assert.equal(unknown.returns.length, 1);
});

test('a call nobody typed, and one that is not to be recorded, are not told', async () => {
  assert.deepEqual((await call('test.ping', [])).returns, []);
  assert.deepEqual((await call('test.ping', [], typed(), { records: false })).returns, []);
});

test('a value above return_max_size reaches the caller; the master is told why it does not get it', async () => {
  configure('return_max_size: 2000\n');
  const { outcome, returns } = await call('test.echo', ['x'.repeat(3000)], typed('x'));
  assert.equal(String(outcome.value).length, 3000);
  const [load] = returns;
  assert.match(String(load?.['return']), /^The return value cannot be carried: it is \d+ bytes, more than the 2000 of return_max_size/);
  assert.deepEqual([load?.['success'], load?.['retcode']], [false, 1]);
});

test('functions that take any keyword see the publication of a call', async () => {
  const jid = newJid();
  const { outcome } = await call('test.kwarg', [], { jid, words: [] });
  assert.deepEqual(
    { ...(outcome.value as object) },
    { __pub_fun: 'test.kwarg', __pub_pid: process.pid, __pub_jid: jid, __pub_tgt: 'salt-call' },
  );
});
