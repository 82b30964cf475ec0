import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The release the real Salt of the tests is, from PyPI. */
const RELEASE = '3008.3';
const CACHE = resolve('node_modules/.cache');

/**
 * The directory with the programs of the real Salt, made on first use; `TSALT_TEST_SALT` names one that is there.
 * Undefined, with the reason on stderr, where it cannot be had; under `CI=true` that is an error.
 */
export const realSalt = (): string | undefined =>
  process.env['TSALT_TEST_SALT'] ?? fromPyPI(`salt-${RELEASE}`, `salt==${RELEASE}`, 'salt-minion');

/** The directory with the program `pepper`, the command line of salt-api, in the same way. */
export const pepperPrograms = (): string | undefined => fromPyPI('salt-pepper-0.7.6', 'salt-pepper==0.7.6', 'pepper');

/** The programs of a Python environment of its own, which holds one package. */
function fromPyPI(name: string, requirement: string, program: string): string | undefined {
  const venv = join(CACHE, name);
  const bin = join(venv, 'bin');
  if (existsSync(join(bin, program))) return bin;
  try {
    install(venv, requirement, program);
    return bin;
  } catch (error) {
    const why = `${requirement} cannot be installed (python3 with venv, and PyPI, are needed): ${String(error)}`;
    if (process.env['CI'] === 'true') throw new Error(why);
    process.stderr.write(`\n${why}\nTests beside it are left out.\n`);
    return undefined;
  }
}

/** A half made environment must not be taken for a whole one: it gets its name when it is ready. */
function install(venv: string, requirement: string, program: string): void {
  const beside = `${venv}.new`;
  mkdirSync(CACHE, { recursive: true });
  rmSync(beside, { recursive: true, force: true });
  rmSync(venv, { recursive: true, force: true });
  process.stderr.write(`\nInstalling ${requirement} for the tests ...\n`);
  execFileSync('python3', ['-m', 'venv', venv], { stdio: ['ignore', 'ignore', 'pipe'] });
  const pip = spawnSync(join(venv, 'bin/pip'), ['install', '-q', '--disable-pip-version-check', requirement], { encoding: 'utf8' });
  if (pip.status === 0 && existsSync(join(venv, 'bin', program))) return;
  renameSync(venv, beside);
  rmSync(beside, { recursive: true, force: true });
  throw new Error(pip.stderr || 'pip failed');
}
