import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MinionSuite } from '../../protocol/suites/suite.ts';
import type { GrainMap } from '../grains.ts';
import { number, type Options, text } from '../settings.ts';

const MASTER_KEY = 'minion_master.pub';

/**
 * The suites to try with a master, in order. `suite: auto` speaks native where the master does, and salt where
 * it does not; but once a native master is pinned here (or `suite: native`), salt is never fallen back to, lest
 * somebody on the way talk the minion down.
 */
export async function suitesFor(
  id: string,
  pkiDir: string,
  options: Options,
  grains: GrainMap,
  token: string | undefined,
): Promise<MinionSuite[]> {
  const wish = text(options, 'suite', 'auto');
  if (wish === 'salt') return [await saltSuite(id, pkiDir, options, grains)];
  const { suite, pinned } = await nativeSuite(id, pkiDir, options, grains, token);
  return wish === 'native' || pinned ? [suite] : [suite, await saltSuite(id, pkiDir, options, grains)];
}

async function nativeSuite(id: string, pkiDir: string, options: Options, grains: GrainMap, token: string | undefined) {
  const { createNativeMinionSuite } = await import('../../protocol/suites/native/minion.ts');
  const { loadOrCreateIdentity, pinMaster, readPinnedMaster } = await import('../../protocol/suites/native/keyfiles.ts');
  const pinned = await readPinnedMaster(pkiDir);
  const finger = text(options, 'master_finger', '');
  const pinnedRsa = await pemIn(pkiDir, MASTER_KEY);
  const predecessor = await pemIn(pkiDir, 'minion.pem');
  const asked = autosignGrains(options, grains);
  const suite = createNativeMinionSuite({
    id,
    identity: await loadOrCreateIdentity(pkiDir, 'minion'),
    pin: (publicKey) => pinMaster(pkiDir, publicKey),
    ...(pinned === undefined ? {} : { pinned }),
    ...(finger === '' ? {} : { masterFinger: finger }),
    ...(pinnedRsa === undefined ? {} : { pinnedRsa }),
    ...(predecessor === undefined ? {} : { predecessor }),
    ...(token === undefined ? {} : { token }),
    ...(asked === undefined ? {} : { autosignGrains: asked }),
  });
  return { suite, pinned: pinned !== undefined };
}

async function saltSuite(id: string, pkiDir: string, options: Options, grains: GrainMap): Promise<MinionSuite> {
  const { createSaltMinionSuite } = await import('../../protocol/suites/salt/minion.ts');
  const { loadOrCreateKeyPair } = await import('../../protocol/suites/salt/keys.ts');
  const pair = await loadOrCreateKeyPair(pkiDir, 'minion', number(options, 'keysize', 2048));
  const finger = text(options, 'master_finger', '');
  const signing =
    options['verify_master_pubkey_sign'] === true
      ? await pemIn(pkiDir, `${text(options, 'master_sign_key_name', 'master_sign')}.pub`)
      : undefined;
  const asked = autosignGrains(options, grains);
  return createSaltMinionSuite({
    id,
    privateKeyPem: pair.privatePem,
    masterKey: { read: () => pemIn(pkiDir, MASTER_KEY), write: (pem) => writePem(pkiDir, MASTER_KEY, pem) },
    hashType: text(options, 'hash_type', 'sha256'),
    encryptionAlgorithm: options['encryption_algorithm'] === 'OAEP-SHA224' ? 'OAEP-SHA224' : 'OAEP-SHA1',
    signingAlgorithm: options['signing_algorithm'] === 'PKCS1v15-SHA224' ? 'PKCS1v15-SHA224' : 'PKCS1v15-SHA1',
    minionSignMessages: options['minion_sign_messages'] === true,
    floats: 'wrap',
    ...(finger === '' ? {} : { masterFinger: finger }),
    ...(signing === undefined ? {} : { masterSigningKey: signing }),
    ...(asked === undefined ? {} : { autosignGrains: asked }),
  });
}

/** The grains that are shown to the master so that it may accept this minion by itself. */
function autosignGrains(options: Options, grains: GrainMap): Record<string, unknown> | undefined {
  const names = options['autosign_grains'];
  if (!Array.isArray(names) || names.length === 0) return undefined;
  const shown: Record<string, unknown> = Object.create(null);
  for (const name of names.map(String)) shown[name] = grains[name] ?? null;
  return shown;
}

async function writePem(pkiDir: string, name: string, pem: string): Promise<void> {
  const draft = join(pkiDir, `${name}.${process.pid}.new`);
  await writeFile(draft, `${pem}\n`, { mode: 0o644 });
  await rename(draft, join(pkiDir, name));
}

/** A key of a former salt-minion; undefined when there is none. */
async function pemIn(pkiDir: string, name: string): Promise<string | undefined> {
  try {
    return (await readFile(join(pkiDir, name), 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
