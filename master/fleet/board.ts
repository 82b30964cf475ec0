import type { BusEvent, EventBus } from '../../kernel/events/bus.ts';
import type { Groups } from '../groups/groups.ts';
import type { DriftStore } from '../plans/sqlite-drift.ts';
import type { StateStore } from '../state/sqlite.ts';
import type { Fleet } from './fleet.ts';
import { type LastJob, LastJobs } from './last-jobs.ts';
import { Memberships } from './memberships.ts';
import type { Standing } from './presence.ts';

export type Health = 'ok' | 'warning' | 'error';

/** One minion as lists show it. All of it is known to the master; nobody is asked. */
export interface FleetRow {
  readonly id: string;
  readonly state: Standing['state'];
  /** Last heard of, or when it was lost; ISO 8601, UTC. */
  readonly since: string | null;
  readonly os: string | null;
  readonly osrelease: string | null;
  readonly version: string | null;
  readonly groups: readonly string[];
  /** The worst of its plugins and its last job; null when there is neither. */
  readonly status: Health | null;
  readonly status_message: string | null;
  readonly last_job: LastJob | null;
  /** States that are not as described, over all that are measured; null when nothing was. */
  readonly drift: number | null;
}

export interface BoardParts {
  readonly fleet: Fleet;
  readonly groups: Groups;
  readonly state: StateStore;
  readonly drift: Pick<DriftStore, 'latest'>;
  readonly bus: EventBus;
  /** The worst that plugins and thresholds say of a minion. */
  readonly healthOf: (id: string) => Judged;
}

interface Facts {
  readonly os: string | null;
  readonly osrelease: string | null;
  readonly version: string | null;
}

/** How often changes are told, in ms; what changed in between is told together. */
const TELL_EVERY = 1000;
/** More changed ids than this are told as `all`. */
const MOST_TOLD = 500;
/** Minions whose grains are read at a time after the start. */
const WARMED_AT_ONCE = 100;

/** What lists of minions show, in memory. `tsalt/fleet/changed` with `ids`, or `all`, tells when rows changed. */
export class FleetBoard implements AsyncDisposable {
  readonly #parts: BoardParts;
  readonly #facts = new Map<string, Facts>();
  readonly #lastJobs: LastJobs;
  readonly #memberships: Memberships;
  readonly #changed = new Set<string>();
  readonly #states = new Map<string, string>();
  readonly #timer: NodeJS.Timeout;
  readonly #deaf: () => void;
  #drift = new Map<string, number>();
  #all = false;
  #ended = false;

  constructor(parts: BoardParts) {
    this.#parts = parts;
    this.#lastJobs = new LastJobs(parts.state);
    this.#memberships = new Memberships(parts.fleet, parts.groups);
    this.#readDrift();
    this.#deaf = parts.bus.listen((event) => this.#hear(event));
    this.#timer = setInterval(() => this.#tell(), TELL_EVERY).unref();
    this.#warm([...parts.fleet.ids()]);
  }

  row(id: string): FleetRow {
    const { fleet, healthOf } = this.#parts;
    const last = this.#lastJobs.of(id);
    const health = worse(healthOf(id), last);
    const standing = fleet.presence.of(id);
    return {
      id,
      state: standing.state,
      since: sinceOf(standing)?.toISOString() ?? null,
      ...this.#factsOf(id),
      groups: this.#memberships.of(id),
      status: health?.status ?? null,
      status_message: health?.message ?? null,
      last_job: last ?? null,
      drift: this.#drift.get(id) ?? null,
    };
  }

  /** Whether it is there, and whether all is well with it: what is counted, without the rest of its row. */
  brief(id: string): { readonly state: Standing['state']; readonly status: Health | undefined; readonly drift: number } {
    const status = worse(this.#parts.healthOf(id), this.#lastJobs.of(id))?.status;
    return { state: this.#parts.fleet.presence.of(id).state, status, drift: this.#drift.get(id) ?? 0 };
  }

  /** Something else that rows show of it is another now. */
  touched(id: string): void {
    this.#changed.add(id);
  }

  forget(id: string): void {
    this.#facts.delete(id);
    this.#memberships.forget(id);
    this.#lastJobs.forget(id);
    this.#drift.delete(id);
    this.#states.delete(id);
    this.#changed.add(id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    clearInterval(this.#timer);
    this.#deaf();
    await this.#lastJobs[Symbol.asyncDispose]();
  }

  #hear(event: BusEvent): void {
    const { tag } = event;
    const returned = this.#lastJobs.hear(event);
    if (returned !== undefined) this.#changed.add(returned);
    else if (tag.startsWith(REFRESHED)) this.#learned(tag.slice(REFRESHED.length));
    else if (tag === 'tsalt/groups/changed') {
      this.#all = true;
      this.#warm([...this.#parts.fleet.ids()]);
    } else if (tag === 'salt/key') this.#all = true;
    else if (tag === 'tsalt/drift/measured') this.#readDrift();
  }

  #learned(id: string): void {
    this.#facts.delete(id);
    this.#memberships.forget(id);
    this.#changed.add(id);
  }

  #factsOf(id: string): Facts {
    const known = this.#facts.get(id);
    if (known !== undefined) return known;
    const { os, osrelease, saltversion } = this.#parts.fleet.grains(id);
    const made = { os: textOf(os), osrelease: textOf(osrelease), version: textOf(saltversion) };
    this.#facts.set(id, made);
    return made;
  }

  #readDrift(): void {
    const drift = new Map<string, number>();
    for (const { minion, drifting, failing, errors } of this.#parts.drift.latest())
      drift.set(minion, (drift.get(minion) ?? 0) + drifting.length + failing.length + errors.length);
    this.#drift = drift;
    this.#all = true;
  }

  /** A few at a time, so that nobody waits for all when the first list is asked for. */
  #warm(left: string[]): void {
    if (this.#ended) return;
    for (const id of left.splice(0, WARMED_AT_ONCE)) {
      this.#factsOf(id);
      this.#memberships.of(id);
    }
    if (left.length > 0) setImmediate(() => this.#warm(left)).unref();
  }

  #tell(): void {
    const { fleet, bus } = this.#parts;
    for (const id of fleet.ids()) {
      const { state } = fleet.presence.of(id);
      if (this.#states.get(id) === state) continue;
      this.#states.set(id, state);
      this.#changed.add(id);
    }
    if (!this.#all && this.#changed.size === 0) return;
    const all = this.#all || this.#changed.size > MOST_TOLD;
    bus.fire('tsalt/fleet/changed', all ? { all: true, ids: [] } : { all: false, ids: [...this.#changed].sort() });
    this.#changed.clear();
    this.#all = false;
  }
}

const REFRESHED = 'minion/refresh/';

const textOf = (value: unknown): string | null => (typeof value === 'string' || typeof value === 'number' ? String(value) : null);

const sinceOf = (standing: Standing): Date | undefined =>
  standing.state === 'offline' ? standing.since : standing.state === 'never' ? undefined : standing.seen;

const ORDER: readonly Health[] = ['ok', 'warning', 'error'];

type Judged = { readonly status: Health; readonly message: string } | undefined;

/** The worse of two; the first when they are alike. */
export function worseOf(one: Judged, other: Judged): Judged {
  if (one === undefined || other === undefined) return one ?? other;
  return ORDER.indexOf(one.status) < ORDER.indexOf(other.status) ? other : one;
}

function worse(judged: Judged, last: LastJob | undefined): Judged {
  if (last === undefined) return judged;
  return worseOf(judged, last.success ? { status: 'ok', message: '' } : { status: 'error', message: `${last.fun} failed (${last.jid})` });
}
