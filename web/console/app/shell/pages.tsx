import type { ComponentChildren } from 'preact';
import { may } from '../data/rights.ts';
import { Events } from '../pages/events.tsx';
import { Fleet } from '../pages/fleet.tsx';
import { GroupPage, Groups } from '../pages/groups.tsx';
import { Job } from '../pages/job.tsx';
import { Jobs } from '../pages/jobs.tsx';
import { Keys } from '../pages/keys.tsx';
import { Minion } from '../pages/minion.tsx';
import { Monitoring } from '../pages/monitoring.tsx';
import { PluginPage } from '../pages/plugin.tsx';
import { Plugins } from '../pages/plugins.tsx';
import { RoutinePage, Routines } from '../pages/routines.tsx';
import { Run } from '../pages/run.tsx';
import { NewPlan, PlanPage, States } from '../pages/states.tsx';
import { Audit, Users } from '../pages/users.tsx';
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
  { path: '/minion/:', show: (id) => <Minion key={id} id={id} /> },
  { path: '/groups', show: () => <Groups /> },
  { path: '/groups/:', show: (name) => <GroupPage key={name} name={name} /> },
  { path: '/keys', show: () => <Keys /> },
  { path: '/plugins', show: () => <Plugins /> },
  { path: '/plugins/:', show: (name) => <PluginPage key={name} name={name} /> },
  { path: '/monitoring', show: () => <Monitoring /> },
  { path: '/routines', show: () => <Routines /> },
  { path: '/routines/:', show: (name) => <RoutinePage key={name} name={name} /> },
  { path: '/states', show: () => <States /> },
  { path: '/states/new', show: () => <NewPlan /> },
  { path: '/states/:', show: (id) => <PlanPage key={id} id={id} /> },
  { path: '/bus', show: () => <Events /> },
  { path: '/users', show: () => <Users /> },
  { path: '/audit', show: () => <Audit /> },
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
    { path: '/groups', icon: 'groups', text: words.nav.groups },
  ],
  [
    { path: '/plugins', icon: 'plugins', text: words.nav.plugins, shown: () => may('runner', 'plugins.list') },
    { path: '/monitoring', icon: 'monitoring', text: words.nav.monitoring, shown: () => may('runner', 'metrics.query') },
    { path: '/routines', icon: 'routines', text: words.nav.routines, shown: () => may('runner', 'routines.list') },
    { path: '/states', icon: 'states', text: words.nav.states, shown: () => may('runner', 'drift.status') },
  ],
  [
    { path: '/keys', icon: 'keys', text: words.nav.keys, shown: () => may('wheel', 'key.list_all') },
    { path: '/bus', icon: 'events', text: words.nav.events },
    { path: '/users', icon: 'users', text: words.nav.users, shown: () => may('wheel', 'user.save') },
    { path: '/audit', icon: 'audit', text: words.nav.audit, shown: () => may('runner', 'audit.list') },
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
