import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Log, SpawnOptions } from '../../modules/define.ts';
import { createWhich } from './host.ts';

/** A command that runs with other ids, and the ids Node itself must set. */
export interface UserCommand {
  readonly argv: readonly [string, ...string[]];
  readonly ids: { readonly uid?: number; readonly gid?: number };
}

const which = createWhich();
const BECOME = 'exec "$0" "$@"';
const execute = promisify(execFile);

/**
 * Node's own `uid` and `gid` options leave the child with no supplementary groups at all (libuv calls
 * `setgroups(0)`), so that a user of the group `docker` could not reach its socket. util-linux' `setpriv`
 * sets them as a login would. Where it is missing, or the uid has no account, Node's options are used.
 * It keeps root's right to look into every directory until it starts a program: so it starts a shell, which has lost
 * that right, and the shell becomes the command; a program in a place that the user may not enter is refused.
 */
export const asUser = async (argv: readonly [string, ...string[]], options: SpawnOptions, log: Log): Promise<UserCommand> => {
  const { uid, gid } = options;
  if (uid === undefined) return { argv, ids: gid === undefined ? {} : { gid } };
  const plain: UserCommand = { argv, ids: gid === undefined ? { uid } : { uid, gid } };
  if (uid === process.getuid?.() && (gid === undefined || gid === process.getgid?.())) return { argv, ids: {} };
  const setpriv = which('setpriv');
  const account = await accountOf(uid);
  if (setpriv === undefined || account === undefined) {
    log.debug(`uid ${uid} runs without supplementary groups: ${setpriv ? 'it has no account' : 'setpriv is not installed'}`);
    return plain;
  }
  const group = gid ?? account.gid;
  return { argv: [setpriv, `--reuid=${uid}`, `--regid=${group}`, '--init-groups', '/bin/sh', '-c', BECOME, ...argv], ids: {} };
};

/** Asks the system's own account data base, which also knows users of LDAP and the like. */
const accountOf = async (uid: number): Promise<{ gid: number } | undefined> => {
  const getent = which('getent');
  if (getent === undefined) return undefined;
  try {
    const { stdout } = await execute(getent, ['passwd', String(uid)]);
    const gid = Number(stdout.split(':')[3]);
    return Number.isInteger(gid) ? { gid } : undefined;
  } catch {
    // getent's way to say that there is no such account is a failure.
    return undefined;
  }
};
