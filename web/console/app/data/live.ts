import { useEffect, useRef } from 'preact/hooks';

export interface LiveEvent {
  readonly tag: string;
  readonly data: unknown;
}

/**
 * Listens to events whose tag matches one of the globs (with commas between), until the returned function is called. `onGap` is told after something
 * may have been missed: the browser connects again by itself, and a page that is not seen does not listen at all, for
 * browsers keep few connections to one server, shared by all tabs.
 */
function listen(tag: string, onEvent: (event: LiveEvent) => void, onGap: () => void): () => void {
  let source: EventSource | undefined;
  let gap = false;
  const close = (): void => {
    source?.close();
    source = undefined;
    gap = true;
  };
  const follow = (): void => {
    if (document.hidden) close();
    if (document.hidden || source !== undefined) return;
    source = new EventSource(`/console/events?tag=${encodeURIComponent(tag)}`);
    source.addEventListener('error', () => {
      gap = true;
    });
    source.addEventListener('open', () => {
      if (gap) onGap();
      gap = false;
    });
    source.addEventListener('message', (message) => onEvent(JSON.parse(message.data as string) as LiveEvent));
  };
  follow();
  document.addEventListener('visibilitychange', follow);
  addEventListener('pagehide', close);
  return () => {
    document.removeEventListener('visibilitychange', follow);
    removeEventListener('pagehide', close);
    close();
  };
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
