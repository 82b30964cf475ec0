import { readFile, stat, statfs } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { CommandFailed, type Ctx, call, execModule, float, type Returnable } from '../../define.ts';
import { masterCalls } from './master.ts';
import {
  parseCounters,
  parseCpuInfo,
  parseCpuStats,
  parseDiskStats,
  parseMemInfo,
  parseMounts,
  parseNetDev,
  parseNetStats,
  parseProcesses,
  parseW,
} from './proc.ts';
import { formatTime } from './time.ts';

type Read = (file: string) => Promise<string>;
type Row = Record<string, Returnable>;

const output = async (ctx: Ctx, argv: readonly string[]): Promise<string> =>
  (await ctx.spawn(argv, { env: { LC_ALL: 'C.UTF-8' } })).stdout.toString('utf8');

const uptime = async (ctx: Ctx, read: Read): Promise<Row> => {
  const seconds = Math.trunc(Number((await read('uptime')).split(' ')[0]));
  const booted = Date.now() - seconds * 1000;
  const users = ctx.host.which('who') === undefined ? {} : { users: (await output(ctx, ['who', '-s'])).trimEnd().split('\n').length };
  return {
    seconds,
    since_iso: new Date(booted).toISOString().replace('Z', '000'),
    since_t: Math.trunc(booted / 1000),
    days: Math.floor(seconds / 86400),
    time: `${Math.floor((seconds % 86400) / 3600)}:${Math.floor((seconds % 3600) / 60)}`,
    ...users,
  };
};

const load = (): Row => {
  const [one = 0, five = 0, fifteen = 0] = loadavg();
  return { '1-min': float(one), '5-min': float(five), '15-min': float(fifteen) };
};

/** Bytes by mount point: those named, and those whose file system type fits one of the globs. */
const diskUsage = async (ctx: Ctx, read: Read, wanted: readonly string[]): Promise<Row> => {
  const globs = (wanted.length === 0 ? ['*'] : wanted.filter((name) => !name.startsWith('/'))).map(globOf);
  const mounted = parseMounts(await read('mounts')).filter(({ type }) => globs.some((glob) => glob.test(type)));
  const usage: Row = {};
  for (const path of new Set([...wanted.filter((name) => name.startsWith('/')), ...mounted.map((mount) => mount.path)])) {
    if ((await stat(path).catch(() => undefined)) === undefined) continue;
    const fs = await statfs(path).catch(() => undefined);
    if (fs === undefined) ctx.log.warn(`Cannot get stats from '${path}'`);
    usage[path] = fs === undefined ? { available: null, total: null } : { available: fs.bavail * fs.bsize, total: fs.blocks * fs.bsize };
  }
  return usage;
};
const globOf = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .replace(/[\\^$.+()[\]{}|]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  );

const processes = (ctx: Ctx): Promise<string> => output(ctx, ['ps', '-efHww']);
const matchingPids = async (ctx: Ctx, pattern: string): Promise<string> => {
  let expression: RegExp;
  try {
    expression = new RegExp(pattern);
  } catch (failure) {
    throw new CommandFailed(`status.pid: '${pattern}' is not an expression: ${failure instanceof Error ? failure.message : failure}`);
  }
  const own = String(process.pid);
  const rows = (await processes(ctx)).split('\n').filter((line) => expression.test(line) && !line.includes(own));
  return rows.map((line) => line.trim().split(/\s+/)[1] ?? '').join('\n');
};

/** What the configuration asks for: `status.cpustats.custom: [cpu, ctxt]`. */
const customStatus = async (ctx: Ctx): Promise<Row> => {
  const chosen: Row = {};
  for (const [key, names] of Object.entries(ctx.config)) {
    const [, name] = /^status\.(\w+)\.custom$/.exec(key) ?? [];
    if (name === undefined || !Array.isArray(names)) continue;
    const values = await ctx.call(`status.${name}`);
    const known = typeof values === 'object' && values !== null ? (values as Row) : {};
    for (const wanted of names.map(String)) chosen[wanted] = known[wanted] ?? 'UNKNOWN';
  }
  return chosen;
};

