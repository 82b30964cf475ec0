import assert from 'node:assert/strict';
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { joined, type SaltMaster, saltMaster, saltMinion } from '../../../test/support/salt-pair.ts';
import { keys } from '../../../test/vectors/salt-3008.ts';
import { BadFrame } from '../../errors.ts';
import { decodeEnvelope } from '../../wire/envelope.ts';
import { decode, encode } from '../../wire/msgpack.ts';
import { Packed } from '../../wire/packed.ts';
import type { Message, MinionSession, Opened } from '../suite.ts';
import { BAD_LOAD } from './answers.ts';
import { Crypticle } from './crypticle.ts';
import { newKeyPair } from './keys.ts';
import { isSigned } from './rsa.ts';
import { topicOf, topicsFor } from './topics.ts';
import { signX931 } from './x931.ts';

const plain = (value: unknown): unknown => decode(encode(value));

function request(opened: Opened): Extract<Opened, { kind: 'request' }> {
  assert.equal(opened.kind, 'request', opened.kind === 'answer' ? String(decode(opened.frame)) : '');
  return opened as Extract<Opened, { kind: 'request' }>;
}

function refused(opened: Opened): void {
  assert.ok(opened.kind === 'answer' && opened.joined === undefined);
  assert.deepStrictEqual(opened.frame, BAD_LOAD);
}

async function both(options: Parameters<typeof saltMaster>[0] = {}): Promise<{ master: SaltMaster; session: MinionSession }> {
  const master = saltMaster(options);
  return { master, session: await joined(master) };
}

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

/** A request made by hand: any load, under the session of `session`, in an envelope of `outer`. */
function forged(master: SaltMaster, session: string, outer: Message, load: unknown): Promise<Opened> {
  const crypticle = new Crypticle(master.sessions.get(session, master.book.accepted(session) ?? ''));
  return master.suite.open(decodeEnvelope(encode({ enc: 'aes', version: 3, ...outer, load: crypticle.seal(encode(load)) })));
}

const tokOf = (privatePem: string): Buffer => signX931(createPrivateKey(privatePem), Buffer.from('salt'));

test('another minion is never served: its id in the load, in the envelope or in both is refused', async () => {
  const { master } = await both();
  const victim = await newKeyPair();
  await joined(master, { id: 'victim', privateKeyPem: victim.privatePem });
  let count = 0;
  const load = (id: string): Message => ({
    cmd: '_pillar',
    id,
    nonce: String(count++).padStart(32, '0'),
    ts: Math.floor(Date.now() / 1000),
    tok: tokOf(keys.minionPrivate),
  });
  assert.equal(request(await forged(master, 'min1', { id: 'min1' }, load('min1'))).minion, 'min1');
  refused(await forged(master, 'min1', { id: 'min1' }, load('victim')));
  refused(await forged(master, 'min1', { id: 'victim' }, load('victim')));
  refused(await forged(master, 'min1', { id: 'victim' }, load('min1')));
  // Even with the victim's session key, which min1 never has, its own proof does not do.
  refused(await forged(master, 'victim', { id: 'victim' }, load('victim')));
});

test('a request without proof, nonce or time is refused', async () => {
  const { master } = await both();
  const good = { cmd: 'x', id: 'min1', nonce: 'a'.repeat(32), ts: Math.floor(Date.now() / 1000), tok: tokOf(keys.minionPrivate) };
  for (const lacking of ['tok', 'nonce', 'ts', 'id'])
    refused(await forged(master, 'min1', { id: 'min1' }, { ...good, [lacking]: undefined }));
  for (const tok of ['', 'salt', Buffer.alloc(256), Buffer.alloc(256, 0xff), tokOf((await newKeyPair()).privatePem), 5, [good.tok]]) {
    refused(await forged(master, 'min1', { id: 'min1' }, { ...good, tok }));
  }
  assert.equal(request(await forged(master, 'min1', { id: 'min1' }, good)).minion, 'min1');
});

