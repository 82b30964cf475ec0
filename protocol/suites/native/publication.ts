import crypto, { type KeyObject } from 'node:crypto';
import { BadFrame } from '../../errors.ts';
import { nonceOf, open, seal, sha256, TAG } from './aead.ts';
import { COUNTER, KIND, unwrap, wrap } from './frames.ts';
import type { Epoch } from './group.ts';
import { statement } from './proof.ts';

/** kind, epoch, number; then ciphertext and tag; then the master's signature over all of it. */
const HEAD = 1 + 8 + COUNTER;
const SIGNATURE = 64;

/** Seals the next publication of an epoch. */
export function sealPublication(epoch: Epoch, master: KeyObject, plain: Uint8Array): Buffer {
  epoch.number += 1;
  const head = Buffer.alloc(HEAD);
  head[0] = KIND.publication;
  epoch.id.copy(head, 1);
  head.writeUIntBE(epoch.number, 9, COUNTER);
  const [sealed, tag] = seal(epoch.key, nonceOf(epoch.number), head, plain);
  return wrap(head, sealed, tag, crypto.sign(null, statement('publication', sha256(head, sealed, tag)), master));
}

/** A publication that the master has signed, not opened yet. */
export interface Publication {
  /** Hexadecimal. */
  readonly epoch: string;
  readonly number: number;
  /** @throws BadFrame when `key` is not the epoch's. */
  open(key: Uint8Array): Buffer;
}

/** Checks a publication's form and signature. Undefined: not a frame of this suite. @throws BadFrame */
export function readPublication(frame: Uint8Array, master: KeyObject): Publication | undefined {
  const load = unwrap(frame);
  if (load === undefined) return undefined;
  if (load[0] !== KIND.publication || load.length < HEAD + TAG + SIGNATURE) throw new BadFrame('this is not a publication');
  const signed = load.subarray(0, -SIGNATURE);
  if (!crypto.verify(null, statement('publication', sha256(signed)), master, load.subarray(-SIGNATURE))) {
    throw new BadFrame('a publication that the master did not sign');
  }
  const head = signed.subarray(0, HEAD);
  const number = head.readUIntBE(9, COUNTER);
  return {
    epoch: head.subarray(1, 9).toString('hex'),
    number,
    open: (key) => open(key, nonceOf(number), head, signed.subarray(HEAD)),
  };
}

/** Up to so many minions a publication is sent to each alone; to more it goes to everybody. */
const SINGLY = 64;
const EVERYBODY = 'tsalt/all';

/**
 * The topics a publication for `minions` (undefined: not known beforehand) goes to. A minion hears its own topic and
 * the common one. A real salt-minion that hears everything drops foreign topics without a word.
 */
export const nativeTopics = (minions: readonly string[] | undefined): readonly string[] =>
  minions === undefined || minions.length > SINGLY ? [EVERYBODY] : minions.map(topicOf);

/** What the minion `id` subscribes to. */
export const topicsHeardBy = (id: string): readonly string[] => [EVERYBODY, topicOf(id)];

const topicOf = (id: string): string => `tsalt/${sha256(Buffer.from(id, 'utf8')).toString('hex').slice(0, 16)}`;
