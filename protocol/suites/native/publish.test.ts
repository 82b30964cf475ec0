import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BadFrame } from '../../errors.ts';
import { encode } from '../../wire/msgpack.ts';
import type { Exchange, MinionSession } from '../suite.ts';
import { Book, joined, masterWith, minionWith, plain, wireTo } from './house.fixture.ts';
import { newIdentity } from './identity.ts';
import { nativeTopics } from './master.ts';
import { EpochUnknown, SessionLost } from './minion.ts';

const ALL = Buffer.from('tsalt/all');

const opened = (session: MinionSession, frame: Uint8Array): unknown => plain(session.openPublish([ALL, frame]));

/** As a listening minion does: once more after a refresh. */
async function read(session: MinionSession, wire: Exchange, frame: Uint8Array): Promise<unknown> {
  try {
    return opened(session, frame);
  } catch (error) {
    assert.ok(error instanceof EpochUnknown);
    assert.equal(await session.refresh?.(wire), true);
    return opened(session, frame);
  }
}

describe('publications', () => {
  it('reach every minion on the common topic, and one on its own', async () => {
    await using master = masterWith(new Book());
    const session = await joined(minionWith({ id: 'web1' }), wireTo(master));
    const [own = ''] = nativeTopics(['web1']);
    const [other = ''] = nativeTopics(['web2']);
    assert.match(own, /^tsalt\/[0-9a-f]{16}$/);
    assert.deepEqual(session.topics(false), ['tsalt/all', own]);
    assert.deepEqual(plain(session.openPublish([ALL, master.sealPublish({ fun: 'a' })])), { fun: 'a' });
    assert.deepEqual(plain(session.openPublish([Buffer.from(own), master.sealPublish({ fun: 'b' })])), { fun: 'b' });
    assert.deepEqual(plain(session.openPublish([master.sealPublish({ fun: 'c' })])), { fun: 'c' });
    assert.equal(session.openPublish([Buffer.from(other), master.sealPublish({ fun: 'd' })]), undefined);
  });

  it('go to each minion alone while they are few, to everybody when many or not known', () => {
    assert.deepEqual(nativeTopics(undefined), ['tsalt/all']);
    assert.equal(nativeTopics(['a', 'b']).length, 2);
    assert.deepEqual(nativeTopics(Array.from({ length: 65 }, (_, n) => `m${n}`)), ['tsalt/all']);
    assert.deepEqual(nativeTopics([]), []);
  });

  it('of the salt suite are not ours', async () => {
    await using master = masterWith(new Book());
    const session = await joined(minionWith(), wireTo(master));
    assert.equal(session.openPublish([encode({ enc: 'aes', load: Buffer.alloc(99) })]), undefined);
    assert.equal(session.openPublish([]), undefined);
    assert.equal(session.openPublish([ALL, master.sealPublish({}), ALL]), undefined);
  });

  it('open once and in order: a repeated or overtaken one is refused', async () => {
    await using master = masterWith(new Book());
    const session = await joined(minionWith(), wireTo(master));
    const [one, two, three] = [1, 2, 3].map((n) => master.sealPublish({ n }));
    assert.ok(one && two && three);
    assert.deepEqual(opened(session, one), { n: 1 });
    assert.throws(() => opened(session, one), BadFrame);
    assert.deepEqual(opened(session, three), { n: 3 });
    assert.throws(() => opened(session, two), BadFrame);
  });

  it('with any bit changed are refused, and the genuine one still opens', async () => {
    await using master = masterWith(new Book());
    const session = await joined(minionWith(), wireTo(master));
    const genuine = Buffer.from(master.sealPublish({ fun: 'test.ping' }));
    fc.assert(
      fc.property(fc.nat(genuine.length - 1), fc.nat(7), (at, bit) => {
        const forged = Buffer.from(genuine);
        forged.writeUInt8(forged.readUInt8(at) ^ (1 << bit), at);
        let message: unknown;
        try {
          message = session.openPublish([ALL, forged]);
        } catch (error) {
          assert.ok(error instanceof BadFrame && !(error instanceof EpochUnknown));
        }
        assert.equal(message, undefined);
      }),
      { numRuns: 300 },
    );
    assert.deepEqual(opened(session, genuine), { fun: 'test.ping' });
  });

  it('of a member that knows the group key but not the master key are refused', async () => {
    await using master = masterWith(new Book());
    await using impostor = masterWith(new Book(), { identity: newIdentity() });
    const session = await joined(minionWith(), wireTo(master));
    assert.throws(() => opened(session, impostor.sealPublish({})), BadFrame);
  });

  it('made before a process joined are stale for it', async () => {
    await using master = masterWith(new Book());
    const recorded = master.sealPublish({ n: 1 });
    const session = await joined(minionWith(), wireTo(master));
    assert.throws(() => opened(session, recorded), BadFrame);
    assert.deepEqual(opened(session, master.sealPublish({ n: 2 })), { n: 2 });
  });

  it('that were read stay read when the minion joins again, and those still queued open', async () => {
    await using master = masterWith(new Book());
    const minion = minionWith();
    const before = await joined(minion, wireTo(master));
    const [read1, queued] = [master.sealPublish({ n: 1 }), master.sealPublish({ n: 2 })];
    assert.deepEqual(opened(before, read1), { n: 1 });
    const after = await joined(minion, wireTo(master));
    assert.throws(() => opened(after, read1), BadFrame);
    assert.deepEqual(opened(after, queued), { n: 2 });
  });
});

