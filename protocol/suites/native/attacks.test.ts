import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BadFrame } from '../../errors.ts';
import { decodeEnvelope } from '../../wire/envelope.ts';
import { decode, encode } from '../../wire/msgpack.ts';
import type { MasterSuite } from '../suite.ts';
import { derive, nonceOf, open } from './aead.ts';
import { tweetnacl } from './curves.ts';
import { KIND, unwrap, wrap } from './frames.ts';
import { ask, Book, joined, masterIdentity, masterWith, minionWith, plain, wireTo } from './house.fixture.ts';
import { newIdentity } from './identity.ts';
import { SessionLost } from './minion.ts';

const BAD_LOAD = encode('bad load');

/** What the master answers to a load of the native suite. */
async function answerTo(master: MasterSuite, load: Uint8Array): Promise<{ frame: Buffer; kind: string }> {
  const opened = await master.open({ enc: 'native', load });
  return { kind: opened.kind, frame: Buffer.from(opened.kind === 'answer' ? opened.frame : []) };
}

const loadIn = (frame: Uint8Array): Buffer => {
  const load = unwrap(frame);
  assert.ok(load);
  return load;
};

const flipped = (bytes: Uint8Array, at: number, bit: number): Buffer => {
  const changed = Buffer.from(bytes);
  changed.writeUInt8(changed.readUInt8(at % bytes.length) ^ (1 << bit), at % bytes.length);
  return changed;
};

describe('forged and damaged frames', () => {
  it('never make the master throw, or give it a request', async () => {
    await using master = masterWith(new Book());
    const wire = wireTo(master);
    const session = await joined(minionWith(), wire);
    const kind = fc.constantFrom<number>(...Object.values(KIND), 0, 255);
    await fc.assert(
      fc.asyncProperty(kind, fc.uint8Array({ maxLength: 400 }), async (first, rest) => {
        assert.equal((await answerTo(master, Buffer.concat([Buffer.of(first), rest]))).kind, 'answer');
      }),
      { numRuns: 500 },
    );
    for (const load of [undefined, null, 7, {}, [], 'text', new Uint8Array(0)]) {
      assert.equal((await master.open({ enc: 'native', load })).kind, 'answer');
    }
    assert.ok(await ask(session, wire));
  });

  it('are refused when any bit of a request is changed, or its end is missing', async () => {
    await using master = masterWith(new Book());
    const session = await joined(minionWith(), wireTo(master));
    const genuine = loadIn(session.seal({ cmd: 'x', data: 'y'.repeat(50) }).frame);
    await fc.assert(
      fc.asyncProperty(fc.nat(genuine.length - 1), fc.nat(7), async (at, bit) => {
        assert.equal((await answerTo(master, flipped(genuine, at, bit))).kind, 'answer');
      }),
      { numRuns: 300 },
    );
    for (let length = 0; length < genuine.length; length++) {
      assert.equal((await answerTo(master, genuine.subarray(0, length))).kind, 'answer');
    }
    assert.equal((await answerTo(master, genuine)).kind, 'request');
  });

  it('are refused when any bit of a join is changed', async () => {
    const book = new Book();
    await using master = masterWith(book);
    const said: Uint8Array[] = [];
    await joined(minionWith(), wireTo(master, said));
    const join = loadIn(said[2] ?? Buffer.alloc(0));
    await fc.assert(
      fc.asyncProperty(fc.nat(join.length - 1), fc.nat(7), async (at, bit) => {
        const { frame } = await answerTo(master, flipped(join, at, bit));
        assert.ok(frame.equals(BAD_LOAD) || loadIn(frame)[0] === KIND.prekey || loadIn(frame)[0] === KIND.lost);
      }),
      { numRuns: 300 },
    );
    assert.equal(book.offers.length, 1);
  });

  it('are refused by the minion when any bit of a reply, or of an answer to its join, is changed', async () => {
    await using master = masterWith(new Book());
    const wire = wireTo(master);
    const session = await joined(minionWith(), wire);
    const request = session.seal({ cmd: 'x' });
    const reply = await wire(request.frame);
    fc.assert(
      fc.property(fc.nat(reply.length - 1), fc.nat(7), (at, bit) => {
        assert.throws(() => request.open(flipped(reply, at, bit)), BadFrame);
      }),
      { numRuns: 300 },
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(1, 2), fc.nat(800), fc.nat(7), async (step, at, bit) => {
        let steps = 0;
        const pinned = minionWith({ pinned: masterIdentity.publicKey });
        await assert.rejects(pinned.join(async (frame) => (++steps === step ? flipped(await wire(frame), at, bit) : wire(frame))));
      }),
      { numRuns: 60 },
    );
    assert.ok(request.open(reply));
  });

  it('with a public key of low order are refused', async () => {
    await using master = masterWith(new Book());
    const said: Uint8Array[] = [];
    await joined(minionWith(), wireTo(master, said));
    const join = Buffer.from(loadIn(said[2] ?? Buffer.alloc(0)));
    join.fill(0, 9, 41);
    assert.deepEqual((await answerTo(master, join)).frame, BAD_LOAD);
  });

  it('with __proto__ as a key pollute nothing', async () => {
    await using master = masterWith(new Book());
    const session = await joined(minionWith(), wireTo(master));
    const load = Object.assign(Object.create(null), { cmd: 'x', ['__proto__']: { polluted: true } });
    const opened = await master.open(decodeEnvelope(session.seal(load).frame));
    assert.equal(opened.kind, 'request');
    assert.equal(Object.hasOwn(opened.load, '__proto__'), true);
    assert.equal('polluted' in {}, false);
  });
});

