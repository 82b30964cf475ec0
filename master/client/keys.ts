import { hostname } from 'node:os';
import { join } from 'node:path';
import { TsaltError } from '../../protocol/errors.ts';
import { fingerprint, readIfThere } from '../../protocol/suites/salt/keys.ts';
import { openKeyStore } from '../keys/store.ts';
import { keyWheel } from '../wheels/key.ts';

/** The master options that matter to keys. */
export interface KeysConfig {
  readonly pkiDir: string;
  readonly hashType?: string;
  /** The master's id; the host name when absent. */
  readonly masterId?: string;
  readonly permissivePkiAccess?: boolean;
  /** How minions reach this master; the host name when absent. */
  readonly joinAddress?: string;
}

/** The wheel functions `key.*` directly on the files. */
export interface Keys extends AsyncDisposable {
  /** @throws TsaltError `unknown-function`, and what the function throws. */
  wheel(fun: string, kwargs: Readonly<Record<string, unknown>>): Promise<unknown>;
}

/**
 * For `tsalt-key` when no master runs, or none answers: a running master notices what changes in the files.
 * @throws TsaltError `pki-unusable`
 */
export async function openKeys(config: KeysConfig, warn: (message: string) => void): Promise<Keys> {
  const { pkiDir, hashType = 'sha256' } = config;
  const keys = await openKeyStore({ pkiDir, watch: false, emit: () => {}, warn, permissivePkiAccess: config.permissivePkiAccess ?? false });
  const functions = new Map(
    Object.entries(
      keyWheel({
        keys,
        pkiDir,
        hashType,
        masterId: config.masterId ?? hostname(),
        joinAddress: config.joinAddress ?? hostname(),
        joinFinger: () => joinFinger(pkiDir, hashType),
      }),
    ),
  );
  return {
    wheel: async (fun, kwargs) => {
      const called = functions.get(fun);
      if (called === undefined) throw new TsaltError('unknown-function', `there is no wheel function ${fun} for keys`);
      return called(kwargs);
    },
    [Symbol.asyncDispose]: () => keys[Symbol.asyncDispose](),
  };
}

/** Of the native suite's key, which a tsalt-minion is shown first; of the RSA key when there is no other. */
export async function joinFinger(pkiDir: string, hashType: string): Promise<string> {
  for (const name of ['master_ed25519.pub', 'master.pub']) {
    const pem = await readIfThere(join(pkiDir, name));
    if (pem !== undefined) return fingerprint(pem, hashType);
  }
  throw new TsaltError('no-master-key', `${pkiDir} holds no master key yet; start the master once, then make a token`);
}
