import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import { keys, type Vector, vectorNamed, vectors } from '../../../test/vectors/salt-3008.ts';
import { bytesOf, decodeEnvelope, decodeMessage, isMessage } from '../../wire/envelope.ts';
import { decode, encode } from '../../wire/msgpack.ts';
import type { Message } from '../suite.ts';
import { Crypticle } from './crypticle.ts';
import { keyDigest } from './publisher.ts';
import { decryptNow, decryptWith, isSigned, signNow } from './rsa.ts';
import { openX931, signX931 } from './x931.ts';

const masterPrivate = createPrivateKey(keys.masterPrivate);
const masterPublic = createPublicKey(keys.masterPublic);
const minionPrivate = createPrivateKey(keys.minionPrivate);
const minionPublic = createPublicKey(keys.minionPublic);

const bytes = (value: unknown): Uint8Array => {
  const found = bytesOf(value);
  assert.ok(found !== undefined, 'bytes were expected');
  return found;
};
const map = (value: unknown): Message => {
  assert.ok(isMessage(value), 'a map was expected');
  return value;
};

/** What is encrypted or signed in a frame: the binary itself, or the binary under `load`. */
function boxOf(vector: Vector): Uint8Array {
  const value = decode(vector.frame, { bytesAt: ['load'] });
  return bytes(isMessage(value) ? value['load'] : value);
}

const encrypted = vectors.filter((vector) => vector.crypticleKey !== undefined);
const clearSigned = vectors.filter((vector) => /^auth_reply/.test(vector.name));

test('there are 59 vectors, and each is checked by one of the tests below', () => {
  assert.equal(vectors.length, 59);
  const rest = vectors.filter((vector) => !encrypted.includes(vector) && !clearSigned.includes(vector)).map(({ name }) => name);
  assert.deepStrictEqual(rest.sort(), [
    'auth_request_accepted_no_token',
    'auth_request_first_contact',
    'auth_request_rejected',
    'auth_request_with_token',
    'clear_ping_reply',
    'clear_ping_request',
    'pillar_reply',
  ]);
});

for (const vector of vectors) {
  test(`${vector.name}: the outer map decodes to what was recorded`, () => {
    const value = decode(vector.frame, { bytesAt: ['sig', 'load'] });
    if (!isMessage(value)) return assert.ok(vector.plaintext !== undefined);
    for (const [key, expected] of Object.entries(vector.envelope)) assert.deepStrictEqual(value[key], expected, key);
    assert.deepStrictEqual(decode(encode(value)), decode(vector.frame));
  });
}

for (const vector of encrypted) {
  test(`${vector.name}: the HMAC is right, the plaintext the recorded one, and its msgpack decodes as recorded`, () => {
    const crypticle = new Crypticle(vector.crypticleKey ?? '');
    const plain = crypticle.open(boxOf(vector));
    assert.deepStrictEqual(plain, vector.plaintext);
    const packed = vector.nonce === undefined ? plain : crypticle.openReply(boxOf(vector), vector.nonce);
    assert.deepStrictEqual(decode(packed), vector.decoded);
    assert.deepStrictEqual(crypticle.open(crypticle.seal(packed, vector.nonce)), vector.plaintext);
    if (vector.nonce !== undefined) assert.throws(() => crypticle.openReply(boxOf(vector), 'f'.repeat(32)), { code: 'bad-frame' });
  });
}

test('values without long text or binary are encoded to the very bytes of Salt', () => {
  const short = (value: unknown): boolean => {
    if (typeof value === 'string') return Buffer.byteLength(value) < 32;
    if (value instanceof Uint8Array) return false;
    return typeof value !== 'object' || value === null || Object.entries(value).every(([key, inner]) => short(key) && short(inner));
  };
  const exact = encrypted.filter((vector) => short(vector.decoded));
  assert.ok(exact.length >= 20, `${exact.length} such vectors`);
  for (const vector of exact) {
    const packed = vector.plaintext?.subarray(vector.nonce?.length ?? 0);
    assert.deepStrictEqual(Buffer.from(encode(decode(packed ?? new Uint8Array()))), Buffer.from(packed ?? []), vector.name);
  }
});

for (const vector of vectors.filter(({ kind, crypticleKey }) => kind === 'req' && crypticleKey !== undefined)) {
  test(`${vector.name}: tok is the X9.31 signature of "salt", byte for byte`, () => {
    const tok = bytes(map(vector.decoded)['tok']);
    assert.equal(openX931(minionPublic, tok)?.toString(), 'salt');
    assert.deepStrictEqual(new Uint8Array(signX931(minionPrivate, Buffer.from('salt'))), new Uint8Array(tok));
    assert.equal(openX931(masterPublic, tok), undefined);
  });
}

