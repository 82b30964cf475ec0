import type { Publication } from '../listen/publication.ts';

/** A job that this minion is running, or holds in its queue. */
export interface Running {
  readonly job: Publication;
  /** The master that published it. */
  readonly master: string;
  /** Epoch milliseconds. */
  readonly since: number;
  readonly control: AbortController;
  /** False while it waits for its turn. */
  started: boolean;
}

/** The jobs of this moment: what `saltutil.running`, `find_job` and `kill_job` look at. */
export class JobTable {
  readonly #jobs = new Map<string, Running>();
  #owes: (jid: string) => boolean = () => false;

  /** `owes`: whether a job's return is on its way, and no master has acknowledged it yet. */
  returnsBy(owes: (jid: string) => boolean): void {
    this.#owes = owes;
  }

  /** The job has run, and whoever waits for it will hear of it: no master may give it up for lost. */
  owes(jid: string): boolean {
    return this.#owes(jid);
  }

  add(running: Running): void {
    this.#jobs.set(running.job.jid, running);
  }

  remove(jid: string): void {
    this.#jobs.delete(jid);
  }

  find(jid: string): Running | undefined {
    return this.#jobs.get(jid);
  }

  all(): Running[] {
    return [...this.#jobs.values()];
  }

  /** The job a call belongs to, known by its signal. */
  owning(signal: AbortSignal): Running | undefined {
    return this.all().find(({ control }) => control.signal === signal);
  }
}
