import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CallRefused, CommandFailed, type Ctx, call, execModule, type Returnable } from '../../define.ts';
import { parseDisks, wholeDisks } from './disks.ts';
import { asFloats, busy, diskUsage, parseCpuTimes, parseMemory, parseNetwork, parseSwap, partitions, total } from './machine.ts';
import { allProcesses, bootTime, describe, type Process, processIds, processOf, type System, systemOf } from './processes.ts';
import { toolCalls } from './tools.ts';
import { loggedIn } from './users.ts';

const PROC = '/proc';
const read = (file: string): Promise<string> => readFile(join(PROC, file), 'utf8');
const system = async (ctx: Ctx): Promise<System> => {
  const { code, stdout } = await ctx.spawn(['getconf', 'PAGESIZE']).catch(() => ({ code: 1, stdout: Buffer.alloc(0) }));
  return systemOf(PROC, code === 0 ? Number(stdout.toString('utf8')) || 4096 : 4096);
};
const memory = async (): Promise<Record<string, Returnable>> => parseMemory(await read('meminfo'));
const userArgument = { type: 'string', doc: 'only processes of this user' } as const;
const full = { type: 'boolean', default: false, doc: 'look at the whole command line, not only the name' } as const;
const signal = { type: 'number', default: 15, doc: 'the signal' } as const;
const all = { type: 'boolean', default: false, doc: 'also file systems that are on no device' } as const;

interface Wanted {
  readonly pattern: string;
  readonly user: string | undefined;
  readonly full: boolean;
  readonly regex: boolean;
}

const matching = async (ctx: Ctx, wanted: Wanted): Promise<Process[]> => {
  const expression = wanted.regex ? expressionOf(wanted.pattern) : undefined;
  const line = (process: Process): string => (wanted.full ? process.cmdline.join(' ') : process.name);
  const fits = (text: string): boolean => (expression === undefined ? text.includes(wanted.pattern) : expression.test(text));
  return (await allProcesses(await system(ctx))).filter(
    (process) => fits(line(process)) && (wanted.user === undefined || wanted.user === process.username),
  );
};
const expressionOf = (pattern: string): RegExp => {
  try {
    return new RegExp(pattern);
  } catch (failure) {
    throw new CommandFailed(`ps: '${pattern}' is not an expression: ${failure instanceof Error ? failure.message : failure}`);
  }
};

/** False if there is no such process. Throws CommandFailed if it may not be signalled. */
const send = (pid: number, number: number): boolean => {
  // 0 and negative numbers mean groups of processes.
  if (!Number.isInteger(pid) || pid < 1) throw new CommandFailed(`${pid} is not a process id`);
  try {
    process.kill(pid, number);
    return true;
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw new CommandFailed(`Process ${pid} cannot be signalled: ${failure instanceof Error ? failure.message : failure}`);
  }
};

const busiest = async (ctx: Ctx, count: number, interval: number): Promise<Returnable> => {
  const here = await system(ctx);
  const used = ({ cpu_times: times }: Process): number => (times['user']?.value ?? 0) + (times['system']?.value ?? 0);
  const before = new Map((await allProcesses(here)).map((process) => [process.pid, used(process)]));
  await sleep(interval * 1000, undefined, { signal: ctx.signal });
  const after = (await allProcesses(here)).filter(({ pid }) => before.has(pid));
  const spent = (process: Process): number => used(process) - (before.get(process.pid) ?? 0);
  return after
    .sort((one, other) => spent(other) - spent(one))
    .slice(0, count)
    .map(({ cmdline, name, username, status, pid, create_time, cpu_times, memory_info }) => ({
      cmd: cmdline.length > 0 ? cmdline : name,
      user: username,
      status,
      pid,
      create_time,
      cpu: cpu_times,
      mem: memory_info,
    }));
};

const info = async (ctx: Ctx, pid: number, attrs: readonly Returnable[] | undefined): Promise<Returnable> => {
  const here = await system(ctx);
  const found = await processOf(here, pid);
  if (found === undefined) throw new CommandFailed(`process PID not found (pid=${pid})`);
  const described = await describe(here, found, Number((await memory())['total']));
  if (attrs === undefined) return described;
  const unknown = attrs.find((name) => !Object.hasOwn(described, String(name)));
  if (unknown !== undefined) throw new CommandFailed(`invalid attr name '${unknown}', use ${Object.keys(described).join(', ')}`);
  return Object.fromEntries(attrs.map((name) => [String(name), described[String(name)] ?? null]));
};

