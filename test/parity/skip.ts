import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { debianPackages } from '../support/debian.ts';

/** What a file of cases needs of the machine. */
interface Needs {
  readonly packages: readonly string[];
  readonly root: boolean;
  readonly extension?: string | undefined;
}

/** Why a file's cases cannot be run here; false when they can. `salt`: the directory of the real Salt's programs. */
export function missing(file: Needs, salt: string | undefined): string | false {
  if (salt === undefined) return 'the real Salt is not here';
  if (file.root && process.getuid?.() !== 0) return 'it changes the machine, which takes root';
  if (file.extension !== undefined && !hasExtension(salt, file.extension)) return `the real Salt is here without ${file.extension}`;
  return file.packages.length === 0 ? false : debianPackages(...file.packages);
}

/** Whether an extension of Salt is installed beside it. */
function hasExtension(salt: string, extension: string): boolean {
  const libraries = join(salt, '../lib');
  const pythons = existsSync(libraries) ? readdirSync(libraries) : [];
  return pythons.some((python) => existsSync(join(libraries, python, 'site-packages', ...extension.split('.'))));
}
