import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandFailed, type Floating, float, type Returnable } from '../../define.ts';
import { detailsOf } from './details.ts';

const TICKS = 100;
const STATES: Readonly<Record<string, string>> = {
  R: 'running',
  S: 'sleeping',
  D: 'disk-sleep',
  T: 'stopped',
  t: 'tracing-stop',
  Z: 'zombie',
  X: 'dead',
  I: 'idle',
  P: 'parked',
};

export interface Process {
  readonly pid: number;
  readonly ppid: number;
  readonly name: string;
  readonly cmdline: readonly string[];
  readonly username: string;
  readonly uids: readonly number[];
  readonly gids: readonly number[];
  readonly status: string;
  readonly nice: number;
  readonly num_threads: number;
  /** Seconds since 1970. */
  readonly create_time: Floating;
  readonly cpu_times: Readonly<Record<string, Floating>>;
  readonly memory_info: Readonly<Record<string, number>>;
}

/** What of /proc and /etc the processes are read with. */
export interface System {
  readonly proc: string;
  readonly bootTime: number;
  readonly pageSize: number;
  readonly users: ReadonlyMap<string, string>;
}

export const systemOf = async (proc: string, pageSize: number): Promise<System> => {
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const users = passwd
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid = '']) => [uid, name] as const);
  return { proc, pageSize, users: new Map(users), bootTime: await bootTime(proc) };
};

/** When the machine started, in seconds since 1970. */
export const bootTime = async (proc: string): Promise<number> => {
  const [, seconds] = /^btime (\d+)$/m.exec(await readFile(join(proc, 'stat'), 'utf8')) ?? [];
  if (seconds === undefined) throw new CommandFailed(`${join(proc, 'stat')} has no line btime`);
  return Number(seconds);
};

export const processIds = async (proc: string): Promise<number[]> =>
  (await readdir(proc))
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((one, other) => one - other);

/** One process; undefined if it has ended. */
export const processOf = async (system: System, pid: number): Promise<Process | undefined> => {
  const read = (file: string) => readFile(join(system.proc, String(pid), file), 'utf8');
  try {
    const [stat, status, statm, cmdline] = await Promise.all([read('stat'), read('status'), read('statm'), read('cmdline')]);
    return parseProcess(system, pid, { stat, status, statm, cmdline });
  } catch {
    return undefined;
  }
};

/** From /proc/PID/stat, status, statm and cmdline. A name may hold blanks and brackets. */
export const parseProcess = (
  system: System,
  pid: number,
  files: { readonly stat: string; readonly status: string; readonly statm: string; readonly cmdline: string },
): Process => {
  const [, name = '', rest = ''] = /^\d+ \(([\s\S]*)\) ([\s\S]*)$/.exec(files.stat) ?? [];
  const fields = rest.trim().split(/\s+/);
  const field = (index: number): number => Number(fields[index] ?? 0);
  const ids = (key: string): number[] =>
    (new RegExp(`^${key}:\\s+(.*)$`, 'm').exec(files.status)?.[1] ?? '').split(/\s+/).slice(0, 3).map(Number);
  const seconds = (index: number): Floating => float(field(index) / TICKS);
  const pages = files.statm
    .trim()
    .split(/\s+/)
    .map((count) => Number(count) * system.pageSize);
  const [vms = 0, rss = 0, shared = 0, text = 0, lib = 0, data = 0, dirty = 0] = pages;
  const uids = ids('Uid');
  const words = files.cmdline.replace(/\0+$/, '').split('\0');
  return {
    pid,
    ppid: field(1),
    name: fullName(name, words),
    cmdline: words.length === 1 && words[0] === '' ? [] : words,
    username: system.users.get(String(uids[0])) ?? String(uids[0]),
    uids,
    gids: ids('Gid'),
    status: STATES[fields[0] ?? ''] ?? '?',
    nice: field(16),
    num_threads: field(17),
    create_time: float(system.bootTime + field(19) / TICKS),
    cpu_times: { user: seconds(11), system: seconds(12), children_user: seconds(13), children_system: seconds(14), iowait: seconds(39) },
    memory_info: { rss, vms, shared, text, lib, data, dirty },
  };
};

/** The kernel cuts names at 15 characters; the command line may know the rest. */
const fullName = (name: string, [first = '']: readonly string[]): string => {
  const base = first.slice(first.lastIndexOf('/') + 1);
  return name.length >= 15 && base.startsWith(name) ? base : name;
};

export const allProcesses = async (system: System): Promise<Process[]> => {
  const found: Process[] = [];
  for (const pid of await processIds(system.proc)) {
    const process = await processOf(system, pid);
    if (process !== undefined) found.push(process);
  }
  return found;
};

/** The attributes that ps.proc_info tells; lists where Salt has named tuples. */
export const describe = async (system: System, process: Process, total: number): Promise<Record<string, Returnable>> => {
  const link = (name: string): Promise<string | null> => readlink(join(system.proc, String(process.pid), name)).catch(() => null);
  const fds = await readdir(join(system.proc, String(process.pid), 'fd')).catch(() => undefined);
  return {
    ...process,
    ...(await detailsOf(system.proc, process)),
    cpu_times: Object.values(process.cpu_times),
    memory_info: Object.values(process.memory_info),
    memory_percent: float(total === 0 ? 0 : ((process.memory_info['rss'] ?? 0) / total) * 100),
    num_fds: fds?.length ?? null,
    cwd: await link('cwd'),
    exe: await link('exe'),
  };
};
