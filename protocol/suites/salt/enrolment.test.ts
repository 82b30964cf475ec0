import assert from 'node:assert/strict';
import nodeCrypto, { generateKeyPairSync } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { afterEach, mock, test } from 'node:test';
import { joined, type SaltMaster, saltMaster, saltMinion } from '../../../test/support/salt-pair.ts';
import { keys, type Vector, vectorNamed, vectors } from '../../../test/vectors/salt-3008.ts';
import { bytesOf, decodeEnvelope, decodeMessage, isMessage } from '../../wire/envelope.ts';
import { decode, encode } from '../../wire/msgpack.ts';
import { Packed } from '../../wire/packed.ts';
import type { Message, Opened, Verdict } from '../suite.ts';
import { Crypticle } from './crypticle.ts';
import { fingerprint, newKeyPair, privateKeyOf } from './keys.ts';
import { SaltMinionSession } from './minion-session.ts';
import { decryptNow, isSigned, rsaPublicKey, signNow } from './rsa.ts';
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

/** The inner map of a clear-signed answer, its signature checked. */
function signedMap(frame: Uint8Array): Message {
  const { enc, load, sig } = decodeEnvelope(frame);
  const [data, signature] = [bytesOf(load), bytesOf(sig)];
  assert.ok(enc === 'clear' && data !== undefined && signature !== undefined);
  assert.ok(isSigned(masterPublic, data, signature, 'PKCS1v15-SHA1'));
  return decodeMessage(data);
}

const textOf = (box: unknown): string => decryptNow(minionPrivate, bytesOf(box) ?? new Uint8Array(), 'OAEP-SHA1').toString();

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

test('each verdict reaches the minion as such', async () => {
  const master = saltMaster();
  for (const [verdict, seen] of [
    ['pending', 'pending'],
    ['rejected', 'rejected'],
    ['denied', 'rejected'],
    ['full', 'full'],
    ['accepted', 'accepted'],
  ] as [Verdict, string][]) {
    master.book.verdict = verdict;
    assert.equal((await saltMinion().join(master.exchange)).verdict, seen);
  }
});

test('autosign grains reach the key book', async () => {
  const master = saltMaster();
  await joined(master, { autosignGrains: { uuid: 'x', none: null } });
  assert.deepStrictEqual({ ...master.book.offers[0]?.autosignGrains }, { uuid: 'x', none: null });
});