describe('the group key', () => {
  it('changes at once: a removed minion reads nothing published after, the others ask and read', async () => {
    const book = new Book();
    await using master = masterWith(book);
    const wire = wireTo(master);
    const stays = await joined(minionWith({ id: 'stays' }), wire);
    const goes = await joined(minionWith({ id: 'goes' }), wire);
    assert.deepEqual(opened(goes, master.sealPublish({ n: 1 })), { n: 1 });

    book.pems.delete('goes');
    book.verdict = 'rejected';
    master.forget('goes');
    await master.rotate();

    const after = master.sealPublish({ n: 2 });
    assert.throws(() => opened(goes, after), EpochUnknown);
    await assert.rejects(async () => goes.refresh?.(wire), SessionLost);
    assert.deepEqual(await minionWith({ id: 'goes' }).join(wire), { verdict: 'rejected' });
    assert.throws(() => opened(goes, after), EpochUnknown);
    assert.deepEqual(await read(stays, wire, after), { n: 2 });
  });

  it('is asked for once, however many publications wait', async () => {
    await using master = masterWith(new Book());
    const said: Uint8Array[] = [];
    const wire = wireTo(master, said);
    const session = await joined(minionWith(), wire);
    await master.rotate();
    const frames = [1, 2, 3].map((n) => master.sealPublish({ n }));
    const before = said.length;
    const values = await Promise.all(frames.map((frame) => read(session, wire, frame)));
    assert.deepEqual(values, [{ n: 1 }, { n: 2 }, { n: 3 }]);
    assert.equal(said.length - before, 2);
  });

  it('of an epoch that was replaced meanwhile is still given to who was a member in it', async () => {
    await using master = masterWith(new Book());
    const wire = wireTo(master);
    const session = await joined(minionWith(), wire);
    await master.rotate();
    const between = master.sealPublish({ n: 1 });
    await master.rotate();
    const latest = master.sealPublish({ n: 2 });
    assert.deepEqual(await read(session, wire, between), { n: 1 });
    assert.deepEqual(await read(session, wire, latest), { n: 2 });
  });

  it('of an epoch that ended before a minion joined is not given to it', async () => {
    let now = 1000;
    await using master = masterWith(new Book(), { now: () => now });
    const wire = wireTo(master);
    const recorded = master.sealPublish({ n: 1 });
    await master.rotate();
    now += 1;
    const late = await joined(minionWith({ id: 'late' }), wire);
    assert.throws(() => opened(late, recorded), EpochUnknown);
    assert.equal(await late.refresh?.(wire), false);
    assert.throws(
      () => opened(late, recorded),
      (error) => error instanceof BadFrame && !(error instanceof EpochUnknown),
    );
  });

  it('is new after a restart, and publications recorded before it open nowhere', async () => {
    const book = new Book();
    const minion = minionWith();
    await using first = masterWith(book);
    const session = await joined(minion, wireTo(first));
    const recorded = first.sealPublish({ n: 1 });
    assert.deepEqual(opened(session, recorded), { n: 1 });
    await using second = masterWith(book);
    const fresh = second.sealPublish({ n: 2 });
    assert.throws(() => opened(session, fresh), EpochUnknown);
    await assert.rejects(async () => session.refresh?.(wireTo(second)), SessionLost);
    const again = await joined(minion, wireTo(second));
    assert.deepEqual(opened(again, fresh), { n: 2 });
    assert.throws(() => opened(again, recorded), BadFrame);
    const restarted = await joined(minionWith(), wireTo(second));
    assert.throws(() => opened(restarted, recorded), EpochUnknown);
    assert.equal(await restarted.refresh?.(wireTo(second)), false);
  });
});
