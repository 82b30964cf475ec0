import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Host, Returnable } from '../../modules/define.ts';

/** Where programs are looked for besides PATH: daemons are often started with a short one. */
const usualPlaces = ['/sbin', '/bin', '/usr/sbin', '/usr/bin', '/usr/local/sbin', '/usr/local/bin'];

/** The machine as modules see it. The grains are asked for each time, because they change at a refresh. */
export const createHost = (grains: () => Readonly<Record<string, Returnable>>): Host => {
  const which = createWhich();
  return {
    get os() {
      return text(grains()['os']);
    },
    get osFamily() {
      return text(grains()['os_family']);
    },
    which,
  };
};

/**
 * Looks programs up on PATH, then in the usual places. What was found is remembered and only checked again;
 * what was not found is looked for each time, since a job may have installed it meanwhile.
 */
export const createWhich = (path: () => string = () => process.env['PATH'] ?? ''): ((program: string) => string | undefined) => {
  const found = new Map<string, string>();
  return (program) => {
    const known = found.get(program);
    if (known !== undefined && isProgram(known)) return known;
    const place = findProgram(program, [...path().split(':'), ...usualPlaces]);
    if (place === undefined) found.delete(program);
    else found.set(program, place);
    return place;
  };
};

/** The first executable file of that name in these directories; a name with a slash is taken as a path. */
export const findProgram = (program: string, directories: readonly string[]): string | undefined => {
  if (program === '') return undefined;
  if (program.includes('/')) return isProgram(program) ? program : undefined;
  return directories
    .filter((directory) => directory !== '')
    .map((directory) => join(directory, program))
    .find(isProgram);
};

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    // Absent, or not ours to run: either way it is no program.
    return false;
  }
};

const text = (value: Returnable | undefined): string => (typeof value === 'string' ? value : '');
