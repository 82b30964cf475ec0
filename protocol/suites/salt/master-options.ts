import type { KeyBook } from '../suite.ts';
import type { PublishStateStore } from './publish-state.ts';
import type { SigningAlgorithm } from './rsa.ts';
import type { SessionKeys } from './sessions.ts';

export interface SaltMasterOptions {
  /** PEM of the master's RSA key (`pki_dir/master.pem`). */
  readonly privateKeyPem: string;
  readonly keyBook: KeyBook;
  readonly sessions: SessionKeys;
  readonly publishState: PublishStateStore;
  /** Where minions shall subscribe; told to them when they join. */
  readonly publishPort: number;
  /** `publish_signing_algorithm`, default `PKCS1v15-SHA1` (what a minion of any version reads). */
  readonly publishSigningAlgorithm?: SigningAlgorithm;
  /** `sign_pub_messages`, default true. */
  readonly signPubMessages?: boolean;
  /** `request_server_ttl` in seconds, default 120: how far a request's clock may be off, and how long it cannot be repeated; 0 is off. */
  readonly requestServerTtl?: number;
  /** `minimum_auth_version`, default 3. At 2 and below, minions before 3006.12 and 3007.4 are served; their requests prove less. */
  readonly minimumAuthVersion?: number;
  /** PEM of the private key that signs the master's public key (`master_sign_pubkey`); default none. */
  readonly masterSignPubkey?: string;
  /** `auth_mode`, default 1. */
  readonly authMode?: number;
  /** Take minion keys below 2048 bits or with an exponent other than 65537; default false. */
  readonly allowWeakKeys?: boolean;
  /** Told of each request that was refused, and why, for the log. The id is what the sender claims. */
  readonly onRefusal?: (refusal: Refusal) => void;
  /** Milliseconds since 1970; default the clock. */
  readonly now?: () => number;
}

export interface Refusal {
  readonly claimedId: string | undefined;
  readonly reason: string;
  /** What failed here, where the sender is not to blame. */
  readonly error?: unknown;
}
