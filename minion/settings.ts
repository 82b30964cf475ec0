import type { LinkSettings } from './link/contract.ts';
import type { DeliverySettings } from './run/deliver.ts';
import type { RunnerSettings } from './run/runner.ts';
import type { SpoolBounds } from './run/spool.ts';

/** The minion's options as they were read: Salt's names and Salt's units. */
export type Options = Readonly<Record<string, unknown>>;

const SECOND = 1000;

/** What the connection to a master needs of the options. */
export function linkSettings(options: Options, id: string): LinkSettings {
  return {
    id,
    requestPort: number(options, 'master_port', 4506),
    publishPort: publishPort(options),
    ipv6: options['ipv6'] === true,
    filtering: options['zmq_filtering'] === true,
    authTimeoutMs: number(options, 'auth_timeout', 5) * SECOND,
    requestTimeoutMs: number(options, 'request_channel_timeout', 60) * SECOND,
    requestTries: number(options, 'request_channel_tries', 3),
    reconnectMs: number(options, 'recon_default', 1000),
    reconnectMaxMs: options['recon_randomize'] === false ? number(options, 'recon_default', 1000) : number(options, 'recon_max', 10_000),
    keepalive: {
      idle: number(options, 'tcp_keepalive_idle', 300),
      count: number(options, 'tcp_keepalive_cnt', -1),
      interval: number(options, 'tcp_keepalive_intvl', -1),
    },
    parallel: 8,
    listens: true,
    join: {
      waitMs: number(options, 'acceptance_wait_time', 10) * SECOND,
      waitMaxMs: number(options, 'acceptance_wait_time_max', 0) * SECOND,
      rejectedRetry: options['rejected_retry'] === true,
      tries: Math.max(1, number(options, 'auth_tries', 7)),
    },
  };
}

export function deliverySettings(options: Options): DeliverySettings {
  const timeoutMs = number(options, 'return_retry_timer', 5) * SECOND;
  return { timeoutMs, timeoutMaxMs: Math.max(timeoutMs, number(options, 'return_retry_timer_max', 10) * SECOND), pauseMs: 2 * SECOND };
}

export function spoolBounds(options: Options): SpoolBounds {
  return {
    returnBytes: maxReturn(options),
    bytes: number(options, 'return_spool_bytes', 256 << 20),
    ageMs: number(options, 'return_spool_age', 7 * 86_400) * SECOND,
  };
}

/** Bytes of the largest return that is sent. */
export const maxReturn = (options: Options): number => number(options, 'return_max_size', 100 << 20);

export function runnerSettings(options: Options, id: string): RunnerSettings {
  return { id, limit: number(options, 'process_count_max', -1), ordered: options['multifunc_ordered'] === true };
}

/**
 * The options as the rooms use them: what is given (`raw`) tells which defaults stand for "not set", for some
 * follow another option and some count only when somebody set them; `master` stays in the form it was written.
 */
export function effectiveOptions(options: Options, raw: Options): Options {
  const { extension_modules: _extmods, publish_port: _port, ...rest } = options;
  const kept: Record<string, unknown> = { ...rest, master: raw['master'] ?? 'salt' };
  for (const name of ['extension_modules', 'publish_port']) if (raw[name] !== undefined && raw[name] !== null) kept[name] = options[name];
  return kept;
}

/** The masters as configured, in order; `master: a,b` is read as a list, too. */
export function masterNames(options: Options): string[] {
  const master = options['master'] ?? 'salt';
  const list = Array.isArray(master) ? master : String(master).split(',');
  const names = list.map((name) => String(name).trim()).filter((name) => name !== '');
  return names.length === 0 ? ['salt'] : names;
}

export function number(options: Options, name: string, fallback: number): number {
  const value = options[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : fallback;
}

export function text(options: Options, name: string, fallback: string): string {
  const value = options[name];
  return typeof value === 'string' && value !== '' ? value : fallback;
}

/** Salt's own rule: the minion's `publish_port` counts unless it is 4506, the value it takes for "not set". */
function publishPort(options: Options): number | undefined {
  const port = options['publish_port'];
  return typeof port === 'number' && port !== 4506 && port !== 4505 ? port : undefined;
}
