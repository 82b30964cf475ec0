import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { parseMaster } from '../link/address.ts';

/** The master a new machine is told to join. */
export interface JoinWish {
  readonly host: string;
  readonly finger?: string;
}

/**
 * Writes `minion.d/99-master.conf`, so that the machine finds and recognises its master also at the next start.
 * What is written there already stays: a second paste of the line must not undo what an administrator changed.
 * The token is not written anywhere. Answers whether the file was written.
 */
export async function prepareJoin(configDir: string, { host, finger }: JoinWish): Promise<boolean> {
  parseMaster(host);
  const directory = join(configDir, 'minion.d');
  const file = join(directory, '99-master.conf');
  if ((await readFile(file, 'utf8').catch(() => '')).trim() !== '') return false;
  await mkdir(directory, { recursive: true });
  const { host: name, port } = parseMaster(host);
  const settings = {
    master: name,
    ...(port === undefined ? {} : { master_port: port }),
    ...(finger === undefined ? {} : { master_finger: finger }),
  };
  await writeFile(file, `# Written by tsalt-minion --join.\n${stringify(settings)}`, { mode: 0o644 });
  return true;
}
