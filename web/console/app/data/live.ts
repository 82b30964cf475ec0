import { useEffect, useRef } from 'preact/hooks';

export interface LiveEvent {
  readonly tag: string;
  readonly data: unknown;
}

/**
 * Listens to events whose tag matches the glob, until the component goes or the returned function is called. The
 * browser connects again by itself; `onGap` is then told, for what happened in between was missed.
 */
export function listen(tag: string, onEvent: (event: LiveEvent) => void, onGap: () => void = () => undefined): () => void {
  const source = new EventSource(`/console/events?tag=${encodeURIComponent(tag)}`);
  let broken = false;
  source.addEventListener('error', () => {
    broken = true;
  });
  source.addEventListener('open', () => {
    if (broken) onGap();
    broken = false;
  });
  source.addEventListener('message', (message) => {
    onEvent(JSON.parse(message.data as string) as LiveEvent);
  });
  return () => source.close();
}

/** Calls `onEvent` for events of this tag while the component is there. Undefined: listens to nothing. */
export function useLive(tag: string | undefined, onEvent: (event: LiveEvent) => void): void {
  const latest = useRef(onEvent);
  latest.current = onEvent;
  useEffect(() => {
    if (tag === undefined) return undefined;
    return listen(
      tag,
      (event) => latest.current(event),
      () => latest.current({ tag: 'gap', data: null }),
    );
  }, [tag]);
}

/** A function that runs `act` at once, and then at most every `ms`; the last call is never lost. */
export function useThrottled(act: () => void, ms: number): () => void {
  const latest = useRef(act);
  latest.current = act;
  const state = useRef({ timer: undefined as ReturnType<typeof setTimeout> | undefined, again: false });
  useEffect(() => () => clearTimeout(state.current.timer), []);
  const run = useRef(() => {
    const own = state.current;
    if (own.timer !== undefined) {
      own.again = true;
      return;
    }
    latest.current();
    const wait = (): void => {
      own.timer = setTimeout(() => {
        own.timer = undefined;
        if (!own.again) return;
        own.again = false;
        latest.current();
        wait();
      }, ms);
    };
    wait();
  });
  return run.current;
}

/** Calls `act` every `ms` while the component is there and the page is seen. */
export function useEvery(ms: number | undefined, act: () => void): void {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    if (ms === undefined) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden) latest.current();
    }, ms);
    return () => clearInterval(timer);
  }, [ms]);
}
