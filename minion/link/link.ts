import type { Log } from '../../modules/define.ts';
import { BadFrame, messageOf, TimedOut, TsaltError } from '../../protocol/errors.ts';
import type { Exchange, Message, MinionSession, MinionSuite, SuiteName } from '../../protocol/suites/suite.ts';
import type { Requester, Transport } from '../../protocol/transports/transport.ts';
import { join } from '../enrol/join.ts';
import { endpoint, type MasterName, resolveHost } from './address.ts';
import type { AskOptions, LinkSettings, MasterLink } from './contract.ts';
import { jitter, pause } from './pause.ts';
import { Subscription } from './subscription.ts';

/** What the owner of a link is told. */
export interface LinkEvents {
  /** A session began, or began anew. */
  joined(link: Link, first: boolean): void;
  /** The connection came back after it had been away; the session may or may not have survived. */
  reconnected(link: Link): void;
  /** The master has not answered for a while (`AWAY_AFTER` looks in a row). */
  away(link: Link): void;
  /** Frames of a publication, in order of arrival. */
  frames(link: Link, frames: readonly Uint8Array[]): void;
}

/** When a master changes its key all its minions notice in the same moment; each waits up to this, in milliseconds. */
const REJOIN_SPREAD_MS = 500;
const AWAY_AFTER = 4;
const SCEPTICAL_MS = 5000;
const LOST = new Set(['bad-frame', 'session-lost']);

/**
 * Holds the sockets and the session with one master: joins, asks, joins anew when the session is lost
 * (once for all who notice), and follows the master to a new address.
 */
export class Link implements MasterLink {
  readonly master: string;
  readonly #name: MasterName;
  readonly #suites: readonly MinionSuite[];
  readonly #transport: Transport;
  readonly #settings: LinkSettings;
  readonly #events: LinkEvents;
  readonly #log: Log;
  readonly #stop = new AbortController();
  #address = '';
  #requester: Requester | undefined;
  readonly #subscription: Subscription;
  #announcedPort = 0;
  #session: MinionSession | undefined;
  #joining: Promise<void> | undefined;
  #joins = 0;
  #silences = 0;
  #watching = false;
  #sceptical = 0;