test('what Salt says in words to odd loads is said in the same words', async () => {
  const { master } = await both();
  const said = async (opened: Promise<Opened>): Promise<unknown> => {
    const answer = await opened;
    assert.equal(answer.kind, 'answer');
    return answer.kind === 'answer' ? decode(answer.frame) : undefined;
  };
  assert.equal(await said(forged(master, 'min1', { id: 'min1' }, ['no map'])), 'payload and load must be a dict');
  assert.equal(await said(forged(master, 'min1', { id: 'min1' }, { id: 'a\0b' })), 'bad load: id contains a null byte');
  assert.equal(await said(forged(master, 'min1', { id: 'min1' }, { id: 5 })), 'bad load: id 5 is not a string');
  const clear = (load: unknown, more: Message = {}): Promise<unknown> =>
    said(master.suite.open(decodeEnvelope(encode({ enc: 'clear', version: 3, load, ...more }))));
  assert.deepStrictEqual(await clear({ cmd: 'ping', x: 1 }), plain({ cmd: 'ping', x: 1 }));
  assert.deepStrictEqual(await clear({ cmd: '_return' }), plain({}));
  assert.deepStrictEqual(await clear({}), plain({}));
  assert.equal(await clear('text'), 'payload and load must be a dict');
  assert.equal(await clear({ cmd: '_auth', id: 'x', pub: keys.minionPublic }), 'Some exception handling minion payload');
  assert.equal(await clear({ cmd: 'ping' }, { version: 2 }), 'bad load');
  assert.equal(await clear({ cmd: 'ping' }, { version: null }), 'bad load');
  assert.equal(await clear({ cmd: 'ping' }, { enc: 'other' }), 'bad load');
  assert.equal(await clear({ cmd: 'ping' }, { enc: { deep: [] } }), 'bad load');
  assert.equal(await said(master.suite.open({})), 'bad load');
});

test('a deleted minion and one whose key was replaced are strangers at once', async () => {
  const { master, session } = await both();
  master.book.keys.delete('min1');
  refused(await master.open(session.seal({ cmd: 'x' }).frame));
  const other = await newKeyPair();
  master.book.keys.set('min1', other.publicPem);
  refused(await master.open(session.seal({ cmd: 'x' }).frame));
  const next = await joined(master, { privateKeyPem: other.privatePem });
  request(await master.open(next.seal({ cmd: 'x' }).frame));
  refused(await master.open(session.seal({ cmd: 'x' }).frame));
});

test('a minion that is forgotten must join anew', async () => {
  const { master, session } = await both();
  master.suite.forget('min1');
  refused(await master.open(session.seal({ cmd: 'x' }).frame));
  request(await master.open((await joined(master)).seal({ cmd: 'x' }).frame));
});

test('a stranger leaves no session behind', async () => {
  const asked: string[] = [];
  const sessions = { get: (id: string) => `${asked.push(id)}`, forget: () => undefined };
  const master = saltMaster({ sessions });
  for (const id of ['nobody', '../../etc/passwd', 'a\0b', 'x'.repeat(300), '', 5, null, { a: 1 }]) {
    refused(await master.suite.open({ enc: 'aes', version: 3, id, load: Buffer.alloc(80) }));
  }
  assert.deepStrictEqual(asked, []);
});

const mutations = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: fc.nat(), bit: fc.integer({ min: 0, max: 7 }) }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat() }),
  fc.record({ kind: fc.constant('insert' as const), at: fc.nat(), bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }) }),
);

