import { type KeyObject, timingSafeEqual } from 'node:crypto';
import { BadFrame } from '../../errors.ts';
import { bytesOf, isMessage } from '../../wire/envelope.ts';
import { decode, encode } from '../../wire/msgpack.ts';
import { Packed } from '../../wire/packed.ts';
import type { Message, Opened } from '../suite.ts';
import { idIsNoText, NO_MAP, NULL_IN_ID } from './answers.ts';
import { Crypticle } from './crypticle.ts';
import type { SaltMasterOptions } from './master-options.ts';
import { privateReply } from './private-reply.ts';
import type { Publisher } from './publisher.ts';
import { Refused } from './refused.ts';
import { ReplayGuard } from './replay.ts';
import { rsaPublicKey } from './rsa.ts';
import { openX931 } from './x931.ts';

/** What is kept of a minion that has proved itself, for as long as its accepted key stays the same. */
interface Seat {
  readonly pem: string;
  readonly sessionText: string;
  readonly session: Crypticle;
  /** The proof (`tok`) that was verified: the same bytes prove it again without an RSA operation. */
  token: Uint8Array | undefined;
}

const SALT = Buffer.from('salt');

/**
 * Commands of old minions (version 2) that name nobody: the file server's. They prove no more than that their
 * sender knows the publish key, and are handed on with an empty id.
 */
const ANONYMOUS: ReadonlySet<unknown> = new Set([
  '_file_envs',
  '_file_find',
  '_file_hash',
  '_file_hash_and_stat',
  '_file_list',
  '_file_list_emptydirs',
  '_dir_list',
  '_symlink_list',
  '_serve_file',
]);

/** Salt's own client repeats a pillar request with the same nonce; its answer is sealed for that minion only. */
const REPEATABLE: ReadonlySet<unknown> = new Set(['_pillar']);

/** Opens the encrypted requests of minions, in the order of checks of Salt's master. */
export class Requests {
  readonly #masterKey: KeyObject;
  readonly #options: SaltMasterOptions;
  readonly #publisher: Publisher;
  readonly #guard: ReplayGuard;
  readonly #seats = new Map<string, Seat>();
  /** Minions that have proved themselves by version 3: nobody speaks for them with less afterwards. */
  readonly #modern = new Set<string>();
  readonly #now: () => number;

  constructor(masterKey: KeyObject, options: SaltMasterOptions, publisher: Publisher) {
    this.#masterKey = masterKey;
    this.#options = options;
    this.#publisher = publisher;
    this.#guard = new ReplayGuard(options.requestServerTtl ?? 120);
    this.#now = options.now ?? Date.now;
  }

  forget(id: string): void {
    this.#seats.delete(id);
    this.#modern.delete(id);
    this.#options.sessions.forget(id);
  }

  /** @throws Refused */
  open(envelope: Message, version: number): Opened {
    const box = bytesOf(envelope['load']);
    if (box === undefined) throw new Refused('the load of an encrypted request is no binary');
    return version > 2 ? this.#openOwn(envelope, box) : this.#openShared(envelope, box, version);
  }