test('garbage and weak keys never reach the key book, unless weak ones are allowed', async () => {
  const weak = generateKeyPairSync('rsa', {
    modulusLength: 1024,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  const odd = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicExponent: 3,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  const ed = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const master = saltMaster();
  const offer = async (pub: unknown): Promise<Message> => {
    const opened = await master.open(encode({ enc: 'clear', version: 3, load: { cmd: '_auth', id: 'x', nonce: 'n', pub } }));
    assert.ok(opened.kind === 'answer' && opened.joined === undefined);
    return signedMap(opened.frame);
  };
  for (const pub of [
    '',
    'garbage',
    weak.publicKey,
    odd.publicKey,
    ed.publicKey,
    keys.minionPrivate,
    `${keys.minionPublic}${' \n'.repeat(9000)}x`,
  ]) {
    assert.deepStrictEqual({ ...(await offer(pub)) }, { ret: false, nonce: 'n' });
  }
  assert.deepStrictEqual(master.book.offers, []);
  const lax = saltMaster({ allowWeakKeys: true });
  assert.ok(await joined(lax, { privateKeyPem: weak.privateKey }));
});

test('algorithms that are not known are named, as Salt names them', async () => {
  const master = saltMaster();
  const said = async (more: Message): Promise<unknown> => {
    const opened = await master.open(
      encode({ enc: 'clear', version: 3, load: { cmd: '_auth', id: 'x', nonce: 'n', pub: keys.minionPublic, ...more } }),
    );
    assert.ok(opened.kind === 'answer');
    return decode(opened.frame);
  };
  assert.deepStrictEqual(await said({ sig_algo: 'PSS' }), decode(encode({ enc: 'clear', load: { ret: 'bad sig algo' } })));
  assert.deepStrictEqual(
    await said({ enc_algo: 'toString', token: Buffer.alloc(256) }),
    decode(encode({ enc: 'clear', load: { ret: 'bad enc algo' } })),
  );
  const minion = saltMinion();
  await assert.rejects(
    minion.join(async () => encode({ enc: 'clear', load: { ret: 'bad enc algo' } })),
    { code: 'bad-frame', message: /bad enc algo/ },
  );
});

test('a junk token is left out of the answer, and then a minion with a pinned key refuses', async () => {
  const master = saltMaster();
  const opened = await master.open(
    encode({
      enc: 'clear',
      version: 3,
      load: { cmd: '_auth', id: 'min1', nonce: 'n', pub: keys.minionPublic, token: Buffer.alloc(256, 1) },
    }),
  );
  assert.ok(opened.kind === 'answer');
  assert.equal(signedMap(opened.frame)['token'], undefined);
  const pin = { pem: keys.masterPublic };
  await assert.rejects(
    saltMinion({}, pin).join(async (frame) => {
      const { load, ...envelope } = decodeEnvelope(frame);
      return master.exchange(encode({ ...envelope, load: { ...(load as Message), token: undefined } }));
    }),
    { code: 'wrong-peer', message: /token/ },
  );
});

test('a minion that knows its master talks to no other, whatever that one signs', async () => {
  const other = await newKeyPair();
  const impostor = saltMaster({ privateKeyPem: other.privatePem });
  const pin = { pem: keys.masterPublic };
  await assert.rejects(saltMinion({}, pin).join(impostor.exchange), { code: 'wrong-peer', message: /another key/ });
  for (const verdict of ['pending', 'rejected', 'full'] as const) {
    impostor.book.verdict = verdict;
    await assert.rejects(saltMinion({}, pin).join(impostor.exchange), { code: 'wrong-peer' });
  }
  assert.equal(pin.pem, keys.masterPublic);
});

test('master_finger decides at first contact, and nothing is pinned when it differs', async () => {
  const pin: { pem?: string } = {};
  const master = saltMaster();
  await assert.rejects(saltMinion({ masterFinger: fingerprint(keys.minionPublic) }, pin).join(master.exchange), {
    code: 'wrong-peer',
    message: /master_finger/,
  });
  assert.equal(pin.pem, undefined);
  await joined(master, { masterFinger: fingerprint(keys.masterPublic) }, pin);
  await joined(master, { masterFinger: fingerprint(keys.masterPublic, 'md5').toUpperCase(), hashType: 'md5' }, pin);
  assert.equal(pin.pem, keys.masterPublic);
});

test('a master key vouched for by the signing key replaces the pinned one; without agreement on signing both refuse', async () => {
  const [signer, next] = [await newKeyPair(), await newKeyPair()];
  const master = saltMaster({ privateKeyPem: next.privatePem, masterSignPubkey: signer.privatePem });
  const pin = { pem: keys.masterPublic };
  await assert.rejects(saltMinion({}, pin).join(master.exchange), { code: 'wrong-peer', message: /master_sign_pubkey/ });
  await assert.rejects(saltMinion({ masterSigningKey: keys.masterPublic }, pin).join(master.exchange), { code: 'wrong-peer' });
  assert.equal(pin.pem, keys.masterPublic);
  await joined(master, { masterSigningKey: signer.publicPem }, pin);
  assert.equal(pin.pem, next.publicPem);
  await assert.rejects(saltMinion({ masterSigningKey: signer.publicPem }, {}).join(saltMaster().exchange), { code: 'wrong-peer' });
});

test('a changed, truncated or foreign answer is never taken for an admission and pins nothing', async () => {
  const master = saltMaster();
  const other = await newKeyPair();
  const changes: ((frame: Uint8Array) => Uint8Array)[] = [
    (frame) => frame.subarray(0, 100),
    () => encode('bad load'),
    () => encode(null),
    () => encode({ enc: 'clear', load: { ret: true } }),
    (frame) => encode({ ...decodeEnvelope(frame), sig: Buffer.alloc(256) }),
    (frame) => resigned(frame, other.privatePem, { pub_key: keys.masterPublic }),
    (frame) => resigned(frame, keys.masterPrivate, { nonce: 'other' }),
    (frame) => resigned(frame, keys.masterPrivate, { sig: Buffer.alloc(256) }),
    (frame) => resigned(frame, keys.masterPrivate, { aes: Buffer.alloc(256) }),
    (frame) => resigned(frame, keys.masterPrivate, { session: Buffer.alloc(3) }),
    (frame) => resigned(frame, keys.masterPrivate, { publish_port: 0 }),
    (frame) => resigned(frame, keys.masterPrivate, { pub_key: 'junk' }),
    (frame) => resigned(frame, keys.masterPrivate, { pub_key: undefined, ret: 'maybe' }),
  ];
  for (const [index, change] of changes.entries()) {
    const pin: { pem?: string } = {};
    await assert.rejects(
      saltMinion({}, pin).join(async (frame) => change(await master.exchange(frame))),
      (error) => /bad-frame|wrong-peer/.test(Reflect.get(Object(error), 'code')),
      `change ${index}`,
    );
    assert.equal(pin.pem, undefined);
  }
});

function resigned(frame: Uint8Array, privatePem: string, change: Message): Uint8Array {
  const load = encode({ ...signedMap(frame), ...change });
  return encode({ enc: 'clear', load, sig: signNow(privateKeyOf(privatePem), load, 'PKCS1v15-SHA1') });
}

test('auth_mode 2 puts the token into the encrypted key, and the minion finds it there', async () => {
  const master = saltMaster({ authMode: 2 });
  const pin = {};
  await joined(master, {}, pin);
  const session = await joined(master, {}, pin);
  assert.equal(session.openPublish([master.suite.sealPublish({ fun: 'x' })])?.['fun'], 'x');
});

test('version 2 is refused by default; when allowed, requests go under the publish key and no session is given', async () => {
  const asVersion = (frame: Uint8Array, version: number): Uint8Array => encode({ ...decodeEnvelope(frame), version });
  const strict = saltMaster();
  await assert.rejects(
    saltMinion().join((frame) => strict.exchange(asVersion(frame, 2))),
    { code: 'bad-frame', message: /bad load/ },
  );
  assert.match(strict.refusals[0] ?? '', /minimum_auth_version/);
  const master = saltMaster({ minimumAuthVersion: 2 });
  const admission = await saltMinion().join((frame) => master.exchange(asVersion(frame, 2)));
  assert.ok(admission.verdict === 'accepted');
  const asked = admission.session.seal({ cmd: '_file_hash' });
  assert.equal(decodeEnvelope(asked.frame)['version'], 2);
  assert.equal(decodeEnvelope(asked.frame)['id'], undefined);
  const opened = await master.open(asked.frame);
  assert.ok(opened.kind === 'request' && opened.minion === 'min1');
  assert.deepStrictEqual(asked.open(opened.reply(5)), 5);
  const again = await master.open(asked.frame);
  assert.equal(again.kind, 'answer');
  const pillar = admission.session.seal({ cmd: '_pillar' });
  const private_ = await master.open(pillar.frame);
  assert.ok(private_.kind === 'request');
  assert.equal(pillar.openPrivate(await private_.replyPrivate(6)), 6);
  const modern = await joined(master);
  assert.equal((await master.open(modern.seal({ cmd: 'x' }).frame)).kind, 'request');
  const downgraded = await master.open(admission.session.seal({ cmd: 'x' }).frame);
  assert.ok(downgraded.kind === 'answer' && decode(downgraded.frame) === 'bad load');
});

test('an old minion that names nobody is served files under no name, and nothing else', async () => {
  const master = saltMaster({ minimumAuthVersion: 2 });
  const admission = await saltMinion().join((frame) => master.exchange(encode({ ...decodeEnvelope(frame), version: 2 })));
  assert.ok(admission.verdict === 'accepted');
  const publishKey = new Crypticle(await publishKeyOf(master));
  const ask = (load: Message): Promise<Opened> =>
    master.suite.open({ enc: 'aes', version: 2, load: publishKey.seal(encode({ nonce: 'n', ...load })) });
  const file = await ask({ cmd: '_serve_file', path: 'x' });
  assert.ok(file.kind === 'request' && file.minion === '');
  for (const load of [
    { cmd: '_pillar' },
    { cmd: '_return' },
    { cmd: '_file_recv' },
    { cmd: '_pillar', id: 'nobody' },
    { cmd: '_pillar', id: 'min1', tok: Buffer.alloc(256) },
  ]) {
    assert.equal((await ask(load)).kind, 'answer', load.cmd);
  }
});

async function publishKeyOf(master: SaltMaster): Promise<string> {
  const opened = await master.open(vectorNamed('auth_request_first_contact').frame);
  assert.ok(opened.kind === 'answer');
  return textOf(signedMap(opened.frame)['aes']);
}

test('before version 2 answers are not signed, as old minions expect', async () => {
  const master = saltMaster({ minimumAuthVersion: 0 });
  const load = { cmd: '_auth', id: 'old', pub: keys.minionPublic };
  const first = await master.open(encode({ enc: 'clear', load }));
  assert.ok(first.kind === 'answer');
  assert.equal((decode(first.frame) as Message)['enc'], 'pub');
  master.book.verdict = 'pending';
  const second = await master.open(encode({ enc: 'clear', load: { ...load, id: 'other' } }));
  assert.ok(second.kind === 'answer');
  assert.deepStrictEqual(decode(second.frame), decode(encode({ enc: 'clear', load: { ret: true } })));
});
