import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cleanPem } from '../../protocol/suites/salt/keys.ts';

/** The PEM in `<name>.pub` of a `pki_dir`, clean; undefined when the master has not made it yet. */
export async function publicHalf(pkiDir: string, name: string): Promise<string | undefined> {
  try {
    return cleanPem(await readFile(join(pkiDir, `${name}.pub`), 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
