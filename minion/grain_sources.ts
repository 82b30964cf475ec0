import { join } from 'node:path';
import type { Log } from '../modules/define.ts';
import type { Paths } from './calls/ports.ts';
import { type GrainMap, GrainsFile } from './grains.ts';
import type { Options } from './settings.ts';

/** All grains of this machine: found, configured and set. */
export async function collectGrains(id: string, options: Options, paths: Paths, _log: Log): Promise<GrainMap> {
  const fixed = await new GrainsFile(join(paths.confDir, 'grains')).read();
  return { id, ...fixed, ...(options['grains'] as GrainMap) };
}
