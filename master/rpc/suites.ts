import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../modules/define.ts';
import { loadOrCreateIdentity } from '../../protocol/suites/native/keyfiles.ts';
import { createNativeMasterSuite } from '../../protocol/suites/native/master.ts';
import { createSaltMasterSuite } from '../../protocol/suites/salt/master.ts';
import { publishStateFile } from '../../protocol/suites/salt/publish-state.ts';
import { FileSessionKeys } from '../../protocol/suites/salt/sessions.ts';
import type { KeyBook, MasterSuite } from '../../protocol/suites/suite.ts';
import type { MasterConfig } from '../options.ts';

export interface Suites {
  readonly salt: MasterSuite;
  readonly native: MasterSuite;
}

export interface SuiteParts {
  readonly config: MasterConfig;
  readonly keyBook: KeyBook;
  /** PEM of the master's RSA key. */
  readonly masterKey: string;
  readonly publishPort: number;
  readonly log: Log;
}

/** Both protocols, with what they must remember across restarts so that no minion has to join anew. */
export async function openSuites({ config, keyBook, masterKey, publishPort, log }: SuiteParts): Promise<Suites> {
  const directory = join(config.cachedir, 'wire');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const salt = createSaltMasterSuite({
    privateKeyPem: masterKey,
    keyBook,
    sessions: new FileSessionKeys(join(directory, 'sessions'), { lifetime: config.publish_session }),
    publishState: publishStateFile(join(directory, 'publish')),
    publishPort,
    publishSigningAlgorithm: config.publish_signing_algorithm,
    signPubMessages: config.sign_pub_messages,
    requestServerTtl: config.request_server_ttl || config.replay_window,
    minimumAuthVersion: config.minimum_auth_version,
    onRefusal: ({ claimedId, reason }) =>
      log.info(`a request of ${JSON.stringify(claimedId ?? 'an unknown minion')} was refused: ${reason}`),
  });
  const native = createNativeMasterSuite({
    identity: await loadOrCreateIdentity(config.pki_dir, 'master'),
    keys: keyBook,
    publishPort,
    endorsedBy: masterKey,
    onRefused: (why) => log.info(`a native frame was refused: ${why.message}`),
  });
  return { salt, native };
}
