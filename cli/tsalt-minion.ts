import { prepareJoin, readMinionConfig, startMinion } from '../minion/main.ts';
import { NotAccepted, TsaltError, WrongPeer } from '../protocol/errors.ts';
import { type DaemonFlags, daemonCommand, daemonLog, daemonOverrides, EXIT, runDaemon, serveUntilSignal } from './daemon.ts';

interface Flags extends DaemonFlags {
  readonly id?: string;
  readonly join?: string;
  readonly token?: string;
  readonly finger?: string;
}

/** The program `tsalt-minion`. Answers its exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  return await runDaemon(command(), argv, serve, exitCode);
}

function exitCode(error: unknown): number {
  if (error instanceof TsaltError && error.code === 'usage') return EXIT.usage;
  return error instanceof NotAccepted || error instanceof WrongPeer ? EXIT.notPermitted : EXIT.broken;
}

const command = () =>
  daemonCommand('tsalt-minion', 'The agent: joins a master, runs its jobs and returns the results.', 'minion')
    .option('--id <id>', 'the id of this minion')
    .option('--join <host>', 'join this master, and write it to minion.d/99-master.conf for the next start')
    .option('--token <token>', 'with --join: an enrolment token of tsalt-key --token; it is not stored')
    .option('--finger <fingerprint>', "with --join: the fingerprint the master's key must have");

async function serve(flags: Flags): Promise<number> {
  const { configDir } = flags;
  await join(flags);
  const overrides = { ...daemonOverrides(flags), ...(flags.id === undefined ? {} : { id: flags.id }) };
  const read = () => readMinionConfig({ configDir, overrides });
  const { config, secrets } = read();
  const opened = await daemonLog(config, secrets);
  const token = flags.token ?? config.enrolment_token ?? undefined;
  const minion = await startMinion({ configDir, overrides, log: opened.log, ...(token === undefined ? {} : { token }) });
  return await serveUntilSignal(minion, config.pidfile, opened, () => read().config);
}

async function join({ configDir, join: host, token, finger }: Flags): Promise<void> {
  if (host !== undefined) await prepareJoin(configDir, { host, ...(finger === undefined ? {} : { finger }) });
  else if (token !== undefined || finger !== undefined) throw new TsaltError('usage', '--token and --finger go with --join HOST');
}
