import { spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';

/** The network of whoever started this process apart from it. */
const OUTER = 'TSALT_OUTER_NET';
/** A file of cases on a machine that is busy. */
const MOST_MS = 1_200_000;
const network = (): string => readlinkSync('/proc/self/ns/net');

/** Whether this process has a network of its own. */
export const isApart = (): boolean => process.env[OUTER] !== undefined && process.env[OUTER] !== network();

/** Why processes cannot have a network of their own here; false where they can. */
export const noNamespace = (): string | false =>
  spawnSync('unshare', ['--net', 'true']).status === 0 ? false : 'processes may not have a network of their own here';

/** Runs `try.ts` or `try-states.ts` for these modules with a network and mounts of its own, and returns what it printed. */
export function tryApart(names: readonly string[], program = 'try.ts'): { readonly ok: boolean; readonly printed: string } {
  const script = new URL(program, import.meta.url).pathname;
  const words = ['--net', '--mount', process.execPath, '--import', 'tsx', script, ...names];
  const { status, stdout, stderr, error } = spawnSync('unshare', words, {
    env: { ...process.env, [OUTER]: network() },
    encoding: 'utf8',
    timeout: MOST_MS,
  });
  return { ok: status === 0, printed: `${stdout}${stderr}${error === undefined ? '' : `\n${error.message}`}` };
}
