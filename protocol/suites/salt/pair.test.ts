import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import { both, joined, plain, refused, request, saltMaster } from '../../../test/support/salt-pair.ts';
import { keys } from '../../../test/vectors/salt-3008.ts';
import { encode } from '../../wire/msgpack.ts';
import { Packed } from '../../wire/packed.ts';
import { BAD_LOAD } from './answers.ts';
import { newKeyPair } from './keys.ts';
import { isSigned } from './rsa.ts';

test('a minion joins, asks, and reads the answer made for its question', async () => {
  const { master, session } = await both();
  const asked = session.seal({ cmd: '_file_hash', path: 'x' });
  const opened = request(await master.open(asked.frame));
  assert.equal(opened.minion, 'min1');
  const { ts, ...load } = opened.load;
  assert.equal(typeof ts, 'number');
  assert.deepStrictEqual(plain(load), plain({ cmd: '_file_hash', path: 'x', id: 'min1' }));
  assert.deepStrictEqual(asked.open(opened.reply({ hsum: 'y' })), plain({ hsum: 'y' }));
  assert.equal(asked.open(opened.reply(null)), null);
  assert.deepStrictEqual(
    asked.open(opened.reply({ data: 'text', dest: 'x' }), ['data']),
    Object.assign(Object.create(null), { data: new Uint8Array(Buffer.from('text')), dest: 'x' }),
  );
});

test('with SHA224 on both sides everything works as with SHA1', async () => {
  const algorithms = { encryptionAlgorithm: 'OAEP-SHA224', signingAlgorithm: 'PKCS1v15-SHA224' } as const;
  const master = saltMaster({ publishSigningAlgorithm: 'PKCS1v15-SHA224' });
  const pin = {};
  await joined(master, algorithms, pin);
  const session = await joined(master, algorithms, pin);
  const asked = session.seal({ cmd: '_pillar' });
  assert.equal(asked.openPrivate(await request(await master.open(asked.frame)).replyPrivate(7)), 7);
  assert.equal(session.openPublish([master.suite.sealPublish({ fun: 'test.ping' })])?.['fun'], 'test.ping');
});

test('the value of a return stays packed, that of any other command is decoded', async () => {
  const { master, session } = await both();
  const returned = request(await master.open(session.seal({ cmd: '_return', return: { a: 1.5 } }).frame));
  assert.deepStrictEqual(returned.load['return'], new Packed(new Uint8Array(encode({ a: 1.5 }))));
  const other = request(await master.open(session.seal({ cmd: '_syndic_return', return: { a: 1 } }).frame));
  assert.deepStrictEqual(other.load['return'], plain({ a: 1 }));
});

test('a pillar is readable for its minion and question only', async () => {
  const { master, session } = await both();
  const asked = session.seal({ cmd: '_pillar' });
  const frame = await request(await master.open(asked.frame)).replyPrivate({ secret: 'x' });
  assert.deepStrictEqual(asked.openPrivate(frame), plain({ secret: 'x' }));
  assert.throws(() => session.seal({ cmd: '_pillar' }).openPrivate(frame), { code: 'bad-frame', message: /wrong nonce/ });
  const other = await newKeyPair();
  const stranger = await joined(master, { id: 'min2', privateKeyPem: other.privatePem });
  assert.throws(() => stranger.seal({ cmd: '_pillar' }).openPrivate(frame), { code: 'bad-frame' });
  assert.throws(() => asked.openPrivate(encode({ key: 'x', pillar: 5n ** 20n })), { code: 'bad-frame' });
});

test('a question may be a pillar asked twice with one nonce, as Salt does when it repeats', async () => {
  const { master, session } = await both();
  const asked = session.seal({ cmd: '_pillar' });
  request(await master.open(asked.frame));
  request(await master.open(asked.frame));
});

test('a reply to another question, by another key or of no meaning is a BadFrame', async () => {
  const { master, session } = await both();
  const first = session.seal({ cmd: 'x' });
  const second = session.seal({ cmd: 'x' });
  const reply = request(await master.open(first.frame)).reply(1);
  assert.throws(() => second.open(reply), { code: 'bad-frame', message: /nonce/ });
  assert.throws(() => first.open(BAD_LOAD), { code: 'bad-frame', message: /the master answered: bad load/ });
  assert.throws(() => first.open(encode({ enc: 'clear', load: { big: 2n ** 63n } })), { code: 'bad-frame' });
  const forged = Buffer.from(reply);
  forged[40] = (forged[40] ?? 0) ^ 1;
  assert.throws(() => first.open(forged), { code: 'bad-frame', message: /HMAC/ });
});

test('the same request a second time is refused', async () => {
  const { master, session } = await both();
  const { frame } = session.seal({ cmd: '_return', return: 1 });
  request(await master.open(frame));
  refused(await master.open(frame));
  assert.match(master.refusals.at(-1) ?? '', /sent before/);
});

test('a request remembered is refused for as long as its time stamp is good, an old one for its time stamp', async () => {
  let now = 1_795_000_000_000;
  const master = saltMaster({ now: () => now, requestServerTtl: 120 });
  const sealedAt = async (offset: number): Promise<Uint8Array> => {
    const ahead = await joined(master, { now: () => now + offset * 1000 });
    return ahead.seal({ cmd: 'x' }).frame;
  };
  const future = await sealedAt(119);
  request(await master.open(future));
  for (let second = 0; second < 480; second += 20) {
    now += 20_000;
    request(await master.open((await joined(master, { now: () => now })).seal({ cmd: 'y' }).frame));
    refused(await master.open(future));
  }
  refused(await master.open(await sealedAt(-121)));
  refused(await master.open(await sealedAt(121)));
  request(await master.open(await sealedAt(-119)));
});

test('signed requests carry a signature that covers the load as Salt packs it', async () => {
  const master = saltMaster();
  const session = await joined(master, { minionSignMessages: true });
  const { load } = request(await master.open(session.seal({ cmd: '_mine', data: { a: 'naïve' } }).frame));
  const { sig, ...signed } = load;
  assert.ok(sig instanceof Uint8Array && isSigned(createPublicKey(keys.minionPublic), encode(signed), sig, 'PKCS1v15-SHA1'));
});
