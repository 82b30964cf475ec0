import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { TsaltError } from '../../../../protocol/errors.ts';

/** The parts of this program that the process of synchronised files needs as files. */
export interface WorkerFiles {
  /** What node is started with. */
  readonly command: readonly string[];
  readonly hooks: string;
  readonly definition: string;
}

/** TypeScript in the source tree, JavaScript in a build. @throws TsaltError `broken-install` */
export function workerFiles(): WorkerFiles {
  const worker = find('./worker.ts', '../node-worker.js');
  const source = worker.endsWith('.ts');
  return {
    command: [...(source ? ['--import', import.meta.resolve('tsx')] : []), fileURLToPath(worker)],
    hooks: find('./hooks.ts', '../node-hooks.js'),
    definition: find('../../../../modules/define.ts', '../modules.js'),
  };
}

function find(inSource: string, inBuild: string): string {
  const found = [inSource, inBuild].map((place) => new URL(place, import.meta.url)).find((url) => existsSync(fileURLToPath(url)));
  if (found !== undefined) return found.href;
  throw new TsaltError('broken-install', `no ${inBuild.slice(3)} near ${fileURLToPath(import.meta.url)}; install tsalt again`);
}
