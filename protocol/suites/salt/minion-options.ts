import type { EncryptionAlgorithm, SigningAlgorithm } from './rsa.ts';

/** Where a minion keeps the public key of its master (`pki_dir/minion_master.pub`). */
export interface PinnedMasterKey {
  /** The PEM, or undefined before the first contact. */
  read(): Promise<string | undefined>;
  write(pem: string): Promise<void>;
}

export interface SaltMinionOptions {
  readonly id: string;
  /** PEM of the minion's RSA key (`pki_dir/minion.pem`). */
  readonly privateKeyPem: string;
  readonly masterKey: PinnedMasterKey;
  /** `master_finger`: the fingerprint (see `fingerprint`) which the master's key must have; default none. */
  readonly masterFinger?: string;
  /** `hash_type` of `masterFinger`, default sha256. */
  readonly hashType?: string;
  /** PEM of the key that signs masters' keys (`verify_master_pubkey_sign`): a master it signed may replace the pinned one. */
  readonly masterSigningKey?: string;
  /** Refuse publications without the master's signature; default true, for any minion knows the publish key. */
  readonly verifySignature?: boolean;
  /** `encryption_algorithm`, default `OAEP-SHA1`. */
  readonly encryptionAlgorithm?: EncryptionAlgorithm;
  /** `signing_algorithm`, default `PKCS1v15-SHA1`. */
  readonly signingAlgorithm?: SigningAlgorithm;
  /** `autosign_grains` with their values; default none. */
  readonly autosignGrains?: Readonly<Record<string, unknown>>;
  /** `minion_sign_messages`, default false. Salt's own master 3008.3 loses signed returns unless it sets `signing_algorithm`. */
  readonly minionSignMessages?: boolean;
  /** Whether a whole float (`1.0`) in jobs and replies becomes a `Float`; default `number`. */
  readonly floats?: 'wrap' | 'number';
  /** Milliseconds since 1970; default the clock. */
  readonly now?: () => number;
}
