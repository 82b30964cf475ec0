import type { ComponentChildren } from 'preact';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Page } from '../data/shapes.ts';
import { words } from '../words.ts';
import { Failure, Skeleton } from './basics.tsx';

const PAGE = 100;

export interface Paged<T> {
  readonly total: number | undefined;
  readonly error: Error | undefined;
  readonly row: (i: number) => T | undefined;
  /** Asks for the rows that are seen. */
  readonly want: (from: number, until: number) => void;
  readonly reload: () => void;
}

/** Rows of a list that may be long, asked for page by page as they are seen. A new `key` starts anew. */
export function usePaged<T>(key: string, load: (offset: number, limit: number) => Promise<Page<T>>): Paged<T> {
  const [, redraw] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  const seen = useRef<[number, number]>([0, 0]);
  // Another key is another list
  const held = useMemo(
    () => ({
      pages: new Map<number, readonly T[]>(),
      asked: new Set<number>(),
      total: undefined as number | undefined,
      error: undefined as Error | undefined,
    }),
    [key],
  );
  const current = useRef(held);
  current.current = held;
  const fetchPage = useCallback(
    (n: number) => {
      held.asked.add(n);
      latest.current(n * PAGE, PAGE).then(
        ({ total, rows }) => {
          Object.assign(held, { total, error: undefined });
          held.pages.set(n, rows);
          if (current.current === held) redraw((count) => count + 1);
        },
        (error: Error) => {
          held.error = error;
          if (current.current === held) redraw((count) => count + 1);
        },
      );
    },
    [held],
  );
  const want = useCallback(
    (from: number, until: number) => {
      seen.current = [Math.floor(from / PAGE), Math.floor(until / PAGE)];
      for (let n = seen.current[0]; n <= seen.current[1]; n += 1) if (!held.asked.has(n)) fetchPage(n);
    },
    [held, fetchPage],
  );
  const reload = useCallback(() => {
    held.asked.clear();
    for (let n = seen.current[0]; n <= seen.current[1]; n += 1) fetchPage(n);
  }, [held, fetchPage]);
  useEffect(() => {
    seen.current = [0, 0];
    fetchPage(0);
  }, [fetchPage]);
  return { total: held.total, error: held.error, row: (i) => held.pages.get(Math.floor(i / PAGE))?.[i % PAGE], want, reload };
}

interface RowsProps<T> {
  readonly of: Paged<T>;
  /** CSS of the columns of the grid, on wide screens. */
  readonly columns: string;
  readonly head: ComponentChildren;
  readonly empty: ComponentChildren;
  /** The cells of a row, and where it leads. */
  readonly cells: (row: T) => ComponentChildren;
  readonly href: (row: T) => string;
}

/** A list of which only the rows that are seen exist. */
export function Rows<T>({ of, columns, head, empty, cells, href }: RowsProps<T>) {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ from: 0, until: 30, height: 52 });
  const measure = useCallback(() => {
    const own = box.current;
    if (own === null) return;
    const height = Number.parseFloat(getComputedStyle(own).getPropertyValue('--row')) || 52;
    const from = Math.max(0, Math.floor(own.scrollTop / height) - 6);
    const until = Math.ceil((own.scrollTop + own.clientHeight) / height) + 6;
    setView((old) => (old.from === from && old.until === until && old.height === height ? old : { from, until, height }));
  }, []);
  useEffect(() => {
    measure();
    addEventListener('resize', measure);
    return () => removeEventListener('resize', measure);
  }, [measure]);
  const total = of.total ?? 0;
  const until = Math.min(view.until, total);
  useEffect(() => {
    if (total > 0) of.want(view.from, Math.max(view.from, until - 1));
    measure();
  }, [view.from, until, total, of.want, measure]);
  if (of.total === undefined) return of.error === undefined ? <Skeleton /> : <Failure error={of.error} again={of.reload} />;
  const numbers = Array.from({ length: Math.max(0, until - view.from) }, (_, i) => view.from + i);
  return (
    <div class="card" style={{ '--columns': columns }}>
      {of.error !== undefined && <Failure error={of.error} again={of.reload} />}
      {total === 0 ? (
        empty
      ) : (
        <>
          <div class="grid-head">{head}</div>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
          <section class="virtual" ref={box} onScroll={measure} tabIndex={0} aria-label={words.common.list}>
            <div style={{ height: `${total * view.height}px` }}>
              {numbers.map((i) => {
                const row = of.row(i);
                return (
                  <a
                    class="grid-row"
                    key={i}
                    href={row === undefined ? '#' : href(row)}
                    style={{ transform: `translateY(${i * view.height}px)` }}
                  >
                    {row === undefined ? <span class="soft">…</span> : cells(row)}
                  </a>
                );
              })}
            </div>
          </section>
        </>
      )}
    </div>
  );
}
