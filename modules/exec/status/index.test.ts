import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { invoke, witness } from '../../../test/support/ctx.ts';
import type { Returnable } from '../../define.ts';
import status, { statusModule } from './index.ts';
import {
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

type Row = Record<string, Returnable>;

test('times of processors and counters are read as Salt reads them', () => {
  assert.deepEqual(parseCpuStats('cpu  1 2 3 4 5 6 7 8 0 0\ncpu0 9 8 7\nintr 100 1 2\nctxt 42\nsoftirq 50 3 4\n'), {
    cpu: { idle: 4, iowait: 5, irq: 6, nice: 2, softirq: 7, steal: 8, system: 3, user: 1 },
    cpu0: 9,
    intr: { total: 100, irqs: [1, 2] },
    ctxt: 42,
    softirq: { total: 50, softirqs: [3, 4] },
  });
});

test('memory has texts with units, the processor a list of flags', () => {
  assert.deepEqual(parseMemInfo('MemTotal:       24683656 kB\nHugePages_Total:       0\n'), {
    MemTotal: { value: '24683656', unit: 'kB' },
    HugePages_Total: { value: '0' },
  });
  assert.deepEqual(parseCpuInfo('processor\t: 0\nflags\t\t: fpu vme\n\nprocessor\t: 1\npower management:\n'), {
    processor: '1',
    flags: ['fpu', 'vme'],
    'power management': '',
  });
});

test('disks, interfaces and protocols are read by name', () => {
  const disks = parseDiskStats(' 254 0 vda 1 2 3 4 5 6 7 8 9 10 11 0 0 0 0\n') as { vda: Row };
  assert.deepEqual([disks.vda['device'], disks.vda['reads_issued'], disks.vda['weighted_ms_spent_in_io']], ['vda', 1, 11]);
  const interfaces = parseNetDev('Inter-|   Receive\n face |bytes\n  eth0:1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n') as { eth0: Row };
  assert.deepEqual(interfaces.eth0, {
    iface: 'eth0',
    rx_bytes: 1,
    rx_compressed: 7,
    rx_drop: 4,
    rx_errs: 3,
    rx_fifo: 5,
    rx_frame: 6,
    rx_multicast: 8,
    rx_packets: 2,
    tx_bytes: 9,
    tx_carrier: 15,
    tx_colls: 14,
    tx_compressed: 16,
    tx_drop: 12,
    tx_errs: 11,
    tx_fifo: 13,
    tx_packets: 10,
  });
  assert.deepEqual(parseNetStats('TcpExt: A B C\nTcpExt: 1 2 3\nIpExt: D E\nIpExt: 4 5\n'), { TcpExt: { A: 1, B: 2 }, IpExt: { D: 4 } });
});

test('mounts, sessions and processes are read', () => {
  assert.deepEqual(parseMounts('/dev/sda1 /mnt/a\\040b ext4 rw 0 0\n'), [{ path: '/mnt/a b', type: 'ext4' }]);
  assert.deepEqual(parseW('root pts/0 09:12 1:00 0.05s 0.01s vim a b\n'), [
    { idle: '1:00', jcpu: '0.05s', login: '09:12', pcpu: '0.01s', tty: 'pts/0', user: 'root', what: 'vim a b' },
  ]);
  assert.deepEqual(parseProcesses('UID PID PPID C STIME TTY TIME CMD\nroot 2 0 0 02:10 ? 00:00:00 [kthreadd] x\n'), {
    2: { user: 'root', cmd: '[kthreadd] x' },
  });
});

test('the time is written as strftime writes it', () => {
  const date = new Date(2026, 10, 4, 15, 2, 9);
  assert.equal(formatTime('%A, %d. %B %Y %I:%M%p', date), 'Wednesday, 04. November 2026 03:02PM');
  assert.equal(formatTime('%a %b %e %j %H:%M:%S %u %y %% %Q', date), 'Wed Nov  4 308 15:02:09 3 26 % %Q');
});

test('this machine tells how it is doing', async () => {
  const all = (await invoke(status, 'all_status')) as Record<string, Row>;
  assert.deepEqual(
    Object.keys(all).sort(),
    'cpuinfo cpustats diskstats diskusage loadavg meminfo netdev netstats uptime vmstats w'.split(' '),
  );
  assert.deepEqual(Object.keys(all['loadavg'] ?? {}), ['1-min', '5-min', '15-min']);
  assert.match(String(all['uptime']?.['time']), /^\d+:\d+$/);
  assert.match(String(all['uptime']?.['since_iso']), /^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{6}$/);
  assert.equal(await invoke(status, 'version'), readFileSync('/proc/version', 'utf8').trim());
  const [root] = Object.values((await invoke(status, 'diskusage', {}, witness({ rest: ['/'] }))) as Record<string, Row>);
  assert.ok(Number(root?.['total']) > 0);
  const procs = (await invoke(status, 'procs')) as Record<string, Row>;
  assert.equal(typeof procs['1']?.['cmd'], 'string');
});

test('pid finds processes by their line, and what is no expression is told', async () => {
  assert.match(String(await invoke(status, 'pid', { sig: '^\\S+ +1 ' })), /^1$/m);
  await assert.rejects(invoke(status, 'pid', { sig: '(' }), /is not an expression/);
});

test('custom gives the values that the configuration asks for', async () => {
  const here = witness({ config: { 'status.cpustats.custom': ['ctxt', 'none'] }, functions: { 'status.cpustats': () => ({ ctxt: 7 }) } });
  assert.deepEqual(await invoke(status, 'custom', {}, here), { ctxt: 7, none: 'UNKNOWN' });
});

test('a proc file that is missing is named', async () => {
  await assert.rejects(invoke(statusModule('/nowhere'), 'uptime'), { message: 'File /nowhere/uptime was not found.' });
});
