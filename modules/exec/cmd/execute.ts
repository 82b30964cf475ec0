import { CallRefused, CommandFailed, type Ctx, type Ran, type Returnable, type SpawnOptions } from '../../define.ts';
import { type Account, accountOf, becoming, groupIdOf, homeOf, type Identity, loginEnvironment } from './account.ts';
import type { CommandArgs } from './arguments.ts';
import { decodeOutput, logLevel, reportResult } from './output.ts';
import { defaultShell, isEnterable, isExecutable, loginShells, whyNotStartable } from './programs.ts';
import { renderedArgs } from './template.ts';
import { globMatches, isList, isMap, listText, splitList, splitWords, wordOf } from './words.ts';

/** What a command came to, in Salt's shape. `retcode` is null for one nobody waits for. */
export interface Result extends Readonly<Record<string, Returnable>> {
  readonly pid: number;
  readonly retcode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const LOCALE = [
  'CTYPE',
  'NUMERIC',
  'TIME',
  'COLLATE',
  'MONETARY',
  'MESSAGES',
  'PAPER',
  'NAME',
  'ADDRESS',
  'TELEPHONE',
  'MEASUREMENT',
  'IDENTIFICATION',
];

/**
 * Runs one command as cmd.run and its kin do, sets the job's return code and logs a failure.
 * Throws CommandFailed when it cannot be started: no such user, shell, directory or program.
 */
export const execute = async (ctx: Ctx, given: CommandArgs, mergeStderr = false): Promise<Result> => {
  const shell = given.shell ?? defaultShell();
  checkShell(ctx, shell, given.output_loglevel);
  const args = await renderedArgs(ctx, given);
  const identity = await identityOf(ctx, args);
  const cwd = workingDirectory(args, identity.account);
  checkPermitted(ctx, args.cmd);
  const env = await environment(ctx, args, shell, identity.account);
  const umask = parseUmask(args.umask);
  const argv = wordsOf(ctx, args, shell);
  announce(ctx, args, cwd);
  const options: SpawnOptions = {
    cwd,
    ...becoming(identity),
    env: 'NOTIFY_SOCKET' in env ? env : { ...env, NOTIFY_SOCKET: null },
    cleanEnv: args.clean_env ?? false,
    mergeStderr,
    detached: args.bg ?? false,
    ...(umask === undefined ? {} : { umask }),
    ...(args.stdin == null || args.bg ? {} : { stdin: stdinOf(ctx, args.stdin) }),
    ...(args.timeout && !args.bg ? { timeout: args.timeout } : {}),
  };
  checkStartable(argv, options, env['PATH'] ?? (args.clean_env ? undefined : process.env['PATH']));
  return conclude(ctx, args, await start(ctx, argv, options));
};

const identityOf = async (ctx: Ctx, { runas, group }: CommandArgs): Promise<Identity> => ({
  ...(runas === undefined ? {} : { account: await accountOf(ctx, runas) }),
  ...(group === undefined ? {} : { gid: await groupIdOf(ctx, group) }),
});

/** What the system refuses to start is a failure of the call, told without a stack. */
const start = async (ctx: Ctx, argv: readonly string[], options: SpawnOptions): Promise<Ran> => {
  try {
    return await ctx.spawn(argv, options);
  } catch (failure) {
    if (ctx.signal.aborted) throw failure;
    throw new CommandFailed(notStarted(argv, options, failure instanceof Error ? failure.message : String(failure)));
  }
};

/** In Salt's words, with the options that its call of the system has: numbers and all, for scripts look for them. */
const notStarted = (argv: readonly string[], { cwd = '/', detached, mergeStderr, timeout }: SpawnOptions, why: string): string => {
  const [pipe, merged] = detached ? ['None', 'None'] : ['-1', mergeStderr ? '-2' : '-1'];
  const waits = detached ? "'with_communicate': False" : "'with_communicate': True";
  const context = `'cwd': '${cwd}', 'shell': False, 'stdout': ${pipe}, 'stderr': ${merged}, ${waits}, 'timeout': ${timeout ?? 'None'}`;
  return `Unable to run command '${listText(argv)}' with the context '{${context}, 'bg': ${detached ? 'True' : 'False'}, 'close_fds': True}', reason: ${why}`;
};

/** True from the command line, where users expect pipes to work; false between functions. */
export const usesShell = (ctx: Ctx, { python_shell }: CommandArgs): boolean =>
  python_shell ?? (Boolean(ctx.extra['__pub_jid']) || ctx.config['cmd_safe'] === false);

const checkShell = (ctx: Ctx, shell: string, level: string | undefined): void => {
  if (shell === '') return;
  if (level !== 'quiet' && loginShells()?.includes(shell) === false) {
    ctx.log.warn(`The shell <${shell}> is not one of /etc/shells: it may not be valid for this user`);
  }
  if (!isExecutable(shell)) throw new CommandFailed(`The shell ${shell} is not available`);
};

const workingDirectory = (args: CommandArgs, account: Account | undefined): string => {
  if (args.cwd == null || args.cwd === '') {
    const home = homeOf(account);
    return isEnterable(home) ? home : '/';
  }
  const cwd = wordOf(args.cwd);
  if (!cwd.startsWith('/') || !isEnterable(cwd)) throw new CommandFailed(`Specified cwd '${cwd}' either not absolute or does not exist`);
  return cwd;
};

/** `cmd_blacklist_glob` and `cmd_whitelist_glob` bind what comes from the command line. */
const checkPermitted = (ctx: Ctx, cmd: Returnable): void => {
  if (!('__pub_jid' in ctx.extra)) return;
  const line = Array.isArray(cmd) ? cmd.map(wordOf).join(' ') : wordOf(cmd);
  const globs = (option: string): string[] => {
    const set = ctx.config[option];
    return Array.isArray(set) ? set.map(String) : typeof set === 'string' ? [set] : [];
  };
  const allowed = globs('cmd_whitelist_glob');
  const forbidden = globs('cmd_blacklist_glob').some((glob) => globMatches(line, glob));
  if (forbidden || (allowed.length > 0 && !allowed.some((glob) => globMatches(line, glob)))) {
    throw new CommandFailed(`The shell command "${line}" is not permitted`);
  }
};

const environment = async (ctx: Ctx, args: CommandArgs, shell: string, account: Account | undefined): Promise<Record<string, string>> => {
  const asked = askedEnvironment(ctx, args.env);
  const login = account === undefined ? {} : await loginEnvironment(ctx, account, shell);
  const identity = account === undefined ? {} : { USER: account.name, HOME: account.home };
  const locale =
    args.reset_system_locale === false
      ? {}
      : Object.fromEntries([...LOCALE.map((name) => `LC_${name}`), 'LANGUAGE'].map((name) => [name, 'C']));
  const env: Record<string, string> = { ...locale, ...login, ...asked, ...identity };
  if (args.prepend_path) env['PATH'] = `${args.prepend_path}:${env['PATH'] ?? process.env['PATH'] ?? ''}`;
  return env;
};

/** `env` as a map, a list of maps, or a list of names. */
const askedEnvironment = (ctx: Ctx, env: Returnable | undefined): Record<string, string> => {
  const asked: Record<string, string> = { __proto__: null } as never;
  const take = (name: string, value: Returnable): void => {
    if (value === null) {
      ctx.log.error(`Environment variable '${name}' passed without a value. Setting value to an empty string`);
    }
    asked[name] = value === null ? '' : wordOf(value);
  };
  for (const part of isList(env) ? env : [env ?? null]) {
    if (part instanceof Map) for (const [name, value] of part) take(String(name), value);
    else if (isMap(part)) for (const [name, value] of Object.entries(part)) take(name, value);
    else if (isList(env)) take(wordOf(part), null);
  }
  return asked;
};

const parseUmask = (umask: Returnable | undefined): number | undefined => {
  if (umask == null) return undefined;
  const digits = wordOf(umask).replace(/^0+/, '');
  if (digits === '') throw new CommandFailed('Zero umask is not allowed.');
  if (!/^[0-7]{1,4}$/.test(digits)) throw new CommandFailed(`Invalid umask: '${wordOf(umask)}'`);
  return Number.parseInt(digits, 8);
};

const wordsOf = (ctx: Ctx, args: CommandArgs, shell: string): string[] => {
  const words = isList(args.cmd) ? args.cmd.map(wordOf) : undefined;
  if (usesShell(ctx, args)) return [shell === '' ? '/bin/sh' : shell, '-c', ...(words ?? [wordOf(args.cmd)])];
  if (words !== undefined) return words;
  try {
    return splitWords(wordOf(args.cmd));
  } catch (cause) {
    throw new CommandFailed(`The command cannot be split into words: ${cause instanceof Error ? cause.message : cause}`);
  }
};

const checkStartable = (argv: readonly string[], options: SpawnOptions, path = '/bin:/usr/bin'): void => {
  const [program = ''] = argv;
  const why = program === '' ? 'the command is empty' : whyNotStartable(program, options.cwd ?? '/', path);
  if (why !== undefined) throw new CommandFailed(notStarted(argv, options, why));
};

const stdinOf = (ctx: Ctx, stdin: Returnable): string => {
  const text = wordOf(stdin);
  return ctx.extra['stdin_raw_newlines'] === true ? text : text.replaceAll('\\n', '\n');
};

/** The first word only: the rest may hold a password. */
export const firstWord = (cmd: Returnable): string =>
  Array.isArray(cmd) ? wordOf(cmd[0] ?? '').trim() : (wordOf(cmd).trim().split(/\s+/)[0] ?? '');

/** An empty command is refused here and not where it is silent, as in Salt: with `output_loglevel=quiet` a shell is given it. */
const announce = (ctx: Ctx, args: CommandArgs, cwd: string): void => {
  if (logLevel(ctx, args.output_loglevel) === undefined) return;
  if (firstWord(args.cmd) === '') throw new CommandFailed('The command is empty');
  const quote = Array.isArray(args.cmd) ? '' : "'";
  const who = `${args.runas ? `as user '${args.runas}' ` : ''}${args.group ? `in group '${args.group}' ` : ''}`;
  const lost = args.bg ? '. Executing command in the background, no output will be logged.' : '';
  ctx.log.info(`Executing command ${quote}${firstWord(args.cmd)}${quote} ${who}in directory '${cwd}'${lost}`);
};

const conclude = (ctx: Ctx, args: CommandArgs, ran: Ran): Result => {
  if (args.bg) {
    ctx.retcode(0);
    return { pid: ran.pid, retcode: null, stdout: '', stderr: '' };
  }
  if (ran.timedOut) {
    // As Salt: one result text, and the job's own return code is left alone.
    const command =
      usesShell(ctx, args) && !isList(args.cmd) ? wordOf(args.cmd) : listText(wordsOf(ctx, { ...args, python_shell: false }, ''));
    return { stdout: `${command} : Timed out after ${args.timeout} seconds`, stderr: '', retcode: 1, pid: ran.pid };
  }
  const stdout = decodeOutput(ctx, args, 'stdout', ran.stdout);
  const stderr = decodeOutput(ctx, args, 'stderr', ran.stderr);
  const retcode = succeeded(args, ran.code, stdout, stderr) ? 0 : ran.code;
  ctx.retcode(args.ignore_retcode ? 0 : retcode);
  const result = { pid: ran.pid, retcode, stdout, stderr };
  reportResult(ctx, args, firstWord(args.cmd), result);
  return result;
};

const succeeded = (args: CommandArgs, code: number, stdout: string, stderr: string): boolean => {
  const codes = args.success_retcodes == null ? [0] : splitList(args.success_retcodes).map(Number);
  if (!codes.every(Number.isInteger)) throw new CallRefused('success_retcodes must be a list of integers');
  const says = (texts: Returnable | undefined, output: string): boolean =>
    texts != null && splitList(texts).some((text) => output.includes(text));
  return codes.includes(code) || says(args.success_stdout, stdout) || says(args.success_stderr, stderr);
};
