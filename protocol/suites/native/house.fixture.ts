import assert from 'node:assert/strict';
import { decodeEnvelope } from '../../wire/envelope.ts';
import type { Exchange, KeyBook, KeyOffer, MasterSuite, MinionSession, MinionSuite, Verdict } from '../suite.ts';
import { openssl } from './curves.ts';
import { newIdentity } from './identity.ts';
import { createNativeMasterSuite, type NativeMasterOptions } from './master.ts';
import { createNativeMinionSuite, type NativeMinionOptions } from './minion.ts';

/* A master, minions and the wire between them, in memory, for the tests of this folder. */

/** A key store in memory: `verdict` judges every offer, accepted keys are remembered. */
export class Book implements KeyBook {
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

export const masterIdentity = newIdentity();

export const masterWith = (keys: KeyBook, more: Partial<NativeMasterOptions> = {}): MasterSuite =>
  createNativeMasterSuite({ identity: masterIdentity, keys, publishPort: 4505, ...more });

export const minionWith = (more: Partial<NativeMinionOptions> = {}): MinionSuite =>
  createNativeMinionSuite({ id: 'web1', identity: newIdentity(), curves: openssl, ...more });

/** The wire, with what passed over it; requests are answered with what they said, and by whom. */
export function wireTo(master: MasterSuite, said: Uint8Array[] = []): Exchange {
  return async (frame) => {
    const opened = await master.open(decodeEnvelope(frame));
    const answer = opened.kind === 'answer' ? opened.frame : opened.reply({ minion: opened.minion, load: opened.load });
    said.push(frame, answer);
    return answer;
  };
}

export async function joined(minion: MinionSuite, wire: Exchange): Promise<MinionSession> {
  const admission = await minion.join(wire);
  assert.equal(admission.verdict, 'accepted');
  return admission.session;
}

export async function ask(
  session: MinionSession,
  wire: Exchange,
  load: { readonly [key: string]: unknown } = { cmd: 'ping' },
): Promise<unknown> {
  const request = session.seal(load);
  return request.open(await wire(request.frame));
}

export const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
