import type { Log } from '../../modules/define.ts';
import { messageOf, NotAccepted, TsaltError, WrongPeer } from '../../protocol/errors.ts';
import type { Link } from './link.ts';
import { jitter, pause } from './pause.ts';

export interface MastersSettings {
  /** One master at a time, the next when it is away (`master_type: failover`); else all at once. */
  readonly failover: boolean;
  /** Longest wait before a failed start is tried again, in milliseconds (`random_reauth_delay`). */
  readonly retryMs: number;
}

/** The masters of this minion: keeps each joined, or one of them when they stand in for each other. */
export class Masters {
  readonly #links: readonly Link[];
  readonly #settings: MastersSettings;
  readonly #log: Log;
  readonly #stop = new AbortController();
  #chosen = 0;

  constructor(links: readonly Link[], settings: MastersSettings, log: Log) {
    this.#links = links;
    this.#settings = settings;
    this.#log = log;
  }

  /** The master to ask for files, pillar and the like. @throws TsaltError `not-joined` */
  current(): Link {
    const chosen = this.#links[this.#chosen];
    const link = chosen?.joined === true ? chosen : this.#links.find(({ joined }) => joined);
    if (link === undefined) throw new TsaltError('not-joined', 'no master is joined yet', { retry: true });
    return link;
  }

  joined(): readonly Link[] {
    return this.#links.filter(({ joined }) => joined);
  }

  /**
   * Joins, with endless patience. Rejects only when going on is pointless: the only master rejected the key,
   * or proved to be another than the pinned one.
   */
  async start(): Promise<void> {
    if (this.#settings.failover) await this.#keepOne();
    else await Promise.all(this.#links.map((link) => this.#keep(link)));
  }

  /** Failover: leaves a master that is away for the next. */
  async leave(link: Link): Promise<void> {
    if (!this.#settings.failover || this.#links.length < 2 || this.#links[this.#chosen] !== link) return;
    this.#log.warn(`the master ${link.master} is away; going to the next`);
    await link.leave();
    this.#chosen = (this.#chosen + 1) % this.#links.length;
    await this.#keepOne();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#links.map((link) => link.close()));
  }

  async #keep(link: Link): Promise<void> {
    while (!this.#stop.signal.aborted) {
      if (await this.#try(link)) return;
      await pause(jitter(500, this.#settings.retryMs), this.#stop.signal);
    }
  }

  async #keepOne(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const link = this.#links[this.#chosen];
      if (link === undefined || (await this.#try(link))) return;
      await link.leave();
      this.#chosen = (this.#chosen + 1) % this.#links.length;
      if (this.#chosen === 0) await pause(jitter(500, this.#settings.retryMs), this.#stop.signal);
    }
  }

  async #try(link: Link): Promise<boolean> {
    try {
      await link.start();
      return true;
    } catch (error) {
      if (this.#stop.signal.aborted) return true;
      if (isHopeless(error) && this.#links.length === 1) throw error;
      this.#log.error(`cannot join the master ${link.master}: ${messageOf(error)}`);
      return false;
    }
  }
}

const isHopeless = (error: unknown): boolean =>
  error instanceof WrongPeer ||
  (error instanceof NotAccepted && error.verdict === 'rejected') ||
  (error instanceof TsaltError && error.code === 'wrong-peer');
