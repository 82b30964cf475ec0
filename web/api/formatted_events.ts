import type { HubEvent } from '../hub.ts';
import { isMap } from './body.ts';

type Told = Readonly<Record<string, unknown>>;
interface Job extends Record<string, unknown> {
  minions: Record<string, Record<string, unknown>>;
}

/** Jobs kept for one listener; the oldest are left out. */
const MOST_JOBS = 1000;

/** Events as a state of jobs and minions, told anew when it changes: what `?format_events` gives. */
export class FormattedEvents {
  readonly #jobs = new Map<string, Job>();
  readonly #minions = new Map<string, Record<string, unknown>>();
  readonly #tell: (value: unknown) => void;

  constructor(tell: (value: unknown) => void) {
    this.#tell = tell;
  }

  take({ tag, data }: HubEvent): void {
    if (!isMap(data)) return;
    const [salt, room, jid, what, minion] = tag.split('/');
    if (salt !== 'salt') return;
    if (room === 'job' && jid !== undefined && what === 'new') this.#begin(jid, data);
    else if (room === 'job' && jid !== undefined && what === 'ret' && minion !== undefined) this.#returned(jid, minion, data);
    else if (room === 'key') this.#key(data);
    else if (room === 'presence' && Array.isArray(data['present'])) this.#present(data['present'].map(String));
  }

  #begin(jid: string, data: Told): void {
    const ids = Array.isArray(data['minions']) ? data['minions'].map(String) : [];
    const { _stamp: start_time, fun, tgt, tgt_type } = data;
    const minions = Object.fromEntries(ids.map((id) => [id, { success: false }]));
    this.#jobs.set(jid, { jid, start_time, minions, fun, tgt, tgt_type, state: 'running' });
    for (const oldest of this.#jobs.keys()) {
      if (this.#jobs.size <= MOST_JOBS) break;
      this.#jobs.delete(oldest);
    }
    this.#tellJobs();
  }

  #returned(jid: string, minion: string, data: Told): void {
    const job = this.#jobs.get(jid) ?? { minions: {} };
    this.#jobs.set(jid, job);
    const { return: value, retcode, success } = data;
    job.minions[minion] = { ...job.minions[minion], return: value, retcode, success };
    if (Object.values(job.minions).every((one) => one['success'] === true)) job['state'] = 'complete';
    this.#tellJobs();
    if (data['fun'] !== 'grains.items') return;
    this.#minions.set(minion, { grains: value });
    this.#tellMinions();
  }

  #key({ act, id }: Told): void {
    if (typeof id !== 'string') return;
    if (act === 'delete') this.#minions.delete(id);
    else if (act === 'accept' && !this.#minions.has(id)) this.#minions.set(id, {});
    this.#tellMinions();
  }

  #present(ids: readonly string[]): void {
    for (const id of this.#minions.keys()) if (!ids.includes(id)) this.#minions.delete(id);
    for (const id of ids) if (!this.#minions.has(id)) this.#minions.set(id, {});
    this.#tellMinions();
  }

  #tellJobs(): void {
    this.#tell({ jobs: Object.fromEntries(this.#jobs) });
  }

  #tellMinions(): void {
    this.#tell({ minions: [...this.#minions].map(([id, about]) => ({ ...about, id })) });
  }
}
