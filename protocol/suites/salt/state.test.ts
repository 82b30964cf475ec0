import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { joined, saltMaster } from '../../../test/support/salt-pair.ts';
import { isKeyText } from './crypticle.ts';
import { publishStateFile } from './publish-state.ts';
import { ReplayGuard } from './replay.ts';
import { FileSessionKeys, MemorySessionKeys } from './sessions.ts';

function fileIn(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'tsalt-state-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return join(path, 'state');
}

test('a session key stays until its life is over, its holder has another key, or it is forgotten', () => {
  let now = 0;
  const sessions = new MemorySessionKeys({ lifetime: 100, now: () => now });
  const first = sessions.get('a', 'pem');
  assert.ok(isKeyText(first));
  now = 99_999;
  assert.equal(sessions.get('a', 'pem'), first);
  now = 100_000;
  const second = sessions.get('a', 'pem');
  const third = sessions.get('a', 'other pem');
  sessions.forget('a');
  const fourth = sessions.get('a', 'other pem');
  assert.equal(new Set([first, second, third, fourth, sessions.get('b', 'pem')]).size, 5);
});

test('the session keys of all minions survive a restart in one file that only its owner reads', (t) => {
  const file = fileIn(t);
  const before = new FileSessionKeys(file);
  const made = Array.from({ length: 500 }, (_, index) => before.get(`m${index}`, `pem ${index}`));
  before.forget('m7');
  before.flush();
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const after = new FileSessionKeys(file);
  for (const [index, key] of made.entries()) assert.equal(after.get(`m${index}`, `pem ${index}`) === key, index !== 7, `m${index}`);
  assert.notEqual(after.get('m8', 'replaced pem'), made[8]);
  after.flush();
});

test('a file of session keys does not grow with the number of changes, and a torn line costs one minion its session only', (t) => {
  const file = fileIn(t);
  const sessions = new FileSessionKeys(file);
  const kept = sessions.get('kept', 'pem');
  for (let round = 0; round < 3000; round++) {
    sessions.get('a', `pem ${round}`);
    if (round % 10 === 0) sessions.flush();
  }
  sessions.flush();
  assert.ok(readFileSync(file, 'utf8').split('\n').length < 1500);
  writeFileSync(file, `${readFileSync(file, 'utf8')}torn\tAAAA`);
  assert.equal(new FileSessionKeys(file).get('kept', 'pem'), kept);
});

test('a file that cannot be written is reported, and the sessions go on', async (t) => {
  const errors: unknown[] = [];
  const file = fileIn(t);
  const sessions = new FileSessionKeys(file, { onError: (error) => errors.push(error) });
  rmSync(dirname(file), { recursive: true });
  const key = sessions.get('a', 'pem');
  while (errors.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(sessions.get('a', 'pem'), key);
  mkdirSync(dirname(file));
  sessions.flush();
  assert.equal(new FileSessionKeys(file).get('a', 'pem'), key);
});

test('publish key and serials survive a restart, also one without a clean end', async (t) => {
  const file = fileIn(t);
  const first = saltMaster({ publishState: publishStateFile(file) });
  const session = await joined(first);
  session.openPublish([first.suite.sealPublish({ fun: 'a' })]);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const crashed = saltMaster({ publishState: publishStateFile(file) });
  assert.equal(session.openPublish([crashed.suite.sealPublish({ fun: 'b' })])?.['fun'], 'b');
  await crashed.suite[Symbol.asyncDispose]();
  const third = saltMaster({ publishState: publishStateFile(file) });
  for (let count = 0; count < 2500; count++) session.openPublish([third.suite.sealPublish({ fun: 'c' })]);
  const fourth = saltMaster({ publishState: publishStateFile(file) });
  assert.equal(session.openPublish([fourth.suite.sealPublish({ fun: 'd' })])?.['fun'], 'd');
  writeFileSync(file, 'junk');
  const fresh = saltMaster({ publishState: publishStateFile(file) });
  assert.throws(() => session.openPublish([fresh.suite.sealPublish({ fun: 'e' })]), { code: 'bad-frame' });
});

test('the replay guard forgets nothing while a time stamp can be valid, whatever the nonce looks like', () => {
  const guard = new ReplayGuard(10);
  assert.equal(guard.objection('n', 1000, 1000, true), undefined);
  assert.match(guard.objection('n', 1000, 1000, true) ?? '', /before/);
  assert.equal(guard.objection('m', 1010, 1000, true), undefined);
  for (let now = 1001; now <= 1020; now++) {
    assert.equal(guard.objection(`x${now}`, now, now, true), undefined);
    assert.match(guard.objection('m', 1010, now, true) ?? '', /before/);
  }
  assert.match(guard.objection('m', 1010, 1021, true) ?? '', /time stamp/);
  for (const [nonce, ts] of [
    [undefined, 1000],
    ['', 1000],
    [5, 1000],
    ['x'.repeat(200), 1000],
    ['y', undefined],
    ['y', '1000'],
    ['y', Number.NaN],
    ['y', 5n],
  ] as const) {
    assert.notEqual(guard.objection(nonce, ts, 1000, true), undefined);
  }
  assert.equal(guard.objection('z', undefined, 1000, false), undefined);
  assert.equal(new ReplayGuard(0).objection(undefined, undefined, 0, true), undefined);
});
