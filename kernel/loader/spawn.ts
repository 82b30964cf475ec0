import { type ChildProcess, type SpawnOptions as NodeSpawnOptions, spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import type { Log, Ran, SpawnOptions } from '../../modules/define.ts';
import { messageOf, TsaltError } from '../../protocol/errors.ts';
import { findProgram } from './host.ts';
import { type Gathered, gather } from './output.ts';
import { asUser } from './user.ts';

/** A program could not be started: absent, not executable, no such working directory. */
export class NotStarted extends TsaltError {
  constructor(program: string, why: string, cause?: unknown) {
    super('not-started', `cannot run ${program}: ${why}`, { cause });
  }
}

/** What a process is tied to. */
export interface SpawnTies {
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly output?: ((stream: 'stdout' | 'stderr', text: string) => void) | undefined;
  /** Bytes kept of each stream; 100 MB unless told. */
  readonly limit?: number;
}

const defaultLimit = 100 * 1024 * 1024;
/** Milliseconds between SIGTERM and SIGKILL, and then until a stream that a runaway grandchild holds is given up. */
const grace = 2000;

/**
 * Makes the `spawn` of one job's context. Each program leads its own session and process group. When the job is
 * aborted, the group gets SIGTERM, then SIGKILL, and the promise rejects with the abort's reason; on timeout
 * it resolves with `timedOut`. A program that dies of a signal has that signal's negative number as code, as
 * Python gives it. A `detached` one resolves as soon as it runs, with its streams at /dev/null.
 */
export const createSpawn =
  (ties: SpawnTies) =>
  async (argv: readonly string[], options: SpawnOptions = {}): Promise<Ran> => {
    ties.signal.throwIfAborted();
    const command = await commandLine(argv, options, ties.log);
    const child = start(command, options);
    await started(child, argv[0] ?? '');
    if (options.detached) return letGo(child, options);
    return attend(child, options, ties);
  };

interface Command {
  /** What is started, and how it is told it was called. */
  readonly program: string;
  readonly argv: readonly [string, ...string[]];
  readonly env: NodeJS.ProcessEnv;
  readonly ids: { readonly uid?: number; readonly gid?: number };
}

/** The words to execute: the program behind what must happen before it (umask, merged streams, another user). */
const commandLine = async (argv: readonly string[], options: SpawnOptions, log: Log): Promise<Command> => {
  const env = environment(options);
  checkDirectory(argv[0] ?? '', options.cwd);
  const program = locate(argv[0] ?? '', options.cwd, env['PATH'] ?? '');
  const name = calledAs(argv[0] ?? '', program, env);
  const user = await asUser([name, ...argv.slice(1)], options, log);
  const shell = shellPrelude(options);
  const words: Command['argv'] = shell ? ['/bin/sh', '-c', shell, 'sh', ...user.argv] : user.argv;
  return { program: words[0] === name ? program : words[0], argv: words, env, ids: user.ids };
};

/** Programs complain by the name they were called by; a shell would take one with a dash for an option. */
const calledAs = (asked: string, program: string, env: NodeJS.ProcessEnv): string =>
  asked.startsWith('-') || !env['PATH'] ? program : asked;

/**
 * Node can set neither a umask nor one pipe for two streams for a child, and changing our own umask would
 * reach every job; a shell that then becomes the program does both.
 */
const shellPrelude = (options: SpawnOptions): string | undefined => {
  if (options.umask === undefined && !options.mergeStderr) return undefined;
  const umask = options.umask === undefined ? '' : `umask ${options.umask.toString(8).padStart(4, '0')}; `;
  return `${umask}exec "$@"${options.mergeStderr ? ' 2>&1' : ''}`;
};

const environment = (options: SpawnOptions): NodeJS.ProcessEnv => {
  const env: NodeJS.ProcessEnv = options.cleanEnv ? {} : { ...process.env };
  for (const [name, value] of Object.entries(options.env ?? {})) {
    if (value === null) delete env[name];
    else env[name] = value;
  }
  return env;
};

/** Node blames the program (`spawn ls ENOENT`) when it is the directory that is missing. */
const checkDirectory = (program: string, cwd: string | undefined): void => {
  if (cwd === undefined) return;
  const stat = statSync(cwd, { throwIfNoEntry: false });
  if (!stat) throw new NotStarted(program, `the working directory ${cwd} does not exist`);
  if (!stat.isDirectory()) throw new NotStarted(program, `the working directory ${cwd} is not a directory`);
};

const locate = (program: string, cwd: string | undefined, path: string): string => {
  if (program.includes('\0')) throw new NotStarted(JSON.stringify(program), 'its name holds a NUL byte');
  const asked = program.includes('/') ? resolve(cwd ?? '.', program) : program;
  const found = findProgram(asked, (path || '/usr/local/bin:/usr/bin:/bin').split(':'));
  if (found !== undefined) return found;
  throw new NotStarted(program || "''", program.includes('/') ? 'no such executable file' : `no such program on the PATH (${path})`);
};

const start = (command: Command, options: SpawnOptions): ChildProcess => {
  const out = options.detached ? 'ignore' : 'pipe';
  const settings: NodeSpawnOptions = {
    env: command.env,
    detached: true,
    stdio: [options.stdin === undefined ? 'ignore' : 'pipe', out, out],
    ...command.ids,
  };
  if (options.cwd !== undefined) settings.cwd = options.cwd;
  const [argv0, ...args] = command.argv;
  try {
    return spawn(command.program, args, { ...settings, argv0 });
  } catch (thrown) {
    throw new NotStarted(command.program, messageOf(thrown), thrown);
  }
};

const started = (child: ChildProcess, program: string): Promise<void> =>
  new Promise((done, failed) => {
    child.once('spawn', done);
    child.once('error', (error) => failed(new NotStarted(program, messageOf(error), error)));
  });

const feed = (child: ChildProcess, options: SpawnOptions): void => {
  if (!child.stdin) return;
  // A program may end without having read all of its input: that is its right, and no failure.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.stdin);
};

const letGo = (child: ChildProcess, options: SpawnOptions): Ran => {
  feed(child, options);
  child.unref();
  return { pid: child.pid ?? 0, code: 0, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0), timedOut: false };
};

