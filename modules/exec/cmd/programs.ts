import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

const USUAL = ['/sbin', '/bin', '/usr/sbin', '/usr/bin', '/usr/local/sbin', '/usr/local/bin'];

export const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
};

/** A readable directory. */
export const isEnterable = (path: string): boolean => {
  try {
    accessSync(path, constants.R_OK);
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
};

/** Where a program is: as given if that is one, else first on PATH and the usual places. */
export const which = (program: string, path = process.env['PATH'] ?? ''): string | undefined => {
  if (program === '') return undefined;
  if (isExecutable(program)) return program;
  const folders = path.split(':');
  return [...folders, ...USUAL.filter((folder) => !folders.includes(folder))].map((folder) => join(folder, program)).find(isExecutable);
};

/** What execvp would say of the program: undefined if it can be started. */
export const whyNotStartable = (program: string, cwd: string, path: string): string | undefined => {
  const places = program.includes('/')
    ? [isAbsolute(program) ? program : join(cwd, program)]
    : path.split(':').map((folder) => join(folder || cwd, program));
  if (places.some(isExecutable)) return undefined;
  const exists = places.some(existsSync);
  return exists ? `[Errno 13] Permission denied: '${program}'` : `[Errno 2] No such file or directory: '${program}'`;
};

/** The login shells of /etc/shells; undefined if there is no such file. */
export const loginShells = (file = '/etc/shells'): string[] | undefined => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
};

/** The shell commands run in when none is named: the minion's own. */
export const defaultShell = (): string => process.env['SHELL'] || '/bin/sh';
