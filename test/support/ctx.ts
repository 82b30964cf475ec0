import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { constants as system } from 'node:os';
import { join } from 'node:path';
import type { AnyCall, Ctx, ExecModule, Host, Log, Ran, Returnable, SpawnOptions } from '../../modules/define.ts';

/** What a test may set of a call's surroundings; the rest is this machine, as root's minion would see it. */
export interface Surroundings {
  readonly id?: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly grains?: Readonly<Record<string, Returnable>>;
  readonly host?: Partial<Host>;
  readonly rest?: readonly Returnable[];
  readonly extra?: Readonly<Record<string, Returnable>>;
  readonly testing?: boolean;
  readonly signal?: AbortSignal;
  /** Directories put before PATH, for programs the test provides. */
  readonly path?: readonly string[];
  /** Answers of `ctx.call`, by function name. */
  readonly functions?: Readonly<Record<string, (args: readonly Returnable[], kwargs: Readonly<Record<string, Returnable>>) => Returnable>>;
}
/** A context for one call, with what it logged and the job's return code. */
export interface Witnessed {
  readonly ctx: Ctx;
  readonly logged: string[];
  retcode: number;
}

/** A context whose `spawn` runs real programs. */
export const witness = (surroundings: Surroundings = {}): Witnessed => {
  const logged: string[] = [];
  const path = [...(surroundings.path ?? []), process.env['PATH'] ?? ''].join(':');
  const functions = surroundings.functions ?? {};
  const witnessed: Witnessed = {
    logged,
    retcode: 0,
    ctx: {
      id: surroundings.id ?? 'm1',
      host: { os: 'Debian', osFamily: 'Debian', which: (program) => findProgram(program, path), ...surroundings.host },
      grains: surroundings.grains ?? { os: 'Debian', os_family: 'Debian', osarch: 'amd64', saltversion: '3008.3' },
      pillar: {},
      config: surroundings.config ?? {},
      signal: surroundings.signal ?? new AbortController().signal,
      testing: surroundings.testing ?? false,
      rest: surroundings.rest ?? [],
      extra: surroundings.extra ?? {},
      log: logInto(logged),
      call: async (name, args = [], kwargs = {}) => {
        const answer = functions[name];
        if (answer === undefined) throw new Error(`'${name}' is not available.`);
        return answer(args, kwargs);
      },
      has: async (name) => Object.hasOwn(functions, name),
      spawn: (argv, options = {}) => run(argv, { ...options, env: { PATH: path, ...options.env } }, witnessed.ctx.signal),
      retcode: (code) => {
        witnessed.retcode = code;
      },
    },
  };
  return witnessed;
};

/** Runs one call of a module with its defaults filled in, as the loader does after its checks. */
export const invoke = async (
  module: ExecModule,
  name: string,
  args: Readonly<Record<string, Returnable>> = {},
  witnessed: Witnessed = witness(),
): Promise<Returnable> => {
  const definition: AnyCall | undefined = module.calls[name];
  if (definition === undefined) throw new Error(`${module.name}.${name} is not defined`);
  const unknown = Object.keys(args).find((key) => !Object.hasOwn(definition.args, key));
  if (unknown !== undefined) throw new Error(`${module.name}.${name} has no argument ${unknown}`);
  const given: Record<string, unknown> = {};
  for (const [key, arg] of Object.entries(definition.args as Record<string, { default?: unknown; required?: boolean }>)) {
    if (Object.hasOwn(args, key)) given[key] = args[key];
    else if (arg.required) throw new Error(`${module.name}.${name} needs ${key}`);
    else if (arg.default !== undefined) given[key] = arg.default;
  }
  return await definition.run(witnessed.ctx, given);
};

const logInto = (lines: string[]): Log => ({
  debug: (text) => lines.push(`DEBUG ${text}`),
  info: (text) => lines.push(`INFO ${text}`),
  warn: (text) => lines.push(`WARNING ${text}`),
  error: (text) => lines.push(`ERROR ${text}`),
});

const findProgram = (program: string, path: string): string | undefined =>
  [...path.split(':'), '/usr/sbin', '/sbin'].map((folder) => join(folder, program)).find(isProgram);

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
};

const environment = ({ env = {}, cleanEnv }: SpawnOptions): NodeJS.ProcessEnv => {
  const made: NodeJS.ProcessEnv = cleanEnv ? {} : { ...process.env };
  for (const [name, value] of Object.entries(env)) {
    if (value === null) delete made[name];
    else made[name] = value;
  }
  return made;
};

/** By way of a shell where spawn has no option of its own: to merge stderr in order, and to set the umask. */
const argvFor = (argv: readonly string[], { mergeStderr, umask }: SpawnOptions): readonly string[] => {
  const before = [umask === undefined ? '' : `umask ${umask.toString(8)};`, 'exec "$@"', mergeStderr ? '2>&1' : ''].join(' ');
  return mergeStderr || umask !== undefined ? ['/bin/sh', '-c', before, 'sh', ...argv] : argv;
};

const run = (argv: readonly string[], options: SpawnOptions, signal: AbortSignal): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const [program = '', ...args] = argvFor(argv, options);
    const child = spawn(program, args, {
      env: environment(options),
      detached: true,
      // A bash whose input is a socket, as Node's pipes are, takes itself for a remote shell and reads .bashrc.
      stdio: options.detached ? 'ignore' : [options.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.uid === undefined ? {} : { uid: options.uid }),
      ...(options.gid === undefined ? {} : { gid: options.gid }),
    });
    let timedOut = false;
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    const pid = child.pid ?? 0;
    const kill = (): void => {
      if (pid > 0) process.kill(-pid, 'SIGKILL');
    };
    const expire = (): void => {
      timedOut = true;
      kill();
    };
    const timer = options.timeout === undefined ? undefined : setTimeout(expire, options.timeout * 1000);
    signal.addEventListener('abort', kill, { once: true });
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', kill);
    };
    child.on('error', (error) => {
      settle();
      reject(error);
    });
    child.on('spawn', () => {
      if (!options.detached) return;
      settle();
      child.unref();
      resolve(ranOf(pid, 0, null, [], [], false));
    });
    child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
    // A program that reads no input may be gone before it is written.
    child.stdin?.on('error', () => {}).end(options.stdin);
    child.on('close', (code, ended) => {
      settle();
      resolve(ranOf(pid, code, ended, stdout, stderr, timedOut));
    });
  });

const ranOf = (
  pid: number,
  code: number | null,
  signal: NodeJS.Signals | null,
  stdout: Buffer[],
  stderr: Buffer[],
  timedOut: boolean,
): Ran => ({
  pid,
  code: signal === null ? (code ?? 0) : -system.signals[signal],
  ...(signal === null ? {} : { signal }),
  stdout: Buffer.concat(stdout),
  stderr: Buffer.concat(stderr),
  timedOut,
});
