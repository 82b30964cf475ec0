import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { both, joined, plain, request, saltMaster, saltMinion } from '../../../test/support/salt-pair.ts';
import { decodeEnvelope } from '../../wire/envelope.ts';
import { encode } from '../../wire/msgpack.ts';
import { topicOf, topicsFor } from './topics.ts';

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
