import crypto, { type KeyObject } from 'node:crypto';
import { BadFrame } from '../../errors.ts';
import { bytesOf, decodeMessage } from '../../wire/envelope.ts';
import { encode } from '../../wire/msgpack.ts';
import { Packed } from '../../wire/packed.ts';
import { privateKeyOf } from '../salt/keys.ts';
import type { KeyBook, KeyOffer, MasterSuite, Message, Opened, Verdict } from '../suite.ts';
import { nonceOf, open } from './aead.ts';
import { Allowance } from './allowance.ts';
import { type Curves, openssl, privateKeyObject } from './curves.ts';
import { lostFrame, REQUEST_HEAD, readRequestHead, sealReply } from './exchange.ts';
import { asBuffer, KIND } from './frames.ts';
import { GroupKeys } from './group.ts';
import { type Identity, pemOf } from './identity.ts';
import { type Application, type Link, openJoin, prekeyNamedBy, sealJoined } from './join.ts';
import { endorse } from './offer.ts';
import { Prekeys } from './prekeys.ts';
import { sealPublication } from './publication.ts';
import { GROUP_COMMAND } from './session.ts';
import { MasterSession, Sessions } from './sessions.ts';

export { nativeTopics } from './publication.ts';

export interface NativeMasterOptions {
  readonly identity: Identity;
  readonly keys: KeyBook;
  /** Told to minions that are accepted. */
  readonly publishPort: number;
  /** PEM of the master's private RSA key (`master.pem`): it endorses the identity to minions that pinned it before. */
  readonly endorsedBy?: string;
  /** Hears of each frame that failed a check. The message holds no secret. */
  readonly onRefused?: (why: BadFrame) => void;
  /** Default `openssl`. */
  readonly curves?: Curves;
  /** The clock, in ms. */
  readonly now?: () => number;
}

/** The master's half. All state is in memory: after a restart every minion joins again. */
export function createNativeMasterSuite(options: NativeMasterOptions): MasterSuite {
  return new NativeMasterSuite(options);
}

/** As Salt answers what fails a check. */
const BAD_LOAD = encode('bad load');
/** Joins being judged at once; more are turned away. */
const JOINING = 256;
/** Notices of lost sessions signed in a second. */
const NOTICES = 4000;

class NativeMasterSuite implements MasterSuite {
  readonly name = 'native';
  readonly #identity: Identity;
  readonly #signer: KeyObject;
  readonly #keys: KeyBook;
  readonly #publishPort: number;
  readonly #curves: Curves;
  readonly #now: () => number;
  readonly #onRefused: (why: BadFrame) => void;
  readonly #prekeys: Prekeys;
  readonly #sessions = new Sessions();
  readonly #group: GroupKeys;
  readonly #notices: Allowance;
  #joining = 0;

  constructor({ identity, keys, publishPort, endorsedBy, onRefused, curves = openssl, now = Date.now }: NativeMasterOptions) {
    this.#identity = identity;
    this.#signer = privateKeyObject('ed25519', identity.seed, identity.raw);
    this.#keys = keys;
    this.#publishPort = publishPort;
    this.#curves = curves;
    this.#now = now;
    this.#onRefused = onRefused ?? (() => undefined);
    const endorsement = endorsedBy === undefined ? undefined : endorse(privateKeyOf(endorsedBy), identity.raw);
    this.#prekeys = new Prekeys(curves, identity, now, endorsement);
    this.#group = new GroupKeys(now);
    this.#notices = new Allowance(NOTICES, now);
  }

  async open(envelope: Message): Promise<Opened> {
    try {
      return await this.#opened(asBuffer(bytesOf(envelope['load']) ?? new Uint8Array(0)));
    } catch (error) {
      if (!(error instanceof BadFrame)) throw error;
      this.#onRefused(error);
      return answer(BAD_LOAD);
    }
  }

  #opened(load: Buffer): Opened | Promise<Opened> {
    switch (load[0]) {
      case KIND.hello:
        return answer(this.#prekeys.offerFrame());
      case KIND.join:
        return this.#join(load);
      case KIND.request:
        return this.#request(load);
      default:
        throw new BadFrame('this is not a hello, a join or a request of the native suite');
    }
  }

