import { startMaster } from '../master/main.ts';
import { loadMasterConfig } from '../master/options.ts';
import { functionsOnMaster } from '../minion/on_master.ts';
import { messageOf } from '../protocol/errors.ts';
import { type DaemonFlags, daemonCommand, daemonise, daemonLog, daemonOverrides, EXIT, parseFlags, serveUntilSignal } from './daemon.ts';

/** The program `tsalt-master`. Answers its exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const command = daemonCommand('tsalt-master', 'The master: accepts minions, publishes jobs to them and keeps their results.', 'master');
  const flags = parseFlags<DaemonFlags>(command, argv);
  if (typeof flags === 'number') return flags;
  if (flags.daemon === true) return await daemonise(argv);
  try {
    return await serve(flags);
  } catch (error) {
    process.stderr.write(`[CRITICAL] ${messageOf(error)}\n`);
    return EXIT.broken;
  }
}

async function serve(flags: DaemonFlags): Promise<number> {
  const { configDir } = flags;
  const overrides = daemonOverrides(flags);
  const load = () => loadMasterConfig({ configDir, overrides });
  const { config, warnings, secrets } = load();
  const opened = await daemonLog(config, secrets);
  for (const warning of warnings) {
    const text = `${warning.file}${'line' in warning && warning.line !== undefined ? `:${warning.line}` : ''}: ${warning.message}`;
    if (warning.level === 'warning') opened.log.warn(text);
    else opened.log.debug(text);
  }
  process.umask(0o077);
  const { log } = opened;
  const master = await startMaster({
    configDir,
    overrides,
    log,
    functions: (id, options, master) => functionsOnMaster({ id, configDir, options, master, log }),
  });
  log.info(`publishing at ${master.publishAddress}, answering at ${master.requestAddress}`);
  return await serveUntilSignal(master, config.pidfile, opened, () => load().config);
}
