import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The release the real Salt of the tests is, from PyPI. */
const RELEASE = '3008.3';
const CACHE = resolve('node_modules/.cache');
const VENV = join(CACHE, `salt-${RELEASE}`);

/**
 * The directory with the programs of the real Salt, made on first use; `TSALT_TEST_SALT` names one that is there.
 * Undefined, with the reason on stderr, where it cannot be had; under `CI=true` that is an error.
 */
export function realSalt(): string | undefined {
  const given = process.env['TSALT_TEST_SALT'];
  if (given !== undefined) return given;
  const bin = join(VENV, 'bin');
  if (existsSync(join(bin, 'salt-minion'))) return bin;
  try {
    install();
    return bin;
  } catch (error) {
    const why = `the real Salt ${RELEASE} cannot be installed (python3 with venv, and PyPI, are needed): ${String(error)}`;
    if (process.env['CI'] === 'true') throw new Error(why);
    process.stderr.write(`\n${why}\nTests beside the real Salt are left out.\n`);
    return undefined;
  }
}

/** A half made environment must not be taken for a whole one: it gets its name when it is ready. */
function install(): void {
  const beside = `${VENV}.new`;
  mkdirSync(CACHE, { recursive: true });
  rmSync(beside, { recursive: true, force: true });
  rmSync(VENV, { recursive: true, force: true });
  process.stderr.write(`\nInstalling salt==${RELEASE} for the tests ...\n`);
  execFileSync('python3', ['-m', 'venv', VENV], { stdio: ['ignore', 'ignore', 'pipe'] });
  const pip = spawnSync(join(VENV, 'bin/pip'), ['install', '-q', '--disable-pip-version-check', `salt==${RELEASE}`], { encoding: 'utf8' });
  if (pip.status === 0 && existsSync(join(VENV, 'bin/salt-minion'))) return;
  renameSync(VENV, beside);
  rmSync(beside, { recursive: true, force: true });
  throw new Error(pip.stderr || 'pip failed');
}
