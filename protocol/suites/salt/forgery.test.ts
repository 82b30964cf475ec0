import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { both, joined, plain, refused, request, type SaltMaster, saltMaster } from '../../../test/support/salt-pair.ts';
import { keys } from '../../../test/vectors/salt-3008.ts';
import { BadFrame } from '../../errors.ts';
import { decodeEnvelope } from '../../wire/envelope.ts';
import { decode, encode } from '../../wire/msgpack.ts';
import type { Message, Opened } from '../suite.ts';
import { Crypticle } from './crypticle.ts';
import { newKeyPair } from './keys.ts';
import { signX931 } from './x931.ts';

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
