import { retentionOf } from '../jobs/open.ts';
import type { Retention } from '../jobs/store.ts';
import type { MasterConfig } from '../options.ts';
import type { OrchestrationStore } from './sqlite.ts';

/** Of orchestrations, in the job cache and in their history. */
export const RETENTION_CLASS = 'orchestrate';
type Bounds = Pick<MasterConfig, 'keep_jobs_seconds' | 'keep_jobs_rows' | 'keep_jobs_bytes' | 'retention'>;

/** How much of them is kept, and for how long. */
export function boundsOf(config: Bounds): Retention {
  const classes = retentionOf(config);
  return classes[RETENTION_CLASS] ?? classes.default;
}

/** Ended orchestrations that are kept no longer, by the bounds of the job cache: of the class `orchestrate`, or of all jobs. */
export function excess(sizes: ReturnType<OrchestrationStore['sizes']>, config: Bounds, now: number): string[] {
  const { seconds, rows, bytes } = boundsOf(config);
  const total = { rows: 0, bytes: 0 };
  for (const size of sizes) {
    total.rows += size.rows;
    total.bytes += size.bytes;
  }
  const gone: string[] = [];
  for (const { jid, started, ...size } of sizes) {
    const tooOld = seconds > 0 && started < now - seconds * 1000;
    const tooMany = (rows > 0 && total.rows > rows) || (bytes > 0 && total.bytes > bytes);
    if (!tooOld && !tooMany) break;
    gone.push(jid);
    total.rows -= size.rows;
    total.bytes -= size.bytes;
  }
  return gone;
}
