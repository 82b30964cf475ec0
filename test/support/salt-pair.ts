import { createSaltMasterSuite } from '../../protocol/suites/salt/master.ts';
import type { SaltMasterOptions } from '../../protocol/suites/salt/master-options.ts';
import { createSaltMinionSuite } from '../../protocol/suites/salt/minion.ts';
import type { SaltMinionOptions } from '../../protocol/suites/salt/minion-options.ts';
import { forgetfulState } from '../../protocol/suites/salt/publish-state.ts';
import { MemorySessionKeys, type SessionKeys } from '../../protocol/suites/salt/sessions.ts';
import type { Exchange, KeyBook, KeyOffer, MasterSuite, MinionSession, Opened, Verdict } from '../../protocol/suites/suite.ts';
import { decodeEnvelope } from '../../protocol/wire/envelope.ts';
import { keys } from '../vectors/salt-3008.ts';

/** A key book in memory that judges as it is told and remembers what it was offered. */
export class MemoryKeyBook implements KeyBook {
  readonly keys = new Map<string, string>();
  readonly offers: KeyOffer[] = [];
  verdict: Verdict = 'accepted';

  accepted(id: string): string | undefined {
    return this.keys.get(id);
  }

  async judge(offer: KeyOffer): Promise<Verdict> {
    this.offers.push(offer);
    const known = this.keys.get(offer.id);
    if (known !== undefined && known !== offer.publicKey) return 'denied';
    if (this.verdict === 'accepted') this.keys.set(offer.id, offer.publicKey);
    return this.verdict;
  }
}

export interface SaltMaster {
  readonly suite: MasterSuite;
  readonly book: MemoryKeyBook;
  readonly sessions: SessionKeys;
  readonly refusals: string[];
  /** For a minion's `join`: the answer to a frame that is no request. */
  readonly exchange: Exchange;
  open(frame: Uint8Array): Promise<Opened>;
}

/** A master half with the recorded master's key and nothing on disk. */
export function saltMaster(options: Partial<SaltMasterOptions> = {}): SaltMaster {
  const book = new MemoryKeyBook();
  const refusals: string[] = [];
  const sessions = options.sessions ?? new MemorySessionKeys();
  const suite = createSaltMasterSuite({
    privateKeyPem: keys.masterPrivate,
    keyBook: book,
    sessions,
    publishState: forgetfulState,
    publishPort: 4505,
    onRefusal: ({ reason }) => refusals.push(reason),
    ...options,
  });
  const open = (frame: Uint8Array): Promise<Opened> => suite.open(decodeEnvelope(frame));
  const exchange: Exchange = async (frame) => {
    const opened = await open(frame);
    if (opened.kind !== 'answer') throw new Error('an introduction was taken for a request');
    return opened.frame;
  };
  return { suite, book, sessions, refusals, exchange, open };
}

/** A minion half with the recorded minion's key; `pin.pem` is its `minion_master.pub`. */
export function saltMinion(options: Partial<SaltMinionOptions> = {}, pin: { pem?: string } = {}) {
  return createSaltMinionSuite({
    id: keys.minionId,
    privateKeyPem: keys.minionPrivate,
    masterKey: {
      read: async () => pin.pem,
      write: async (pem) => {
        pin.pem = pem;
      },
    },
    ...options,
  });
}

/** A minion that has joined. @throws Error when it is not accepted. */
export async function joined(
  master: SaltMaster,
  options: Partial<SaltMinionOptions> = {},
  pin: { pem?: string } = {},
): Promise<MinionSession> {
  const admission = await saltMinion(options, pin).join(master.exchange);
  if (admission.verdict !== 'accepted') throw new Error(`the minion is ${admission.verdict}`);
  return admission.session;
}
