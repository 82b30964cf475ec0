import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

export interface Loaded<T> {
  /** The last answer; it stays while a new one is on its way. */
  readonly value: T | undefined;
  readonly error: Error | undefined;
  readonly busy: boolean;
  readonly reload: () => void;
}

/** Asks when the component comes, when `key` changes and on `reload`. An answer that was overtaken is dropped. */
export function useLoad<T>(key: string, load: () => Promise<T>): Loaded<T> {
  const [state, set] = useState<{ key: string; value?: T; error?: Error; busy: boolean }>({ key, busy: true });
  const turn = useRef(0);
  const latest = useRef(load);
  latest.current = load;
  const reload = useCallback(() => {
    turn.current += 1;
    const mine = turn.current;
    latest.current().then(
      (value) => mine === turn.current && set({ key, value, busy: false }),
      (error: Error) => mine === turn.current && set((before) => ({ ...before, key, error, busy: false })),
    );
  }, [key]);
  useEffect(() => {
    set((before) => (before.key === key ? before : { key, busy: true }));
    reload();
    return () => {
      turn.current += 1;
    };
  }, [key, reload]);
  const current = state.key === key;
  return { value: current ? state.value : undefined, error: current ? state.error : undefined, busy: !current || state.busy, reload };
}
