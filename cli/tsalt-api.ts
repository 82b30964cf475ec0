import { connect } from '../master/client/connect.ts';
import type { MasterClient } from '../master/client/contract.ts';
import { loadMasterConfig, type MasterConfig } from '../master/options.ts';
import { webOptions } from '../web/options.ts';
import type { Log } from '../web/parts.ts';
import { reaching } from '../web/reach.ts';
import { type RunningWeb, startWeb } from '../web/server.ts';
import { type DaemonFlags, daemonCommand, daemonLog, daemonOverrides, runDaemon, serveUntilSignal } from './daemon.ts';

/** The program `tsalt-api`: serves salt-api's REST interface and the console. Answers its exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const command = daemonCommand('tsalt-api', 'The web: the REST interface of salt-api, and the console.', 'master');
  return await runDaemon(command, argv, serve);
}

async function serve(flags: DaemonFlags): Promise<number> {
  const { configDir, pidFile, logFile, ...rest } = flags;
  const load = () =>
    loadMasterConfig({ configDir, overrides: { ...daemonOverrides({ configDir, ...rest }), api_pidfile: pidFile, api_logfile: logFile } });
  const { config, secrets } = load();
  const logOf = (from: MasterConfig) => ({ ...from, log_file: from.api_logfile });
  const opened = await daemonLog(logOf(config), secrets);
  process.umask(0o077);
  const client = reaching(() => connect({ sockDir: config.sock_dir, cachedir: config.cachedir, user: config.user }));
  const web = await startApi(config, client, opened.log);
  const daemon = { reload: () => opened.log.info('options of the API are read at its start'), stop: () => stop(web, client) };
  return await serveUntilSignal(daemon, config.api_pidfile, opened, () => logOf(load().config));
}

async function stop(web: RunningWeb, client: AsyncDisposable): Promise<void> {
  await web.stop();
  await client[Symbol.asyncDispose]();
}

/** Starts the web for the master whose configuration this is. @throws TsaltError `cannot-bind`, `bad-config` */
export async function startApi(config: MasterConfig, client: MasterClient, log: Log): Promise<RunningWeb> {
  const options = webOptions(config.rest_cherrypy, { clients: config.netapi_enable_clients, pkiDir: config.pki_dir });
  const web = await startWeb({ client, options, log });
  log.info(`the API answers at ${web.address}`);
  return web;
}
