import { debianPackages } from '../support/debian.ts';

/** What a file of cases needs of the machine. */
interface Needs {
  readonly packages: readonly string[];
  readonly root: boolean;
}

/** Why a file's cases cannot be run here; false when they can. `salt`: the directory of the real Salt's programs. */
export function missing(file: Needs, salt: string | undefined): string | false {
  if (salt === undefined) return 'the real Salt is not here';
  if (file.root && process.getuid?.() !== 0) return 'it changes the machine, which takes root';
  return file.packages.length === 0 ? false : debianPackages(...file.packages);
}
