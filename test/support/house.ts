import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ClientConfig } from '../../master/client/contract.ts';
import { connects, freePorts } from './ports.ts';
import { Daemon, type Result, run, until } from './process.ts';
import { realSalt } from './salt.ts';

export type Make = 'tsalt' | 'salt';
type Options = Readonly<Record<string, unknown>>;

const HOST = '127.0.0.1';
const DIST = resolve('dist/bin');

/** The command that starts a program of either make: `program('tsalt', 'key')`. */
export function program(make: Make, tool: string): readonly string[] {
  const name = tool === '' ? make : `${make}-${tool}`;
  if (make === 'tsalt') return [process.execPath, join(DIST, `${name}.js`)];
  const bin = realSalt();
  if (bin === undefined) throw new Error('the real Salt is not here');
  return [join(bin, name)];
}

/**
 * A master and minions of either make, as processes on loopback with directories of their own. Disposing of it
 * ends every process and removes every file.
 */
export class House implements AsyncDisposable {
  readonly home = mkdtempSync(join(tmpdir(), 'tsalt-test-'));
  readonly srv = join(this.home, 'srv');
  readonly pillar = join(this.home, 'pillar');
  readonly #daemons = new Map<string, Daemon>();
  readonly make: Make;
  readonly ports: { readonly publish: number; readonly request: number };

  private constructor(make: Make, ports: { readonly publish: number; readonly request: number }) {
    this.make = make;
    this.ports = ports;
    mkdirSync(this.srv);
    mkdirSync(this.pillar);
  }

