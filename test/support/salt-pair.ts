import assert from 'node:assert/strict';
import { BAD_LOAD } from '../../protocol/suites/salt/answers.ts';
import { privateKeyOf } from '../../protocol/suites/salt/keys.ts';
import { createSaltMasterSuite } from '../../protocol/suites/salt/master.ts';
import type { SaltMasterOptions } from '../../protocol/suites/salt/master-options.ts';
import { createSaltMinionSuite } from '../../protocol/suites/salt/minion.ts';
import type { SaltMinionOptions } from '../../protocol/suites/salt/minion-options.ts';
import { forgetfulState } from '../../protocol/suites/salt/publish-state.ts';
import { decryptNow, isSigned, rsaPublicKey } from '../../protocol/suites/salt/rsa.ts';
import { MemorySessionKeys, type SessionKeys } from '../../protocol/suites/salt/sessions.ts';
import type { Exchange, KeyBook, KeyOffer, MasterSuite, Message, MinionSession, Opened, Verdict } from '../../protocol/suites/suite.ts';
import { bytesOf, decodeEnvelope, decodeMessage } from '../../protocol/wire/envelope.ts';
import { decode, encode } from '../../protocol/wire/msgpack.ts';
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

const masterPublic = rsaPublicKey(keys.masterPublic);
const minionPrivate = privateKeyOf(keys.minionPrivate);

/** The inner map of a clear-signed answer, its signature checked. */
export function signedMap(frame: Uint8Array): Message {
  const { enc, load, sig } = decodeEnvelope(frame);
  const [data, signature] = [bytesOf(load), bytesOf(sig)];
  assert.ok(enc === 'clear' && data !== undefined && signature !== undefined);
  assert.ok(isSigned(masterPublic, data, signature, 'PKCS1v15-SHA1'));
  return decodeMessage(data);
}

/** What was encrypted for the recorded minion. */
export const textOf = (box: unknown): string => decryptNow(minionPrivate, bytesOf(box) ?? new Uint8Array(), 'OAEP-SHA1').toString();

/** A value as it comes out of the decoder. */
export const plain = (value: unknown): unknown => decode(encode(value));

export function request(opened: Opened): Extract<Opened, { kind: 'request' }> {
  assert.equal(opened.kind, 'request', opened.kind === 'answer' ? String(decode(opened.frame)) : '');
  return opened as Extract<Opened, { kind: 'request' }>;
}

export function refused(opened: Opened): void {
  assert.ok(opened.kind === 'answer' && opened.joined === undefined);
  assert.deepStrictEqual(opened.frame, BAD_LOAD);
}

/** A master and a minion that has joined it. */
export async function both(options: Parameters<typeof saltMaster>[0] = {}): Promise<{ master: SaltMaster; session: MinionSession }> {
  const master = saltMaster(options);
  return { master, session: await joined(master) };
}
