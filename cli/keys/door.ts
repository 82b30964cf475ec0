import type { Connect } from '../../master/client/contract.ts';
import { TsaltError } from '../../protocol/errors.ts';
import type { Settings } from '../settings.ts';

/** Where the wheel functions `key.*` are called. */
export interface Keys extends AsyncDisposable {
  wheel(fun: string, kwargs: Readonly<Record<string, unknown>>): Promise<unknown>;
}

/** Opens the keys without a master: directly on its files. */
export type OpenFiles = (configDir: string, warn: (message: string) => void) => Promise<Keys>;

const openFiles: OpenFiles = async (configDir, warn) => (await import('../../master/client/keys.ts')).openKeysAt(configDir, warn);

/** Through the running master, so that it knows at once; through its files when none runs. */
export async function openKeys(settings: Settings, connect: Connect, warn: (message: string) => void, files = openFiles): Promise<Keys> {
  try {
    return await connect(settings.client);
  } catch (error) {
    if (!(error instanceof TsaltError) || error.code !== 'master-unreachable') throw error;
    return files(settings.configDir, warn);
  }
}
