import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { describe, it } from 'node:test';
import { BadFrame, WrongPeer } from '../../errors.ts';
import { decodeEnvelope } from '../../wire/envelope.ts';
import { decode, encode } from '../../wire/msgpack.ts';
import type { Exchange, KeyBook, KeyOffer, MasterSuite, MinionSession, MinionSuite, Verdict } from '../suite.ts';
import { openssl } from './curves.ts';
import { fingerprint, newIdentity } from './identity.ts';
import { createNativeMasterSuite, type NativeMasterOptions } from './master.ts';
import { createNativeMinionSuite, EpochUnknown, type NativeMinionOptions, NotNative, SessionLost } from './minion.ts';

/** A key store in memory: `verdict` judges every offer, accepted keys are remembered. */
class Book implements KeyBook {
  verdict: Verdict = 'accepted';
  readonly offers: KeyOffer[] = [];
  readonly pems = new Map<string, string>();

  accepted(id: string): string | undefined {
    return this.pems.get(id);
  }

  async judge(offer: KeyOffer): Promise<Verdict> {
    this.offers.push(offer);
    if (this.verdict === 'accepted') this.pems.set(offer.id, offer.publicKey);
    return this.verdict;
  }
}

const masterIdentity = newIdentity();
const rsa = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
const rsaPrivatePem = rsa.privateKey.export({ format: 'pem', type: 'pkcs1' }).toString();
const rsaPem = rsa.publicKey.export({ format: 'pem', type: 'spki' }).toString().trim();

const masterWith = (keys: KeyBook, more: Partial<NativeMasterOptions> = {}): MasterSuite =>
  createNativeMasterSuite({ identity: masterIdentity, keys, publishPort: 4505, ...more });

const minionWith = (more: Partial<NativeMinionOptions> = {}): MinionSuite =>
  createNativeMinionSuite({ id: 'web1', identity: newIdentity(), curves: openssl, ...more });

/** The wire, with what passed over it; requests are answered with what they said, and by whom. */
function wireTo(master: MasterSuite, said: Uint8Array[] = []): Exchange {
  return async (frame) => {
    const opened = await master.open(decodeEnvelope(frame));
    const answer = opened.kind === 'answer' ? opened.frame : opened.reply({ minion: opened.minion, load: opened.load });
    said.push(frame, answer);
    return answer;
  };
}

async function joined(minion: MinionSuite, wire: Exchange): Promise<MinionSession> {
  const admission = await minion.join(wire);
  assert.equal(admission.verdict, 'accepted');
  return admission.session;
}

async function ask(session: MinionSession, wire: Exchange, load: { readonly [key: string]: unknown } = { cmd: 'ping' }): Promise<unknown> {
  const request = session.seal(load);
  return request.open(await wire(request.frame));
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

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

  it('works with tweetnacl at the minion and at the master, alone and mixed with OpenSSL', async () => {
    const { tweetnacl } = await import('./curves.ts');
    for (const [mine, theirs] of [
      [tweetnacl, openssl],
      [openssl, tweetnacl],
      [tweetnacl, tweetnacl],
    ] as const) {
      await using master = masterWith(new Book(), { curves: theirs });
      await joined(minionWith({ curves: mine }), wireTo(master));
    }
  });
});
