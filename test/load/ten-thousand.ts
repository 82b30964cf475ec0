import { execFileSync } from 'node:child_process';
import { Command } from 'commander';
import type { FleetProcess } from './fleet.ts';
import { cpuSeconds, memoryMiB } from './measure.ts';
import { Subject } from './subject.ts';

/*
 * Ten thousand simulated minions on one tsalt-master: all enrolled, all pinged, all returns stored. Prints figures and
 * ends with 1 when anything is missing. The master needs two descriptors for each minion (`ulimit -n`); where the limit is
 * lower, the request connections of some are closed when idle, which the output says.
 */

/** For the master itself, and for the request connections of a fleet that does not keep them. */
const SPARE_DESCRIPTORS = 1500;
const PROCESSES = 2;

const flags = new Command('ten-thousand')
  .option('--minions <n>', 'simulated minions', '10000')
  .parse()
  .opts<{ readonly minions: string }>();
const count = Number(flags.minions);
const limit = Number(execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).replace('unlimited', '1000000'));
const each = Math.ceil(count / PROCESSES);
/** How many of the processes may keep their request connections. */
const keeping = Math.min(PROCESSES, Math.max(0, Math.floor((limit - SPARE_DESCRIPTORS - count) / each)));

await using subject = await Subject.open('tsalt', { pending_keys_per_minute: 1_000_000, pending_keys_max: count });
say('master started', { seconds: await subject.start(), 'memory MiB': memoryMiB(subject.masterPid) });
await using first = subject.fleet(each, { keepRequests: keeping > 0 });
await using second = subject.fleet(count - each, { first: each, keepRequests: keeping > 1 });
const fleets = [first, second];
say('descriptors', { limit, 'minions that keep their request connection': keeping * each });

await step('enrolled', async () => {
  const reports = await Promise.all(fleets.map((fleet) => fleet.enrol()));
  return [reports.reduce((sum, report) => sum + report.enrolled, 0), reports.flatMap((report) => report.errors)];
});
for (const round of ['first', 'second', 'third']) await step(`${round} ping to all, by the command line`, pingAll);

/** A command line ping to all; then all must be in the job store. */
async function pingAll(): Promise<[number, readonly string[]]> {
  const run = await subject.tool('', '*', 'test.ping', '--static', '--out', 'json', '-t', '60');
  const answered = run.stdout.match(/": true/g)?.length ?? 0;
  const jid = await newestJid();
  const stored = (await subject.tool('run', 'jobs.lookup_jid', jid, '--out', 'json')).stdout.match(/": true/g)?.length ?? 0;
  say('the command line', { seconds: run.seconds, answered, 'stored, by jobs.lookup_jid': stored });
  return [Math.min(answered, stored), await problems(fleets)];
}

async function newestJid(): Promise<string> {
  const { stdout } = await subject.tool('run', 'jobs.list_jobs', '--out', 'json');
  return (
    Object.keys(JSON.parse(stdout) as Record<string, unknown>)
      .sort()
      .at(-1) ?? ''
  );
}

async function problems(some: readonly FleetProcess[]): Promise<readonly string[]> {
  return (await Promise.all(some.map((fleet) => fleet.stats()))).flatMap((stats) => stats.errors);
}

/** Does something with the whole fleet and tells what it took of the master. */
async function step(what: string, act: () => Promise<[number, readonly string[]]>): Promise<void> {
  const [began, cpu] = [performance.now(), cpuSeconds(subject.masterPid)];
  const [done, errors] = await act();
  const seconds = (performance.now() - began) / 1000;
  say(what, {
    done,
    seconds,
    'CPU seconds of the master': cpuSeconds(subject.masterPid) - cpu,
    'memory MiB': memoryMiB(subject.masterPid),
  });
  if (errors.length > 0) process.stdout.write(`  ${errors.join('\n  ')}\n`);
  if (done !== count) process.exitCode = 1;
}

function say(what: string, facts: Readonly<Record<string, number>>): void {
  const words = Object.entries(facts).map(([name, value]) => `${name} ${Number(value.toFixed(2))}`);
  process.stdout.write(`${what}: ${words.join(', ')}\n`);
}
