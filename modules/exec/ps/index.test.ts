import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { invoke } from '../../../test/support/ctx.ts';
import { float, type Returnable } from '../../define.ts';
import ps from './index.ts';
import { busy, parseCpuTimes, parseMemory, parseNetwork, parseSwap } from './machine.ts';
import { parseProcess } from './processes.ts';

const run = (name: string, args: Record<string, Returnable> = {}) => invoke(ps, name, args);
const system = { proc: '/proc', bootTime: 1000, pageSize: 4096, users: new Map([['33', 'www-data']]) };

test('a process is read whatever its name holds', () => {
  const after =
    'S 7 0 0 0 -1 4194560 35942 21014794 0 2331 267 1306 85377 43066 10 -10 13 0 22 50925568 4560 0 1 1 0 0 0 0 4096 1256 0 0 0 17 0 0 0 0 5 0 0';
  const process = parseProcess(system, 42, {
    stat: `42 (a) b (c) ${after}`,
    status: 'Name:\ta\nUid:\t33\t34\t35\t36\nGid:\t1\t2\t3\t4\n',
    statm: '10 4 2 1 0 5 0\n',
    cmdline: '/usr/bin/x\0-a\0',
  });
  assert.deepEqual(process, {
    pid: 42,
    ppid: 7,
    name: 'a) b (c',
    cmdline: ['/usr/bin/x', '-a'],
    username: 'www-data',
    uids: [33, 34, 35],
    gids: [1, 2, 3],
    status: 'sleeping',
    nice: -10,
    num_threads: 13,
    create_time: float(1000.22),
    cpu_times: {
      user: float(2.67),
      system: float(13.06),
      children_user: float(853.77),
      children_system: float(430.66),
      iowait: float(0.05),
    },
    memory_info: { rss: 16384, vms: 40960, shared: 8192, text: 4096, lib: 0, data: 20480, dirty: 0 },
  });
  const long = { stat: `1 (pool_workqueue_) ${after}`, status: '', statm: '', cmdline: '/sbin/pool_workqueue_release\0' };
  assert.equal(parseProcess(system, 1, long).name, 'pool_workqueue_release');
});

test('memory, swap, time and traffic are counted as psutil counts them', () => {
  const meminfo =
    'MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 750 kB\nCached: 30 kB\nSReclaimable: 20 kB\nSwapTotal: 200 kB\nSwapFree: 50 kB\n';
  const memory = parseMemory(meminfo);
  assert.deepEqual([memory['used'], memory['percent'], memory['cached']], [250 * 1024, float(25), 50 * 1024]);
  assert.deepEqual(parseSwap(meminfo, 'pswpin 2\npswpout 3\n'), {
    total: 204800,
    used: 153600,
    free: 51200,
    percent: float(75),
    sin: 8192,
    sout: 12288,
  });
  const { cpu = {} } = parseCpuTimes('cpu  100 0 50 1000 50 0 0 0 0 0\n');
  assert.equal(cpu['user'], 1);
  assert.deepEqual(busy(cpu, { ...cpu, user: 1.25, idle: 10.75 }), float(25));
  assert.deepEqual(parseNetwork(' face |bytes\n  eth0:1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n'), {
    eth0: { bytes_sent: 9, bytes_recv: 1, packets_sent: 10, packets_recv: 2, errin: 3, errout: 11, dropin: 4, dropout: 12 },
  });
});

test('a process is found, described, signalled and gone', async () => {
  const mark = `mark-${process.pid}-${Date.now()}`;
  const child = spawn('sh', ['-c', 'echo ready; read line', mark], { stdio: ['pipe', 'pipe', 'ignore'] });
  try {
    await once(child.stdout, 'data');
    assert.deepEqual(await run('pgrep', { pattern: mark, full: true }), [child.pid]);
    assert.deepEqual(await run('pgrep', { pattern: `${mark}$`, full: true, pattern_is_regex: true }), [child.pid]);
    assert.equal(await run('pgrep', { pattern: mark }), null);
    const info = (await run('proc_info', { pid: child.pid ?? 0, attrs: ['ppid', 'name', 'cmdline'] })) as Record<string, Returnable>;
    assert.deepEqual(info, { ppid: process.pid, name: 'sh', cmdline: ['sh', '-c', 'echo ready; read line', mark] });
    const ended = once(child, 'exit');
    assert.deepEqual(await run('pkill', { pattern: mark, full: true, signal: 9 }), { killed: [child.pid] });
    assert.deepEqual(await ended, [null, 'SIGKILL']);
    assert.equal(await run('pkill', { pattern: mark, full: true }), null);
    assert.equal(await run('kill_pid', { pid: child.pid ?? 0 }), false);
  } finally {
    child.kill('SIGKILL');
  }
});

test('what would reach more than one process by accident is refused', async () => {
  for (const pid of [0, -1]) await assert.rejects(run('kill_pid', { pid }), /is not a process id/);
  await assert.rejects(run('pkill', { pattern: '' }), /would fit every process/);
  await assert.rejects(run('proc_info', { pid: 2 ** 30 }), { message: `process PID not found (pid=${2 ** 30})` });
  await assert.rejects(run('proc_info', { pid: process.pid, attrs: ['nope'] }), /invalid attr name 'nope'/);
});

test('this machine is described', async () => {
  assert.ok(((await run('get_pid_list')) as number[]).includes(process.pid));
  const [first] = (await run('top', { num_processes: 1, interval: 0 })) as Record<string, Returnable>[];
  assert.deepEqual(Object.keys(first ?? {}), ['cmd', 'user', 'status', 'pid', 'create_time', 'cpu', 'mem']);
  assert.deepEqual(Object.keys((await run('disk_usage', { path: '/' })) as object), ['total', 'used', 'free', 'percent']);
  assert.equal(typeof (await run('total_physical_memory')), 'number');
  assert.equal(await run('network_io_counters', { interface: 'nosuch0' }), false);
  assert.ok(((await run('cpu_percent', { per_cpu: true, interval: 0 })) as unknown[]).length > 0);
});
