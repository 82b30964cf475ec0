import { type ChildProcess, spawn } from 'node:child_process';
import { openSync } from 'node:fs';

/** A daemon of a test: started in a process group of its own, ended by its own process id. */
export class Daemon {
  readonly #command: readonly string[];
  readonly #log: string;
  #child: ChildProcess | undefined;

  constructor(command: readonly string[], log: string) {
    this.#command = command;
    this.#log = log;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  start(): void {
    const [program = '', ...args] = this.#command;
    const out = openSync(this.#log, 'a');
    this.#child = spawn(program, args, { stdio: ['ignore', out, out], detached: true });
  }

  /** The whole group: a real salt-minion works in child processes. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child?.pid === undefined || !this.running) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    signalGroup(child.pid, signal);
    await gone;
    if (signal === 'SIGKILL') signalGroup(child.pid, signal);
  }

  /** TERM, and KILL for one that does not listen within `patienceMs`. */
  async stop(patienceMs = 10_000): Promise<void> {
    if (!this.running) return;
    const pid = this.pid;
    const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), patienceMs);
    this.#child?.kill('SIGTERM');
    const child = this.#child;
    await new Promise<void>((resolve) => (this.running ? child?.once('exit', () => resolve()) : resolve()));
    clearTimeout(timer);
    signalGroup(pid, 'SIGKILL');
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // the group is gone already
  }
}

export interface Result {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** Runs a program to its end. `seconds`: killed after that, which the exit code 124 tells. */
export async function run(
  command: readonly string[],
  options: { readonly seconds?: number; readonly stdin?: string } = {},
): Promise<Result> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let [stdout, stderr, late] = ['', '', false];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.end(options.stdin ?? '');
  const timer = setTimeout(
    () => {
      late = true;
      child.kill('SIGKILL');
    },
    (options.seconds ?? 120) * 1000,
  );
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve(late ? 124 : (status ?? 1)));
  });
  clearTimeout(timer);
  return { stdout, stderr, code };
}

/** Waits until `probe` gives something, asking again and again. */
export async function until<T>(what: string, probe: () => Promise<T | undefined | false>, seconds = 30): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