  constructor(
    master: string,
    name: MasterName,
    suites: readonly MinionSuite[],
    transport: Transport,
    settings: LinkSettings,
    events: LinkEvents,
    log: Log,
  ) {
    this.master = master;
    this.#name = name;
    this.#suites = suites;
    this.#transport = transport;
    this.#settings = settings;
    this.#events = events;
    this.#log = log;
    this.#subscription = new Subscription(transport, settings, {
      frames: (frames) => events.frames(this, frames),
      lost: () => void this.#watch(),
      regained: () => events.reconnected(this),
    });
  }

  get suite(): SuiteName | undefined {
    return this.#session?.suite;
  }

  get joined(): boolean {
    return this.#session !== undefined;
  }

  /** Joins; resolves when the key is accepted. @throws as `join` does, and when the name cannot be found */
  async start(): Promise<void> {
    this.#joining ??= this.#join().finally(() => {
      this.#joining = undefined;
    });
    await this.#joining;
  }

  async ask(load: Message, options: AskOptions = {}): Promise<unknown> {
    const tries = options.tries ?? this.#settings.requestTries;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const answer = await this.#askRenewing(load, options);
        this.#silences = 0;
        return answer;
      } catch (error) {
        if (!(error instanceof TimedOut)) throw error;
        this.#silences += 1;
        if (this.#silences >= 2) void this.#watch();
        if (attempt >= tries || options.signal?.aborted === true) throw error;
      }
    }
  }

  /**
   * Opens a publication; one that fails its check is tried again with the master's present key.
   * Undefined: not for us. @throws BadFrame when it does not open even then
   */
  async open(frames: readonly Uint8Array[]): Promise<Message | undefined> {
    const before = this.#session;
    if (before === undefined) return undefined;
    try {
      return before.openPublish(frames);
    } catch (error) {
      if (!isLost(error) || Date.now() < this.#sceptical) throw error;
      return await this.#openWithNewKey(before, frames, error);
    }
  }

  /** A new session, unless somebody already fetched one since `stale`. */
  async renew(stale: MinionSession | undefined = this.#session): Promise<void> {
    if (this.#session === stale) {
      this.#joining ??= this.#rejoin().finally(() => {
        this.#joining = undefined;
      });
    }
    await this.#joining;
  }

  /** Lets go of the master, for now: `start` joins it again. */
  async leave(): Promise<void> {
    this.#session = undefined;
    this.#address = '';
    await this.#subscription.close();
    await this.#requester?.[Symbol.asyncDispose]();
    this.#requester = undefined;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.leave();
  }

  async #openWithNewKey(before: MinionSession, frames: readonly Uint8Array[], why: unknown): Promise<Message | undefined> {
    this.#log.info(`a publication does not open (${messageOf(why)}); asking the master for its present key`);
    try {
      if (!(await this.#refresh(before))) await this.renew(before);
      return this.#session?.openPublish(frames);
    } catch (error) {
      // Whoever can reach the publish port could send such frames for ever: the master is not asked for each.
      if (isLost(error)) this.#sceptical = Date.now() + SCEPTICAL_MS;
      throw error;
    }
  }

  /** True when the session itself could learn the key. @throws BadFrame when the frame will not open at all */
  async #refresh(session: MinionSession): Promise<boolean> {
    if (session.refresh === undefined) return false;
    let newer: boolean;
    try {
      newer = await session.refresh(this.#exchangeFor(this.#settings.authTimeoutMs));
    } catch (error) {
      if (isLost(error)) return false;
      throw error;
    }
    if (!newer) throw new BadFrame('the master has no key that opens it');
    return true;
  }

  #exchangeFor(timeoutMs: number): Exchange {
    return (frame) => {
      if (this.#requester === undefined) throw new TsaltError('not-joined', `not connected to the master ${this.master}`, { retry: true });
      return this.#requester.request(frame, { timeoutMs });
    };
  }

  async #askRenewing(load: Message, options: AskOptions): Promise<unknown> {
    const session = this.#session;
    if (session === undefined) throw new TsaltError('not-joined', `no session with the master ${this.master} yet`, { retry: true });
    try {
      return await this.#exchange(session, load, options);
    } catch (error) {
      if (!isLost(error)) throw error;
      this.#log.info(`the session with ${this.master} is lost (${messageOf(error)}); joining anew`);
      await this.renew(session);
      const fresh = this.#session;
      if (fresh === undefined) throw error;
      return await this.#exchange(fresh, load, options);
    }
  }

  async #exchange(session: MinionSession, load: Message, options: AskOptions): Promise<unknown> {
    const requester = this.#requester;
    if (requester === undefined) throw new TsaltError('not-joined', `not connected to the master ${this.master}`, { retry: true });
    const sealed = session.seal(load);
    const timeoutMs = options.timeoutMs ?? this.#settings.requestTimeoutMs;
    const reply = await requester.request(sealed.frame, { timeoutMs, ...(options.signal === undefined ? {} : { signal: options.signal }) });
    return options.private === true ? sealed.openPrivate(reply) : sealed.open(reply, options.bytesAt);
  }

  async #rejoin(): Promise<void> {
    await pause(jitter(0, REJOIN_SPREAD_MS), this.#stop.signal);
    await this.#join();
  }

  async #join(): Promise<void> {
    await this.#connect();
    const { authTimeoutMs, join: policy } = this.#settings;
    const joined = await join(this.#speakable(), this.#exchangeFor(authTimeoutMs), policy, this.#log, this.#stop.signal);
    this.#session = joined.session;
    this.#announcedPort = joined.publishPort;
    if (this.#settings.listens) await this.#subscribe(joined.session);
    this.#joins += 1;
    this.#log.info(`joined the master ${this.master} at ${this.#address} by the ${joined.suite.name} suite`);
    this.#events.joined(this, this.#joins === 1);
  }

  /** With a session in hand its suite is known to be understood. */
  #speakable(): readonly MinionSuite[] {
    const known = this.#suites.filter(({ name }) => name === this.#session?.suite);
    return known.length > 0 ? known : this.#suites;
  }

  /** Opens the request sockets at the master's present address. */
  async #connect(): Promise<void> {
    const address = await resolveHost(this.#name.host, this.#settings.ipv6);
    if (address === this.#address && this.#requester !== undefined) return;
    if (this.#address !== '') this.#log.info(`the master ${this.master} is now at ${address} (was ${this.#address})`);
    await this.#requester?.[Symbol.asyncDispose]();
    this.#address = address;
    this.#requester = this.#transport.requester({
      address: endpoint(address, this.#name.port ?? this.#settings.requestPort),
      ipv6: this.#settings.ipv6,
      keepalive: this.#settings.keepalive,
      parallel: this.#settings.parallel,
    });
  }

  async #subscribe(session: MinionSession): Promise<void> {
    const address = endpoint(this.#address, this.#settings.publishPort ?? this.#announcedPort);
    await this.#subscription.listen(address, session.topics(this.#settings.filtering));
  }

  /** While the master is away: has it moved to another address? The sockets reconnect to the old one by themselves. */
  async #watch(): Promise<void> {
    if (this.#watching) return;
    this.#watching = true;
    try {
      for (let looks = 1; await pause(jitter(2000, 5000), this.#stop.signal); looks += 1) {
        if (await this.#isBack()) return;
        if (looks === AWAY_AFTER) this.#events.away(this);
      }
    } finally {
      this.#watching = false;
    }
  }

  async #isBack(): Promise<boolean> {
    try {
      const address = await resolveHost(this.#name.host, this.#settings.ipv6);
      if (address !== this.#address) await this.start();
      if (this.#session === undefined) return true; // whoever joins keeps looking
      await this.#askRenewing({ cmd: '_file_envs' }, { timeoutMs: Math.min(5000, this.#settings.authTimeoutMs) });
      this.#silences = 0;
      // It answers: no need to sit out the pause of a socket that still waits to reconnect.
      if (this.#subscription.deaf && this.#session !== undefined) await this.#subscribe(this.#session);
      this.#events.reconnected(this);
      return true;
    } catch (error) {
      this.#log.debug(`the master ${this.master} is still away: ${messageOf(error)}`);
      return false;
    }
  }
}

const isLost = (error: unknown): boolean => error instanceof TsaltError && LOST.has(error.code);
