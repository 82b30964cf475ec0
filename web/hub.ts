import type { Grant, MasterClient } from '../master/client/contract.ts';
import { messageOf, TsaltError } from '../protocol/errors.ts';
import type { Log } from './parts.ts';

/** Bytes kept for a reader that does not take them: one that is slower is cut off, and may come again. */
export const MOST_WAITING = 4 * 1024 * 1024;

export interface HubEvent {
  readonly tag: string;
  readonly data: unknown;
}

export interface Listener {
  /** Those of the last moment. Must not throw, and must bound what it keeps. */
  take(events: readonly HubEvent[]): void;
  /** The login is over, or may hear nothing: there will be no more. */
  end(): void;
}

interface Member extends Listener {
  readonly token: string;
}

/** ms between looks whether logins of listeners are still good, and before the master is asked again. */
const CHECK_MS = 10_000;
const RETRY_MS = 1000;
/** ms for which events are gathered: the more listeners, the longer, so that writes do not grow with their number. */
const LEAST_MS = 10;
const MOST_MS = 250;
const EACH_MS = 0.5;

/**
 * Events of the master for many listeners: those of one person share one subscription, so that five hundred pages of an
 * operator cost the master what one does. A master that went away is waited for.
 */
export class EventHub implements Disposable {
  readonly #client: MasterClient;
  readonly #log: Log;
  readonly #channels = new Map<string, Channel>();
  readonly #timer: NodeJS.Timeout;

  constructor(client: MasterClient, log: Log) {
    this.#client = client;
    this.#log = log;
    this.#timer = setInterval(() => void this.#check(), CHECK_MS).unref();
  }

  get listeners(): number {
    return [...this.#channels.values()].reduce((sum, channel) => sum + channel.members.size, 0);
  }

  /** Events from now on. @returns what ends it */
  listen(grant: Pick<Grant, 'token' | 'user' | 'eauth'>, listener: Listener): () => void {
    const key = `${grant.eauth}\0${grant.user}`;
    const member: Member = { token: grant.token, take: (events) => listener.take(events), end: () => listener.end() };
    const channel = this.#channels.get(key) ?? this.#open(key);
    channel.members.add(member);
    return () => this.#leave(key, channel, member);
  }

  /** Ends the streams of a token at once. */
  drop(token: string): void {
    for (const [key, channel] of this.#channels)
      for (const member of channel.members)
        if (member.token === token) {
          this.#leave(key, channel, member);
          member.end();
        }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    for (const [key, channel] of this.#channels) this.#close(key, channel);
  }

  #open(key: string): Channel {
    const channel = new Channel();
    this.#channels.set(key, channel);
    setImmediate(() => void this.#follow(key, channel));
    return channel;
  }

  #leave(key: string, channel: Channel, member: Member): void {
    channel.members.delete(member);
    if (channel.members.size === 0) this.#close(key, channel);
  }

  #close(key: string, channel: Channel): void {
    if (this.#channels.get(key) === channel) this.#channels.delete(key);
    channel.close();
  }

  async #follow(key: string, channel: Channel): Promise<void> {
    while (!channel.closed) {
      const token = channel.anyToken();
      if (token === undefined) return;
      try {
        const events = this.#client.as({ token }, { door: 'api' }).events()[Symbol.asyncIterator]();
        channel.stop = () => void events.return?.();
        for (let step = await events.next(); step.done !== true && !channel.closed; step = await events.next()) channel.tell(step.value);
      } catch (error) {
        if (channel.closed) return;
        const code = error instanceof TsaltError ? error.code : '';
        if (code === 'not-authenticated') this.drop(token);
        else if (code === 'not-authorised') this.#close(key, channel);
        else this.#log.warn(`events for the API were interrupted: ${messageOf(error)}`);
      }
      if (!channel.closed) await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
    }
  }

  async #check(): Promise<void> {
    const tokens = new Set([...this.#channels.values()].flatMap((channel) => [...channel.members].map(({ token }) => token)));
    for (const token of tokens) {
      try {
        if ((await this.#client.grant(token)) === undefined) this.drop(token);
      } catch (error) {
        this.#log.debug(`a login could not be looked up: ${messageOf(error)}`);
      }
    }
  }
}

/** The events of one person. */
class Channel {
  readonly members = new Set<Member>();
  closed = false;
  #waiting: HubEvent[] = [];
  #timer: NodeJS.Timeout | undefined;
  stop: () => void = () => undefined;

  anyToken(): string | undefined {
    for (const { token } of this.members) return token;
    return undefined;
  }

  /** A burst is handed on at once, for a write to each of many listeners costs more than what is written. */
  tell(event: HubEvent): void {
    this.#waiting.push(event);
    this.#timer ??= setTimeout(() => this.#flush(), Math.min(MOST_MS, LEAST_MS + EACH_MS * this.members.size));
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const events = this.#waiting;
    this.#waiting = [];
    if (events.length > 0) for (const member of this.members) member.take(events);
  }

  close(): void {
    this.closed = true;
    this.stop();
    this.#flush();
    for (const member of this.members) member.end();
    this.members.clear();
  }
}
