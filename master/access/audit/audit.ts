import { join } from 'node:path';
import type { Log } from '../../../modules/define.ts';
import { messageOf } from '../../../protocol/errors.ts';
import type { From } from '../../client/contract.ts';
import type { MasterConfig } from '../../options.ts';
import { withoutSecrets } from '../../publish/secrets.ts';
import { AuditStore, type Deed, type Outcome } from './sqlite-audit.ts';

/** What is known of a deed by who tells of it. */
export interface Told {
  readonly user: string;
  readonly eauth?: string;
  readonly from: { readonly door: From['door']; readonly address?: string };
  readonly action: 'login' | 'logout' | 'job' | 'runner' | 'wheel' | 'events';
  readonly outcome: Outcome;
  readonly fun?: string;
  readonly target?: string;
  readonly count?: number;
  /** As given; secrets are taken out here. */
  readonly args?: readonly unknown[];
  readonly jid?: string;
  readonly reason?: string;
}

export interface Audit extends AsyncDisposable {
  /** Never throws: what cannot be written down is logged as an error. */
  record(told: Told): void;
  readonly store: AuditStore;
}

/** Longer texts are cut: nobody fills the disk with one call. */
const LONGEST = 4096;

/** @throws TsaltError `store-full`, `store-newer`, `store-failed` */
export function openAudit(config: () => MasterConfig, log: Log, now: () => number = Date.now): Audit {
  const { audit_log, cachedir } = config();
  const store = new AuditStore(audit_log ?? join(cachedir, 'audit.db'), (text) => log.warn(text));
  return {
    store,
    record: (told) => {
      try {
        const keep = config().keep_audit;
        store.add(deed(told, now()), keep === 0 ? '' : new Date(now() - keep * 1000).toISOString());
      } catch (error) {
        log.error(`the audit could not take down that ${told.user} asked for ${told.fun ?? told.action}: ${messageOf(error)}`);
      }
    },
    [Symbol.asyncDispose]: async () => store.close(),
  };
}

const deed = (told: Told, at: number): Deed => ({
  at: new Date(at).toISOString(),
  user: cut(told.user),
  eauth: cut(told.eauth ?? ''),
  door: told.from.door,
  address: cut(told.from.address ?? ''),
  action: told.action,
  fun: cut(told.fun ?? ''),
  target: cut(told.target ?? ''),
  count: told.count ?? 0,
  args: cut(told.args === undefined ? '' : written(told.args)),
  jid: cut(told.jid ?? ''),
  outcome: told.outcome,
  reason: cut(told.reason ?? ''),
});

const written = (args: readonly unknown[]): string =>
  JSON.stringify(withoutSecrets(args), (_key, value: unknown) => {
    if (typeof value === 'bigint') return value.toString();
    if (value instanceof Map) return Object.fromEntries(value);
    return value instanceof Uint8Array ? `<${value.byteLength} bytes>` : value;
  });

const cut = (text: string): string => Buffer.from(text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text).toString();
