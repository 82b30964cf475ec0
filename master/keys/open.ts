import type { EventBus } from '../../kernel/events/bus.ts';
import type { Log } from '../../modules/define.ts';
import type { SuiteName } from '../../protocol/suites/suite.ts';
import type { MasterConfig } from '../options.ts';
import { type KeyStore, openKeyStore } from './store.ts';

export interface KeysParts {
  readonly config: MasterConfig;
  readonly bus: EventBus;
  readonly log: Log;
  /** The accepted key of this minion no longer holds. */
  readonly removed: (id: string) => void;
  /** A minion was accepted for its token, perhaps one of a group. */
  readonly enrolled: (id: string, group: string | undefined) => void;
}

/** The key store the configuration describes. @throws TsaltError `pki-unusable` */
export const openKeys = async ({ config, bus, log, removed, enrolled }: KeysParts): Promise<KeyStore> =>
  await openKeyStore({
    pkiDir: config.pki_dir,
    emit: bus.fire,
    warn: (text) => log.warn(text),
    onRemoved: removed,
    onEnrolled: enrolled,
    authEvents: config.auth_events,
    autoAccept: config.auto_accept,
    autosignFile: config.autosign_file ?? undefined,
    autorejectFile: config.autoreject_file ?? undefined,
    autosignTimeout: config.autosign_timeout,
    permissivePkiAccess: config.permissive_pki_access,
    openMode: config.open_mode,
    maxMinions: config.max_minions,
    pendingMax: config.pending_keys_max,
    pendingPerMinute: config.pending_keys_per_minute,
    legacyIds: config.legacy_minion_ids,
    ...(config.autosign_grains_dir === null ? {} : { autosignGrainsDir: config.autosign_grains_dir }),
  });

/** How the DER of an Ed25519 public key begins, in base64 (RFC 8410). */
const ED25519 = 'MCowBQYDK2Vw';

/** The type of the accepted key tells the suite; without one the minion is not there. */
export const suiteOfKey = (pem: string | undefined): SuiteName | undefined =>
  pem === undefined ? undefined : pem.includes(ED25519) ? 'native' : 'salt';
