import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';
import { test } from 'node:test';
import { BadFrame, TimedOut, TsaltError, WrongPeer } from '../../protocol/errors.ts';
import type { Admission, MinionSession, MinionSuite, SuiteName } from '../../protocol/suites/suite.ts';
import { parseMaster } from '../link/address.ts';
import { type JoinPolicy, join } from './join.ts';
import { prepareJoin } from './prepare.ts';
import { suitesFor } from './suites.ts';

const LOG = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const POLICY: JoinPolicy = { waitMs: 1, waitMaxMs: 4, rejectedRetry: false, tries: 3 };
const SESSION = {} as MinionSession;
const ACCEPTED: Admission = { verdict: 'accepted', session: SESSION, publishPort: 4505 };
type Step = Admission | Error;

/** A suite that answers from a script; the last step repeats. */
const scripted = (name: SuiteName, steps: Step[]): MinionSuite & { asked: number } => ({
  name,
  asked: 0,
  async join() {
    const step = steps[Math.min(this.asked++, steps.length - 1)];
    if (step instanceof Error || step === undefined) throw step;
    return step;
  },
});
const go = (suites: MinionSuite[], policy: JoinPolicy = POLICY, signal = new AbortController().signal) =>
  join(suites, async () => new Uint8Array(), policy, LOG, signal);
const notNative = new TsaltError('not-native', 'no');

test('native is tried first, and salt where the master does not speak it, which is asked only once', async () => {
  const native = scripted('native', [notNative]);
  const salt = scripted('salt', [{ verdict: 'pending' }, { verdict: 'pending' }, ACCEPTED]);
  assert.equal((await go([native, salt])).suite, salt);
  assert.deepEqual([native.asked, salt.asked], [1, 3]);
});

test('a forged or broken answer does not talk the minion down to salt', async () => {
  for (const error of [new BadFrame('x'), new WrongPeer('x')]) {
    const salt = scripted('salt', [ACCEPTED]);
    await assert.rejects(go([scripted('native', [error]), salt]), { code: error.code });
    assert.equal(salt.asked, 0);
  }
});

test('silence is borne as often as the policy says', async () => {
  const silent = scripted('salt', [new TimedOut('x')]);
  await assert.rejects(go([silent]), TimedOut);
  assert.equal(silent.asked, 3);
  const late = scripted('salt', [new TimedOut('x'), new TimedOut('x'), ACCEPTED]);
  assert.equal((await go([late])).session, SESSION);
});

test('a rejected key is an error, unless the minion is to go on asking', async () => {
  await assert.rejects(go([scripted('salt', [{ verdict: 'rejected' }])]), { code: 'key-rejected' });
  const suite = scripted('salt', [{ verdict: 'rejected' }, { verdict: 'full' }, ACCEPTED]);
  await go([suite], { ...POLICY, rejectedRetry: true });
  assert.equal(suite.asked, 3);
});

test('a stop ends the waiting', async () => {
  const control = new AbortController();
  const waiting = go([scripted('salt', [{ verdict: 'pending' }])], { ...POLICY, waitMs: 60_000 }, control.signal);
  setImmediate(() => control.abort());
  await assert.rejects(waiting, { code: 'stopped' });
});

test('once a native master is pinned, salt is no way back', async () => {
  const pki = mkdtempSync(path(tmpdir(), 'tsalt-pki-'));
  const { loadOrCreateIdentity, pinMaster } = await import('../../protocol/suites/native/keyfiles.ts');
  try {
    const names = async (suite: string) => (await suitesFor('web1', pki, { suite }, {}, undefined)).map(({ name }) => name);
    assert.deepEqual(await names('auto'), ['native', 'salt']);
    assert.deepEqual(await names('salt'), ['salt']);
    assert.deepEqual(await names('native'), ['native']);
    await pinMaster(pki, (await loadOrCreateIdentity(pki, 'other')).publicKey);
    assert.deepEqual(await names('auto'), ['native']);
  } finally {
    rmSync(pki, { recursive: true });
  }
});

test('--join writes the master and its fingerprint once, and never the token', async () => {
  const dir = mkdtempSync(path(tmpdir(), 'tsalt-join-'));
  try {
    assert.equal(await prepareJoin(dir, { host: 'salt.example.org:4507', finger: 'aa:bb' }), true);
    const file = path(dir, 'minion.d/99-master.conf');
    assert.match(readFileSync(file, 'utf8'), /^#.*\nmaster: salt\.example\.org\nmaster_port: 4507\nmaster_finger: aa:bb\n$/);
    writeFileSync(file, 'master: mine\n');
    assert.equal(await prepareJoin(dir, { host: 'other' }), false);
    assert.equal(readFileSync(file, 'utf8'), 'master: mine\n');
    await assert.rejects(prepareJoin(dir, { host: 'a b' }), { code: 'bad-master-name' });
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('masters are read with and without a port, names and addresses of both kinds', () => {
  assert.deepEqual(parseMaster(' salt '), { host: 'salt', port: undefined });
  assert.deepEqual(parseMaster('salt:4506'), { host: 'salt', port: 4506 });
  assert.deepEqual(parseMaster('2001:db8::1'), { host: '2001:db8::1', port: undefined });
  assert.deepEqual(parseMaster('[2001:db8::1]:4506'), { host: '2001:db8::1', port: 4506 });
  for (const bad of ['', 'a:b:c', 'salt:99999', 'salt:', 'a b']) assert.throws(() => parseMaster(bad), { code: 'bad-master-name' });
});