const simple = (name: string, doc: string, answer: (ctx: Ctx) => Returnable | Promise<Returnable>) =>
  call({ doc, examples: [`tsalt '*' ps.${name}`], args: {}, changes: false, run: (ctx) => answer(ctx) });

export default execModule({
  name: 'ps',
  doc: 'Processes, and what they use.',
  serves: () => process.platform === 'linux' || 'only Linux has a proc file system',
  calls: {
    get_pid_list: simple('get_pid_list', 'The ids of all processes.', () => processIds(PROC)),
    num_cpus: simple('num_cpus', 'How many processors there are.', () => cpus().length),
    boot_time: call({
      doc: 'When the machine started, in seconds since 1970.',
      examples: ["tsalt '*' ps.boot_time", "tsalt '*' ps.boot_time '%F %T'"],
      args: { time_format: { type: 'string', doc: 'a format of strftime(3): as text, in local time' } },
      changes: false,
      async run(ctx, { time_format }): Promise<Returnable> {
        const seconds = await bootTime(PROC);
        if (time_format === undefined || time_format === '') return seconds;
        const { stdout } = await ctx.spawn(['date', '-d', `@${seconds}`, `+${time_format}`], { env: { LC_ALL: 'C.UTF-8' } });
        return stdout.toString('utf8').replace(/\n$/, '');
      },
    }),
    get_users: simple('get_users', 'Who is logged in.', loggedIn),
    status: call({
      doc: 'Names and ids of processes in a state.',
      examples: ["tsalt '*' ps.status zombie"],
      args: { status: { type: 'string', required: true, doc: '`running`, `sleeping`, `zombie`, ...' } },
      changes: false,
      async run(ctx, { status }) {
        if (status === '') throw new CallRefused('Filter is required for ps.status');
        const found = (await allProcesses(await system(ctx))).filter((process) => process.status === status);
        return found.map(({ pid, name }) => ({ pid, name }));
      },
    }),
    disk_io_counters: call({
      doc: 'What the disks read and wrote.',
      examples: ["tsalt '*' ps.disk_io_counters", "tsalt '*' ps.disk_io_counters device=sda1"],
      args: { device: { type: 'string', doc: 'only this one' } },
      changes: false,
      async run(_ctx, { device }): Promise<Returnable> {
        const counters = parseDisks(await read('diskstats'));
        if (device === undefined || device === '') return total(wholeDisks(counters));
        return Object.hasOwn(counters, device) ? (counters[device] ?? false) : false;
      },
    }),
    ...toolCalls,
    virtual_memory: simple('virtual_memory', 'Bytes of memory.', memory),
    swap_memory: simple('swap_memory', 'Bytes of swap space.', async () => parseSwap(await read('meminfo'), await read('vmstat'))),
    total_physical_memory: simple('total_physical_memory', 'Bytes of memory in all.', async () => (await memory())['total'] ?? null),
    proc_info: call({
      doc: 'What is known of a process.',
      examples: ["tsalt '*' ps.proc_info 2322", `tsalt '*' ps.proc_info 2322 attrs='["pid", "name"]'`],
      args: { pid: { type: 'number', required: true, doc: 'its id' }, attrs: { type: 'list', doc: 'only these' } },
      changes: false,
      run: (ctx, args) => info(ctx, args.pid, args.attrs),
    }),
    pgrep: call({
      doc: 'The ids of processes whose name holds a text, or None.',
      examples: ["tsalt '*' ps.pgrep httpd"],
      args: {
        pattern: { type: 'string', required: true, doc: 'the text' },
        user: userArgument,
        full,
        pattern_is_regex: { type: 'boolean', default: false, doc: 'the text is an expression' },
      },
      changes: false,
      async run(ctx, { pattern, user, full: whole, pattern_is_regex: regex }) {
        const found = await matching(ctx, { pattern, user, full: whole, regex });
        return found.length === 0 ? null : found.map(({ pid }) => pid);
      },
    }),
    pkill: call({
      doc: 'Signal processes whose name holds a text; returns the ids of those signalled, or None.',
      examples: ["tsalt '*' ps.pkill httpd signal=1"],
      args: { pattern: { type: 'string', required: true, doc: 'the text' }, user: userArgument, signal, full },
      changes: true,
      async run(ctx, { pattern, user, signal: number, full: whole }): Promise<Returnable> {
        if (pattern === '') throw new CommandFailed('ps.pkill: an empty text would fit every process');
        const found = await matching(ctx, { pattern, user, full: whole, regex: false });
        const killed = found.map(({ pid }) => pid).filter((pid) => pid !== process.pid && (ctx.testing || send(pid, number)));
        return killed.length === 0 ? null : { killed };
      },
    }),
    kill_pid: call({
      doc: 'Signal a process; False if there is none of that id.',
      examples: ["tsalt '*' ps.kill_pid 2000 signal=9"],
      args: { pid: { type: 'number', required: true, doc: 'its id' }, signal },
      changes: true,
      run: (ctx, args) => ctx.testing || send(args.pid, args.signal),
    }),
    top: call({
      doc: 'The processes that used the processors most within an interval.',
      examples: ["tsalt '*' ps.top", "tsalt '*' ps.top 5 10"],
      args: { num_processes: { type: 'number', default: 5, doc: 'how many' }, interval: { type: 'number', default: 3, doc: 'seconds' } },
      changes: false,
      run: (ctx, args) => busiest(ctx, args.num_processes, args.interval),
    }),
    cpu_percent: call({
      doc: 'The share of time in which the processors are not idle.',
      examples: ["tsalt '*' ps.cpu_percent"],
      args: {
        interval: { type: 'number', default: 0.1, doc: 'seconds to look' },
        per_cpu: { type: 'boolean', default: false, doc: 'of each of them' },
      },
      changes: false,
      async run(ctx, args): Promise<Returnable> {
        const before = parseCpuTimes(await read('stat'));
        await sleep(args.interval * 1000, undefined, { signal: ctx.signal });
        const after = parseCpuTimes(await read('stat'));
        const { cpu: allBefore = {}, ...eachBefore } = before;
        return args.per_cpu
          ? Object.keys(eachBefore).map((name) => busy(before[name] ?? {}, after[name] ?? {}))
          : busy(allBefore, after['cpu'] ?? {});
      },
    }),
    cpu_times: call({
      doc: 'Seconds that the processors spent, by use.',
      examples: ["tsalt '*' ps.cpu_times"],
      args: { per_cpu: { type: 'boolean', default: false, doc: 'of each of them' } },
      changes: false,
      async run(_ctx, args): Promise<Returnable> {
        const { cpu = {}, ...each } = parseCpuTimes(await read('stat'));
        return args.per_cpu ? Object.values(each).map(asFloats) : asFloats(cpu);
      },
    }),
    disk_usage: call({
      doc: 'Bytes of the file system that holds a path.',
      examples: ["tsalt '*' ps.disk_usage /home"],
      args: { path: { type: 'string', required: true, doc: 'the path' } },
      changes: false,
      run: (_ctx, args) => diskUsage(args.path),
    }),
    disk_partitions: call({
      doc: 'Mounted file systems.',
      examples: ["tsalt '*' ps.disk_partitions"],
      args: { all },
      changes: false,
      run: (_ctx, args) => partitions(PROC, args.all),
    }),
    disk_partition_usage: call({
      doc: 'Mounted file systems, with their bytes.',
      examples: ["tsalt '*' ps.disk_partition_usage"],
      args: { all },
      changes: false,
      async run(_ctx, args): Promise<Returnable> {
        const found = await partitions(PROC, args.all);
        return Promise.all(found.map(async (partition) => ({ ...partition, ...(await diskUsage(String(partition['mountpoint']))) })));
      },
    }),
    network_io_counters: call({
      doc: 'What the network interfaces sent and received.',
      examples: ["tsalt '*' ps.network_io_counters", "tsalt '*' ps.network_io_counters interface=eth0"],
      args: { interface: { type: 'string', doc: 'only this one' } },
      changes: false,
      async run(_ctx, args) {
        const counters = parseNetwork(await read('net/dev'));
        if (args.interface === undefined) return total(Object.values(counters));
        return Object.hasOwn(counters, args.interface) ? (counters[args.interface] ?? false) : false;
      },
    }),
  },
});
