import type { Returnable } from '../../define.ts';

type Row = Record<string, Returnable>;

/** Numbers as numbers, all else as the text it is. */
export const numberOf = (text = ''): number | string => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text);
const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');
const words = (line: string): string[] => line.trim().split(/\s+/);

/** /proc/stat: times of all processors in USER_HZ, and counters. */
export const parseCpuStats = (text: string): Row => {
  const stats: Row = {};
  for (const [name = '', ...values] of lines(text).map(words)) {
    const at = (index: number): number | string => numberOf(values[index]);
    if (name === 'cpu') {
      stats[name] = { idle: at(3), iowait: at(4), irq: at(5), nice: at(1), softirq: at(6), steal: at(7), system: at(2), user: at(0) };
    } else if (name === 'intr') stats[name] = { total: at(0), irqs: values.slice(1).map(numberOf) };
    else if (name === 'softirq') stats[name] = { total: at(0), softirqs: values.slice(1).map(numberOf) };
    else stats[name] = at(0);
  }
  return stats;
};

/** /proc/meminfo, values as texts with their unit. */
export const parseMemInfo = (text: string): Row =>
  Object.fromEntries(
    lines(text).map((line) => {
      const [name = '', value = '', unit] = words(line);
      return [name.replace(':', ''), unit === undefined ? { value } : { value, unit }];
    }),
  );

/** /proc/cpuinfo: of processors that differ, the last. */
export const parseCpuInfo = (text: string): Row => {
  const info: Row = {};
  for (const line of lines(text)) {
    const [key = '', value = ''] = line.split(':');
    info[key.trim()] = key.trim() === 'flags' ? words(value) : value.trim();
  }
  return info;
};

const DISK =
  'major minor device reads_issued reads_merged sectors_read ms_spent_reading writes_completed writes_merged sectors_written ms_spent_writing io_in_progress ms_spent_in_io weighted_ms_spent_in_io'.split(
    ' ',
  );
export const parseDiskStats = (text: string): Row =>
  Object.fromEntries(
    lines(text).map((line) => {
      const values = words(line);
      return [values[2] ?? '', Object.fromEntries(DISK.map((name, index) => [name, numberOf(values[index])]))];
    }),
  );

/** /proc/vmstat. */
export const parseCounters = (text: string): Row =>
  Object.fromEntries(lines(text).map((line) => [words(line)[0] ?? '', numberOf(words(line)[1])]));

/** /proc/net/netstat: a line of names before each line of values. The last value is left out, as Salt does. */
export const parseNetStats = (text: string): Row => {
  const stats: Row = {};
  let names: string[] = [''];
  for (const values of lines(text).map(words)) {
    if (values[0] !== names[0]) {
      names = values;
      continue;
    }
    const fields = names.slice(1, -1).map((name, index) => [name, numberOf(values[index + 1])]);
    stats[(names[0] ?? '').replace(':', '')] = Object.fromEntries(fields);
  }
  return stats;
};

const RECEIVED = ['bytes', 'packets', 'errs', 'drop', 'fifo', 'frame', 'compressed', 'multicast'];
const SENT = ['bytes', 'packets', 'errs', 'drop', 'fifo', 'colls', 'carrier', 'compressed'];
/** /proc/net/dev. */
export const parseNetDev = (text: string): Row => {
  const columns = [...RECEIVED.map((name) => `rx_${name}`), ...SENT.map((name) => `tx_${name}`)];
  const rows = lines(text).map((line) => /^\s*([^\s]+?):\s*(\d.*)$/.exec(line));
  return Object.fromEntries(
    rows
      .filter((row) => row !== null)
      .map(([, iface = '', values = '']) => {
        const numbers = words(values).map(numberOf);
        const fields = columns.map((name, index) => [name, numbers[index] ?? 0] as const);
        return [iface, Object.fromEntries([['iface', iface] as const, ...fields].sort(([one], [other]) => (one < other ? -1 : 1)))];
      }),
  );
};

/** /proc/mounts: mount points with the type of their file system. */
export const parseMounts = (text: string): { readonly path: string; readonly type: string }[] =>
  lines(text).map((line) => {
    const [, path = '', type = ''] = words(line);
    return { path: path.replace(/\\([0-7]{3})/g, (_whole, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))), type };
  });

/** `w -fh`. */
export const parseW = (text: string): Row[] =>
  lines(text).map((line) => {
    const [user = '', tty = '', login = '', idle = '', jcpu = '', pcpu = '', ...what] = words(line);
    return { idle, jcpu, login, pcpu, tty, user, what: what.join(' ') };
  });

/** `ps` with a head line: user and command by process id. */
export const parseProcesses = (text: string): Row => {
  const [head = '', ...rows] = lines(text);
  const columns = words(head);
  const find = (...names: string[]): number => Math.max(0, ...names.map((name) => columns.indexOf(name)));
  const [user, pid, command] = [find('USER', 'UID'), find('PID'), find('COMMAND', 'CMD')];
  return Object.fromEntries(rows.map(words).map((row) => [row[pid] ?? '', { user: row[user] ?? '', cmd: row.slice(command).join(' ') }]));
};
