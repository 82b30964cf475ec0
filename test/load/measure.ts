import { spawn } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What Linux counts CPU time in: 100 ticks a second on every usual kernel. */
const TICK_SECONDS = 0.01;

/** A process and all below it. */
export function processTree(pid: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? Number(statOf(Number(name))[1]) : 0;
    if (parent > 0) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const below = (top: number): number[] => [top, ...(children.get(top) ?? []).flatMap(below)];
  return below(pid);
}

/** CPU seconds, user and system, of a process and all that live below it. */
export function cpuSeconds(pid: number): number {
  const ticks = processTree(pid).reduce((sum, each) => sum + Number(statOf(each)[11] ?? 0) + Number(statOf(each)[12] ?? 0), 0);
  return ticks * TICK_SECONDS;
}

/**
 * Memory (PSS) of a process and all below it, in MiB, as it would be if nothing but these and those `beside` them ran
 * on the machine: what several of them share is divided among them, and a program that others run too is no cheaper.
 */
export function memoryMiB(pid: number, beside: readonly number[] = []): number {
  const mappings = processTree(pid).flatMap(mappingsOf);
  const holders = new Map<string, number>();
  for (const { file } of [...mappings, ...beside.flatMap(processTree).flatMap(mappingsOf)])
    if (file !== undefined) holders.set(file, (holders.get(file) ?? 0) + 1);
  const kib = ({ file, rss, anonymous, share }: Mapping): number =>
    file === undefined ? share : anonymous + (rss - anonymous) / (holders.get(file) ?? 1);
  return mappings.reduce((sum, mapping) => sum + kib(mapping), 0) / 1024;
}

/** Sizes in KiB. */
interface Mapping {
  /** Device, inode and offset; undefined for memory without a file. */
  readonly file: string | undefined;
  readonly rss: number;
  readonly anonymous: number;
  /** Divided among the processes that have it: a forked one shares with its parent. */
  readonly share: number;
}

function mappingsOf(pid: number): readonly Mapping[] {
  return textOf(`/proc/${pid}/smaps`)
    .split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)
    .map((text) => {
      const [, offset, device, inode] = /^\S+ \S+ (\S+) (\S+) (\d+)/.exec(text) ?? [];
      const size = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
      const file = inode === undefined || inode === '0' ? undefined : `${device} ${inode} ${offset}`;
      return { file, rss: size('Rss'), anonymous: size('Anonymous'), share: size('Pss') };
    });
}

/** The fields of `/proc/PID/stat` from the state on; empty for a process that is gone. */
function statOf(pid: number): readonly string[] {
  const text = textOf(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // a process that ended between two looks
  }
}

export interface Usage {
  readonly inodes: number;
  /** On disk, in whole blocks. */
  readonly bytes: number;
}

/** Everything below a directory. */
export function diskUsage(directory: string): Usage {
  let [inodes, bytes] = [0, 0];
  for (const entry of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    inodes += 1;
    bytes += lstatSync(join(directory, entry)).blocks * 512;
  }
  return { inodes, bytes };
}

export interface TimedRun {
  readonly seconds: number;
  readonly cpu: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. `cpu`: of it and its children, in steps of 10 ms; nothing else may end meanwhile. */
export async function timed(command: readonly string[]): Promise<TimedRun> {
  const [program = '', ...args] = command;
  const before = cpuOfEnded();
  const began = performance.now();
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  });
  return { seconds: (performance.now() - began) / 1000, cpu: cpuOfEnded() - before, stdout, stderr };
}

/** CPU seconds of all children of this process that have ended. */
function cpuOfEnded(): number {
  const stat = statOf(process.pid);
  return (Number(stat[13]) + Number(stat[14])) * TICK_SECONDS;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

export const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
