import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BadFrame } from '../../errors.ts';
import { decodeEnvelope } from '../../wire/envelope.ts';
import { KEY, nonceOf, open, seal } from './aead.ts';
import { Allowance } from './allowance.ts';
import { openssl, tweetnacl } from './curves.ts';
import { unwrap, wrap } from './frames.ts';
import { identityOf, newIdentity } from './identity.ts';
import { PER_KEY, Ratchet } from './ratchet.ts';
import { ReplayWindow } from './window.ts';

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');

describe('curves', () => {
  it('verify one another: tweetnacl and OpenSSL make the same signatures', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.uint8Array({ maxLength: 200 }), (seed, message) => {
        const keys = identityOf(seed);
        const [one, two] = [tweetnacl.sign(keys, message), openssl.sign(keys, message)];
        assert.deepEqual(Buffer.from(one), Buffer.from(two));
      }),
      { numRuns: 10 },
    );
    const identity = newIdentity();
    const { raw } = identity;
    for (const [signer, verifier] of [
      [tweetnacl, openssl],
      [openssl, tweetnacl],
    ] as const) {
      const signature = signer.sign(identity, bytes('abcd'));
      assert.equal(verifier.verify(raw, bytes('abcd'), signature), true);
      assert.equal(verifier.verify(raw, bytes('abce'), signature), false);
      assert.equal(verifier.verify(newIdentity().raw, bytes('abcd'), signature), false);
      assert.equal(verifier.verify(raw, bytes('abcd'), signature.subarray(1)), false);
    }
  });

  it('agree on the same secret whichever of them computes it', () => {
    for (const [one, two] of [
      [tweetnacl, openssl],
      [openssl, tweetnacl],
      [openssl, openssl],
    ] as const) {
      const [mine, theirs] = [one.agreementKeys(), two.agreementKeys()];
      assert.deepEqual(Buffer.from(one.agree(mine, theirs.publicKey)), Buffer.from(two.agree(theirs, mine.publicKey)));
    }
  });

  it('compute what RFC 7748, section 5.2, says', () => {
    const scalar = bytes('a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4');
    const point = bytes('e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c');
    const product = 'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552';
    for (const curves of [tweetnacl, openssl])
      assert.equal(Buffer.from(curves.agree({ secretKey: scalar, publicKey: point }, point)).toString('hex'), product);
  });

  it('refuse public keys of low order and of the wrong length', () => {
    for (const curves of [tweetnacl, openssl]) {
      const mine = curves.agreementKeys();
      for (const key of [Buffer.alloc(32), Buffer.concat([Buffer.of(1), Buffer.alloc(31)]), Buffer.alloc(31, 9), Buffer.alloc(0)]) {
        assert.throws(() => curves.agree(mine, key), BadFrame);
      }
    }
  });
});

describe('sealing', () => {
  it('opens what was sealed, and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 30 }), fc.nat(2 ** 47), (plain, bound, counter) => {
        const key = crypto.randomBytes(KEY);
        const sealed = Buffer.concat(seal(key, nonceOf(counter), bound, plain));
        assert.deepEqual(open(key, nonceOf(counter), bound, sealed), Buffer.from(plain));
        assert.throws(() => open(key, nonceOf(counter + 1), bound, sealed), BadFrame);
        assert.throws(() => open(key, nonceOf(counter, 1), bound, sealed), BadFrame);
        assert.throws(() => open(crypto.randomBytes(KEY), nonceOf(counter), bound, sealed), BadFrame);
        assert.throws(() => open(key, nonceOf(counter), Buffer.concat([bound, Buffer.of(0)]), sealed), BadFrame);
        assert.throws(() => open(key, nonceOf(counter), bound, sealed.subarray(0, -1)), BadFrame);
      }),
    );
  });
});

describe('frames', () => {
  it('are msgpack envelopes like any other, and only in their one form ours', () => {
    const frame = wrap(Buffer.from('ab'), Buffer.from('c'));
    assert.deepEqual({ ...decodeEnvelope(frame) }, { enc: 'native', load: new Uint8Array(Buffer.from('abc')) });
    assert.deepEqual(unwrap(frame), Buffer.from('abc'));
    assert.deepEqual(unwrap(new Uint8Array(frame)), Buffer.from('abc'));
    assert.equal(unwrap(frame.subarray(0, -1)), undefined);
    assert.equal(unwrap(Buffer.concat([frame, Buffer.of(0)])), undefined);
    assert.equal(unwrap(wrap()), undefined);
  });
});

describe('the replay window', () => {
  it('lets each counter pass once and none that is too old, as a plain set would', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1500, max: 700 }), { maxLength: 300 }), (steps) => {
        const window = new ReplayWindow();
        const seen = new Set<number>();
        let highest = 0;
        for (const step of steps) {
          const counter = Math.max(0, highest + step);
          const expected = !seen.has(counter) && (seen.size === 0 || counter > highest - 1024);
          assert.equal(window.fresh(counter), expected);
          if (!expected) continue;
          window.mark(counter);
          seen.add(counter);
          highest = Math.max(...seen);
        }
      }),
    );
  });

  it('holds for counters beyond 32 bits', () => {
    const window = new ReplayWindow();
    window.mark(2 ** 40);
    assert.equal(window.fresh(2 ** 40), false);
    assert.equal(window.fresh(2 ** 40 - 1), true);
    assert.equal(window.fresh(2 ** 40 - 1024), false);
  });
});

describe('the ratchet', () => {
  const pair = (): [Ratchet, Ratchet] => [new Ratchet(Buffer.alloc(32, 1)), new Ratchet(Buffer.alloc(32, 1))];

  it('gives both ends the same keys, new ones each generation, different ones each way', () => {
    const [one, two] = pair();
    const seen = new Set<string>();
    for (let counter = 0; counter < 5 * PER_KEY; counter += PER_KEY / 2) {
      const [mine, theirs] = [one.keysFor(counter), two.keysFor(counter)];
      assert.ok(mine && theirs);
      assert.deepEqual(mine, theirs);
      seen.add(mine.request.toString('hex')).add(mine.reply.toString('hex'));
      one.passed(counter);
      two.passed(counter);
    }
    assert.equal(seen.size, 10);
  });

  it('keeps the generation before for stragglers, and no older one', () => {
    const [ratchet] = pair();
    const first = ratchet.keysFor(0);
    ratchet.passed(PER_KEY);
    assert.deepEqual(ratchet.keysFor(0), first);
    ratchet.passed(2 * PER_KEY);
    assert.equal(ratchet.keysFor(0), undefined);
  });

  it('is not driven far ahead by a counter somebody made up', () => {
    const [ratchet] = pair();
    assert.equal(ratchet.keysFor(2 ** 47), undefined);
    assert.equal(ratchet.keysFor(2 * PER_KEY), undefined);
    ratchet.passed(2 ** 47);
    assert.notEqual(ratchet.keysFor(0), undefined);
  });
});

describe('an allowance', () => {
  it('is spent within a second and whole again in the next', () => {
    let now = 10_000;
    const allowance = new Allowance(2, () => now);
    assert.deepEqual([allowance.take(), allowance.take(), allowance.take()], [true, true, false]);
    now += 1000;
    assert.equal(allowance.take(), true);
  });
});
