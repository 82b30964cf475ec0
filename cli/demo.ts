import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A master and three minions on this machine's loopback, without root, gone without a trace when it ends. */
const MINIONS = ['web1', 'web2', 'db1'] as const;
const HOST = '127.0.0.1';
/** How long the daemons may take to be there, in ms. */
const PATIENCE = 30_000;

const program = (name: string): string => fileURLToPath(new URL(`../bin/${name}.js`, import.meta.url));

class Demo {
  readonly #home = mkdtempSync(join(tmpdir(), 'tsalt-demo-'));
  readonly #daemons: ChildProcess[] = [];
  #over = false;

  async run(): Promise<number> {
    const stopped = new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
    });
    try {
      const shown = this.#show();
      const code = await Promise.race([shown, stopped.then(() => 0)]);
      if (code === 0 && !this.#over) await stopped;
      return code;
    } finally {
      await this.#end();
    }
  }

  async #show(): Promise<number> {
    const [publishPort, requestPort, webPort] = await freePorts();
    const etc = this.#configure(publishPort, requestPort, webPort);
    this.#start('tsalt-master', ['-c', etc]);
    for (const id of MINIONS) this.#start('tsalt-minion', ['-c', join(this.#home, id)]);
    say(`A master and ${MINIONS.length} minions start under ${this.#home} ...`);
    if (!(await this.#until(() => this.#pending(etc) === MINIONS.length))) return this.#failed('the minions did not enrol');
    this.#print(etc, 'tsalt-key', ['-L']);
    this.#print(etc, 'tsalt-key', ['-y', '-A']);
    if (!(await this.#until(() => this.#answering(etc) === MINIONS.length))) return this.#failed('the minions do not answer');
    this.#print(etc, 'tsalt', ['*', 'test.ping']);
    this.#print(etc, 'tsalt', ['web*', 'cmd.run', 'uname -sr; uptime -p']);
    const password = randomBytes(12).toString('base64url');
    this.#tool('tsalt-run', ['-c', etc, 'wheel.user.save', 'name=demo', `password=${password}`, 'roles=[administrator]']);
    say(nextSteps(etc, `http://${HOST}:${webPort}/`, password));
    return 0;
  }

  #configure(publishPort: number, requestPort: number, webPort: number): string {
    const etc = join(this.#home, 'master');
    mkdirSync(join(this.#home, 'srv'), { recursive: true });
    this.#write(etc, 'master', {
      interface: HOST,
      publish_port: publishPort,
      ret_port: requestPort,
      ...this.#places('master'),
      file_roots: { base: [join(this.#home, 'srv')] },
      pillar_roots: { base: [] },
      api_in_master: true,
      rest_cherrypy: { host: HOST, port: webPort, disable_ssl: true },
    });
    for (const id of MINIONS) {
      this.#write(join(this.#home, id), 'minion', {
        id,
        master: HOST,
        master_port: requestPort,
        acceptance_wait_time: 1,
        grains: { role: id.replace(/\d/, '') },
        ...this.#places(id),
      });
    }
    return etc;
  }

  #places(name: string): Record<string, unknown> {
    const root = join(this.#home, name, 'root');
    return {
      user: process.env['USER'] ?? 'root',
      root_dir: root,
      pki_dir: join(root, 'pki'),
      cachedir: join(root, 'cache'),
      sock_dir: join(root, 'run'),
      log_file: join(this.#home, `${name}.log`),
      pidfile: join(root, 'pid'),
    };
  }

  /** JSON is YAML too. */
  #write(directory: string, file: string, options: Readonly<Record<string, unknown>>): void {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, file), `${JSON.stringify(options, null, 2)}\n`);
  }

  #start(name: string, args: readonly string[]): void {
    const daemon = spawn(process.execPath, [program(name), ...args, '-l', 'error'], {
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true,
    });
    daemon.once('exit', (code) => {
      if (!this.#over) process.stderr.write(`${name} ended with code ${code}\n`);
    });
    this.#daemons.push(daemon);
  }

  #tool(name: string, args: readonly string[]): string {
    return spawnSync(process.execPath, [program(name), ...args], { encoding: 'utf8' }).stdout;
  }

  #pending(etc: string): number {
    return listOf(this.#tool('tsalt-key', ['-c', etc, '-L', '--out', 'json']), 'minions_pre').length;
  }

  #answering(etc: string): number {
    const answer = this.#tool('tsalt', ['-c', etc, '*', 'test.ping', '--static', '--out', 'json', '-t', '1']);
    try {
      return Object.values(JSON.parse(answer) as object).filter((value) => value === true).length;
    } catch {
      return 0; // not there yet
    }
  }

  #print(etc: string, name: string, args: readonly string[]): void {
    say(`\n$ ${name} ${args.map(quoted).join(' ')}`);
    spawnSync(process.execPath, [program(name), '-c', etc, ...args], { stdio: 'inherit' });
  }

  async #until(done: () => boolean): Promise<boolean> {
    const end = Date.now() + PATIENCE;
    while (!this.#over && Date.now() < end) {
      if (done()) return true;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    return false;
  }

  #failed(why: string): number {
    if (this.#over) return 0;
    process.stderr.write(`The demo could not be shown: ${why}. The logs were under ${this.#home}.\n`);
    this.#over = true;
    return 1;
  }

  async #end(): Promise<void> {
    this.#over = true;
    await Promise.all(this.#daemons.map(ended));
    rmSync(this.#home, { recursive: true, force: true });
  }
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`);

function listOf(json: string, key: string): unknown[] {
  try {
    const value = (JSON.parse(json) as Record<string, unknown>)[key];
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

/** TERM, and KILL for one that does not listen. */
async function ended(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => daemon.once('exit', () => resolve()));
  daemon.kill('SIGTERM');
  const timer = setTimeout(() => daemon.kill('SIGKILL'), 5000);
  await gone;
  clearTimeout(timer);
}

async function freePorts(): Promise<[number, number, number]> {
  const servers = [createServer(), createServer(), createServer()];
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject);
          server.listen(0, HOST, () => {
            const address = server.address();
            resolve(typeof address === 'object' && address !== null ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return [ports[0] ?? 0, ports[1] ?? 0, ports[2] ?? 0];
}

const nextSteps = (etc: string, address: string, password: string): string => `
The console is at ${address}, for the user demo with the password ${password}

The fleet stays up until Ctrl-C, which ends and removes everything. In another terminal, from this directory:

  npx tsalt -c ${etc} '*' grains.item os role
  npx tsalt -c ${etc} -G role:web cmd.run 'ls /'
  npx tsalt -c ${etc} -C 'web* and not web2' test.arg 1 two three=3 --out=json
  npx tsalt-run -c ${etc} jobs.list_jobs
  npx tsalt-key -c ${etc} -L
`;

/** Shows the demo until Ctrl-C. Answers the exit code. */
export const main = async (): Promise<number> => await new Demo().run();
