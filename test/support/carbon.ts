import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connects, freePorts } from './ports.ts';
import { Daemon, run, until } from './process.ts';

const HOST = '127.0.0.1';

/** A Carbon daemon of Debian's on free ports of loopback, with its files in a directory of its own. */
export class Carbon implements AsyncDisposable {
  readonly #home = mkdtempSync(join(tmpdir(), 'tsalt-carbon-'));
  readonly #daemon: Daemon;
  readonly port: number;
  readonly picklePort: number;

  private constructor(ports: readonly number[]) {
    const [line = 0, pickle = 0, query = 0] = ports;
    this.port = line;
    this.picklePort = pickle;
    const settings = {
      STORAGE_DIR: this.#home,
      LOCAL_DATA_DIR: this.whisper,
      CONF_DIR: this.#home,
      LOG_DIR: this.#home,
      PID_DIR: this.#home,
      LINE_RECEIVER_INTERFACE: HOST,
      LINE_RECEIVER_PORT: line,
      PICKLE_RECEIVER_INTERFACE: HOST,
      PICKLE_RECEIVER_PORT: pickle,
      CACHE_QUERY_INTERFACE: HOST,
      CACHE_QUERY_PORT: query,
      MAX_CREATES_PER_MINUTE: 'inf',
      MAX_UPDATES_PER_SECOND: 'inf',
      ENABLE_LOGROTATION: 'False',
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`);
    mkdirSync(this.whisper);
    writeFileSync(join(this.#home, 'carbon.conf'), `[cache]\n${lines.join('')}`);
    writeFileSync(join(this.#home, 'storage-schemas.conf'), '[all]\npattern = .*\nretentions = 1s:1h\n');
    const command = ['carbon-cache', `--config=${join(this.#home, 'carbon.conf')}`, '--nodaemon', 'start'];
    this.#daemon = new Daemon(command, join(this.#home, 'carbon.out'));
  }

  static async open(): Promise<Carbon> {
    const carbon = new Carbon(await freePorts(3));
    await carbon.start();
    return carbon;
  }

  /** Where the files of the metrics are. */
  get whisper(): string {
    return join(this.#home, 'whisper');
  }

  async start(): Promise<void> {
    this.#daemon.start();
    await until('Carbon listens', async () => await connects({ host: HOST, port: this.picklePort }), 60);
  }

  /** It writes what it has, then it is gone. */
  async stop(): Promise<void> {
    await this.#daemon.stop(20_000);
  }

  /** The points of a metric by their second, as whisper's own program reads them; none while there is no file. */
  async points(metric: string): Promise<ReadonlyMap<number, number>> {
    const file = `${join(this.whisper, ...metric.split('.'))}.wsp`;
    const { stdout, code } = await run(['whisper-fetch', '--drop=nulls', '--from=0', file]);
    if (code !== 0) return new Map();
    const pairs = stdout
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('\t').map(Number));
    return new Map(pairs.map(([at = 0, value = 0]) => [at, value]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.#home, { recursive: true, force: true, maxRetries: 5 });
  }
}
