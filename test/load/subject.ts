import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { encode } from '../../protocol/wire/msgpack.ts';
import { House, type Make, program } from '../support/house.ts';
import { FleetProcess } from './fleet.ts';
import { type TimedRun, timed } from './measure.ts';
import { ask } from './zmtp.ts';

const HOST = '127.0.0.1';
const PATIENCE_MS = 90_000;
const PING = encode({ enc: 'clear', version: 3, load: { cmd: 'ping' } });

/** Daemons have process groups of their own: what a signal ends must end them too. */
const subjects = new Set<Subject>();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(
    signal,
    () => void Promise.all([...subjects].map((subject) => subject[Symbol.asyncDispose]())).finally(() => process.exit(130)),
  );

/** A master under measurement, with the defaults of its make. It logs warnings alone, as one in use does. */
export class Subject implements AsyncDisposable {
  readonly house: House;

  private constructor(house: House) {
    this.house = house;
  }

  static async open(make: Make, options: Readonly<Record<string, unknown>> = {}): Promise<Subject> {
    const subject = new Subject(await House.open(make, { log_level: 'warning', ...options }));
    subjects.add(subject);
    return subject;
  }

  /** Starts the master; seconds until it answered a request. */
  async start(): Promise<number> {
    const began = performance.now();
    this.house.master.start();
    while (!(await answers(this.house.ports.request))) {
      if (performance.now() - began > PATIENCE_MS) throw new Error(`the master does not answer: ${this.house.log('master')}`);
      await pause(5);
    }
    return (performance.now() - began) / 1000;
  }

  get masterPid(): number {
    return this.house.master.pid;
  }

  get cache(): string {
    return join(this.house.home, 'master/root/cache');
  }

  addMinion(id: string, make: Make = this.house.make): number {
    this.house.addMinion(make, id, { log_level: 'warning' });
    return this.house.minion(id).pid;
  }

  /** Not started yet: `enrol` does that. */
  fleet(count: number, options: { readonly first?: number; readonly keepRequests?: boolean; readonly keys?: number } = {}): FleetProcess {
    const userKeyFile = join(this.cache, `.${process.env['USER'] ?? 'root'}_key`);
    return new FleetProcess({ ports: { host: HOST, ...this.house.ports }, count, userKeyFile, ...options });
  }

  /** One run of a tool of the master's make, with the master's configuration. */
  async tool(name: string, ...args: readonly string[]): Promise<TimedRun> {
    return await timed([...program(this.house.make, name), '-c', this.house.etc, ...args]);
  }

  /** Runs of a tool whose output must contain `expected`. @throws Error when it does not */
  async tools(times: number, expected: string, name: string, ...args: readonly string[]): Promise<readonly TimedRun[]> {
    const runs: TimedRun[] = [];
    for (let at = 0; at < times; at += 1) {
      const run = await this.tool(name, ...args);
      if (!run.stdout.includes(expected)) throw new Error(`${name} ${args.join(' ')} did not say ${expected}: ${run.stdout}${run.stderr}`);
      runs.push(run);
    }
    return runs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    subjects.delete(this);
    await this.house[Symbol.asyncDispose]();
  }
}

async function answers(port: number): Promise<boolean> {
  try {
    const reply = await Promise.race([ask(HOST, port, PING), pause(PATIENCE_MS, undefined, { ref: false })]);
    return reply !== undefined;
  } catch {
    return false; // nobody listens yet
  }
}
