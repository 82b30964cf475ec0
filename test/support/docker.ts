import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianPackages } from './debian.ts';
import { Daemon, until } from './process.ts';

/** Why no Docker Engine can be started here, false if one can. */
export const noDocker = (): string | false =>
  process.getuid?.() !== 0
    ? 'the Docker Engine takes root'
    : debianPackages('docker.io', 'busybox-static') || (startsContainers() ? false : 'processes may not have namespaces of their own here');

const startsContainers = (): boolean =>
  spawnSync('unshare', ['--mount', '--pid', '--fork', '--net', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

/** Programs that BusyBox is in the image of the tests. */
const PROGRAMS = 'sh ls echo cat env sleep sha256sum test tee mkdir rm chmod true false wc ps kill readlink touch head'.split(' ');

/** A Docker Engine of a test, with a socket and data of its own and an image `box:1` of nothing but BusyBox. */
export class DockerEngine implements AsyncDisposable {
  readonly home = mkdtempSync(join(tmpdir(), 'tsalt-docker-'));
  readonly socket = join(this.home, 'sock');
  readonly url = `unix://${this.socket}`;
  readonly #daemon: Daemon;

  static async start(): Promise<DockerEngine> {
    const engine = new DockerEngine();
    engine.#daemon.start();
    await until(`Docker did not start: ${engine.home}/log`, async () => engine.#answers());
    engine.docker('import', engine.#archive(), 'box:1');
    return engine;
  }

  private constructor() {
    const places = [`--data-root=${this.home}/data`, `--exec-root=${this.home}/exec`, `--pidfile=${this.home}/pid`, `--host=${this.url}`];
    // No bridge and no rules of the packet filter: the machine stays as it is.
    this.#daemon = new Daemon(
      ['dockerd', '--storage-driver=vfs', '--iptables=false', '--ip6tables=false', '--bridge=none', ...places],
      join(this.home, 'log'),
    );
  }

  /** What Docker's own client prints. */
  docker(...words: readonly string[]): string {
    return execFileSync('docker', ['--host', this.url, ...words], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  }

  removeContainers(): void {
    const left = this.docker('ps', '-aq').split('\n').filter(Boolean);
    if (left.length > 0) this.docker('rm', '--force', ...left);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.removeContainers();
    await this.#daemon.stop();
    rmSync(this.home, { recursive: true, force: true });
  }

  #archive(): string {
    const root = join(this.home, 'root');
    for (const directory of ['bin', 'tmp', 'etc']) mkdirSync(join(root, directory), { recursive: true });
    copyFileSync('/bin/busybox', join(root, 'bin/busybox'));
    for (const program of PROGRAMS) symlinkSync('busybox', join(root, 'bin', program));
    execFileSync('tar', ['-C', root, '-cf', join(this.home, 'root.tar'), '.']);
    return join(this.home, 'root.tar');
  }

  #answers(): boolean {
    if (!this.#daemon.running) throw new Error(`Docker ended: ${readFileSync(join(this.home, 'log'), 'utf8').slice(-3000)}`);
    return spawnSync('docker', ['--host', this.url, 'version']).status === 0;
  }
}
