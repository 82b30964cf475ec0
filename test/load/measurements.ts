import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Make } from '../support/house.ts';
import { Repository } from '../support/repository.ts';
import type { Readings } from './figures.ts';
import type { FilledStore } from './fill-store.ts';
import { cpuSeconds, diskUsage, mean, median, memoryMiB } from './measure.ts';
import { Subject } from './subject.ts';

/** How much is done. */
export interface Plan {
  /** Simulated minions. */
  readonly minions: number;
  /** Runs of a command; its figures are medians. */
  readonly runs: number;
  /** Jobs for the whole fleet, one after the other, and again as many at once. */
  readonly jobs: number;
  readonly storedReturns: number;
  readonly idleMs: number;
}

/** One measurement of one make; `beside` says whether a real minion is there to be measured too. */
export type Measurement = (make: Make, plan: Plan, beside: boolean) => Promise<Readings>;

const PING = ['*', 'test.ping', '--out', 'json'] as const;

/** Start-up times, and memory without work. */
const start: Measurement = async (make, plan) => {
  await using subject = await Subject.open(make);
  const masterStart = await subject.start();
  await pause(plan.idleMs);
  const masterIdle = memoryMiB(subject.masterPid);
  const began = performance.now();
  const minion = subject.addMinion('m1');
  await subject.house.answering('m1');
  const minionStart = (performance.now() - began) / 1000;
  await pause(plan.idleMs);
  return { masterStart, masterIdle, minionStart, minionIdle: memoryMiB(minion, [subject.masterPid]) };
};

/** The command line with one minion. */
const cli: Measurement = async (make, plan) => {
  await using subject = await Subject.open(make);
  await subject.start();
  subject.addMinion('m1');
  await subject.house.answering('m1');
  const pings = await subject.tools(plan.runs, '"m1": true', '', ...PING);
  const commands = await subject.tools(plan.runs, '"m1": "hi"', '', '*', 'cmd.run', 'echo hi', '--out', 'json');
  const local = ['--local', 'test.ping', '-c', subject.house.minionEtc('m1')];
  const calls = await subject.tools(Math.max(3, plan.runs >> 1), 'True', 'call', ...local);
  return {
    pingWall: median(pings.map((run) => run.seconds)),
    pingCpu: mean(pings.map((run) => run.cpu)),
    cmdRunWall: median(commands.map((run) => run.seconds)),
    callLocal: mean(calls.map((run) => run.cpu)),
  };
};

