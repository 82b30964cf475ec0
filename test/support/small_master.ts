import { type Identity, newIdentity } from '../../protocol/suites/native/identity.ts';
import { createNativeMasterSuite, nativeTopics } from '../../protocol/suites/native/master.ts';
import type { KeyBook, MasterSuite, Message, Verdict } from '../../protocol/suites/suite.ts';
import type { Publisher, Responder } from '../../protocol/transports/transport.ts';
import { zeromq } from '../../protocol/transports/zeromq.ts';
import { decodeEnvelope } from '../../protocol/wire/envelope.ts';

/** Answers one command of a minion; undefined: nil. */
export type Handler = (load: Message, minion: string) => unknown;

/** A master of a few lines for tests of the minion: the native suite on real sockets, handlers by command. */
export class SmallMaster {
  readonly requests: Message[] = [];
  readonly handlers = new Map<string, Handler>();
  verdict: Verdict = 'accepted';
  readonly #identity: Identity;
  readonly #accepted = new Map<string, string>();
  #suite: MasterSuite | undefined;
  #publisher: Publisher | undefined;
  #responder: Responder | undefined;
  #waiting: (() => void)[] = [];

  /** Masters that stand in for each other share an identity. */
  constructor(identity: Identity = newIdentity()) {
    this.#identity = identity;
  }

  /** Ports are kept over `stop` and `start`. */
  requestPort = 0;
  publishPort = 0;

  async start(): Promise<void> {
    this.#publisher = await bound(() => zeromq.publisher({ address: `tcp://127.0.0.1:${this.publishPort}` }));
    this.publishPort = portOf(this.#publisher.address);
    const keys: KeyBook = {
      accepted: (id) => this.#accepted.get(id),
      judge: async ({ id, publicKey }) => {
        if (this.verdict === 'accepted') this.#accepted.set(id, publicKey);
        return this.verdict;
      },
    };
    this.#suite = createNativeMasterSuite({ identity: this.#identity, keys, publishPort: this.publishPort });
    const address = `tcp://127.0.0.1:${this.requestPort}`;
    this.#responder = await bound(() => zeromq.responder({ address }, (frame) => this.#answer(frame)));
    this.requestPort = portOf(this.#responder.address);
  }

  async stop(): Promise<void> {
    await this.#responder?.[Symbol.asyncDispose]();
    await this.#publisher?.[Symbol.asyncDispose]();
    await this.#suite?.[Symbol.asyncDispose]();
  }

  async publish(job: Message): Promise<void> {
    const frame = this.#suite?.sealPublish(job);
    if (frame !== undefined) await this.publishRaw(frame);
  }

  async publishRaw(frame: Uint8Array): Promise<void> {
    for (const topic of nativeTopics(undefined)) await this.#publisher?.publish(frame, topic);
  }

  /** The next (or an earlier) request that `fits`. */
  async request(fits: (load: Message) => boolean): Promise<Message> {
    for (;;) {
      const found = this.requests.find(fits);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async #answer(frame: Uint8Array): Promise<Uint8Array> {
    const opened = await this.#suite?.open(decodeEnvelope(frame));
    if (opened === undefined) return new Uint8Array();
    if (opened.kind === 'answer') return opened.frame;
    const { load, minion } = opened;
    this.requests.push(load);
    for (const wake of this.#waiting.splice(0)) wake();
    const value = await this.handlers.get(String(load['cmd']))?.(load, minion);
    return load['cmd'] === '_pillar' ? opened.replyPrivate(value ?? {}) : opened.reply(value ?? null);
  }
}

/** The port of a master that comes back may be, for a moment, that of somebody's outgoing connection. */
async function bound<T>(bind: () => Promise<T>): Promise<T> {
  for (let tries = 50; ; tries -= 1) {
    try {
      return await bind();
    } catch (error) {
      if (tries === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

const portOf = (address: string): number => Number(address.slice(address.lastIndexOf(':') + 1));
