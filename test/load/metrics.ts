import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBus } from '../../kernel/events/bus.ts';
import { Metrics } from '../../master/metrics/metrics.ts';
import { MetricStore } from '../../master/metrics/sqlite.ts';
import { ThresholdStore } from '../../master/metrics/sqlite-thresholds.ts';

/*
 * `metrics.ts [MINIONS] [METRICS] [MINUTES]`: what the master spends on metrics of so many minions that send every 15 s,
 * by a clock that runs as fast as it can: a second of it is a second's share of samples and one tick.
 */
const [minions = 10_000, metricsEach = 20, minutes = 12] = process.argv.slice(2).map(Number);
const dir = mkdtempSync(join(tmpdir(), 'tsalt-metrics-load-'));
const START = Math.floor(Date.now() / 1000 / 300) * 300;
let now = START;
const quiet = (): void => undefined;
const warn = (text: string): void => void process.stderr.write(`${text}\n`);
const metrics = new Metrics({
  store: new MetricStore(join(dir, 'metrics.db'), warn),
  thresholds: new ThresholdStore(join(dir, 'thresholds.db'), warn),
  alerts: { raise: quiet, recover: quiet, drop: quiet, has: () => false },
  bus: createBus((error) => warn(String(error))),
  inGroup: () => true,
  touched: quiet,
  limits: () => ({ keep: { raw: 21_600, five: 1_209_600, hour: 34_560_000 }, perMinion: 200, series: 200_000 }),
  log: { debug: quiet, info: quiet, warn, error: warn },
  now: () => now * 1000,
});
metrics.saveThreshold({ name: 'load', metric: 'vitals.load.*', warning: 1000 });

const ids = Array.from({ length: minions }, (_, n) => `minion-${String(n).padStart(5, '0')}`);
const names = ['load', 'memory', 'disk', 'network'];
const sample = (n: number) =>
  Object.fromEntries(
    names.map((group) => [group, Object.fromEntries(Array.from({ length: metricsEach / 4 }, (_, i) => [`m${i}`, n * i + Math.random()]))]),
  );
const record: number[] = [];
const tick: number[] = [];
for (; now < START + minutes * 60; now += 1) {
  const turn = now % 15;
  const samples = ids.filter((_, n) => n % 15 === turn).map((id, n) => [id, sample(n)] as const);
  const begun = performance.now();
  for (const [id, values] of samples) metrics.record(id, now * 1000, values, 'vitals');
  const recorded = performance.now();
  metrics.tick();
  record.push(recorded - begun);
  tick.push(performance.now() - recorded);
}
const asked: number[] = [];
const group: number[] = [];
for (let n = 0; n < 20; n += 1) {
  const one = { names: ['vitals.load.m1'], from: START, until: now, points: 300 };
  let begun = performance.now();
  await metrics.query({ ...one, minions: [ids[n * 7] ?? ''] });
  asked.push(performance.now() - begun);
  if (n > 2) continue;
  begun = performance.now();
  await metrics.query({ ...one, minions: ids.slice(0, 1000), together: { how: 'mean', name: 'g' } });
  group.push(performance.now() - begun);
}
const at = (list: readonly number[], share: number): string =>
  ([...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))] ?? 0).toFixed(1);
const row = (what: string, list: readonly number[]): void =>
  void process.stdout.write(`| ${what} | ${at(list, 0.5)} ms | ${at(list, 0.99)} ms | ${at(list, 1)} ms |\n`);
process.stdout.write(`${Math.round((minions * metricsEach) / 15)} values a second, ${minutes} minutes\n`);
row('taking in the values of one second', record);
row('writing them, making older ones coarser, telling', tick);
row('a chart of one minion', asked);
row('the mean of 1,000 minions', group);
await metrics[Symbol.asyncDispose]();
process.stdout.write(`${(statSync(join(dir, 'metrics.db')).size / 1024 / 1024).toFixed(0)} MiB\n`);
rmSync(dir, { recursive: true, force: true });
