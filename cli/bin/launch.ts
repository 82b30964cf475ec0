import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import vm from 'node:vm';

/**
 * Runs a bundled command, with the machine code that V8 kept of it when it was built: half of the time of a short
 * command is else spent on compiling. Code kept by another Node.js is refused by V8 and compiled anew.
 *
 * @param directory where `<name>.cjs` is, beside it `<name>.cache`
 * @param keep      whether to write that cache when the process ends: what ran then is kept
 */
export function launch(directory: string, name: string, keep = false): void {
  const filename = join(directory, `${name}.cjs`);
  // The bundle is plain ASCII, and read as Latin-1 it takes one byte a character.
  const source = readFileSync(filename, 'latin1');
  const script = new vm.Script(`(function (require, __filename, __dirname) {${source}\n})`, {
    filename,
    cachedData: keep ? undefined : kept(join(directory, `${name}.cache`)),
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  if (keep) process.once('exit', () => writeFileSync(join(directory, `${name}.cache`), script.createCachedData()));
  const run = script.runInThisContext() as (require: NodeJS.Require, filename: string, directory: string) => void;
  run(createRequire(filename), filename, directory);
}

function kept(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
