import { hostname } from 'node:os';
import { TsaltError } from '../../protocol/errors.ts';
import { fingerprint } from '../../protocol/suites/salt/keys.ts';
import { publicHalf } from '../keys/public-half.ts';
import { openKeyStore } from '../keys/store.ts';
import { loadMasterConfig, type MasterConfig, masterIdOf } from '../options.ts';
import { keyWheel } from '../wheels/key.ts';

/** The wheel functions `key.*` directly on the files. */
export interface Keys extends AsyncDisposable {
  /** @throws TsaltError `unknown-function`, and what the function throws. */
  wheel(fun: string, kwargs: Readonly<Record<string, unknown>>): Promise<unknown>;
}

/**
 * For `tsalt-key` when no master runs, or none answers: a running master notices what changes in the files.
 * @throws TsaltError `pki-unusable`
 */
export async function openKeys(configDir: string, config: MasterConfig, warn: (message: string) => void): Promise<Keys> {
  const { pki_dir: pkiDir, hash_type: hashType, permissive_pki_access: permissivePkiAccess } = config;
  const keys = await openKeyStore({ pkiDir, watch: false, emit: () => {}, warn, permissivePkiAccess });
  const wheel = keyWheel({
    keys,
    pkiDir,
    hashType,
    masterId: masterIdOf(config, configDir).replace(/_master$/, ''),
    joinAddress: joinAddress(config),
    joinFinger: () => joinFinger(pkiDir, hashType),
  });
  const functions = new Map(Object.entries(wheel));
  return {
    wheel: async (fun, kwargs) => {
      const called = functions.get(fun);
      if (called === undefined) throw new TsaltError('unknown-function', `there is no wheel function ${fun} for keys`);
      return called(kwargs);
    },
    [Symbol.asyncDispose]: () => keys[Symbol.asyncDispose](),
  };
}

/** `openKeys` for a caller that knows only where the configuration is. @throws BadConfig, TsaltError `pki-unusable` */
export const openKeysAt = (configDir: string, warn: (message: string) => void): Promise<Keys> =>
  openKeys(configDir, loadMasterConfig({ configDir }).config, warn);

/** How new minions may reach this master: its own name, when it listens everywhere. */
export function joinAddress({ interface: address, ret_port: port }: Pick<MasterConfig, 'interface' | 'ret_port'>): string {
  const host = address === '0.0.0.0' || address === '::' ? hostname() : address;
  return port === 4506 ? host : `${host}:${port}`;
}

/** Of the native suite's key, which a tsalt-minion is shown first; of the RSA key when there is no other. */
export async function joinFinger(pkiDir: string, hashType: string): Promise<string> {
  for (const name of ['master_ed25519', 'master']) {
    const pem = await publicHalf(pkiDir, name);
    if (pem !== undefined) return fingerprint(pem, hashType);
  }
  throw new TsaltError('no-master-key', `${pkiDir} holds no master key yet; start the master once, then make a token`);
}
