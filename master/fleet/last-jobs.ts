import type { BusEvent } from '../../kernel/events/bus.ts';
import { isNoise } from '../jobs/noise.ts';
import type { StateStore } from '../state/sqlite.ts';

/** The last job a minion answered, questions of programs left out. */
export interface LastJob {
  readonly jid: string;
  readonly fun: string;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly success: boolean;
}

const BANK = 'last_job';
/** Written to disk this often at most, in ms: it only has to outlive a restart. */
const WRITE_EVERY = 30_000;
const RETURN = /^salt\/job\/\d{20}(?:_\d+)?\/ret\/(.+)$/;

/** The last job of each minion, taken from the returns on the bus. */
export class LastJobs implements AsyncDisposable {
  readonly #state: StateStore;
  readonly #known = new Map<string, LastJob>();
  readonly #unwritten = new Set<string>();
  readonly #timer: NodeJS.Timeout;

  constructor(state: StateStore) {
    this.#state = state;
    for (const [id, value] of state.entries(BANK)) if (isLastJob(value)) this.#known.set(id, value);
    this.#timer = setInterval(() => this.#write(), WRITE_EVERY).unref();
  }

  of(id: string): LastJob | undefined {
    return this.#known.get(id);
  }

  /** Notes a return. @returns the minion, when the event was one that counts */
  hear({ tag, data }: BusEvent): string | undefined {
    const id = tag.startsWith('salt/job/') ? RETURN.exec(tag)?.[1] : undefined;
    const { fun, jid } = data;
    const name = Array.isArray(fun) ? fun.join(', ') : String(fun ?? '');
    if (id === undefined || name === '' || isNoise(name)) return undefined;
    const success = data['success'] !== false && (data['retcode'] ?? 0) === 0;
    this.#known.set(id, { jid: String(jid), fun: name, time: new Date().toISOString(), success });
    this.#unwritten.add(id);
    return id;
  }

  forget(id: string): void {
    if (this.#known.delete(id)) this.#unwritten.add(id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#write();
  }

  #write(): void {
    for (const id of this.#unwritten) {
      const last = this.#known.get(id);
      if (last === undefined) this.#state.delete(BANK, id);
      else this.#state.set(BANK, id, last);
    }
    this.#unwritten.clear();
  }
}

const isLastJob = (value: unknown): value is LastJob =>
  typeof value === 'object' && value !== null && 'jid' in value && 'fun' in value && 'time' in value && 'success' in value;
