import assert from 'node:assert/strict';
import nodeCrypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { afterEach, mock, test } from 'node:test';
import { saltMaster, saltMinion, signedMap, textOf } from '../../../test/support/salt-pair.ts';
import { keys, type Vector, vectorNamed, vectors } from '../../../test/vectors/salt-3008.ts';
import { bytesOf, isMessage } from '../../wire/envelope.ts';
import { decode } from '../../wire/msgpack.ts';
import { Packed } from '../../wire/packed.ts';
import type { Message } from '../suite.ts';
import { privateKeyOf } from './keys.ts';
import { SaltMinionSession } from './minion-session.ts';
import { rsaPublicKey } from './rsa.ts';
import { SerialGate } from './serial-gate.ts';
import { openX931 } from './x931.ts';

const masterPublic = rsaPublicKey(keys.masterPublic);

const minionPrivate = privateKeyOf(keys.minionPrivate);

afterEach(() => {
  mock.restoreAll();
  syncBuiltinESMExports();
});

/** Lets the halves draw the random values of a recording: `nonce` for uuids, `bytes` for keys and tokens. */
function rig(nonce: string, bytes?: Buffer): void {
  // A mock over a mock would be restored to the first one.
  mock.restoreAll();
  mock.method(nodeCrypto, 'randomUUID', () => nonce);
  if (bytes !== undefined) mock.method(nodeCrypto, 'randomBytes', () => bytes);
  syncBuiltinESMExports();
}

for (const name of ['auth_request_first_contact', 'auth_request_with_token']) {
  test(`${name}: the recorded introduction is answered with what Salt's answer contains, in its order`, async () => {
    const master = saltMaster();
    const opened = await master.open(vectorNamed(name).frame);
    assert.ok(opened.kind === 'answer');
    assert.deepStrictEqual(opened.joined, { id: 'min1' });
    assert.deepStrictEqual(master.book.offers, [{ id: 'min1', publicKey: keys.minionPublic, suite: 'salt' }]);
    const answer = signedMap(opened.frame);
    const recorded = vectorNamed(
      name === 'auth_request_with_token' ? 'auth_reply_accepted_with_token' : 'auth_reply_accepted_no_token',
    ).decoded;
    assert.ok(isMessage(recorded));
    assert.deepStrictEqual(Object.keys(answer), Object.keys(recorded));
    for (const key of ['enc', 'pub_key', 'publish_port']) assert.deepStrictEqual(answer[key], recorded[key], key);
    assert.equal(textOf(answer['session']), master.sessions.get('min1', keys.minionPublic));
    const digest = openX931(masterPublic, bytesOf(answer['sig']) ?? new Uint8Array())?.toString();
    assert.equal(digest, nodeCrypto.createHash('sha256').update(textOf(answer['aes'])).digest('hex'));
    if (name === 'auth_request_with_token') assert.equal(textOf(answer['token']), textOf(recorded['token']));
  });
}

test('the answers to a pending and a rejected key are the recorded ones, byte for byte once decoded', async () => {
  for (const [request, reply, verdict] of [
    ['auth_request_first_contact', 'auth_reply_pending', 'pending'],
    ['auth_request_rejected', 'auth_reply_rejected', 'rejected'],
    ['auth_request_rejected', 'auth_reply_rejected', 'denied'],
  ] as const) {
    const master = saltMaster();
    master.book.verdict = verdict;
    const opened = await master.open(vectorNamed(request).frame);
    assert.ok(opened.kind === 'answer' && opened.joined === undefined);
    assert.deepStrictEqual(signedMap(opened.frame), vectorNamed(reply).decoded);
  }
});

