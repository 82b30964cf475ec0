import crypto, { type KeyObject } from 'node:crypto';
import { BadFrame } from '../../errors.ts';
import { nonceOf, open, seal, sha256, TAG } from './aead.ts';
import { COUNTER, KIND, wrap } from './frames.ts';
import { statement } from './proof.ts';

/*
 * Request: kind, session (16), counter; ciphertext, tag.   Reply: kind, counter, attempt (4); ciphertext, tag.
 * Lost: kind, hash of the request (32), the master's signature.   Heads are bound to what follows them.
 */
const SESSION = 16;
export const REQUEST_HEAD = 1 + SESSION + COUNTER;
const REPLY_HEAD = 1 + COUNTER + 4;
const LOST = 1 + 32 + 64;

export function requestHead(session: Buffer, counter: number): Buffer {
  const head = Buffer.allocUnsafe(REQUEST_HEAD);
  head[0] = KIND.request;
  session.copy(head, 1);
  head.writeUIntBE(counter, 1 + SESSION, COUNTER);
  return head;
}

/** Which session a request claims, and its place in it. Nothing is proven yet. @throws BadFrame */
export function readRequestHead(load: Buffer): { session: Buffer; counter: number } {
  if (load.length < REQUEST_HEAD + TAG) throw new BadFrame(`a request of ${load.length} bytes`);
  return { session: load.subarray(1, 1 + SESSION), counter: load.readUIntBE(1 + SESSION, COUNTER) };
}

/** `attempt` counts the answers made to one request: no two are sealed under the same nonce. */
export function sealReply(key: Buffer, session: Buffer, counter: number, attempt: number, plain: Uint8Array): Buffer {
  const head = Buffer.allocUnsafe(REPLY_HEAD);
  head[0] = KIND.reply;
  head.writeUIntBE(counter, 1, COUNTER);
  head.writeUInt32BE(attempt, 1 + COUNTER);
  return wrap(head, ...seal(key, nonceOf(counter, attempt), Buffer.concat([head, session]), plain));
}

/** The plain text of the reply to request `counter`. @throws BadFrame for any other reply */
export function openReply(key: Buffer, session: Buffer, counter: number, load: Buffer): Buffer {
  if (load[0] !== KIND.reply || load.length < REPLY_HEAD + TAG) throw new BadFrame('this is not a reply');
  const head = load.subarray(0, REPLY_HEAD);
  if (head.readUIntBE(1, COUNTER) !== counter) throw new BadFrame('this is the reply to another request');
  const attempt = head.readUInt32BE(1 + COUNTER);
  return open(key, nonceOf(counter, attempt), Buffer.concat([head, session]), load.subarray(REPLY_HEAD));
}

/** The master's signed word that it holds no session for this very request. */
export function lostFrame(request: Buffer, master: KeyObject): Buffer {
  const about = sha256(request);
  return wrap(Buffer.of(KIND.lost), about, crypto.sign(null, statement('lost', about), master));
}

/** Whether `load` is such a word about our request. @throws BadFrame when it is about another, or is not signed. */
export function readLost(load: Buffer, master: KeyObject, request: () => Buffer): boolean {
  if (load[0] !== KIND.lost) return false;
  const about = load.subarray(1, 33);
  const ours = load.length === LOST && about.equals(request());
  if (!ours || !crypto.verify(null, statement('lost', about), master, load.subarray(33))) {
    throw new BadFrame('a notice of a lost session that the master did not sign for this request');
  }
  return true;
}
