import type { Subscriber, Transport } from '../../protocol/transports/transport.ts';
import type { LinkSettings } from './contract.ts';
import { jitter } from './pause.ts';

/** What the owner of a subscription is told. */
export interface Heard {
  frames(frames: readonly Uint8Array[]): void;
  /** The connection is lost; the socket tries by itself to get it back. */
  lost(): void;
  /** It has it back. */
  regained(): void;
}

/** The socket that hears a master's publications, at one address and for one set of topics at a time. */
export class Subscription {
  readonly #transport: Transport;
  readonly #settings: LinkSettings;
  readonly #heard: Heard;
  #subscriber: Subscriber | undefined;
  #to = '';
  #deaf = false;
  /** Tells the events of the present socket from late ones of its predecessors. */
  #current = 0;

  constructor(transport: Transport, settings: LinkSettings, heard: Heard) {
    this.#transport = transport;
    this.#settings = settings;
    this.#heard = heard;
  }

  /** It lost its connection and has not got it back. */
  get deaf(): boolean {
    return this.#deaf;
  }

  /** Listens there; a socket that already does so, and hears, is left alone. */
  async listen(address: string, topics: readonly string[]): Promise<void> {
    const to = JSON.stringify([address, topics]);
    if (this.#subscriber !== undefined && this.#to === to && !this.#deaf) return;
    await this.#subscriber?.[Symbol.asyncDispose]();
    this.#to = to;
    this.#deaf = false;
    this.#current += 1;
    this.#subscriber = await this.#open(address, topics, this.#current);
  }

  async close(): Promise<void> {
    this.#current += 1;
    this.#to = '';
    await this.#subscriber?.[Symbol.asyncDispose]();
    this.#subscriber = undefined;
  }

  #open(address: string, topics: readonly string[], current: number): Promise<Subscriber> {
    const { ipv6, keepalive, reconnectMs, reconnectMaxMs } = this.#settings;
    const wait = Math.round(jitter(reconnectMs, reconnectMs + reconnectMaxMs));
    const onConnect = (): void => {
      if (current !== this.#current || !this.#deaf) return;
      this.#deaf = false;
      this.#heard.regained();
    };
    const onDisconnect = (): void => {
      if (current !== this.#current) return;
      this.#deaf = true;
      this.#heard.lost();
    };
    const options = { address, topics, ipv6, keepalive, reconnectMs: wait, reconnectMaxMs, onConnect, onDisconnect };
    return this.#transport.subscriber(options, (frames) => this.#heard.frames(frames));
  }
}
