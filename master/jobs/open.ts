import { join } from 'node:path';
import type { Log } from '../../modules/define.ts';
import type { MasterConfig } from '../options.ts';
import { openJobStore, type SqliteJobStore } from './sqlite.ts';
import type { Retention } from './store.ts';

/** The job store the configuration describes, in `cachedir/jobs`. */
export async function openJobs(config: MasterConfig, log: Log): Promise<SqliteJobStore> {
  return await openJobStore({
    directory: join(config.cachedir, 'jobs'),
    retention: retentionOf(config),
    warn: (text) => log.warn(text),
  });
}

/** What is kept of each class. */
export function retentionOf(
  config: Pick<MasterConfig, 'keep_jobs_seconds' | 'keep_jobs_rows' | 'keep_jobs_bytes' | 'retention'>,
): Record<string, Retention> & { readonly default: Retention } {
  const usual: Retention = { seconds: config.keep_jobs_seconds, rows: config.keep_jobs_rows, bytes: config.keep_jobs_bytes };
  return { default: usual, ...Object.fromEntries(Object.entries(config.retention).map(([name, bounds]) => [name, boundsOf(bounds)])) };
}

function boundsOf(bounds: unknown): Retention {
  const number = (key: string): number => {
    const value = typeof bounds === 'object' && bounds !== null ? (bounds as Record<string, unknown>)[key] : undefined;
    return typeof value === 'number' && value >= 0 ? value : 0;
  };
  return { seconds: number('seconds'), rows: number('rows'), bytes: number('bytes') };
}