  /** Version 3: encrypted with the session key of the minion that the envelope names. */
  #openOwn(envelope: Message, box: Uint8Array): Opened {
    const id = usableId(envelope['id']);
    const seat = this.#seatOf(id);
    const load = opened(seat.session, box);
    checkId(load['id']);
    if (load['id'] !== id) throw new Refused('the load names another id than its envelope');
    this.#prove(id, seat, load);
    this.#checkFresh(load, true);
    this.#modern.add(id);
    return this.#request(id, load, envelope, seat.session, seat.pem);
  }

  /** Version 2 and below: encrypted with the publish key, which all minions share. */
  #openShared(envelope: Message, box: Uint8Array, version: number): Opened {
    const load = opened(this.#publisher.crypticle, box);
    if (load['id'] === undefined && ANONYMOUS.has(load['cmd']))
      return this.#request('', load, envelope, this.#publisher.crypticle, '', version);
    checkId(load['id']);
    const id = usableId(load['id']);
    const seat = this.#seatOf(id);
    if (this.#modern.has(id)) throw new Refused('this minion has spoken version 3 before');
    if (load['tok'] !== undefined) this.#prove(id, seat, load);
    if (version > 1) this.#checkFresh(load, false);
    return this.#request(id, load, envelope, this.#publisher.crypticle, seat.pem, version);
  }

  /** Unknown ids get no session key and leave no trace. */
  #seatOf(id: string): Seat {
    const pem = this.#options.keyBook.accepted(id);
    if (pem === undefined) {
      this.#seats.delete(id);
      throw new Refused('no key is accepted for this id');
    }
    const known = this.#seats.get(id);
    const sessionText = this.#options.sessions.get(id, pem);
    if (known !== undefined && known.pem === pem && known.sessionText === sessionText) return known;
    const seat: Seat = { pem, sessionText, session: new Crypticle(sessionText), token: known?.pem === pem ? known.token : undefined };
    this.#seats.set(id, seat);
    return seat;
  }

  /** The sender must hold the accepted key: `tok` is its signature of the word `salt`, always the same bytes. */
  #prove(id: string, seat: Seat, load: Message): void {
    const token = bytesOf(load['tok']);
    if (token === undefined) throw new Refused('the request carries no tok');
    if (seat.token !== undefined && seat.token.length === token.length && timingSafeEqual(seat.token, token)) return;
    const data = openX931(rsaPublicKey(seat.pem, true), token);
    if (data === undefined || !data.equals(SALT)) throw new Refused(`tok is not the proof of the key accepted for ${id}`);
    seat.token = token;
  }

  #checkFresh(load: Message, needsTime: boolean): void {
    if (REPEATABLE.has(load['cmd'])) return;
    const objection = this.#guard.objection(load['nonce'], load['ts'], this.#now() / 1000, needsTime);
    if (objection !== undefined) throw new Refused(`the request is refused: ${objection}`);
  }

  #request(minion: string, load: Message, envelope: Message, crypticle: Crypticle, pem: string, version = 3): Opened {
    const nonce = version > 1 && typeof load['nonce'] === 'string' ? load['nonce'] : '';
    return {
      kind: 'request',
      minion,
      load: withoutProof(load),
      reply: (value) => encode(crypticle.seal(encode(value), nonce)),
      replyPrivate: (value) => privateReply({ masterKey: this.#masterKey, pem, envelope, nonce, signed: version > 1 }, value),
    };
  }
}

/** The decrypted load. The value of a `_return` stays packed: it goes to the job store as it was sent. */
function opened(crypticle: Crypticle, box: Uint8Array): Message {
  let load: unknown;
  try {
    load = decode(crypticle.open(box), { packedAt: ['return'] });
  } catch (error) {
    if (error instanceof BadFrame) throw new Refused(error.message, undefined, error);
    throw error;
  }
  if (!isMessage(load)) throw new Refused('the load is no map with text keys', NO_MAP);
  return load['cmd'] === '_return' ? load : unpackReturn(load);
}

function unpackReturn(load: Message): Message {
  const { return: value } = load;
  if (!(value instanceof Packed)) return load;
  return Object.assign(Object.create(null), load, { return: decode(value.bytes) });
}

/** Handlers never see what proves the sender: it must not reach the event bus or a log. */
function withoutProof(load: Message): Message {
  const plain: Record<string, unknown> = Object.create(null);
  for (const key in load) if (key !== 'tok' && key !== 'nonce') plain[key] = load[key];
  return plain;
}

function checkId(id: unknown): void {
  if (id === undefined) throw new Refused('the load names no id');
  if (typeof id !== 'string') throw new Refused('the id in the load is no text', idIsNoText(id));
  if (id.includes('\0')) throw new Refused('the id in the load contains a null byte', NULL_IN_ID);
}

/** The key book decides which ids are good; this only keeps what could leave a directory or fill memory from it. */
function usableId(id: unknown): string {
  if (typeof id === 'string' && id !== '' && id.length <= 255 && !/[/\\\0]/.test(id)) return id;
  throw new Refused('the id is no valid minion id');
}