/** The module on a proc file system; a test gives it a recorded one. */
export const statusModule = (proc = '/proc') => {
  const read: Read = async (file) => {
    try {
      return await readFile(join(proc, file), 'utf8');
    } catch {
      throw new CommandFailed(`File ${join(proc, file)} was not found.`);
    }
  };
  const show = (name: string, doc: string, answer: (ctx: Ctx) => Promise<Returnable> | Returnable) =>
    call({ doc, examples: [`tsalt '*' status.${name}`], args: {}, changes: false, run: (ctx) => answer(ctx) });
  const parts: Readonly<Record<string, (ctx: Ctx) => Promise<Returnable> | Returnable>> = {
    cpuinfo: async () => parseCpuInfo(await read('cpuinfo')),
    cpustats: async () => parseCpuStats(await read('stat')),
    diskstats: async () => parseDiskStats(await read('diskstats')),
    diskusage: (ctx) => diskUsage(ctx, read, []),
    loadavg: load,
    meminfo: async () => parseMemInfo(await read('meminfo')),
    netdev: async () => parseNetDev(await read('net/dev')),
    netstats: async () => parseNetStats(await read('net/netstat')),
    uptime: (ctx) => uptime(ctx, read),
    vmstats: async () => parseCounters(await read('vmstat')),
    w: async (ctx) => parseW(await output(ctx, ['w', '-fh'])),
  };
  const part = (name: string, doc: string) => show(name, doc, (ctx) => parts[name]?.(ctx) ?? null);
  return execModule({
    name: 'status',
    doc: 'How the machine is doing, in the terms of its kernel.',
    serves: () => process.platform === 'linux' || 'only Linux has a proc file system',
    calls: {
      uptime: part('uptime', 'How long the system is up, and how many are logged in.'),
      loadavg: part('loadavg', 'Processes that want to run, on average over 1, 5 and 15 minutes.'),
      cpustats: part('cpustats', 'What the processors did since the start, in hundredths of seconds.'),
      cpuinfo: part('cpuinfo', 'What the processor is.'),
      meminfo: part('meminfo', 'What memory is used for.'),
      diskstats: part('diskstats', 'What each disk did since the start.'),
      vmstats: part('vmstats', 'Counters of virtual memory.'),
      netstats: part('netstats', 'Counters of the network protocols.'),
      netdev: part('netdev', 'What each network interface did since the start.'),
      w: part('w', 'Who is logged in, and what they do.'),
      nproc: show('nproc', 'How many processors can be used.', () => availableParallelism() || cpus().length),
      procs: show('procs', 'User and command of all processes, by process id.', async (ctx) => parseProcesses(await processes(ctx))),
      version: show('version', 'The version of the kernel.', async () => (await read('version')).trim()),
      custom: show('custom', 'The values that the configuration asks for by `status.<call>.custom`.', customStatus),
      all_status: show('all_status', 'All of the above in one.', async (ctx) => {
        const all: Row = {};
        for (const [name, answer] of Object.entries(parts)) all[name] = await answer(ctx);
        return all;
      }),
      ...masterCalls,
      diskusage: call({
        doc: 'Bytes in all and available, by mount point.',
        examples: ["tsalt '*' status.diskusage", "tsalt '*' status.diskusage / ext?"],
        args: {},
        rest: 'mount points, and globs of file system types',
        changes: false,
        run: (ctx) => diskUsage(ctx, read, ctx.rest.map(String)),
      }),
      pid: call({
        doc: 'The ids of processes whose line in `ps` matches, a line each.',
        examples: ["tsalt '*' status.pid <sig>"],
        args: { sig: { type: 'string', required: true, doc: 'an expression' } },
        changes: false,
        run: (ctx, { sig }) => matchingPids(ctx, sig),
      }),
      time: call({
        doc: 'The time of day.',
        examples: ["tsalt '*' status.time", "tsalt '*' status.time '%s'"],
        args: { format: { type: 'string', default: '%A, %d. %B %Y %I:%M%p', doc: 'as strftime(3)' } },
        changes: false,
        run: (_ctx, { format }) => formatTime(format, new Date()),
      }),
    },
  });
};

export default statusModule();
