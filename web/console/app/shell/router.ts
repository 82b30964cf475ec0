import { signal } from '@preact/signals';

export const ROOT = '/console';

export interface Place {
  /** Below the console: `/jobs/2026...` */
  readonly path: string;
  readonly query: URLSearchParams;
}

const here = (): Place => ({
  path: decodeURI(location.pathname).slice(ROOT.length) || '/',
  query: new URLSearchParams(location.search),
});

/** Where the person is. */
export const place = signal<Place>(here());

/** The address of a page, for links. Parts of the path must be encoded by the caller. */
export function to(path: string, query: Readonly<Record<string, string | undefined>> = {}): string {
  const given = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '');
  const search = new URLSearchParams(given).toString();
  return `${ROOT}${path}${search === '' ? '' : `?${search}`}`;
}

export function go(address: string, replace = false): void {
  if (replace) history.replaceState(null, '', address);
  else history.pushState(null, '', address);
  place.value = here();
  if (!replace) scrollTo(0, 0);
}

/** Keeps a filter in the address, so that it can be shared and the back button works. */
export function setQuery(changes: Readonly<Record<string, string | undefined>>): void {
  const query = { ...Object.fromEntries(place.value.query), ...changes };
  go(to(encodeURI(place.value.path), query), true);
}

/** Links within the console change the page without loading it anew. */
export function startRouter(): void {
  addEventListener('popstate', () => {
    place.value = here();
  });
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (link === null || !plain || event.defaultPrevented || link.target !== '' || link.hasAttribute('download')) return;
    if (link.origin !== location.origin || !link.pathname.startsWith(`${ROOT}/`)) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}
