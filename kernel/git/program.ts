import type { Log } from '../../modules/define.ts';
import { TsaltError } from '../../protocol/errors.ts';
import { createSpawn } from '../loader/spawn.ts';
import type { Access } from './access.ts';

/** What git was to do failed. The message holds what git said, without credentials. */
export class GitFailed extends TsaltError {
  constructor(what: string, why: string) {
    super('git-failed', `git ${what}: ${why}`, { retry: true });
  }
}

export interface GitOptions {
  /** Reaches the remote by this. None: the run stays on this machine. */
  readonly access?: Access;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Seconds after which it is killed, with all that it started. */
  readonly timeout?: number;
}

/** Runs `git` in one bare repository; answers what it wrote. @throws GitFailed, NotStarted */
export type Git = (args: readonly string[], options?: GitOptions) => Promise<Buffer>;

/** Nothing of the caller's may name another repository, nor may git ask a person. */
const ENVIRONMENT: Readonly<Record<string, string | null>> = {
  GIT_DIR: null,
  GIT_WORK_TREE: null,
  GIT_INDEX_FILE: null,
  GIT_OBJECT_DIRECTORY: null,
  GIT_ALTERNATE_OBJECT_DIRECTORIES: null,
  GIT_CONFIG_PARAMETERS: null,
  GIT_ASKPASS: null,
  SSH_ASKPASS: null,
  GIT_TERMINAL_PROMPT: '0',
  GIT_ALLOW_PROTOCOL: 'file:git:http:https:ssh',
  LANGUAGE: 'C',
  LC_ALL: 'C',
};
/** A connection that brings nothing for a minute is given up. */
const SETTINGS = ['core.quotepath=false', 'core.hooksPath=/dev/null', 'http.lowSpeedLimit=1', 'http.lowSpeedTime=60'];

export function gitIn(repository: string, signal: AbortSignal, log: Log): Git {
  const spawn = createSpawn({ signal, log });
  return async (args, { access, env, stdin, timeout } = {}) => {
    const settings = [...SETTINGS, ...(access?.settings ?? [])].flatMap((one) => ['-c', one]);
    const ran = await spawn(['git', ...settings, `--git-dir=${repository}`, ...args], {
      cwd: '/',
      env: { ...ENVIRONMENT, ...access?.env, ...env },
      ...(stdin === undefined ? {} : { stdin }),
      ...(timeout === undefined ? {} : { timeout }),
    });
    if (ran.code === 0 && !ran.timedOut) return ran.stdout;
    const said = ran.timedOut ? `not done after ${timeout} s` : ran.stderr.toString().trim() || `exit code ${ran.code}`;
    throw new GitFailed(args[0] ?? '', access === undefined ? said : access.redact(said));
  };
}
