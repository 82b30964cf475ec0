import type { Log } from '../../modules/define.ts';
import { BadFrame, messageOf } from '../../protocol/errors.ts';
import type { Message } from '../../protocol/suites/suite.ts';
import { type Publication, readPublication } from './publication.ts';

/** Where publications are opened: a link, or a test. */
export interface Opener {
  open(frames: readonly Uint8Array[]): Promise<Message | undefined>;
}

/** Frames that wait while a session is renewed; beyond this the oldest go. */
const WAITING = 1000;

/**
 * Turns the frames of one subscription into jobs, in their order. Frames that do not open, are no job, or are
 * for others are dropped with a word in the log; none of them can end the daemon.
 */
export class Listener {
  readonly #opener: Opener;
  readonly #isMeant: (job: Publication) => boolean;
  readonly #onJob: (job: Publication) => void;
  readonly #log: Log;
  readonly #waiting: (readonly Uint8Array[])[] = [];
  #ready = false;
  #reading = false;

  constructor(opener: Opener, isMeant: (job: Publication) => boolean, onJob: (job: Publication) => void, log: Log) {
    this.#opener = opener;
    this.#isMeant = isMeant;
    this.#onJob = onJob;
    this.#log = log;
  }

  hear(frames: readonly Uint8Array[]): void {
    this.#waiting.push(frames);
    if (this.#waiting.length > WAITING) this.#waiting.shift();
    if (this.#ready && !this.#reading) void this.#read();
  }

  /** The minion knows its pillar and may act: what came before is taken up. */
  ready(): void {
    this.#ready = true;
    if (!this.#reading) void this.#read();
  }

  async #read(): Promise<void> {
    this.#reading = true;
    for (let frames = this.#waiting.shift(); frames !== undefined; frames = this.#waiting.shift()) {
      try {
        this.#take(await this.#opener.open(frames));
      } catch (error) {
        this.#log.warn(`a publication is dropped: ${messageOf(error)}`);
      }
    }
    this.#reading = false;
  }

  #take(message: Message | undefined): void {
    if (message === undefined || Object.keys(message).length === 0) return;
    const job = readPublication(message);
    if (!this.#isMeant(job)) return;
    if (job.expires !== undefined && job.expires * 1000 < Date.now()) throw new BadFrame(`job ${job.jid} has expired`);
    this.#onJob(job);
  }
}
