import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { describe, it } from 'node:test';
import { BadFrame, WrongPeer } from '../../errors.ts';
import { decodeEnvelope } from '../../wire/envelope.ts';
import { decode, encode } from '../../wire/msgpack.ts';
import { Packed } from '../../wire/packed.ts';
import { fingerprint } from '../salt/keys.ts';
import type { Exchange } from '../suite.ts';
import { openssl, tweetnacl } from './curves.ts';
import { ask, Book, joined, masterIdentity, masterWith, minionWith, plain, wireTo } from './house.fixture.ts';
import { newIdentity } from './identity.ts';
import { NotNative } from './minion.ts';

const rsa = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
const rsaPrivatePem = rsa.privateKey.export({ format: 'pem', type: 'pkcs1' }).toString();
const rsaPem = rsa.publicKey.export({ format: 'pem', type: 'spki' }).toString().trim();

/** The wire, with a record of what was sent over it. */
const recorded = (wire: Exchange, sent: Uint8Array[]): Exchange => {
  return (frame) => {
    sent.push(frame);
    return wire(frame);
  };
};

describe('joining', () => {
  it('admits an accepted minion, which then talks and is known by its session', async () => {
    await using master = masterWith(new Book());
    const wire = wireTo(master);
    const admission = await minionWith().join(wire);
    assert.equal(admission.verdict, 'accepted');
    assert.equal(admission.publishPort, 4505);
    assert.deepEqual(plain(await ask(admission.session, wire, { cmd: 'x', id: 'somebody else' })), {
      minion: 'web1',
      load: { cmd: 'x', id: 'somebody else' },
    });
  });

  for (const [verdict, expected] of [
    ['pending', 'pending'],
    ['rejected', 'rejected'],
    ['denied', 'rejected'],
    ['full', 'full'],
  ] as const) {
    it(`tells a minion that its key is ${verdict}, and opens no session`, async () => {
      const book = new Book();
      book.verdict = verdict;
      await using master = masterWith(book);
      assert.deepEqual(await minionWith().join(wireTo(master)), { verdict: expected });
    });
  }

  it('works with tweetnacl and OpenSSL on either end', async () => {
    for (const [mine, theirs] of [
      [tweetnacl, openssl],
      [openssl, tweetnacl],
    ] as const) {
      await using master = masterWith(new Book(), { curves: theirs });
      await joined(minionWith({ curves: mine }), wireTo(master));
    }
  });

  it('gives the key book the key, the token and the autosign grains, none of which is readable on the wire', async () => {
    const book = new Book();
    await using master = masterWith(book);
    const said: Uint8Array[] = [];
    const identity = newIdentity();
    const minion = minionWith({ id: 'secretive.example', identity, token: 'once-only-4711', autosignGrains: { role: 'web-grain' } });
    await joined(minion, wireTo(master, said));
    assert.deepEqual(plain(book.offers), [
      {
        id: 'secretive.example',
        publicKey: identity.publicKey,
        suite: 'native',
        autosignGrains: { role: 'web-grain' },
        token: 'once-only-4711',
      },
    ]);
    const wire = Buffer.concat(said).toString('latin1');
    for (const secret of ['once-only-4711', 'secretive.example', 'web-grain', Buffer.from(identity.raw).toString('latin1')]) {
      assert.equal(wire.includes(secret), false, secret);
    }
  });

  it('sends the token until it is accepted and not again', async () => {
    const book = new Book();
    book.verdict = 'pending';
    await using master = masterWith(book);
    const minion = minionWith({ token: 't' });
    await minion.join(wireTo(master));
    book.verdict = 'accepted';
    await minion.join(wireTo(master));
    await minion.join(wireTo(master));
    assert.deepEqual(
      book.offers.map(({ token }) => token),
      ['t', 't', undefined],
    );
  });

  it('proves by its old RSA key that the machine was the salt-minion of this name', async () => {
    const book = new Book();
    await using master = masterWith(book);
    await joined(minionWith({ predecessor: rsaPrivatePem }), wireTo(master));
    assert.equal(book.offers[0]?.predecessor, rsaPem);
  });

  it('does not count a weak RSA key as proof', async () => {
    const weak = crypto.generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    const book = new Book();
    await using master = masterWith(book);
    await joined(minionWith({ predecessor: weak }), wireTo(master));
    assert.equal(book.offers[0]?.predecessor, undefined);
  });

  it('renews its join when the prekey it was offered is gone', async () => {
    let now = 1_000_000;
    await using master = masterWith(new Book(), { now: () => now });
    const wire = wireTo(master);
    let frames = 0;
    await joined(minionWith(), (frame) => {
      frames += 1;
      if (frames === 2) now += 120_000;
      return wire(frame);
    });
    assert.equal(frames, 3);
  });

  it('begins with a hello that names nobody and that a real salt-master can decode', async () => {
    const sent: Uint8Array[] = [];
    await assert.rejects(minionWith().join(recorded(async () => encode('bad load'), sent)), NotNative);
    const { enc, load } = decodeEnvelope(sent[0] ?? new Uint8Array(0));
    assert.equal(enc, 'native');
    assert.ok(load instanceof Uint8Array);
    assert.deepEqual(plain(decode(load)), { versions: [1] });
  });

  it('says NotNative to whoever answers in another way', async () => {
    for (const reply of [encode('bad load'), encode({ enc: 'clear', load: {} }), new Uint8Array(0), Buffer.from('HTTP/1.1 400')]) {
      await assert.rejects(
        minionWith().join(async () => reply),
        NotNative,
      );
    }
  });

  it('refuses a key that is removed while it is judged', async () => {
    const book = new Book();
    const judge = book.judge.bind(book);
    book.judge = async (offer) => {
      const verdict = await judge(offer);
      book.pems.clear();
      return verdict;
    };
    await using master = masterWith(book);
    await assert.rejects(minionWith().join(wireTo(master)), BadFrame);
  });
});

