import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianPackages } from './debian.ts';
import { freePort } from './ports.ts';

/** Why no PostgreSQL server can be started here, false if one can. */
export const noPostgres = (): string | false =>
  process.getuid?.() !== 0
    ? 'PostgreSQL is started as the user postgres, which takes root'
    : debianPackages('postgresql', 'postgresql-contrib');

/** A server of a test, with a data directory of its own, on a free port of the loopback address. Its superuser is postgres. */
export class PostgresServer implements AsyncDisposable {
  readonly home = mkdtempSync(join(tmpdir(), 'tsalt-postgres-'));
  readonly port: number;
  /** The directory of PostgreSQL's own programs, which Debian keeps off PATH. */
  readonly programs: string;

  /** `auth`: how users prove who they are over TCP; over the socket in `home` they are trusted. */
  static async start(auth = 'trust'): Promise<PostgresServer> {
    const server = new PostgresServer(await freePort());
    server.#as('initdb', '-D', join(server.home, 'data'), '--auth-local=trust', `--auth-host=${auth}`, '-E', 'UTF8', '--no-sync');
    server.resume();
    return server;
  }

  /** Starts it again after `halt`. */
  resume(): void {
    const options = `-c fsync=off -c listen_addresses=127.0.0.1 -p ${this.port} -k ${this.home}`;
    this.#as('pg_ctl', '-D', join(this.home, 'data'), '-l', join(this.home, 'log'), '-w', '-o', options, 'start');
  }

  /** Ends connections, and the server with its data on the disk. */
  halt(): void {
    this.#as('pg_ctl', '-D', join(this.home, 'data'), '-m', 'fast', '-w', 'stop');
  }

  private constructor(port: number) {
    this.port = port;
    const root = '/usr/lib/postgresql';
    this.programs = join(root, readdirSync(root).sort().at(-1) ?? '', 'bin');
    const [uid = 0, gid = 0] = ['-u', '-g'].map((which) => Number(execFileSync('id', [which, 'postgres'])));
    chownSync(this.home, uid, gid);
  }

  /** What a statement of the superuser prints: rows of fields with `|` between. */
  sql(statement: string, database = 'postgres'): string {
    const words = ['-qAtX', '-h', this.home, '-p', String(this.port), '-U', 'postgres', '-d', database, '-c', statement];
    return execFileSync(join(this.programs, 'psql'), words, { encoding: 'utf8' }).trim();
  }

  /** Whether a user gets in over TCP by this password. */
  admits(user: string, password: string): boolean {
    const words = ['-qAtX', '-w', '-h', '127.0.0.1', '-p', String(this.port), '-U', user, '-d', 'postgres', '-c', 'SELECT 1'];
    return spawnSync(join(this.programs, 'psql'), words, { env: { PGPASSWORD: password } }).status === 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#as('pg_ctl', '-D', join(this.home, 'data'), '-m', 'immediate', '-w', 'stop');
    rmSync(this.home, { recursive: true, force: true });
  }

  #as(program: string, ...words: readonly string[]): void {
    execFileSync('runuser', ['-u', 'postgres', '--', join(this.programs, program), ...words], { stdio: 'ignore' });
  }
}
