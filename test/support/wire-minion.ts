import { TsaltError } from '../../protocol/errors.ts';
import { newIdentity } from '../../protocol/suites/native/identity.ts';
import { createNativeMinionSuite } from '../../protocol/suites/native/minion.ts';
import { newKeyPair } from '../../protocol/suites/salt/keys.ts';
import { createSaltMinionSuite } from '../../protocol/suites/salt/minion.ts';
import type { Message, MinionSession, MinionSuite, SealedRequest, SuiteName } from '../../protocol/suites/suite.ts';
import type { Requester, Subscriber } from '../../protocol/transports/transport.ts';
import { zeromq } from '../../protocol/transports/zeromq.ts';
import { until } from './process.ts';

const ANSWER_MS = 60_000;

/** A minion of a few lines inside the test: it joins as any other, and can then say what no honest one would. */
export class WireMinion implements AsyncDisposable {
  readonly id: string;
  readonly session: MinionSession;
  readonly #requester: Requester;
  readonly #subscriber: Subscriber;
  readonly #heard: (readonly Uint8Array[])[];

  private constructor(id: string, session: MinionSession, requester: Requester, subscriber: Subscriber, heard: (readonly Uint8Array[])[]) {
    this.id = id;
    this.session = session;
    this.#requester = requester;
    this.#subscriber = subscriber;
    this.#heard = heard;
  }

  /** Joins the master of that request port, as soon as its key is accepted. */
  static async join(requestPort: number, id: string, name: SuiteName): Promise<WireMinion> {
    const requester = zeromq.requester({ address: `tcp://127.0.0.1:${requestPort}` });
    const suite = await minionSuite(id, name);
    const { session, publishPort } = await until(`${id} is accepted`, async () => {
      const admission = await suite.join((frame) => requester.request(frame, { timeoutMs: ANSWER_MS }));
      return admission.verdict === 'accepted' ? admission : undefined;
    });
    const heard: (readonly Uint8Array[])[] = [];
    const address = `tcp://127.0.0.1:${publishPort}`;
    const subscriber = await zeromq.subscriber({ address, topics: [''] }, (frames) => heard.push(frames));
    return new WireMinion(id, session, requester, subscriber, heard);
  }

  /** The answer to a request under this minion's session. @throws BadFrame when the master refuses it */
  async ask(load: Message): Promise<unknown> {
    const sealed = this.session.seal(load);
    return sealed.open(await this.send(sealed.frame));
  }

  /** The same for requests whose answer comes in the private form (`_pillar`). */
  async askPrivately(load: Message): Promise<unknown> {
    const sealed = this.session.seal(load);
    return sealed.openPrivate(await this.send(sealed.frame));
  }

  seal(load: Message): SealedRequest {
    return this.session.seal(load);
  }

  async send(frame: Uint8Array): Promise<Uint8Array> {
    return await this.#requester.request(frame, { timeoutMs: ANSWER_MS });
  }

  /** How many publications were heard, readable or not. */
  get heard(): number {
    return this.#heard.length;
  }

  /** The publications from the `from`th on that this minion can open with what it knows and what the master still tells it. */
  async readable(from = 0): Promise<Message[]> {
    const opened: Message[] = [];
    for (const frames of this.#heard.slice(from)) {
      const job = await this.#open(frames);
      if (job !== undefined) opened.push(job);
    }
    return opened;
  }

  /** Also what is addressed to others: the topic in front is left out. */
  async #open(frames: readonly Uint8Array[]): Promise<Message | undefined> {
    const payload = frames.slice(-1);
    for (let tries = 0; tries < 2; tries += 1) {
      try {
        return this.session.openPublish(payload);
      } catch (error) {
        if (!(error instanceof TsaltError)) throw error;
      }
      try {
        if ((await this.session.refresh?.((frame) => this.send(frame))) !== true) return undefined;
      } catch (error) {
        if (error instanceof TsaltError) return undefined;
        throw error;
      }
    }
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#subscriber[Symbol.asyncDispose]();
    await this.#requester[Symbol.asyncDispose]();
  }
}

async function minionSuite(id: string, name: SuiteName): Promise<MinionSuite> {
  if (name === 'native') return createNativeMinionSuite({ id, identity: newIdentity() });
  const { privatePem } = await newKeyPair();
  let pinned: string | undefined;
  const masterKey = {
    read: async () => pinned,
    write: async (pem: string) => {
      pinned = pem;
    },
  };
  return createSaltMinionSuite({ id, privateKeyPem: privatePem, masterKey });
}