describe('who the master is', () => {
  it('pins the first master that accepts it, once', async () => {
    const pins: string[] = [];
    const book = new Book();
    book.verdict = 'pending';
    await using master = masterWith(book);
    const minion = minionWith({ pin: (key) => void pins.push(key) });
    await minion.join(wireTo(master));
    assert.deepEqual(pins, []);
    book.verdict = 'accepted';
    await minion.join(wireTo(master));
    await minion.join(wireTo(master));
    assert.deepEqual(pins, [masterIdentity.publicKey]);
  });

  it('sends nothing but a hello to a master that is not the pinned one', async () => {
    await using master = masterWith(new Book(), { identity: newIdentity() });
    for (const trust of [
      { pinned: masterIdentity.publicKey },
      { masterFinger: fingerprint(masterIdentity.publicKey) },
      { pinnedRsa: rsaPem },
    ]) {
      const sent: Uint8Array[] = [];
      await assert.rejects(minionWith(trust).join(recorded(wireTo(master), sent)), WrongPeer);
      assert.equal(sent.length, 1);
    }
  });

  it('turns from a master it trusted first to no other', async () => {
    const minion = minionWith();
    await using first = masterWith(new Book());
    await using second = masterWith(new Book(), { identity: newIdentity() });
    await joined(minion, wireTo(first));
    await assert.rejects(minion.join(wireTo(second)), WrongPeer);
  });

  it('accepts one of several fingerprints, in capitals as well', async () => {
    await using master = masterWith(new Book());
    const finger = fingerprint(masterIdentity.publicKey);
    await joined(minionWith({ masterFinger: `00:11, ${finger.toUpperCase()}` }), wireTo(master));
  });

  it('accepts a master endorsed by the RSA key that salt-minion pinned, and no other', async () => {
    await using master = masterWith(new Book(), { endorsedBy: rsaPrivatePem });
    await joined(minionWith({ pinnedRsa: `${rsaPem}\n` }), wireTo(master));
    const other = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'pem', type: 'spki' }).toString();
    await assert.rejects(minionWith({ pinnedRsa: other }).join(wireTo(master)), WrongPeer);
  });

  it('is not fooled by a man in the middle who repeats the genuine offer', async () => {
    await using master = masterWith(new Book());
    await using impostor = masterWith(new Book(), { identity: newIdentity() });
    const minion = minionWith({ pinned: masterIdentity.publicKey });
    let step = 0;
    await assert.rejects(
      minion.join((frame) => wireTo(step++ === 0 ? master : impostor)(frame)),
      WrongPeer,
    );
  });
});

describe('requests', () => {
  it('may be under way together and be answered in any order', async () => {
    await using master = masterWith(new Book());
    const wire = wireTo(master);
    const session = await joined(minionWith(), wire);
    const requests = [0, 1, 2, 3].map((n) => session.seal({ cmd: 'n', n }));
    for (const n of [2, 0, 3, 1]) {
      const request = requests[n];
      assert.ok(request);
      assert.deepEqual(plain(request.open(await wire(request.frame))), { minion: 'web1', load: { cmd: 'n', n } });
    }
  });

  it('leave what a minion returns packed, and decode everything else', async () => {
    await using master = masterWith(new Book());
    const wire = wireTo(master);
    const session = await joined(minionWith(), wire);
    const load = async (cmd: string): Promise<unknown> => {
      const opened = await master.open(decodeEnvelope(session.seal({ cmd, return: { a: 1 } }).frame));
      assert.equal(opened.kind, 'request');
      return opened.load['return'];
    };
    const packed = await load('_return');
    assert.ok(packed instanceof Packed);
    assert.deepEqual(Buffer.from(packed.bytes), encode({ a: 1 }));
    assert.deepEqual(plain(await load('other')), { a: 1 });
  });

  it('carry bytes that look like text as bytes where the caller asks', async () => {
    await using master = masterWith(new Book());
    const session = await joined(minionWith(), wireTo(master));
    const request = session.seal({ cmd: '_serve_file' });
    const opened = await master.open(decodeEnvelope(request.frame));
    assert.equal(opened.kind, 'request');
    const reply = opened.reply({ data: Buffer.from('plain text'), dest: 'a' });
    const value = request.open(reply, ['data']);
    assert.ok(typeof value === 'object' && value !== null && 'data' in value && value.data instanceof Uint8Array);
    assert.equal(Buffer.from(value.data).toString(), 'plain text');
  });

  it('may be answered twice without using a nonce twice', async () => {
    await using master = masterWith(new Book());
    const session = await joined(minionWith(), wireTo(master));
    const request = session.seal({ cmd: 'x' });
    const opened = await master.open(decodeEnvelope(request.frame));
    assert.equal(opened.kind, 'request');
    const [first, second] = [opened.reply('same'), await opened.replyPrivate('same')];
    assert.notDeepEqual(Buffer.from(first), Buffer.from(second));
    assert.equal(request.open(first), 'same');
    assert.equal(request.openPrivate(second), 'same');
  });
});
