import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { noApt } from './privileges.ts';

const present = (name: string): boolean =>
  /^Status: install ok installed$/m.test(spawnSync('dpkg', ['-s', name], { encoding: 'utf8' }).stdout);

/**
 * Sees to it that Debian packages are installed. False when they are; else why they cannot be, told on stderr too.
 * Under `CI=true` that is an error.
 */
export function debianPackages(...names: readonly string[]): string | false {
  const absent = noDpkg() ? [...names] : names.filter((name) => !present(name));
  if (absent.length === 0) return false;
  const why = noApt() || install(absent);
  if (why === false) return false;
  if (process.env['CI'] === 'true') throw new Error(`the Debian packages ${absent.join(', ')} are needed: ${why}`);
  process.stderr.write(`\nTests that need the Debian packages ${absent.join(', ')} are left out: ${why}\n`);
  return why;
}

const noDpkg = (): boolean => spawnSync('dpkg', ['--version']).error !== undefined;

function install(names: readonly string[]): string | false {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const run = (...args: readonly string[]) =>
    spawnSync('apt-get', ['-o', 'DPkg::Lock::Timeout=120', '-qq', ...args], { env, encoding: 'utf8' });
  const wanted = ['install', '-y', '--no-install-recommends', ...names];
  return withoutDaemons(() => {
    if (run(...wanted).status === 0) return false;
    run('update');
    const { status, stderr } = run(...wanted);
    return status === 0 ? false : `apt-get install failed: ${stderr.trim()}`;
  });
}

/** Debian starts the daemons it installs unless this file forbids it; tests start their own, on ports of their own. */
const POLICY = '/usr/sbin/policy-rc.d';

function withoutDaemons<T>(act: () => T): T {
  const mine = !existsSync(POLICY);
  if (mine) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    return act();
  } finally {
    if (mine) rmSync(POLICY, { force: true });
  }
}
