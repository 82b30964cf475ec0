import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Command, CommanderError } from 'commander';
import { prepareJoin, readMinionPlaces, startMinion } from '../minion/main.ts';
import { messageOf, NotAccepted, TsaltError, WrongPeer } from '../protocol/errors.ts';
import { daemonLog } from './daemon-log.ts';

/** Exit codes: 0 stopped, 1 broken, 64 wrong usage (Salt's EX_USAGE), 77 not permitted to go on (Salt's EX_NOPERM). */
const EXIT = { fine: 0, broken: 1, usage: 64, notPermitted: 77 } as const;

interface Flags {
  readonly configDir: string;
  readonly daemon?: boolean;
  readonly pidFile?: string;
  readonly logLevel?: string;
  readonly logFile?: string;
  readonly logFileLevel?: string;
  readonly user?: string;
  readonly id?: string;
  readonly join?: string;
  readonly token?: string;
  readonly finger?: string;
}

const DEFAULT_DIR = process.env['SALT_CONFIG_DIR'] ?? '/etc/salt';

/** The program `tsalt-minion`. Answers its exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  let flags: Flags;
  try {
    flags = command()
      .parse([...argv], { from: 'user' })
      .opts<Flags>();
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
    throw error;
  }
  if (flags.daemon === true) return await daemonise(argv);
  try {
    return await serve(flags);
  } catch (error) {
    process.stderr.write(`[ERROR   ] ${messageOf(error)}\n`);
    return error instanceof NotAccepted || error instanceof WrongPeer ? EXIT.notPermitted : EXIT.broken;
  }
}

function command(): Command {
  return new Command('tsalt-minion')
    .description('The agent: joins a master, runs its jobs and returns the results.')
    .version(version(), '--version', 'print the version')
    .option('-c, --config-dir <dir>', 'directory with the file "minion" and minion.d/', DEFAULT_DIR)
    .option('-d, --daemon', 'run in the background')
    .option('--pid-file <file>', 'where the process id is kept (option pidfile)')
    .option('-u, --user <user>', 'account to run as (option user)')
    .option('-l, --log-level <level>', 'from which level on messages go to the console')
    .option('--log-file <file>', 'the log file')
    .option('--log-file-level <level>', 'from which level on messages go to the log file')
    .option('--id <id>', 'the id of this minion')
    .option('--join <host>', 'join this master: written to minion.d/99-master.conf when no master is configured')
    .option('--token <token>', 'with --join: an enrolment token of tsalt-key --token; it is not stored')
    .option('--finger <fingerprint>', "with --join: the fingerprint the master's key must have")
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'tsalt-minion: error: ')) });
}

async function serve(flags: Flags): Promise<number> {
  if (flags.join !== undefined)
    await prepareJoin(flags.configDir, { host: flags.join, ...(flags.finger === undefined ? {} : { finger: flags.finger }) });
  else if (flags.token !== undefined || flags.finger !== undefined) throw new TsaltError('usage', '--token and --finger need --join HOST');
  const overrides = overridesOf(flags);
  const { pidfile } = readMinionPlaces({ configDir: flags.configDir, overrides });
  const log = await daemonLog('minion', { configDir: flags.configDir, overrides });
  const minion = await startMinion({
    configDir: flags.configDir,
    overrides,
    log,
    ...(flags.token === undefined ? {} : { token: flags.token }),
  });
  await writePid(pidfile);
  const stopping = untilSignal(() => void minion.reload().catch((error: unknown) => log.error(`not reloaded: ${messageOf(error)}`)));
  try {
    const signal = await Promise.race([minion.ended.then(() => 'the end'), stopping]);
    log.info(`stopping on ${signal}`);
    await minion.stop();
    return EXIT.fine;
  } finally {
    await rm(pidfile, { force: true });
  }
}

/** Resolves with the name of the signal that asks for the end; SIGHUP only reloads. */
function untilSignal(reload: () => void): Promise<string> {
  process.on('SIGHUP', reload);
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });
}

function overridesOf(flags: Flags): Record<string, unknown> {
  const overrides: Record<string, unknown> = {
    id: flags.id,
    pidfile: flags.pidFile,
    user: flags.user,
    log_level: flags.logLevel,
    log_file: flags.logFile,
    log_level_logfile: flags.logFileLevel,
  };
  for (const [name, value] of Object.entries(overrides)) if (value === undefined) delete overrides[name];
  return overrides;
}

async function writePid(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${process.pid}\n`, { mode: 0o644 });
}

/** Starts this program again, away from the terminal, and ends when it lives. */
async function daemonise(argv: readonly string[]): Promise<number> {
  const rest = argv
    .filter((word) => word !== '-d' && word !== '--daemon')
    .map((word) => (/^-[a-ce-z]*d$/.test(word) ? word.replace('d', '') : word));
  const script = process.argv[1] ?? '';
  const child = spawn(process.execPath, [...process.execArgv, script, ...rest], { detached: true, stdio: 'ignore' });
  const died = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? EXIT.broken)));
  const lives = new Promise<number>((resolve) => setTimeout(() => resolve(EXIT.fine), 1000));
  const code = await Promise.race([died, lives]);
  child.unref();
  return code;
}

function version(): string {
  for (const place of ['../package.json', '../../package.json']) {
    const file = new URL(place, import.meta.url);
    if (existsSync(file)) return String(JSON.parse(readFileSync(file, 'utf8')).version);
  }
  return 'unknown';
}
