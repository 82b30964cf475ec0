import { randomBytes } from 'node:crypto';
import type { Log } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import type { MasterLink } from '../link/contract.ts';
import { jitter, pause } from '../link/pause.ts';

/**
 * Tells tsalt masters, now and then, that this minion lives and what it runs. Real masters have no such
 * command and are left in peace.
 */
export class Heartbeat {
  /** Of this process; a master that sees another one knows of the restart. */
  readonly boot = randomBytes(8).toString('hex');
  readonly #started = new Date().toISOString();
  readonly #everyMs: number;
  readonly #running: () => readonly string[];
  readonly #log: Log;
  readonly #stop = new AbortController();

  constructor(everyMs: number, running: () => readonly string[], log: Log) {
    this.#everyMs = everyMs;
    this.#running = running;
    this.#log = log;
  }

  /** Beats until `stop`. */
  async start(links: () => readonly MasterLink[]): Promise<void> {
    if (this.#everyMs <= 0) return;
    while (await pause(jitter(this.#everyMs * 0.8, this.#everyMs * 1.2), this.#stop.signal)) {
      await Promise.all(links().map((link) => this.beat(link)));
    }
  }

  async beat(link: MasterLink): Promise<void> {
    if (link.suite !== 'native') return;
    try {
      const load = { cmd: '_heartbeat', boot: this.boot, started: this.#started, running: this.#running() };
      await link.ask(load, { tries: 1, timeoutMs: Math.max(2000, Math.min(this.#everyMs, 10_000)) });
    } catch (error) {
      this.#log.debug(`the master ${link.master} did not take the heartbeat: ${messageOf(error)}`);
    }
  }

  stop(): void {
    this.#stop.abort();
  }

  async goodbye(link: MasterLink): Promise<void> {
    if (link.suite !== 'native') return;
    await link.ask({ cmd: '_goodbye', boot: this.boot }, { tries: 1, timeoutMs: 1000 }).catch((error: unknown) => {
      this.#log.debug(`the master ${link.master} was not told of the stop: ${messageOf(error)}`);
    });
  }
}
