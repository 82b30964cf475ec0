/** One event: Salt's tag and its data. `data` may hold `Packed` values, which travel as they are. */
export interface BusEvent {
  readonly tag: string;
  readonly data: Readonly<Record<string, unknown>>;
}
export type Listener = (event: BusEvent) => void;

/** The daemon's event bus: synchronous, in order, and a listener that throws harms no other. */
export interface EventBus {
  /** Adds `_stamp` (ISO 8601, UTC) where it is missing, as Salt does. */
  fire(tag: string, data: Readonly<Record<string, unknown>>): void;
  /** @returns the function that ends the subscription. */
  listen(listener: Listener): () => void;
}

export function createBus(onError: (error: unknown) => void): EventBus {
  const listeners = new Set<Listener>();
  return {
    fire: (tag, data) => {
      if (listeners.size === 0) return;
      const event = { tag, data: '_stamp' in data ? data : { ...data, _stamp: stamp(new Date()) } };
      for (const listener of listeners) {
        try {
          listener(event);
        } catch (error) {
          onError(error);
        }
      }
    },
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** `2026-11-24T01:02:03.456000+00:00`, the form of Salt 3008's `_stamp`. */
export function stamp(date: Date): string {
  return date.toISOString().replace(/Z$/, '000+00:00');
}

/** Seconds since 1970: Salt's minions put it into each request as `ts`, and events show it. */
export const unixTime = (): number => Math.floor(Date.now() / 1000);

/** Salt's event tag globs: `*` crosses slashes. */
export function tagMatcher(glob: string): (tag: string) => boolean {
  if (glob === '' || glob === '*') return () => true;
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '[^]*')
    .replace(/\?/g, '[^]');
  const pattern = new RegExp(`^${source}$`);
  return (tag) => pattern.test(tag);
}