test('a changed request is never accepted as another, and never throws', async () => {
  const { master, session } = await both({ requestServerTtl: 0 });
  const { frame } = session.seal({ cmd: '_return', jid: '20261123235010753312', return: { a: [1, 2, 3] } });
  const original = request(await master.open(frame)).load;
  await fc.assert(
    fc.asyncProperty(mutations, async (mutation) => {
      const at = mutation.at % frame.length;
      let bytes = Buffer.from(frame);
      if (mutation.kind === 'flip') bytes[at] = (bytes[at] ?? 0) ^ (1 << mutation.bit);
      else if (mutation.kind === 'cut') bytes = bytes.subarray(0, at);
      else bytes = Buffer.concat([bytes.subarray(0, at), mutation.bytes, bytes.subarray(at)]);
      let envelope: Message;
      try {
        envelope = decodeEnvelope(bytes);
      } catch (error) {
        return assert.ok(error instanceof BadFrame);
      }
      const opened = await master.suite.open(envelope);
      // The envelope's algorithm names are not protected in this protocol; what is inside is.
      if (opened.kind === 'request') assert.deepStrictEqual([opened.minion, opened.load], ['min1', original]);
    }),
    { numRuns: 1000 },
  );
});

const anything = fc
  .anything({ withBigInt: true, withNullPrototype: true, withMap: true, withDate: true, withTypedArray: false })
  .filter((value) => {
    try {
      encode(value);
      return true;
    } catch {
      return false;
    }
  });

test('no value in any field of an envelope, a clear load or an own encrypted load makes open throw', async () => {
  const { master } = await both();
  master.book.verdict = 'pending';
  const token = tokOf(keys.minionPrivate);
  const field = fc.constantFrom(
    'enc',
    'load',
    'version',
    'id',
    'enc_algo',
    'sig_algo',
    'cmd',
    'pub',
    'nonce',
    'ts',
    'tok',
    'token',
    'autosign_grains',
    '__proto__',
  );
  await fc.assert(
    fc.asyncProperty(field, anything, fc.nat(), async (name, value, number) => {
      const bad = new Map([[name, value]]);
      const nonce = number.toString(16).padStart(32, '0');
      const introduction = { cmd: '_auth', id: 'min1', nonce, pub: keys.minionPublic };
      const own = { cmd: 'x', id: 'min1', nonce, ts: Math.floor(Date.now() / 1000), tok: token };
      await master.suite.open(
        decodeEnvelope(encode(new Map([...Object.entries({ enc: 'clear', version: 3, load: introduction }), ...bad]))),
      );
      await master.suite.open(
        decodeEnvelope(encode({ enc: 'clear', version: 3, load: new Map([...Object.entries(introduction), ...bad]) })),
      );
      const opened = await forged(master, 'min1', { id: 'min1' }, new Map<string, unknown>([...Object.entries(own), ...bad]));
      if (opened.kind === 'request') assert.equal(opened.minion, 'min1');
    }),
    { numRuns: 400 },
  );
  assert.deepStrictEqual([...master.book.keys.keys()], ['min1']);
  assert.equal(Reflect.get({}, 'polluted'), undefined);
});

test('publications are numbered and signed; a repeated, older, altered or foreign one is a BadFrame', async () => {
  const { master, session } = await both();
  const [one, two, three] = [1, 2, 3].map((n) => master.suite.sealPublish({ fun: 'test.ping', n }));
  assert.ok(one !== undefined && two !== undefined && three !== undefined);
  assert.deepStrictEqual(session.openPublish([one]), plain({ fun: 'test.ping', n: 1 }));
  assert.deepStrictEqual(session.openPublish([three]), plain({ fun: 'test.ping', n: 3 }));
  for (const late of [one, two, three])
    assert.throws(() => session.openPublish([late]), { code: 'bad-frame', message: /came again or too late/ });
  const fresh = master.suite.sealPublish({ fun: 'test.ping' });
  const envelope = decodeEnvelope(fresh);
  assert.throws(() => session.openPublish([encode({ ...envelope, sig: undefined })]), { message: /not signed/ });
  assert.throws(() => session.openPublish([encode({ ...envelope, sig: decodeEnvelope(one)['sig'] })]), {
    message: /not signed by the master/,
  });
  assert.throws(() => session.openPublish([encode({ ...envelope, load: Buffer.alloc(96) })]), { message: /HMAC/ });
  assert.throws(() => session.openPublish([Buffer.from('junk')]), { code: 'bad-frame' });
  assert.throws(() => session.openPublish([]), { code: 'bad-frame' });
  assert.equal(session.openPublish([encode({ ...envelope, enc: 'native' })]), undefined);
  assert.equal(session.openPublish([fresh])?.['fun'], 'test.ping');
});

