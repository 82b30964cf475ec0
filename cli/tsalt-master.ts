import type { OpenLog } from '../kernel/config/log.ts';
import { type RunningMaster, startMaster } from '../master/main.ts';
import { loadMasterConfig, type MasterConfig } from '../master/options.ts';
import { functionsOnMaster } from '../minion/on_master.ts';
import type { RunningWeb } from '../web/server.ts';
import { type DaemonFlags, daemonCommand, daemonLog, daemonOverrides, runDaemon, serveUntilSignal } from './daemon.ts';
import { startApi } from './tsalt-api.ts';

/** The program `tsalt-master`. Answers its exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const command = daemonCommand('tsalt-master', 'The master: accepts minions, publishes jobs to them and keeps their results.', 'master');
  return await runDaemon(command, argv, serve);
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
  const web = config.api_in_master ? await beside(master, config, log) : undefined;
  const daemon = {
    reload: () => master.reload(),
    stop: async () => {
      await web?.stop();
      await master.stop();
    },
  };
  return await serveUntilSignal(daemon, config.pidfile, opened, () => load().config);
}

/** The API in this process; a master whose API cannot start does not start either, for somebody would wait for it. */
async function beside(master: RunningMaster, config: MasterConfig, log: OpenLog['log']): Promise<RunningWeb> {
  try {
    return await startApi(config, master.client, log);
  } catch (error) {
    await master.stop();
    throw error;
  }
}