for (const vector of vectors.filter(({ kind, crypticleKey }) => kind === 'req' && crypticleKey !== undefined)) {
  test(`${vector.name}: the master opens the recorded request, once`, async () => {
    const recorded = vector.decoded;
    assert.ok(isMessage(recorded));
    const sessions = { get: () => vector.crypticleKey ?? '', forget: () => undefined };
    const master = saltMaster({ sessions, now: () => Number(recorded['ts']) * 1000 });
    master.book.keys.set('min1', keys.minionPublic);
    const opened = await master.open(vector.frame);
    assert.ok(opened.kind === 'request', master.refusals.join());
    const load = { ...opened.load };
    if (load['return'] instanceof Packed) load['return'] = decode(load['return'].bytes);
    const { tok: _tok, nonce, ...expected } = recorded;
    assert.deepStrictEqual([opened.minion, load], ['min1', expected]);
    const again = await master.open(vector.frame);
    assert.ok(again.kind === 'answer' && decode(again.frame) === 'bad load');
    const session = minionSession(vector.crypticleKey ?? '');
    rig(String(nonce));
    assert.equal(session.seal({ cmd: 'x' }).open(opened.reply('answer')), 'answer');
  });
}

function minionSession(keyText: string): SaltMinionSession {
  const options = {
    id: 'min1',
    privateKeyPem: keys.minionPrivate,
    masterKey: { read: async () => undefined, write: async () => undefined },
  };
  return new SaltMinionSession({
    options,
    privateKey: minionPrivate,
    masterKey: masterPublic,
    token: new Uint8Array(),
    publishKeyText: keyText,
    sessionKeyText: keyText,
    serials: new SerialGate(),
  });
}

for (const vector of vectors.filter(
  ({ kind, nonce, crypticleKey }) => kind === 'rep' && nonce !== undefined && crypticleKey !== undefined,
)) {
  test(`${vector.name}: the minion opens the recorded reply to its question, and to no other`, () => {
    const session = minionSession(vector.crypticleKey ?? '');
    assert.throws(() => session.seal({ cmd: 'x' }).open(vector.frame), { code: 'bad-frame' });
    rig(vector.nonce ?? '');
    assert.deepStrictEqual(session.seal({ cmd: 'x' }).open(vector.frame), vector.decoded);
  });
}

test('pillar_reply: the minion opens the recorded pillar', () => {
  const recorded = vectorNamed('pillar_reply').decoded;
  assert.ok(isMessage(recorded));
  rig(String(recorded['nonce']));
  const session = minionSession(Buffer.alloc(56).toString('base64'));
  assert.deepStrictEqual(session.seal({ cmd: '_pillar' }).openPrivate(vectorNamed('pillar_reply').frame), recorded['pillar']);
});

test('the recorded publications open in their order, and none a second time', () => {
  const published = vectors.filter(({ kind }) => kind === 'pub');
  const session = minionSession(published[0]?.crypticleKey ?? '');
  for (const vector of published) {
    const { serial: _serial, ...job } = vector.decoded as Message;
    assert.deepStrictEqual({ ...session.openPublish([vector.frame]) }, job);
  }
  for (const vector of published) assert.throws(() => session.openPublish([vector.frame]), { code: 'bad-frame' });
});

const joinRecorded = (vector: Vector, pin: { pem?: string }) => {
  const recorded = vector.decoded as Message;
  const token = recorded['token'] === undefined ? undefined : Buffer.from(textOf(recorded['token']), 'base64');
  rig(String(recorded['nonce']), token);
  return saltMinion({}, pin).join(async () => vector.frame);
};

test('the minion joins by the recorded answers, at first contact pinning the key, later by its token', async () => {
  const pin: { pem?: string } = {};
  const first = await joinRecorded(vectorNamed('auth_reply_accepted_no_token'), pin);
  assert.ok(first.verdict === 'accepted' && first.publishPort === 4505);
  assert.equal(pin.pem, keys.masterPublic);
  const later = await joinRecorded(vectorNamed('auth_reply_accepted_with_token'), pin);
  assert.ok(later.verdict === 'accepted');
  assert.deepStrictEqual(await joinRecorded(vectorNamed('auth_reply_pending'), pin), { verdict: 'pending' });
  assert.deepStrictEqual(await joinRecorded(vectorNamed('auth_reply_rejected'), pin), { verdict: 'rejected' });
});