test('a publication made by another minion with the publish key is refused unless signatures are not asked for', async () => {
  const master = saltMaster({ signPubMessages: false });
  const frame = master.suite.sealPublish({ fun: 'cmd.run' });
  assert.throws(() => master.suite.sealPublish({ fun: () => 1 }), { code: 'not-packable' });
  const strict = await joined(master);
  assert.throws(() => strict.openPublish([frame]), { code: 'bad-frame', message: /sign_pub_messages/ });
  assert.equal((await joined(master, { verifySignature: false })).openPublish([frame])?.['fun'], 'cmd.run');
});

test('a session joined anew under the same publish key still refuses what was seen before', async () => {
  const master = saltMaster();
  const minion = saltMinion();
  const first = await minion.join(master.exchange);
  const frame = master.suite.sealPublish({ fun: 'x' });
  assert.ok(first.verdict === 'accepted');
  first.session.openPublish([frame]);
  const second = await minion.join(master.exchange);
  assert.ok(second.verdict === 'accepted');
  assert.throws(() => second.session.openPublish([frame]), { code: 'bad-frame' });
});

test('after a rotation the old session reads nothing, one joined anew reads from the first serial on', async () => {
  const { master, session } = await both();
  session.openPublish([master.suite.sealPublish({ fun: 'a' })]);
  await master.suite.rotate();
  const frame = master.suite.sealPublish({ fun: 'b' });
  assert.throws(() => session.openPublish([frame]), { code: 'bad-frame', message: /HMAC/ });
  assert.equal((await joined(master)).openPublish([frame])?.['fun'], 'b');
  request(await master.open(session.seal({ cmd: 'x' }).frame));
});

test('with filtering a minion hears its own topic and the broadcast, and no other', async () => {
  const { master, session } = await both();
  const topic = topicOf('min1');
  assert.equal(topic, createHash('sha1').update('min1').digest('hex'));
  assert.deepStrictEqual(session.topics(true), ['broadcast', topic]);
  assert.deepStrictEqual(session.topics(false), ['']);
  const sealed = (): Uint8Array => master.suite.sealPublish({ fun: 'x' });
  assert.equal(session.openPublish([Buffer.from(topic), sealed()])?.['fun'], 'x');
  assert.equal(session.openPublish([Buffer.from('broadcast'), sealed()])?.['fun'], 'x');
  assert.equal(session.openPublish([Buffer.from(topicOf('min2')), sealed()]), undefined);
  assert.deepStrictEqual(topicsFor({ tgt_type: 'glob' }, ['min1']), [topic]);
  assert.deepStrictEqual(topicsFor({}, ['min1'], true), [topic, 'syndic']);
  assert.deepStrictEqual(topicsFor({ tgt_type: 'grain' }, ['min1']), ['broadcast']);
  assert.deepStrictEqual(topicsFor({ tgt_type: 'list' }, []), []);
});

test('signed requests carry a signature that covers the load as Salt packs it', async () => {
  const master = saltMaster();
  const session = await joined(master, { minionSignMessages: true });
  const { load } = request(await master.open(session.seal({ cmd: '_mine', data: { a: 'naïve' } }).frame));
  const { sig, ...signed } = load;
  assert.ok(sig instanceof Uint8Array && isSigned(createPublicKey(keys.minionPublic), encode(signed), sig, 'PKCS1v15-SHA1'));
});
