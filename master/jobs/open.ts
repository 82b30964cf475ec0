import { join } from 'node:path';
import type { Log } from '../../modules/define.ts';
import type { MasterConfig } from '../options.ts';
import { openJobStore, type SqliteJobStore } from './sqlite.ts';
import type { Retention } from './store.ts';

/** The job store the configuration describes, in `cachedir/jobs`. */
export async function openJobs(config: MasterConfig, log: Log): Promise<SqliteJobStore> {
  const retention: Record<string, Retention> = {
    default: { seconds: config.keep_jobs_seconds, rows: config.keep_jobs_rows, bytes: config.keep_jobs_bytes },
  };
  for (const [name, bounds] of Object.entries(config.retention)) retention[name] = boundsOf(bounds);
  return await openJobStore({ directory: join(config.cachedir, 'jobs'), retention, warn: (text) => log.warn(text) });
}

function boundsOf(bounds: unknown): Retention {
  const number = (key: string): number => {
    const value = typeof bounds === 'object' && bounds !== null ? (bounds as Record<string, unknown>)[key] : undefined;
    return typeof value === 'number' && value >= 0 ? value : 0;
  };
  return { seconds: number('seconds'), rows: number('rows'), bytes: number('bytes') };
}
