import { execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianPackages } from './debian.ts';
import { freePort } from './ports.ts';
import { Daemon, until } from './process.ts';

/** Why no MariaDB server can be started here, false if one can. */
export const noMariadb = (): string | false =>
  process.getuid?.() !== 0 ? 'MariaDB is started as the user mysql, which takes root' : debianPackages('mariadb-server');

/** A server of a test, with a data directory of its own, on a socket and a free port of the loopback address. */
export class MariadbServer implements AsyncDisposable {
  readonly home = mkdtempSync(join(tmpdir(), 'tsalt-mariadb-'));
  readonly port: number;
  readonly socket = join(this.home, 'sock');
  readonly #daemon: Daemon;

  /** `options`: further ones of mariadbd, such as `--log-bin`. */
  static async start(...options: readonly string[]): Promise<MariadbServer> {
    const server = new MariadbServer(await freePort(), options);
    const data = `--datadir=${join(server.home, 'data')}`;
    execFileSync(
      'mariadb-install-db',
      ['--no-defaults', data, '--user=mysql', '--skip-test-db', '--auth-root-authentication-method=socket'],
      {
        stdio: 'ignore',
      },
    );
    server.#daemon.start();
    await until(`MariaDB did not start: ${server.home}/log`, async () => server.#answers());
    return server;
  }

  private constructor(port: number, options: readonly string[]) {
    this.port = port;
    const [uid = 0, gid = 0] = ['-u', '-g'].map((which) => Number(execFileSync('id', [which, 'mysql'])));
    chownSync(this.home, uid, gid);
    const command = ['mariadbd', '--no-defaults', `--datadir=${join(this.home, 'data')}`, `--socket=${this.socket}`, '--user=mysql'];
    const network = ['--bind-address=127.0.0.1', `--port=${port}`, `--pid-file=${join(this.home, 'pid')}`];
    this.#daemon = new Daemon([...command, ...network, ...options], join(this.home, 'log'));
  }

  /** What statements of root print: rows of fields with tabs between. */
  sql(statements: string): string {
    return execFileSync('mariadb', ['--no-defaults', '-NB', `--socket=${this.socket}`, '-e', statements], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  }

  get log(): string {
    return readFileSync(join(this.home, 'log'), 'utf8');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#daemon.stop();
    rmSync(this.home, { recursive: true, force: true });
  }

  #answers(): boolean {
    if (!this.#daemon.running) throw new Error(`MariaDB ended: ${this.log}`);
    try {
      return this.sql('SELECT 1') === '1';
    } catch {
      return false;
    }
  }
}
