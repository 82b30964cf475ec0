import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { joined, type SaltMaster, saltMaster, saltMinion, signedMap, textOf } from '../../../test/support/salt-pair.ts';
import { keys, vectorNamed } from '../../../test/vectors/salt-3008.ts';
import { decodeEnvelope } from '../../wire/envelope.ts';
import { decode, encode } from '../../wire/msgpack.ts';
import type { Message, Opened, Verdict } from '../suite.ts';
import { Crypticle } from './crypticle.ts';
import { fingerprint, newKeyPair, privateKeyOf } from './keys.ts';
import { signNow } from './rsa.ts';

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
