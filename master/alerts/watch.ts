import type { EventBus } from '../../kernel/events/bus.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { AlertDesk } from './alerts.ts';

export interface WatchParts {
  readonly alerts: AlertDesk;
  readonly fleet: Pick<Fleet, 'ids' | 'presence'>;
  readonly bus: EventBus;
  /** Seconds a minion is away before that is told; 0: never. */
  readonly downAfter: () => number;
  /** Now, in ms; for tests. */
  readonly now?: () => number;
}

const LOOK_MS = 5000;
const minionKey = (id: string): string => `minion/${id}`;
const pendingKey = (id: string): string => `key/${id}`;

/** Tells the alerts of minions that are away, and of keys that wait for a decision, until it is closed. */
export function watchFleet(parts: WatchParts): AsyncDisposable {
  const look = lookAtMinions(parts);
  const timer = setInterval(look, LOOK_MS);
  const stop = watchKeys(parts);
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      stop();
    },
  };
}

/** One look at who is away. A minion of which this master has not heard yet is not judged. */
export function lookAtMinions({ alerts, fleet, downAfter, now = Date.now }: WatchParts): () => void {
  let down = new Set<string>();
  return () => {
    const after = downAfter();
    const still = new Set<string>();
    for (const id of fleet.ids()) {
      const standing = fleet.presence.of(id);
      if (standing.state === 'online') alerts.recover(minionKey(id), `The minion ${id} is back.`);
      if (standing.state !== 'offline' || after === 0 || now() - standing.since.getTime() < after * 1000) continue;
      still.add(id);
      const since = standing.since.toISOString();
      alerts.raise({
        key: minionKey(id),
        kind: 'minion',
        subject: `The minion ${id} is away`,
        message: `The minion ${id} is away since ${since}.`,
      });
    }
    const accepted = new Set(fleet.ids());
    for (const id of down) if (!accepted.has(id)) alerts.drop(minionKey(id));
    down = still;
  };
}

/** @returns the function that ends it. */
export function watchKeys({ alerts, bus }: Pick<WatchParts, 'alerts' | 'bus'>): () => void {
  return bus.listen(({ tag, data }) => {
    if (tag !== 'salt/auth' && tag !== 'salt/key') return;
    const id = String(data['id'] ?? '');
    if (data['act'] === 'pend') {
      if (alerts.has(pendingKey(id))) return;
      alerts.raise({
        key: pendingKey(id),
        kind: 'key',
        subject: `The key of ${id} waits`,
        message: `The key of ${id} waits for a decision: compare its fingerprint, then tsalt-key -a ${id}.`,
      });
    } else alerts.drop(pendingKey(id));
  });
}