const attend = async (child: ChildProcess, options: SpawnOptions, ties: SpawnTies): Promise<Ran> => {
  const limit = ties.limit ?? defaultLimit;
  const stdout = gather(child.stdout, limit, (text) => ties.output?.('stdout', text));
  const stderr = gather(child.stderr, limit, (text) => ties.output?.('stderr', text));
  feed(child, options);
  const ended = closed(child);
  const timedOut = await untilEnd(child, ended, options.timeout, ties.signal);
  const { code, signal } = await ended;
  ties.signal.throwIfAborted();
  return ran(child, { code, signal, timedOut, stdout, stderr });
};

interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** When the program has ended and nothing can write to its streams any more. */
const closed = (child: ChildProcess): Promise<End> =>
  new Promise((done) => child.once('close', (code: number | null, signal: NodeJS.Signals | null) => done({ code, signal })));

/** Waits for the end, bringing it about on abort or timeout; tells whether it was the timeout. */
const untilEnd = async (child: ChildProcess, ended: Promise<End>, timeout: number | undefined, signal: AbortSignal): Promise<boolean> => {
  let timedOut = false;
  const timers: NodeJS.Timeout[] = [];
  const stop = (): void => {
    killGroup(child, 'SIGTERM');
    timers.push(setTimeout(() => killGroup(child, 'SIGKILL'), grace));
    timers.push(setTimeout(() => closeStreams(child), 2 * grace));
  };
  if (timeout !== undefined && timeout > 0) {
    timers.push(
      setTimeout(() => {
        timedOut = true;
        stop();
      }, timeout * 1000),
    );
  }
  signal.addEventListener('abort', stop, { once: true });
  await ended;
  signal.removeEventListener('abort', stop);
  for (const timer of timers) clearTimeout(timer);
  // Members of the group that ignored SIGTERM must not outlive the job either.
  if (timedOut || signal.aborted) killGroup(child, 'SIGKILL');
  return timedOut;
};

const killGroup = (child: ChildProcess, signal: NodeJS.Signals): void => {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (thrown) {
    // ESRCH: the whole group is gone already, which is what we want.
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown;
  }
};

const closeStreams = (child: ChildProcess): void => {
  child.stdout?.destroy();
  child.stderr?.destroy();
};

const ran = (child: ChildProcess, end: End & { timedOut: boolean; stdout: Gathered; stderr: Gathered }): Ran => ({
  pid: child.pid ?? 0,
  code: end.code ?? (end.signal ? -constants.signals[end.signal] : 1),
  ...(end.signal ? { signal: end.signal } : {}),
  stdout: end.stdout.bytes(),
  stderr: end.stderr.bytes(),
  timedOut: end.timedOut,
});