for (const vector of clearSigned) {
  test(`${vector.name}: the master's signature over the load verifies and is made again byte for byte`, () => {
    const { load, sig } = decodeEnvelope(vector.frame);
    assert.ok(isSigned(masterPublic, bytes(load), bytes(sig), 'PKCS1v15-SHA1'));
    assert.ok(!isSigned(minionPublic, bytes(load), bytes(sig), 'PKCS1v15-SHA1'));
    assert.deepStrictEqual(new Uint8Array(signNow(masterPrivate, bytes(load), 'PKCS1v15-SHA1')), new Uint8Array(bytes(sig)));
    assert.deepStrictEqual(decode(bytes(load)), vector.decoded);
  });
}

for (const name of ['auth_request_first_contact', 'auth_request_accepted_no_token', 'auth_request_with_token', 'auth_request_rejected']) {
  test(`${name}: the clear load decodes, and a token is readable for the master alone`, async () => {
    const { load } = decodeEnvelope(vectorNamed(name).frame);
    assert.deepStrictEqual(load, vectorNamed(name).decoded);
    const token = map(load)['token'];
    if (token === undefined) return assert.ok(/first_contact|no_token/.test(name));
    assert.equal(decryptNow(masterPrivate, bytes(token), 'OAEP-SHA1').length, 76);
    await assert.rejects(decryptWith(minionPrivate, bytes(token), 'OAEP-SHA1'), { code: 'bad-frame' });
  });
}

for (const name of ['auth_reply_accepted_no_token', 'auth_reply_accepted_with_token']) {
  test(`${name}: keys, digest and token echo are as recorded`, async () => {
    const vector = vectorNamed(name);
    const reply = map(vector.decoded);
    const read = async (field: string): Promise<string> => (await decryptWith(minionPrivate, bytes(reply[field]), 'OAEP-SHA1')).toString();
    assert.equal(await read('aes'), vector.aesKey);
    assert.equal(await read('session'), vector.sessionKey);
    const digest = keyDigest(vector.aesKey ?? '');
    assert.equal(digest.toString(), vector.aesDigest);
    assert.deepStrictEqual(openX931(masterPublic, bytes(reply['sig'])), digest);
    assert.deepStrictEqual(new Uint8Array(signX931(masterPrivate, digest)), new Uint8Array(bytes(reply['sig'])));
    assert.equal(reply['pub_key'], keys.masterPublic);
  });
}

test('auth_reply_accepted_with_token: the token is the one of the request', () => {
  const sent = map(vectorNamed('auth_request_with_token').decoded)['token'];
  const echoed = map(vectorNamed('auth_reply_accepted_with_token').decoded)['token'];
  assert.deepStrictEqual(decryptNow(minionPrivate, bytes(echoed), 'OAEP-SHA1'), decryptNow(masterPrivate, bytes(sent), 'OAEP-SHA1'));
});

for (const vector of vectors.filter(({ kind }) => kind === 'pub')) {
  test(`${vector.name}: the publication is signed by the master, byte for byte`, () => {
    const { load, sig, sig_algo: algorithm } = decodeEnvelope(vector.frame);
    assert.equal(algorithm, 'PKCS1v15-SHA1');
    assert.ok(isSigned(masterPublic, bytes(load), bytes(sig), 'PKCS1v15-SHA1'));
    assert.deepStrictEqual(new Uint8Array(signNow(masterPrivate, bytes(load), 'PKCS1v15-SHA1')), new Uint8Array(bytes(sig)));
  });
}

test('return_signed_minion_sign_messages: our encoding of the load is what the minion signed', () => {
  const { nonce: _nonce, tok: _tok, sig, ...signed } = map(vectorNamed('return_signed_minion_sign_messages').decoded);
  assert.ok(isSigned(minionPublic, encode(signed), bytes(sig), 'PKCS1v15-SHA1'));
  assert.deepStrictEqual(new Uint8Array(signNow(minionPrivate, encode(signed), 'PKCS1v15-SHA1')), new Uint8Array(bytes(sig)));
  assert.ok(!isSigned(minionPublic, encode({ ...signed, jid: 'other' }), bytes(sig), 'PKCS1v15-SHA1'));
});

test('pillar_reply: the private key opens the pillar, whose signed content is as recorded', () => {
  const outer = decodeMessage(vectorNamed('pillar_reply').frame, { bytesAt: ['key', 'pillar'] });
  const crypticle = new Crypticle(decryptNow(minionPrivate, bytes(outer['key']), 'OAEP-SHA1').toString());
  const signed = decodeMessage(crypticle.open(bytes(outer['pillar'])), { bytesAt: ['data', 'sig'] });
  assert.ok(isSigned(masterPublic, bytes(signed['data']), bytes(signed['sig']), 'PKCS1v15-SHA1'));
  assert.deepStrictEqual(decode(bytes(signed['data'])), vectorNamed('pillar_reply').decoded);
});

test('clear_ping: request and reply carry the same load', () => {
  const { load } = decodeEnvelope(vectorNamed('clear_ping_request').frame);
  assert.deepStrictEqual(load, vectorNamed('clear_ping_request').decoded);
  assert.deepStrictEqual(encode(load), Buffer.from(vectorNamed('clear_ping_reply').frame));
});
