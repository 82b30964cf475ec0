import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { float, type Returnable } from '../../define.ts';

/** What the look needs of a process: its number and its memory, as `ps` found them. */
interface Process {
  readonly pid: number;
  readonly memory_info: Readonly<Record<string, Returnable>>;
}

const TICKS = 100;
const O_ACCMODE = 3;
const O_APPEND = 0o2000;

/** What is asked for rarely and costs a look at several files; null for what may not be read. Lists stand for named tuples. */
export const detailsOf = async (proc: string, process: Process): Promise<Record<string, Returnable>> => {
  const home = join(proc, String(process.pid));
  const read = (file: string): Promise<string | undefined> => readFile(join(home, file), 'utf8').catch(() => undefined);
  const [status = '', line = '', io, environ, rollup] = await Promise.all(['status', 'stat', 'io', 'environ', 'smaps_rollup'].map(read));
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return {
    cpu_num: Number(fields[36] ?? 0),
    cpu_percent: float(0),
    cpu_affinity: numbersIn(lineOf(status, 'Cpus_allowed_list')),
    num_ctx_switches: [Number(lineOf(status, 'voluntary_ctxt_switches')), Number(lineOf(status, 'nonvoluntary_ctxt_switches'))],
    terminal: await terminalOf(Number(fields[4] ?? 0)),
    threads: await threadsOf(join(home, 'task')),
    io_counters: io === undefined || io === '' ? null : ioOf(io),
    environ: environ === undefined ? null : environmentOf(environ),
    memory_full_info: rollup === undefined || rollup === '' ? null : [...Object.values(process.memory_info), ...sharesOf(rollup)],
    open_files: await openFiles(home),
  };
};

const lineOf = (text: string, key: string): string => new RegExp(`^${key}:\\s*(.*)$`, 'm').exec(text)?.[1] ?? '';

/** `0-2,4` */
const numbersIn = (list: string): number[] =>
  list.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_none, index) => first + index);
  });

const ioOf = (text: string): number[] =>
  ['syscr', 'syscw', 'read_bytes', 'write_bytes', 'rchar', 'wchar'].map((name) => Number(lineOf(text, name)));

const environmentOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .split('\0')
      .filter((entry) => entry.indexOf('=') > 0)
      .map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );

/** Bytes of its own, its share of what is shared, and swapped out. */
const sharesOf = (rollup: string): number[] => {
  const bytes = (pattern: RegExp): number => [...rollup.matchAll(pattern)].reduce((sum, [, kb]) => sum + Number(kb) * 1024, 0);
  return [bytes(/^Private_.*:\s+(\d+)/gm), bytes(/^Pss:\s+(\d+)/gm), bytes(/^Swap:\s+(\d+)/gm)];
};

const threadsOf = async (folder: string): Promise<Returnable[]> => {
  const ids = (await readdir(folder).catch(() => [])).map(Number).sort((one, other) => one - other);
  const rows = await Promise.all(
    ids.map(async (id) => {
      const line = await readFile(join(folder, String(id), 'stat'), 'utf8').catch(() => undefined);
      const fields = line?.slice(line.lastIndexOf(')') + 2).split(' ');
      return fields === undefined ? [] : [[id, float(Number(fields[11]) / TICKS), float(Number(fields[12]) / TICKS)]];
    }),
  );
  return rows.flat();
};

/** The device with this number, in /dev and /dev/pts. */
const terminalOf = async (number: number): Promise<string | null> => {
  if (number === 0) return null;
  for (const folder of ['/dev/pts', '/dev']) {
    for (const name of await readdir(folder).catch(() => [])) {
      if (folder === '/dev' && !name.startsWith('tty')) continue;
      const found = await stat(join(folder, name)).catch(() => undefined);
      if (found?.rdev === number) return join(folder, name);
    }
  }
  return null;
};

/** Regular files: path, number, position, mode and flags. */
const openFiles = async (home: string): Promise<Returnable> => {
  const numbers = await readdir(join(home, 'fd')).catch(() => undefined);
  if (numbers === undefined) return null;
  const found: Returnable[] = [];
  for (const fd of numbers) {
    const path = await readlink(join(home, 'fd', fd)).catch((error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? '' : null));
    if (path === null) return null;
    if (!path.startsWith('/') || (await stat(path).catch(() => undefined))?.isFile() !== true) continue;
    const info = await readFile(join(home, 'fdinfo', fd), 'utf8').catch(() => '');
    const flags = Number.parseInt(lineOf(info, 'flags') || '0', 8);
    found.push([path, Number(fd), Number(lineOf(info, 'pos')), modeOf(flags), flags]);
  }
  return found;
};

const modeOf = (flags: number): string => {
  const access = flags & O_ACCMODE;
  if (access === 0) return 'r';
  if ((flags & O_APPEND) !== 0) return access === 1 ? 'a' : 'a+';
  return access === 1 ? 'w' : 'r+';
};