  /** `make`: of the master and the command line. */
  static async open(make: Make = 'tsalt', options: Options = {}): Promise<House> {
    const [publish = 0, request = 0] = await freePorts(2);
    const house = new House(make, { publish, request });
    house.configure(options);
    house.#daemons.set(
      'master',
      new Daemon([...program(make, 'master'), '-c', house.etc, '-l', levelOf(options)], join(house.home, 'master.out')),
    );
    return house;
  }

  /** Writes the master's configuration, for its next start. */
  configure(options: Options): void {
    this.#write(this.etc, 'master', {
      interface: HOST,
      publish_port: this.ports.publish,
      ret_port: this.ports.request,
      auto_accept: true,
      file_roots: { base: [this.srv] },
      pillar_roots: { base: [this.pillar] },
      ...this.#places('master'),
      ...options,
    });
  }

  /** The master's configuration directory. */
  get etc(): string {
    return join(this.home, 'master');
  }

  /** How local programs reach the master. */
  get client(): ClientConfig {
    const root = join(this.home, 'master/root');
    return { sockDir: join(root, 'run'), cachedir: join(root, 'cache'), user: userName() };
  }

  get master(): Daemon {
    return this.#daemon('master');
  }

  /** Starts the master and waits until minions and, for ours, local programs can reach it. */
  async startMaster(): Promise<void> {
    this.master.start();
    const door = join(this.home, 'master/root/run/tsalt-master.sock');
    await until('the master takes requests', async () => await connects({ host: HOST, port: this.ports.request }));
    if (this.make === 'tsalt') await until('the master takes local calls', async () => await connects({ path: door }));
  }

  minion(id: string): Daemon {
    return this.#daemon(id);
  }

  /** Configures and starts a minion of either make. */
  addMinion(make: Make, id: string, options: Options = {}): Daemon {
    const etc = this.minionEtc(id);
    this.#write(etc, 'minion', {
      id,
      master: HOST,
      master_port: this.ports.request,
      acceptance_wait_time: 1,
      recon_default: 100,
      recon_max: 1000,
      ...this.#places(id),
      ...options,
    });
    const daemon = new Daemon([...program(make, 'minion'), '-c', etc, '-l', levelOf(options)], join(this.home, `${id}.out`));
    this.#daemons.set(id, daemon);
    daemon.start();
    return daemon;
  }

  minionEtc(id: string): string {
    return join(this.home, id);
  }

  /** A command line tool of the master's make: `tool('', ['*', 'test.ping'])` is `tsalt '*' test.ping`. */
  async tool(name: string, args: readonly string[], options: { readonly seconds?: number; readonly make?: Make } = {}): Promise<Result> {
    return await run([...program(options.make ?? this.make, name), '-c', this.etc, ...args], options);
  }

  async cli(...args: readonly string[]): Promise<Result> {
    return await this.tool('', args);
  }

  /** `tsalt-call` (or `salt-call`) beside that minion. */
  async call(id: string, ...args: readonly string[]): Promise<Result> {
    return await run([...program(this.make, 'call'), '-c', this.minionEtc(id), ...args]);
  }

  /** The results of a job by minion, parsed. */
  async results(...args: readonly string[]): Promise<Record<string, unknown>> {
    const { stdout, stderr } = await this.cli('--static', '--out=json', ...args);
    try {
      return JSON.parse(stdout) as Record<string, unknown>;
    } catch {
      throw new Error(`no JSON came of ${args.join(' ')}: ${stdout}${stderr}`);
    }
  }

  /** Publishes a job and answers its id at once. */
  async start(...args: readonly string[]): Promise<string> {
    const { stdout, stderr } = await this.cli('--async', ...args);
    const jid = /job ID: (\d{20})/.exec(stdout)?.[1];
    if (jid === undefined) throw new Error(`no job was started by ${args.join(' ')}: ${stdout}${stderr}`);
    return jid;
  }

  /** What a master-side function answers, parsed. */
  async runner<T = Record<string, unknown>>(...args: readonly string[]): Promise<T> {
    const { stdout, stderr } = await this.tool('run', ['--out=json', ...args]);
    try {
      return JSON.parse(stdout) as T;
    } catch {
      throw new Error(`no JSON came of ${args.join(' ')}: ${stdout}${stderr}`);
    }
  }

  /** Waits until all of these answer a ping. */
  async answering(...ids: readonly string[]): Promise<void> {
    let last: Result | undefined;
    try {
      await until(
        `${ids.join(', ')} answer a ping`,
        async () => {
          last = await this.cli('--static', '--out=json', '-t', '2', '-L', ids.join(','), 'test.ping');
          return ids.every((id) => new RegExp(`"${id}": true`).test(last?.stdout ?? ''));
        },
        90,
      );
    } catch (error) {
      const logs = ['master', ...ids].map((name) => `${name}: ${this.log(name).slice(-2000)}`);
      throw new Error([String(error), last?.stdout, last?.stderr, ...logs].join('\n'), { cause: error });
    }
  }

  log(name: string): string {
    return readFileSync(join(this.home, `${name}.out`), 'utf8');
  }

  /** A file below the master's file roots. */
  serve(path: string, content: string | Uint8Array): void {
    this.#put(join(this.srv, path), content);
  }

  servePillar(path: string, content: string): void {
    this.#put(join(this.pillar, path), content);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#daemons.values()].map((daemon) => daemon.stop()));
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5 });
  }

  #daemon(name: string): Daemon {
    const daemon = this.#daemons.get(name);
    if (daemon === undefined) throw new Error(`there is no ${name} in this house`);
    return daemon;
  }

  #put(file: string, content: string | Uint8Array): void {
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, content);
  }

  /** JSON is YAML too. */
  #write(directory: string, file: string, options: Options): void {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, file), `${JSON.stringify(options, null, 2)}\n`);
  }

  #places(name: string): Options {
    const root = join(this.home, name, 'root');
    return {
      user: userName(),
      root_dir: root,
      pki_dir: join(root, 'pki'),
      cachedir: join(root, 'cache'),
      sock_dir: join(root, 'run'),
      extension_modules: join(root, 'extmods'),
      log_file: join(this.home, `${name}.log`),
      pidfile: join(root, 'pid'),
    };
  }
}

/** What a daemon logs: at least its start and end, unless the options say otherwise. */
const levelOf = (options: Options): string => String(options['log_level'] ?? 'info');

const userName = (): string => process.env['USER'] ?? (process.getuid?.() === 0 ? 'root' : 'nobody');
