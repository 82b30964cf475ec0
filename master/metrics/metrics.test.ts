import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { createBus } from '../../kernel/events/bus.ts';
import { TsaltError } from '../../protocol/errors.ts';
import { encode } from '../../protocol/wire/msgpack.ts';
import { Packed } from '../../protocol/wire/packed.ts';
import { type Limits, Metrics } from './metrics.ts';
import { listenForValues } from './sources.ts';
import { MetricStore } from './sqlite.ts';
import { ThresholdStore } from './sqlite-thresholds.ts';
import { flatten } from './values.ts';

const START = Date.UTC(2026, 10, 27, 8) / 1000;
const HOUR = 3600;
const DAY = 86_400;

let dir: string;
let now: number;
let limits: Limits;
let metrics: Metrics;
let logged: string[];
let alerted: string[];
let touched: string[];
let events: { tag: string; data: Readonly<Record<string, unknown>> }[];
const bus = createBus((error) => assert.fail(String(error)));
bus.listen((event) => events.push(event));

const open = (): Metrics => {
  const note = (text: string): void => void logged.push(text);
  return new Metrics({
    store: new MetricStore(join(dir, 'metrics.db'), note, 100),
    thresholds: new ThresholdStore(join(dir, 'thresholds.db'), note),
    alerts: {
      raise: ({ key, message }) => void alerted.push(`${key}: ${message}`),
      recover: (key, message) => void alerted.push(`over ${key}: ${message}`),
      drop: (key) => void alerted.push(`drop ${key}`),
      has: () => false,
    },
    bus,
    inGroup: (minion, group) => minion.startsWith(group),
    touched: (minion) => void touched.push(minion),
    limits: () => limits,
    log: { debug: note, info: note, warn: note, error: note },
    now: () => now * 1000,
  });
};
/** Records a value of a minion at so many seconds after the start. */
const put = (at: number, values: unknown, minion = 'web1'): void => {
  now = START + at;
  metrics.record(minion, now * 1000, values);
};
/** Every 15 s from then to then, written as it comes. */
const fill = (from: number, until: number, value: (at: number) => number): void => {
  for (let at = from; at < until; at += 15) {
    put(at, { load: value(at) });
    metrics.tick();
  }
};
const ask = async (from: number, until: number, points: number, names = ['*'], minions = ['web1']) =>
  await metrics.query({ names, minions, from: START + from, until: START + until, points });

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tsalt-metrics-'));
  [now, logged, alerted, touched, events] = [START, [], [], [], []];
  limits = { keep: { raw: 6 * HOUR, five: 14 * DAY, hour: 400 * DAY }, perMinion: 50, series: 60 };
  metrics = open();
});
afterEach(async () => {
  await metrics[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

suite('values', () => {
  test('are the finite numbers of nested maps, under dotted names that are cleaned', () => {
    const tree = { load: { '1m': 0.5, text: '7', no: Number.NaN, many: 3n }, 'a b.c': { d: 1 }, list: [1], yes: true, inf: Infinity };
    const { names, values } = flatten(tree, 100, 'vitals');
    assert.deepEqual(Object.fromEntries(names.map((name, i) => [name, values[i]])), {
      'vitals.load.1m': 0.5,
      'vitals.load.many': 3,
      'vitals.a_b_c.d': 1,
    });
    assert.equal(flatten({ a: 1, b: 2, c: 3 }, 2).names.length, 2);
    let deep: unknown = 1;
    for (let n = 0; n < 100_000; n += 1) deep = { n: deep };
    assert.deepEqual(flatten(deep, 10).names, []);
    assert.deepEqual(flatten({ ['x'.repeat(1000)]: { ['y'.repeat(1000)]: 1 } }, 10).names, []);
  });

  test('of two sources at the same second are both kept', async () => {
    put(0, { a: 1 });
    metrics.tick();
    put(0, { b: 256.5 });
    metrics.tick();
    const { series } = await ask(0, 15, 1);
    assert.deepEqual(series.map(({ name, points }) => [name, ...points]).sort(), [
      ['a', 1],
      ['b', 256.5],
    ]);
  });

  test('beyond the bounds are not taken: of a minion, of all, of another time, and more names', async () => {
    const many = (count: number, prefix = 'v') => Object.fromEntries(Array.from({ length: count }, (_, n) => [`${prefix}${n}`, n]));
    assert.equal(metrics.record('a', now * 1000, many(70)), 50);
    assert.equal(metrics.record('b', now * 1000, many(70)), 10);
    assert.equal(metrics.record('c', now * 1000, many(70)), 0);
    assert.equal(metrics.record('a', now * 1000, many(70)), 50, 'who is known already is still taken');
    assert.equal(metrics.record('a', (now - 7200) * 1000, many(1)), 0);
    assert.equal(metrics.record('a', (now + 7200) * 1000, many(1)), 0);
    metrics.forget('a');
    assert.equal(metrics.record('c', now * 1000, many(49, 'w')), 49);
    assert.equal(metrics.record('d', now * 1000, many(1, 'x')), 1);
    metrics.tick();
    assert.equal(metrics.latest(['a', 'b', 'c']).size, 99);
    assert.deepEqual(metrics.latest(['d']).size, 1);
  });

  test('come from returns of monitoring functions, and from events of the minion itself', () => {
    const taken: unknown[] = [];
    const record: Metrics['record'] = (...given) => taken.push(given);
    const ear = listenForValues({ metrics: { record }, bus, functions: () => ['vitals.*'], now: () => 5 });
    const load = { fun: 'vitals.collect', return: new Packed(encode({ load: 1 })), success: true };
    bus.fire('salt/job/20261127000000000000/ret/web1', load);
    bus.fire('salt/job/20261127000000000000/ret/web1', { ...load, success: false });
    bus.fire('salt/job/20261127000000000000/ret/web1', { ...load, fun: 'test.ping' });
    bus.fire('salt/job/20261127000000000000/ret/web1', { ...load, fun: ['vitals.collect'] });
    bus.fire('salt/minion/web2/metrics', { id: 'web2', data: { values: { queue: 3 } } });
    void ear[Symbol.asyncDispose]();
    bus.fire('salt/minion/web2/metrics', { id: 'web2', values: { queue: 3 } });
    assert.deepEqual(JSON.parse(JSON.stringify(taken)), [
      ['web1', 5, { load: 1 }, 'vitals'],
      ['web2', 5, { queue: 3 }],
    ]);
  });

  test('are told once for each minion and second', () => {
    put(0, { a: 1 });
    metrics.tick();
    metrics.tick();
    assert.deepEqual(
      events.map(({ tag, data }) => [tag, data['values']]),
      [['tsalt/metrics/web1', { a: 1 }]],
    );
  });
});

suite('values over time', () => {
  test('are answered as they came, with holes, for a short span', async () => {
    fill(0, 60, (at) => at);
    fill(90, 120, (at) => at);
    const { step, series } = await ask(0, 120, 8);
    assert.equal(step, 15);
    assert.deepEqual(series, [{ minion: 'web1', name: 'load', points: [0, 15, 30, 45, null, null, 90, 105] }]);
    assert.deepEqual((await ask(0, 120, 2)).series[0]?.points, [22.5, 97.5]);
    assert.deepEqual((await ask(0, 120, 8, ['nothing*'])).series, []);
    assert.deepEqual((await ask(0, 120, 8, ['*'], ['other'])).series, []);
  });

  test('get coarser as they get older, also over a restart, and are gone in the end', async () => {
    limits = { ...limits, keep: { raw: HOUR, five: 4 * HOUR, hour: 48 * HOUR } };
    fill(0, 3 * HOUR, (at) => Math.floor(at / HOUR));
    await metrics[Symbol.asyncDispose]();
    metrics = open();
    fill(3 * HOUR, 8 * HOUR, (at) => Math.floor(at / HOUR));
    const raw = await ask(7.5 * HOUR, 8 * HOUR, 1000);
    assert.equal(raw.step, 15);
    assert.ok(raw.series[0]?.points.every((point) => point === 7));
    const five = await ask(5 * HOUR, 8 * HOUR, 1000);
    assert.deepEqual([five.step, five.series[0]?.points.length], [300, 36], 'what is too old for 15 s');
    assert.deepEqual(new Set(five.series[0]?.points), new Set([5, 6, 7]));
    const hour = await ask(0, 8 * HOUR, 1000);
    assert.deepEqual(hour.series[0]?.points, [0, 1, 2, 3, 4, 5, 6, 7]);
    now = START + 60 * HOUR;
    for (let turn = 0; turn < 3; turn += 1) metrics.tick();
    assert.deepEqual((await ask(0, 60 * HOUR, 100)).series, []);
    assert.deepEqual([...metrics.latest(['web1'])], []);
  });

  test('of a group are its mean, its sum, or each', async () => {
    for (const [minion, load] of [
      ['web1', 1],
      ['web2', 3],
    ] as const) {
      put(0, { load }, minion);
      put(5, { load }, minion);
    }
    put(15, { load: 5 }, 'web2');
    metrics.tick();
    const all = { names: ['load'], minions: ['web1', 'web2', 'web3'], from: START, until: START + 30, points: 2 };
    const mean = await metrics.query({ ...all, together: { how: 'mean', name: 'web' } });
    assert.deepEqual(mean.series, [{ minion: 'web', name: 'load', points: [2, 5] }]);
    const sum = await metrics.query({ ...all, together: { how: 'sum', name: 'web' } });
    assert.deepEqual(sum.series[0]?.points, [4, 5]);
    assert.equal((await metrics.query(all)).series.length, 2);
  });
});

suite('a threshold', () => {
  const save = (more: Readonly<Record<string, unknown>> = {}): void =>
    void metrics.saveThreshold({ name: 'load', metric: 'lo*', warning: 5, error: 10, for: 30, ...more });

  test('is crossed when it has been so for long enough, in each direction, and tells of it once', () => {
    save();
    for (const [at, load] of [
      [0, 1],
      [15, 7],
      [30, 7],
      [45, 7],
      [60, 7],
      [75, 20],
      [90, 7],
      [105, 20],
      [120, 20],
      [135, 20],
    ] as const)
      put(at, { load });
    assert.deepEqual(alerted, [
      'threshold/web1/load/load: load of web1 is 7, above 5.',
      'threshold/web1/load/load: load of web1 is 20, above 10.',
    ]);
    assert.deepEqual(metrics.statusOf('web1'), { status: 'error', message: 'load of web1 is 20, above 10.' });
    put(150, { load: 0 });
    put(165, { load: 0 });
    assert.equal(metrics.statusOf('web1')?.status, 'error');
    put(180, { load: 0 });
    assert.equal(metrics.statusOf('web1'), undefined);
    assert.equal(alerted.at(-1), 'over threshold/web1/load/load: load of web1 is 0, which is well again.');
    assert.deepEqual(
      events.filter(({ tag }) => tag === 'tsalt/threshold/web1/load').map(({ data }) => data['level']),
      ['warning', 'error', 'ok'],
    );
    assert.deepEqual(touched, ['web1', 'web1', 'web1']);
  });

  test('below, of one group, without a wait', () => {
    save({ direction: 'below', warning: null, error: 2, for: 0, group: 'db' });
    put(0, { load: 1 });
    put(0, { load: 1 }, 'db1');
    put(0, { load: 2 }, 'db2');
    assert.deepEqual(alerted, ['threshold/db1/load/load: load of db1 is 1, below 2.']);
  });

  test('stands over a restart, and is told no second time', async () => {
    save({ for: 0 });
    put(0, { load: 20 });
    await metrics[Symbol.asyncDispose]();
    metrics = open();
    assert.equal(metrics.statusOf('web1')?.status, 'error');
    put(15, { load: 20 });
    assert.equal(alerted.length, 1);
    put(30, { load: 0 });
    assert.equal(metrics.statusOf('web1'), undefined);
  });

  test('that is changed or deleted, or whose minion is gone, stands no more', () => {
    save({ for: 0 });
    put(0, { load: 20 });
    save({ for: 0, error: 100 });
    assert.equal(metrics.statusOf('web1'), undefined);
    put(1, { load: 20 });
    assert.equal(metrics.statusOf('web1')?.status, 'warning');
    metrics.forget('web1');
    assert.equal(metrics.statusOf('web1'), undefined);
    put(2, { load: 20 });
    metrics.deleteThreshold('load');
    assert.deepEqual([metrics.statusOf('web1'), metrics.standings()], [undefined, []]);
    assert.equal(alerted.filter((text) => text === 'drop threshold/web1/load/load').length, 3);
    assert.throws(() => metrics.deleteThreshold('load'), /there is no threshold/);
  });

  test('that makes no sense is refused, naming the field', () => {
    for (const [more, named] of [
      [{ name: 'a/b' }, /^name/],
      [{ metric: '' }, /^metric/],
      [{ warning: null, error: null }, /^warning/],
      [{ warning: 20 }, /^warning/],
      [{ direction: 'below' }, /^warning/],
      [{ direction: 'beside' }, /^direction/],
      [{ error: 'much' }, /^error/],
      [{ for: -1 }, /^for/],
    ] as const)
      assert.throws(
        () => save(more),
        (error) => error instanceof TsaltError && error.code === 'bad-threshold' && named.test(error.message),
        JSON.stringify(more),
      );
  });
});
