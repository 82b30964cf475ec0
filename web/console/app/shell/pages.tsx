import type { ComponentChildren } from 'preact';
import { may } from '../data/rights.ts';
import { Fleet } from '../pages/fleet.tsx';
import { Job } from '../pages/job.tsx';
import { Jobs } from '../pages/jobs.tsx';
import { Run } from '../pages/run.tsx';
import type { IconName } from '../parts/icon.tsx';
import { words } from '../words.ts';

interface PageOf {
  /** Parts that begin with `:` are given to the page. */
  readonly path: string;
  readonly show: (part: string) => ComponentChildren;
}

export const PAGES: readonly PageOf[] = [
  { path: '/', show: () => <Fleet /> },
  { path: '/run', show: () => <Run /> },
  { path: '/jobs', show: () => <Jobs /> },
  { path: '/jobs/:', show: (jid) => <Job key={jid} jid={jid} /> },
];

export interface Entry {
  readonly path: string;
  readonly icon: IconName;
  readonly text: string;
  /** Absent: everybody's. */
  readonly shown?: () => boolean;
}

/** The navigation, in groups. */
export const NAVIGATION: readonly (readonly Entry[])[] = [
  [
    { path: '/', icon: 'fleet', text: words.nav.fleet },
    { path: '/run', icon: 'run', text: words.nav.run, shown: () => may('run', 'test.ping') },
    { path: '/jobs', icon: 'jobs', text: words.nav.jobs },
  ],
];

/** The page of a path, and the part of it that the page is given. */
export function pageOf(path: string): { readonly show: () => ComponentChildren } | undefined {
  const parts = path.split('/');
  for (const page of PAGES) {
    const wanted = page.path.split('/');
    if (wanted.length !== parts.length || !wanted.every((part, i) => part === ':' || part === parts[i])) continue;
    const found = parts[wanted.indexOf(':')] ?? '';
    return { show: () => page.show(decodeURIComponent(found)) };
  }
  return undefined;
}