/** A simulated fleet: enrolment, jobs, one job from the command line. */
const fleet: Measurement = async (make, plan) => {
  await using subject = await Subject.open(make);
  await subject.start();
  await pause(1000);
  await using minions = subject.fleet(plan.minions);
  const cpuBefore = cpuSeconds(subject.masterPid);
  const { enrolled, seconds, errors } = await minions.enrol();
  if (enrolled !== plan.minions) throw new Error(`${enrolled} of ${plan.minions} enrolled: ${errors.join(', ')}`);
  const enrolmentCpu = cpuSeconds(subject.masterPid) - cpuBefore;
  await pause(1000);
  const returnsPerCpu = await returnsByCpu(subject, minions, plan.jobs);
  const returnsPerCpuWarm = make === 'tsalt' ? { returnsPerCpuWarm: await returnsByCpu(subject, minions, plan.jobs * 3) } : {};
  const pings: number[] = [];
  for (let at = 0; at < (make === 'tsalt' ? 3 : 1); at += 1) {
    const run = await subject.tool('', ...PING, '--static', '-t', '30');
    const answered = run.stdout.match(/": true/g)?.length ?? 0;
    if (answered !== plan.minions) throw new Error(`${answered} of ${plan.minions} answered the ping of the command line`);
    pings.push(run.seconds);
  }
  return {
    enrolments: enrolled / seconds,
    enrolmentsPerCpu: enrolled / enrolmentCpu,
    returnsPerCpu,
    ...returnsPerCpuWarm,
    fleetPing: median(pings),
    masterFleet: memoryMiB(subject.masterPid),
  };
};

/** Jobs one after the other and as many at once; the last one is looked up, and must be there whole. */
async function returnsByCpu(subject: Subject, minions: ReturnType<Subject['fleet']>, count: number): Promise<number> {
  const before = cpuSeconds(subject.masterPid);
  const one = await minions.jobs({ count });
  const many = await minions.jobs({ count, burst: true });
  const used = cpuSeconds(subject.masterPid) - before;
  if (one.missing + many.missing > 0) throw new Error(`${one.missing + many.missing} returns were not taken: ${many.errors.join(', ')}`);
  const jid = many.jids[count - 1] ?? '';
  const { stdout } = await subject.tool('run', 'jobs.lookup_jid', jid, '--out', 'json');
  const stored = stdout.match(/": true/g)?.length ?? 0;
  if (stored * count !== many.returns) throw new Error(`${stored} of ${many.returns / count} returns of job ${jid} are stored`);
  return (one.returns + many.returns) / used;
}

const BIG = 100 * 1024 * 1024;
const SMALL = 1000;

/** Files from the master to its own minion, and from ours to a real one. */
const files: Measurement = async (make, _plan, beside) => {
  await using subject = await Subject.open(make);
  const big = randomBytes(BIG);
  subject.house.serve('big.bin', big);
  for (let at = 0; at < SMALL; at += 1) subject.house.serve(`small/${at}.txt`, randomBytes(512).toString('hex'));
  await subject.start();
  const own = await transfers(subject, 'own', make, big);
  const readings: Readings = { bigFile: own.big, smallFiles: own.small };
  if (make === 'salt' || !beside) return readings;
  const real = await transfers(subject, 'real', 'salt', big);
  return { ...readings, bigFileReal: real.big, smallFilesReal: real.small };
};

/** The time of a ping is taken off. */
async function transfers(subject: Subject, id: string, make: Make, content: Buffer): Promise<{ big: number; small: number }> {
  subject.addMinion(id, make);
  await subject.house.answering(id);
  const pings = await subject.tools(3, `"${id}": true`, '', id, 'test.ping', '--out', 'json');
  const idle = Math.min(...pings.map((run) => run.seconds));
  const target = join(subject.house.home, `${id}-got`);
  const file = join(target, 'big.bin');
  const big = await subject.tool('', '-t', '300', id, 'cp.get_file', 'salt://big.bin', file, 'makedirs=True');
  if (!existsSync(file) || !readFileSync(file).equals(content)) throw new Error(`the big file did not arrive: ${big.stdout}${big.stderr}`);
  const small = await subject.tool('', '-t', '300', id, 'cp.get_dir', 'salt://small', target);
  const arrived = existsSync(join(target, 'small')) ? readdirSync(join(target, 'small')).length : 0;
  if (arrived !== SMALL) throw new Error(`${arrived} of ${SMALL} small files arrived: ${small.stdout.slice(0, 300)}${small.stderr}`);
  return { big: BIG / 1e6 / (big.seconds - idle), small: SMALL / (small.seconds - idle) };
}

const MODULES = 100;

/** Modules in Python, from the master to its minion, which has none of them. The time of a ping is taken off. */
const sync: Measurement = async (make) => {
  await using subject = await Subject.open(make);
  for (let at = 0; at < MODULES; at += 1) subject.house.serve(`_modules/custom${at}.py`, `def said(): return ${at}\n`);
  await subject.start();
  subject.addMinion('m1');
  await subject.house.answering('m1');
  const pings = await subject.tools(3, '"m1": true', '', 'm1', 'test.ping', '--out', 'json');
  const [synced] = await subject.tools(1, 'modules.custom99', '', '-t', '60', 'm1', 'saltutil.sync_modules', '--out', 'json');
  return { syncModules: (synced?.seconds ?? 0) - Math.min(...pings.map((run) => run.seconds)) };
};

/** Files of a repository, by itself and beside a remote that takes connections and never answers. Ours alone. */
const gitfs: Measurement = async (make) => {
  if (make === 'salt') return {};
  const held = new Set<Socket>();
  const silent = createServer((socket) => held.add(socket));
  await new Promise<void>((listening) => silent.listen(0, '127.0.0.1', listening));
  const address = silent.address();
  const dead = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/dead.git`;
  try {
    return { gitFile: await fromGit([]), gitFileDead: await fromGit([dead]) };
  } finally {
    for (const socket of held) socket.destroy();
    silent.close();
  }
};

async function fromGit(others: readonly string[]): Promise<number> {
  await using subject = await Subject.open('tsalt');
  const repository = new Repository(join(subject.house.home, 'repository'));
  repository.commit(Object.fromEntries(Array.from({ length: SMALL }, (_, at) => [`small/${at}.txt`, randomBytes(512).toString('hex')])));
  subject.house.configure({ log_level: 'warning', fileserver_backend: ['git'], gitfs_remotes: [...others, repository.url] });
  await subject.start();
  while (!(await subject.tool('run', 'fileserver.file_list')).stdout.includes('small/0.txt')) await pause(200);
  subject.addMinion('m1');
  await subject.house.answering('m1');
  const pings = await subject.tools(3, '"m1": true', '', 'm1', 'test.ping', '--out', 'json');
  const target = join(subject.house.home, 'got');
  const { seconds } = await subject.tool('', '-t', '300', 'm1', 'cp.get_dir', 'salt://small', target);
  const arrived = existsSync(join(target, 'small')) ? readdirSync(join(target, 'small')).length : 0;
  if (arrived !== SMALL) throw new Error(`${arrived} of ${SMALL} files of git arrived`);
  return SMALL / (seconds - Math.min(...pings.map((run) => run.seconds)));
}

/** What a return costs on disk. Ours is filled by hand: a million of them, so that lookups mean something. */
const jobcache: Measurement = async (make, plan) => (make === 'salt' ? await realJobCache(plan) : await ownJobCache(plan));

async function realJobCache({ jobs }: Plan): Promise<Readings> {
  await using subject = await Subject.open('salt');
  await subject.start();
  await pause(1000);
  await using minions = subject.fleet(10);
  await minions.enrol();
  const before = diskUsage(subject.cache);
  const { returns } = await minions.jobs({ count: jobs * 50 });
  await pause(1000);
  const after = diskUsage(subject.cache);
  return { inodes: ((after.inodes - before.inodes) / returns) * 1e6, bytes: (after.bytes - before.bytes) / returns };
}

async function ownJobCache({ storedReturns, runs }: Plan): Promise<Readings> {
  await using subject = await Subject.open('tsalt');
  const directory = join(subject.cache, 'jobs');
  const filled = await fillStore(directory, storedReturns);
  const { inodes, bytes } = diskUsage(directory);
  await subject.start();
  const [jid] = filled.jids;
  const idle = await subject.tools(runs, 'true', 'run', 'test.arg', 'true', '--out', 'json');
  const looked = await subject.tools(runs, 'minion-00999', 'run', 'jobs.lookup_jid', jid ?? '', '--out', 'json');
  const wall = (some: typeof idle): number => median(some.map((run) => run.seconds)) * 1000;
  return { inodes: inodes + 1, bytes: bytes / storedReturns, lookup: median(filled.lookupMs), lookupWall: wall(looked) - wall(idle) };
}

async function fillStore(directory: string, returns: number): Promise<FilledStore> {
  const child = fork(fileURLToPath(new URL('./fill-store.ts', import.meta.url)), [directory, String(returns)], {
    execArgv: ['--import', 'tsx'],
  });
  return await new Promise<FilledStore>((resolve, reject) => {
    let filled: FilledStore | undefined;
    child.once('message', (message) => (filled = message as FilledStore));
    child.once('exit', (code) => (filled === undefined ? reject(new Error(`filling the store ended with ${code}`)) : resolve(filled)));
  });
}

const TURNS = `
import time
def median(count):
    taken = []
    for _ in range(count):
        began = time.perf_counter()
        __salt__['test.ping']()
        taken.append(time.perf_counter() - began)
    return sorted(taken)[count // 2] * 1e6
`;

/** Calls from Python back into the minion. In Salt they stay in one process: there is nothing to compare. */
const callback: Measurement = async (make, plan) => {
  if (make === 'salt') return {};
  await using subject = await Subject.open('tsalt');
  subject.house.serve('_modules/turns.py', TURNS);
  await subject.start();
  subject.addMinion('m1');
  await subject.house.answering('m1');
  await subject.tool('', 'm1', 'saltutil.sync_modules');
  const medians: number[] = [];
  for (let run = 0; run < plan.runs; run += 1) medians.push(Number((await subject.house.results('m1', 'turns.median', '3000'))['m1']));
  return { callback: median(medians) };
};

const STATES = 100;

/** Files that are as they should be, without a master. */
const states: Measurement = async (make, plan) => {
  await using subject = await Subject.open(make);
  const { home } = subject.house;
  const etc = join(home, 'masterless');
  mkdirSync(etc);
  const options = { id: 'm1', file_client: 'local', root_dir: etc, file_roots: { base: [etc] } };
  writeFileSync(join(etc, 'minion'), JSON.stringify(options));
  const state = (_none: unknown, at: number): string =>
    `f${at}: {file.managed: [{name: ${home}/f${at}}, {contents: line ${at}}, {mode: '0644'}]}\n`;
  writeFileSync(join(etc, 'many.sls'), Array.from({ length: STATES }, state).join(''));
  const call = ['--local', '-c', etc, '-l', 'quiet', 'state.apply', 'many'];
  await subject.tool('call', ...call);
  const runs = await subject.tools(plan.runs, `Succeeded: ${STATES}\n`, 'call', ...call);
  return { statesWall: median(runs.map((run) => run.seconds)), statesCpu: median(runs.map((run) => run.cpu)) };
};

export const MEASUREMENTS: Readonly<Record<string, Measurement>> = { start, cli, fleet, files, sync, callback, states, gitfs, jobcache };