describe('replayed and misdirected frames', () => {
  it('open once: a request sent again is refused, whatever came between', async () => {
    await using master = masterWith(new Book());
    const session = await joined(minionWith(), wireTo(master));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(9), { minLength: 1, maxLength: 40 }), async (order) => {
        const loads = Array.from({ length: 10 }, (_, n) => loadIn(session.seal({ n }).frame));
        const seen = new Set<number>();
        for (const n of order) {
          const { kind, frame } = await answerTo(master, loads[n] ?? Buffer.alloc(0));
          assert.equal(kind, seen.has(n) ? 'answer' : 'request');
          if (seen.has(n)) assert.deepEqual(frame, BAD_LOAD);
          seen.add(n);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('of a recorded join open no second session, and leave the living one alone', async () => {
    await using master = masterWith(new Book());
    const said: Uint8Array[] = [];
    const wire = wireTo(master, said);
    const session = await joined(minionWith(), wire);
    const join = loadIn(said[2] ?? Buffer.alloc(0));
    for (let again = 0; again < 20; again++) assert.deepEqual((await answerTo(master, join)).frame, BAD_LOAD);
    assert.ok(await ask(session, wire));
  });

  it('between two minions open nothing: sessions and replies cannot be swapped', async () => {
    await using master = masterWith(new Book());
    const wire = wireTo(master);
    const one = await joined(minionWith({ id: 'one' }), wire);
    const two = await joined(minionWith({ id: 'two' }), wire);
    const [first, second] = [one.seal({ cmd: 'x' }), two.seal({ cmd: 'x' })];
    const grafted = Buffer.from(loadIn(first.frame));
    loadIn(second.frame).copy(grafted, 1, 1, 17);
    assert.deepEqual((await answerTo(master, grafted)).frame, BAD_LOAD);
    const reply = await wire(first.frame);
    assert.throws(() => second.open(reply), BadFrame);
    const third = one.seal({ cmd: 'x' });
    assert.throws(() => third.open(reply), BadFrame);
    assert.deepEqual(plain(first.open(reply)), { minion: 'one', load: { cmd: 'x' } });
  });

  it('reflected to their sender open nothing', async () => {
    await using master = masterWith(new Book());
    const session = await joined(minionWith(), wireTo(master));
    const request = session.seal({ cmd: 'x' });
    assert.throws(() => request.open(request.frame), BadFrame);
  });
});

describe('lost sessions', () => {
  it('are told of by a restarted master, with its signature; the minion joins again', async () => {
    const book = new Book();
    const minion = minionWith();
    await using before = masterWith(book);
    const session = await joined(minion, wireTo(before));
    await using after = masterWith(book);
    await assert.rejects(ask(session, wireTo(after)), SessionLost);
    assert.ok(await ask(await joined(minion, wireTo(after)), wireTo(after)));
  });

  it('cannot be invented: not by another key, not for another request', async () => {
    const book = new Book();
    await using master = masterWith(book);
    const session = await joined(minionWith(), wireTo(master));
    await using impostor = masterWith(book, { identity: newIdentity() });
    await using restarted = masterWith(book);
    const request = session.seal({ cmd: 'x' });
    const byAnother = await wireTo(impostor)(request.frame);
    const ofAnother = await wireTo(restarted)(session.seal({ cmd: 'y' }).frame);
    for (const notice of [byAnother, ofAnother, wrap(Buffer.of(KIND.lost)), encode('bad load')]) {
      assert.throws(
        () => request.open(notice),
        (error) => error instanceof BadFrame && !(error instanceof SessionLost),
      );
    }
  });

  it('end at once with the key: deleted, replaced or forgotten', async () => {
    const book = new Book();
    await using master = masterWith(book);
    const wire = wireTo(master);
    for (const end of [
      () => void book.pems.delete('web1'),
      () => void book.pems.set('web1', newIdentity().publicKey),
      () => master.forget('web1'),
    ]) {
      const session = await joined(minionWith(), wire);
      end();
      await assert.rejects(ask(session, wire), SessionLost);
    }
  });

  it('end by age, and are bounded in number for each minion', async () => {
    let now = 0;
    await using master = masterWith(new Book(), { now: () => now });
    const wire = wireTo(master);
    const identity = newIdentity();
    const sessions = [];
    for (let n = 0; n < 20; n++) {
      now += 1;
      const session = await joined(minionWith({ identity }), wire);
      await ask(session, wire);
      sessions.push(session);
    }
    const [oldest, newest] = [sessions[0], sessions[19]];
    assert.ok(oldest && newest);
    await assert.rejects(ask(oldest, wire), SessionLost);
    assert.ok(await ask(newest, wire));
    now += 12 * 3_600_000;
    await assert.rejects(ask(newest, wire), SessionLost);
  });

  it('that were never used do not displace those that are', async () => {
    let now = 0;
    await using master = masterWith(new Book(), { now: () => now++ });
    const wire = wireTo(master);
    const identity = newIdentity();
    const living = await joined(minionWith({ identity }), wire);
    await ask(living, wire);
    for (let n = 0; n < 40; n++) await joined(minionWith({ identity }), wire);
    assert.ok(await ask(living, wire));
  });

  it('are not answered without end: beyond a number in a second they are refused unsigned', async () => {
    await using master = masterWith(new Book(), { now: () => 5000 });
    const stranger = Buffer.concat([Buffer.of(KIND.request), Buffer.alloc(60)]);
    const kinds = new Set<string>();
    for (let n = 0; n < 4001; n++) kinds.add((await answerTo(master, stranger)).frame.equals(BAD_LOAD) ? 'refused' : 'told');
    assert.deepEqual([...kinds], ['told', 'refused']);
  });
});

describe('forward secrecy', () => {
  it('recorded frames do not open with every static key of both ends and the group key known', async () => {
    const said: Uint8Array[] = [];
    const identity = newIdentity();
    await using master = masterWith(new Book());
    const wire = wireTo(master, said);
    const session = await joined(minionWith({ identity }), wire);
    const request = session.seal({ cmd: 'secret' });
    await wire(request.frame);
    const [, offer, join, joinedFrame, sealed] = said.map(loadIn);
    assert.ok(offer && join && joinedFrame && sealed);

    const prekey = decode(offer.subarray(1), { bytesAt: ['prekey'] });
    assert.ok(typeof prekey === 'object' && prekey !== null && 'prekey' in prekey && prekey.prekey instanceof Uint8Array);
    const publics = [prekey.prekey, join.subarray(9, 41), joinedFrame.subarray(1, 33)];
    const secrets = [masterIdentity.seed, identity.seed].flatMap((seed) => [
      Buffer.from(seed),
      crypto.createHash('sha512').update(seed).digest().subarray(0, 32),
    ]);
    const shared = secrets.flatMap((secret) => publics.map((key) => tweetnacl.agree({ secretKey: secret, publicKey: key }, key)));
    const candidates = [...secrets, ...shared, ...shared.flatMap((one) => shared.map((two) => Buffer.concat([one, two])))];
    for (const secret of candidates) {
      const ratcheted = derive(secret, new Uint8Array(0), 'ratchet', 96).subarray(0, 32);
      assert.throws(() => open(ratcheted, nonceOf(0), sealed.subarray(0, 23), sealed.subarray(23)), BadFrame);
    }
  });

  it('two sessions of the same identities share no bytes of any frame beyond the public heads', async () => {
    const identity = newIdentity();
    const book = new Book();
    await using master = masterWith(book);
    const frames: Buffer[] = [];
    for (let n = 0; n < 2; n++) {
      const session = await joined(minionWith({ identity }), wireTo(master));
      frames.push(loadIn(session.seal({ cmd: 'same' }).frame));
    }
    const [one, two] = frames;
    assert.ok(one && two);
    assert.notDeepEqual(one.subarray(23), two.subarray(23));
  });
});
