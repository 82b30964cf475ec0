import { join } from 'node:path';
import type { MasterConfig } from '../options.ts';
import type { Result } from '../routines/act.ts';
import type { Routine } from '../routines/definition.ts';
import type { Run } from '../routines/sqlite.ts';
import { type AlertDesk, Alerts, type AlertsParts } from './alerts.ts';
import { sendAlert } from './send.ts';
import { AlertStore } from './sqlite.ts';

export interface AlertsSurroundings extends Omit<AlertsParts, 'store' | 'send'> {
  readonly config: () => MasterConfig;
}

/** The alerts of a master, in `alerts.db`; nothing is told before `start`. @throws TsaltError `store-full`, `store-newer`, `store-failed` */
export function openAlerts({ config, ...parts }: AlertsSurroundings): Alerts {
  const store = new AlertStore(join(config().cachedir, 'alerts.db'), (text) => parts.log.warn(text));
  return new Alerts({ ...parts, store, send: sendAlert });
}

/** What alerts make of the end of a routine's run. */
export const routineEnded =
  (alerts: AlertDesk) =>
  ({ name, alerts: wanted }: Routine, { slot, jid }: Run, { outcome, reason }: Result): void => {
    const key = `routine/${name}`;
    if (outcome === 'ok') alerts.recover(key, `The routine ${name} ran well again, as ${jid}.`);
    else if (!wanted) alerts.drop(key);
    else {
      const message = `The routine ${name}: ${outcome}, for ${new Date(slot).toISOString()}, as ${jid}.\n${reason ?? ''}`;
      alerts.raise({ key, kind: 'routine', subject: `The routine ${name}: ${outcome}`, message });
    }
  };
