import type { EventBus } from '../../kernel/events/bus.ts';
import type { Fleet } from './fleet.ts';

/**
 * One look at who is connected: fires `salt/presence/present`, and `salt/presence/change` when somebody came or went since
 * the last look (Salt's `presence_events`).
 */
export function presenceRound(fleet: Fleet, bus: EventBus): () => void {
  let before: ReadonlySet<string> = new Set();
  return () => {
    const present = fleet.ids().filter((id) => fleet.presence.of(id).state === 'online');
    const now = new Set(present);
    const come = present.filter((id) => !before.has(id));
    const lost = [...before].filter((id) => !now.has(id));
    before = now;
    if (come.length + lost.length > 0) bus.fire('salt/presence/change', { new: come, lost });
    bus.fire('salt/presence/present', { present });
  };
}

/** Looks every so many seconds, until it is closed. */
export function presenceEvents(fleet: Fleet, bus: EventBus, seconds: number): AsyncDisposable {
  const timer = setInterval(presenceRound(fleet, bus), seconds * 1000);
  return { [Symbol.asyncDispose]: async () => clearInterval(timer) };
}
