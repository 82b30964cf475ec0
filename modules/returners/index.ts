import type { AnyReturner } from '../define.ts';

/** The returners that come with tsalt, by the names they are called by, each imported when it is first used. */
export const returnerSources: Readonly<Record<string, () => Promise<{ readonly default: AnyReturner }>>> = {
  carbon: () => import('./carbon/index.ts'),
  http: () => import('./http.ts'),
  multi: () => import('./multi.ts'),
  multi_returner: () => import('./multi.ts'),
  pgjsonb: () => import('./pgjsonb.ts'),
  postgres: () => import('./postgres.ts'),
  rawfile_json: () => import('./rawfile_json.ts'),
  sqlite: () => import('./sqlite.ts'),
  sqlite3: () => import('./sqlite.ts'),
  syslog: () => import('./syslog.ts'),
};