  async #join(load: Buffer): Promise<Opened> {
    const { id, ephemeral } = prekeyNamedBy(load);
    const prekey = this.#prekeys.find(id);
    if (prekey === undefined) return answer(this.#prekeys.offerFrame());
    if (this.#joining >= JOINING) throw new BadFrame('too many minions join at once');
    const { application, link } = openJoin(this.#curves, prekey, load);
    const verdict = await this.#judged(application);
    if (verdict !== 'accepted') return answer(sealJoined(this.#curves, this.#identity, link, { verdict }).frame);
    if (!prekey.admits(application.id, ephemeral)) throw new BadFrame('a join that was recorded and is sent again');
    // While the key was judged, an operator may have removed it: the answer would carry the group key.
    if (this.#keys.accepted(application.id) !== pemOf(application.key)) throw new BadFrame('a join whose key was removed meanwhile');
    return this.#admit(application, link);
  }

  async #judged(application: Application): Promise<Verdict> {
    this.#joining += 1;
    try {
      return await this.#keys.judge(offerOf(application));
    } finally {
      this.#joining -= 1;
    }
  }

  #admit({ id, key }: Application, link: Link): Opened {
    const session = crypto.randomBytes(16);
    const epoch = this.#group.current();
    const { frame, secret } = sealJoined(this.#curves, this.#identity, link, {
      verdict: 'accepted',
      session,
      publish_port: this.#publishPort,
      epoch: epoch.id,
      group: epoch.key,
      number: epoch.number,
    });
    this.#sessions.add(new MasterSession(session, id, pemOf(key), secret, this.#now()));
    return { ...answer(frame), joined: { id } };
  }

  #request(load: Buffer): Opened {
    const { session: id, counter } = readRequestHead(load);
    const session = this.#sessions.find(id, this.#now());
    if (session === undefined || !this.#stillTrusted(session)) return this.#lost(load);
    const keys = session.ratchet.keysFor(counter);
    if (keys === undefined || !session.window.fresh(counter)) throw new BadFrame('a request that was seen before, or is too old');
    const plain = open(keys.request, nonceOf(counter), load.subarray(0, REQUEST_HEAD), load.subarray(REQUEST_HEAD));
    session.window.mark(counter);
    session.ratchet.passed(counter);
    session.used = this.#now();
    let attempt = 0;
    const reply = (value: unknown): Buffer => sealReply(keys.reply, session.id, counter, attempt++, encode(value));
    return this.#dispatched(session, loadOf(plain), reply);
  }

  #dispatched(session: MasterSession, load: Message, reply: (value: unknown) => Buffer): Opened {
    if (load['cmd'] !== GROUP_COMMAND) return { kind: 'request', minion: session.minion, load, reply, replyPrivate: reply };
    const epochs = this.#group.knownTo(session.joined).map(({ id, key }) => ({ id, key }));
    return answer(reply({ epochs }));
  }

  /** A key that was deleted, rejected or replaced takes its sessions with it, even if nobody called `forget`. */
  #stillTrusted(session: MasterSession): boolean {
    if (this.#keys.accepted(session.minion) === session.publicKey) return true;
    this.#sessions.drop(session);
    return false;
  }

  #lost(load: Buffer): Opened {
    if (!this.#notices.take()) throw new BadFrame('more requests of unknown sessions than are answered in a second');
    return answer(lostFrame(load, this.#signer));
  }

  /**
   * Numbers follow the order of the calls, and minions refuse a lower number after a higher one: hand a frame to the
   * publisher, for all of its topics, before the next one is sealed.
   */
  sealPublish(job: Message): Uint8Array {
    return sealPublication(this.#group.current(), this.#signer, encode(job));
  }

  async rotate(): Promise<void> {
    this.#group.rotate();
  }

  /** Ends the sessions of `id` and changes the group key, so that it reads nothing published from now on. */
  forget(id: string): void {
    this.#sessions.forget(id);
    this.#group.rotate();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#prekeys.close();
    this.#sessions.clear();
    this.#group.clear();
  }
}

const answer = (frame: Uint8Array): { readonly kind: 'answer'; readonly frame: Uint8Array } => ({ kind: 'answer', frame });

const offerOf = ({ id, key, token, autosignGrains, predecessor }: Application): KeyOffer => ({
  id,
  publicKey: pemOf(key),
  suite: 'native',
  ...(autosignGrains === undefined ? {} : { autosignGrains }),
  ...(token === undefined ? {} : { token }),
  ...(predecessor === undefined ? {} : { predecessor }),
});

/** What a minion returns stays packed; in any other command `return` is decoded like the rest. */
function loadOf(plain: Buffer): Message {
  const load = decodeMessage(plain, { packedAt: ['return'] });
  const value = load['return'];
  if (load['cmd'] === '_return' || !(value instanceof Packed)) return load;
  return decodeMessage(plain);
}
