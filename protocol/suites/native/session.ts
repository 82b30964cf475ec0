import type { KeyObject } from 'node:crypto';
import { BadFrame } from '../../errors.ts';
import { decodeMessage, isMessage } from '../../wire/envelope.ts';
import { decode, encode } from '../../wire/msgpack.ts';
import type { Exchange, Message, MinionSession, SealedRequest } from '../suite.ts';
import { nonceOf, seal, sha256 } from './aead.ts';
import type { KnownEpochs } from './epochs.ts';
import { EpochUnknown, SessionLost } from './errors.ts';
import { openReply, readLost, requestHead } from './exchange.ts';
import { bytesField } from './fields.ts';
import { unwrap, wrap } from './frames.ts';
import { readPublication, topicsHeardBy } from './publication.ts';
import { Ratchet } from './ratchet.ts';

/** The command by which a session asks for the group keys; the suite answers it itself. */
export const GROUP_COMMAND = '_group';

/** A joined conversation, the minion's end. Any number of requests may be under way; a retry is sealed anew. */
export class NativeSession implements MinionSession {
  readonly suite = 'native';
  readonly #minion: string;
  readonly #id: Buffer;
  readonly #master: KeyObject;
  readonly #ratchet: Ratchet;
  readonly #epochs: KnownEpochs;
  #counter = 0;
  #wanted: string | undefined;
  #asking: Promise<void> | undefined;

  constructor(minion: string, id: Buffer, secret: Buffer, master: KeyObject, epochs: KnownEpochs) {
    this.#minion = minion;
    this.#id = id;
    this.#ratchet = new Ratchet(secret);
    this.#master = master;
    this.#epochs = epochs;
  }

  /** Always its own topic and the common one: a native master never sends frames without a topic. */
  topics(): readonly string[] {
    return topicsHeardBy(this.#minion);
  }

  /** `open` of the result throws SessionLost when the master says, with its signature, that this session is gone. */
  seal(load: Message): SealedRequest {
    const counter = this.#counter++;
    const keys = this.#ratchet.keysFor(counter);
    if (keys === undefined) throw new BadFrame('the session has no key for its next request; join again');
    this.#ratchet.passed(counter);
    const head = requestHead(this.#id, counter);
    const sealed = seal(keys.request, nonceOf(counter), head, encode(load));
    const frame = wrap(head, ...sealed);
    const plainOf = (reply: Uint8Array): Buffer => {
      const bytes = unwrap(reply);
      if (bytes === undefined) throw new BadFrame('the master refused the request, or something else answered it');
      if (readLost(bytes, this.#master, () => sha256(head, ...sealed))) throw new SessionLost();
      return openReply(keys.reply, this.#id, counter, bytes);
    };
    return {
      frame,
      open: (reply, bytesAt = []) => decode(plainOf(reply), { bytesAt, floats: 'wrap' }),
      openPrivate: (reply) => decode(plainOf(reply), { floats: 'wrap' }),
    };
  }

  /** @throws EpochUnknown when `refresh` may help; BadFrame */
  openPublish(frames: readonly Uint8Array[]): Message | undefined {
    const payload = this.#addressed(frames);
    const publication = payload === undefined ? undefined : readPublication(payload, this.#master);
    if (publication === undefined) return undefined;
    try {
      return decodeMessage(this.#epochs.open(publication), { floats: 'wrap' });
    } catch (error) {
      if (error instanceof EpochUnknown) this.#wanted = publication.epoch;
      throw error;
    }
  }

  /** Asks for the group keys, once however many wait for them. @throws SessionLost, BadFrame, TimedOut */
  async refresh(exchange: Exchange): Promise<boolean> {
    const wanted = this.#wanted;
    if (wanted === undefined) return false;
    while (!this.#epochs.settled(wanted)) {
      this.#asking ??= this.#ask(exchange, wanted).finally(() => {
        this.#asking = undefined;
      });
      await this.#asking;
    }
    return this.#epochs.has(wanted);
  }

  async #ask(exchange: Exchange, wanted: string): Promise<void> {
    const request = this.seal({ cmd: GROUP_COMMAND });
    this.#learn(request.open(await exchange(request.frame)));
    if (!this.#epochs.has(wanted)) this.#epochs.refuse(wanted);
  }

  #learn(answer: unknown): void {
    const epochs = isMessage(answer) ? answer['epochs'] : undefined;
    if (!Array.isArray(epochs)) throw new BadFrame('the answer with the group keys has another shape than was agreed');
    for (const epoch of epochs) {
      if (!isMessage(epoch)) throw new BadFrame('a group key is not a map');
      this.#epochs.learn(bytesField(epoch, 'id', 8).toString('hex'), bytesField(epoch, 'key', 32), 0);
    }
  }

  #addressed(frames: readonly Uint8Array[]): Uint8Array | undefined {
    const [first, second] = frames;
    if (second === undefined) return first;
    const topic = Buffer.from(first ?? []).toString('utf8');
    return frames.length === 2 && this.topics().includes(topic) ? second : undefined;
  }
}
