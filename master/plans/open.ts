import { join } from 'node:path';
import type { EventBus } from '../../kernel/events/bus.ts';
import type { Log } from '../../modules/define.ts';
import type { MasterConfig } from '../options.ts';
import type { Work } from '../publish/work.ts';
import type { ApplyParts } from './apply.ts';
import type { DriftParts } from './drift.ts';
import { openPlanFile, PlanStore } from './sqlite.ts';
import { DriftStore } from './sqlite-drift.ts';

/** Plans and drift of a master, in one database. Disposing of it closes that. */
export interface Plans extends AsyncDisposable {
  readonly plans: ApplyParts;
  readonly drift: DriftParts;
}

export interface PlansSurroundings {
  readonly bus: EventBus;
  readonly work: Work;
  readonly config: () => MasterConfig;
  readonly log: Log;
}

/** @throws TsaltError `store-full`, `store-newer`, `store-failed` */
export function openPlans({ bus, work, config, log }: PlansSurroundings): Plans {
  const path = join(config().cachedir, 'plans.db');
  const db = openPlanFile(path, (text) => log.warn(text));
  const { run, publisher } = work;
  return {
    plans: {
      run,
      preview: publisher.preview,
      store: new PlanStore(path, db),
      times: () => ({ ttl: config().plan_ttl, keep: config().keep_plans }),
    },
    drift: { run, bus, store: new DriftStore(path, db), keep: () => config().keep_drift },
    [Symbol.asyncDispose]: async () => void db.close(),
  };
}
