/**
 * Which minions are there, by what was heard from them. ZeroMQ tells nothing of peers, so presence is what
 * was received: a request, a heartbeat (our own minions), or an answer to a question about a job.
 */
export interface Presence {
  /** Anything authenticated arrived from this minion. */
  seen(id: string): void;
  /** One of our own minions told how it is; its next word is due within `dueMs`. */
  beat(id: string, beat: { readonly boot: string; readonly started: Date; readonly dueMs: number }): void;
  /** It said goodbye, or stayed silent when asked. */
  gone(id: string): void;
  forget(id: string): void;
  of(id: string): Standing;
}

export type Standing =
  | { readonly state: 'online'; readonly seen: Date }
  /** Heard of before, but not since this master started. */
  | { readonly state: 'unknown'; readonly seen: Date }
  | { readonly state: 'offline'; readonly since: Date }
  | { readonly state: 'never' };

/** What presence keeps across restarts of the master. */
export interface LastSeen {
  get(id: string): number | undefined;
  set(id: string, at: number): void;
  delete(id: string): void;
}

interface Known {
  seen: number;
  boot?: string;
  /** Only for minions that beat: when they count as offline. */
  due?: number;
  gone?: number;
}

/** Last-seen times are written to disk this often at most, in ms: they explain, they decide nothing. */
const WRITE_EVERY = 60_000;

export function createPresence(lastSeen: LastSeen, now: () => number = Date.now): Presence {
  const known = new Map<string, Known>();
  const written = new Map<string, number>();

  const touch = (id: string): Known => {
    const at = now();
    const entry = known.get(id) ?? { seen: at };
    known.set(id, entry);
    entry.seen = at;
    delete entry.gone;
    if (at - (written.get(id) ?? 0) > WRITE_EVERY) {
      written.set(id, at);
      lastSeen.set(id, at);
    }
    return entry;
  };

  return {
    seen: (id) => {
      const entry = touch(id);
      if (entry.due !== undefined) entry.due = Math.max(entry.due, now() + 1000);
    },
    beat: (id, { boot, dueMs }) => {
      const entry = touch(id);
      entry.boot = boot;
      entry.due = now() + dueMs;
    },
    gone: (id) => {
      const entry = known.get(id) ?? { seen: lastSeen.get(id) ?? now() };
      entry.gone = entry.seen;
      known.set(id, entry);
    },
    forget: (id) => {
      known.delete(id);
      written.delete(id);
      lastSeen.delete(id);
    },
    of: (id) => {
      const entry = known.get(id);
      if (entry === undefined) {
        const before = lastSeen.get(id);
        return before === undefined ? { state: 'never' } : { state: 'unknown', seen: new Date(before) };
      }
      if (entry.gone !== undefined) return { state: 'offline', since: new Date(entry.gone) };
      if (entry.due !== undefined && entry.due < now()) return { state: 'offline', since: new Date(entry.seen) };
      return { state: 'online', seen: new Date(entry.seen) };
    },
  };
}
