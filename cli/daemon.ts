import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Command, CommanderError } from 'commander';
import type { Level } from '../kernel/config/levels.ts';
import { type OpenLog, openLog } from '../kernel/config/log.ts';
import { SALT_VERSION, VERSION } from '../kernel/version.ts';
import { messageOf } from '../protocol/errors.ts';

/** Exit codes of daemons: 0 stopped, 1 broken, 64 wrong usage (EX_USAGE), 77 not permitted to go on (EX_NOPERM). */
export const EXIT = { fine: 0, broken: 1, usage: 64, notPermitted: 77 } as const;

/** Options that every daemon has, as Salt's daemons have them. */
export interface DaemonFlags {
  readonly configDir: string;
  readonly daemon?: boolean;
  readonly pidFile?: string;
  readonly logLevel?: string;
  readonly logFile?: string;
  readonly logFileLevel?: string;
  readonly user?: string;
}

export function daemonCommand(name: string, description: string, file: string): Command {
  return new Command(name)
    .description(description)
    .version(`${name} ${VERSION} (Salt ${SALT_VERSION} compatible)`, '--version', 'print the version')
    .option('-c, --config-dir <dir>', `directory with the file "${file}" and ${file}.d/`, process.env['SALT_CONFIG_DIR'] ?? '/etc/salt')
    .option('-d, --daemon', 'run in the background')
    .option('--pid-file <file>', 'where the process id is kept (option pidfile)')
    .option('-u, --user <user>', 'account to run as (option user)')
    .option('-l, --log-level <level>', 'from which level on messages go to the console')
    .option('--log-file <file>', 'the log file')
    .option('--log-file-level <level>', 'from which level on messages go to the log file')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, `${name}: error: `)) });
}

/** Parses the command line; a number is the exit code to leave with at once (help, version, wrong usage). */
function parseFlags<F extends DaemonFlags>(command: Command, argv: readonly string[]): F | number {
  try {
    return command.parse([...argv], { from: 'user' }).opts<F>();
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
    throw error;
  }
}

/** The program of a daemon: its flags, the background, and how an end is told. `codeOf`: the exit code for what `serve` threw. */
export async function runDaemon<F extends DaemonFlags>(
  command: Command,
  argv: readonly string[],
  serve: (flags: F) => Promise<number>,
  codeOf: (error: unknown) => number = () => EXIT.broken,
): Promise<number> {
  const flags = parseFlags<F>(command, argv);
  if (typeof flags === 'number') return flags;
  if (flags.daemon === true) return await daemonise(argv);
  try {
    return await serve(flags);
  } catch (error) {
    process.stderr.write(`[CRITICAL] ${messageOf(error)}\n`);
    return codeOf(error);
  }
}

/** What the command line sets, by option name; what it does not name stays out. */
export function daemonOverrides(flags: DaemonFlags): Record<string, unknown> {
  const overrides: Record<string, unknown> = {
    pidfile: flags.pidFile,
    user: flags.user,
    log_level: flags.logLevel,
    log_file: flags.logFile,
    log_level_logfile: flags.logFileLevel,
  };
  for (const [name, value] of Object.entries(overrides)) if (value === undefined) delete overrides[name];
  return overrides;
}

/** The slice of a daemon's configuration that its log is made of. */
export interface LogConfig {
  readonly log_file: string;
  readonly log_level: string;
  readonly log_level_logfile: string | null;
}

export async function daemonLog(config: LogConfig, secrets: readonly string[]): Promise<OpenLog> {
  return await openLog({
    level: config.log_level as Level,
    file: config.log_file,
    fileLevel: config.log_level_logfile as Level | null,
    secrets,
  });
}

export interface Daemon {
  reload(): void | Promise<void>;
  stop(): Promise<void>;
  /** Resolves when the daemon ended by itself. */
  readonly ended?: Promise<void>;
}

/**
 * Keeps the process id on file and serves until SIGTERM, SIGINT or the daemon's own end. SIGHUP reloads: the
 * daemon its configuration, the log its file and the levels of `logConfig`, which reads them anew.
 */
export async function serveUntilSignal(daemon: Daemon, pidfile: string, opened: OpenLog, logConfig: () => LogConfig): Promise<number> {
  const { log } = opened;
  const reload = async (): Promise<void> => {
    opened.reopen();
    await daemon.reload();
    const { log_level, log_level_logfile } = logConfig();
    opened.setLevels(log_level as Level, log_level_logfile as Level | null);
  };
  process.on('SIGHUP', () => void reload().catch((error: unknown) => log.error(`not reloaded: ${messageOf(error)}`)));
  writePid(pidfile);
  try {
    const reason = await Promise.race([signalled(), daemon.ended?.then(() => 'its own end') ?? new Promise<never>(() => undefined)]);
    log.info(`stopping: ${reason}`);
    await daemon.stop();
    return EXIT.fine;
  } finally {
    rmSync(pidfile, { force: true });
    opened[Symbol.dispose]();
  }
}

function signalled(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });
}

function writePid(pidfile: string): void {
  mkdirSync(dirname(pidfile), { recursive: true });
  writeFileSync(pidfile, `${process.pid}\n`, { mode: 0o644 });
}

/** A daemon that dies within this time did not start, in ms. */
const LIVES_MS = 1000;

/** Starts this program again, away from the terminal; the exit code tells whether it lives. */
async function daemonise(argv: readonly string[]): Promise<number> {
  const rest = argv.filter((word) => word !== '-d' && word !== '--daemon').map(withoutD);
  const script = process.argv[1] ?? '';
  const child = spawn(process.execPath, [...process.execArgv, script, ...rest], { detached: true, stdio: 'ignore' });
  const died = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? EXIT.broken)));
  const lives = new Promise<number>((resolve) => setTimeout(() => resolve(EXIT.fine), LIVES_MS));
  const code = await Promise.race([died, lives]);
  child.unref();
  return code;
}

/** `-ld` is `-l` and `-d`: the d of combined short options goes too. */
const withoutD = (word: string): string => (/^-[a-ce-z]*d$/.test(word) ? word.replace('d', '') : word);
