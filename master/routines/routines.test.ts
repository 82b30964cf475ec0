import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import fc from 'fast-check';
import { createBus } from '../../kernel/events/bus.ts';
import { TsaltError } from '../../protocol/errors.ts';
import type { RunEvent, RunnerEvent, RunnerRequest, RunRequest } from '../client/contract.ts';
import { Routines } from './routines.ts';
import { shownRoutine } from './shown.ts';
import { RoutineStore, type Run } from './sqlite.ts';

const START = Date.UTC(2026, 10, 27, 8);
const SECOND = 1000;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tsalt-routines-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Routines of a master whose clock is set by hand, and whose minions answer at once. */
class Bench {
  now = START;
  /** Jobs as they were published. */
  readonly jobs: RunRequest[] = [];
  readonly called: RunnerRequest[] = [];
  readonly events: { tag: string; data: Readonly<Record<string, unknown>> }[] = [];
  readonly ended: string[] = [];
  readonly logged: string[] = [];
  /** What minions of a job answer. */
  answer: (request: RunRequest) => RunEvent[] = ({ jid = '' }) => [returned(jid, 'web1', true)];
  /** What the plugin says of minions. */
  readonly verdicts = {
    a: { status: 'warning', message: 'full soon' },
    b: { status: 'error', message: 'full' },
    c: { status: null, message: 'away' },
  };
  /** Runs do not end while it is true. */
  hold = false;
  #release: (() => void)[] = [];
  routines: Routines;

  constructor() {
    this.routines = this.#open();
  }

  async tick(...seconds: number[]): Promise<this> {
    for (const at of seconds) {
      this.now = START + at * SECOND;
      this.routines.tick();
      await settle();
    }
    return this;
  }

  /** Every second from then to then. */
  async through(from: number, to: number): Promise<this> {
    for (let at = from; at <= to; at += 1) await this.tick(at);
    return this;
  }

  /** The master dies, and another one comes. */
  async restart(): Promise<void> {
    await this.routines[Symbol.asyncDispose]();
    this.#release = [];
    this.routines = this.#open();
    this.routines.start();
    await settle();
  }

  async release(): Promise<void> {
    for (const go of this.#release.splice(0)) go();
    await settle();
  }

  runs(name = 'r'): Run[] {
    return this.routines.runs(name, 1000).reverse();
  }

  /** Seconds after the start of the slots that were run, and how. */
  slots(name = 'r'): [number, string | null][] {
    return this.runs(name).map(({ slot, outcome }) => [(slot - START) / SECOND, outcome]);
  }

  #open(): Routines {
    const note = (text: string): void => void this.logged.push(text);
    const bus = createBus((error) => note(String(error)));
    bus.listen((event) => this.events.push(event));
    const wait = async (): Promise<void> => {
      if (this.hold) await new Promise<void>((resolve) => this.#release.push(resolve));
    };
    const { jobs, called, verdicts } = this;
    const answer = (request: RunRequest): RunEvent[] => this.answer(request);
    return new Routines({
      store: new RoutineStore(join(dir, 'routines.db'), note),
      local: {
        run: async function* (request): AsyncIterable<RunEvent> {
          jobs.push(request);
          await wait();
          const events = answer(request);
          yield { kind: 'published', jid: request.jid, minions: events.map((event) => ('minion' in event ? event.minion : '')) };
          yield* events;
        },
        runner: async function* (request): AsyncIterable<RunnerEvent> {
          called.push(request);
          await wait();
          const value = request.fun === 'plugins.run' ? { minions: verdicts } : 'it broke';
          yield { kind: 'result', value, success: request.fun !== 'test.break', retcode: 0 };
        },
      },
      bus,
      keep: () => 500,
      ended: (routine, _run, { outcome }) => this.ended.push(`${routine.name}: ${outcome}`),
      log: { debug: note, info: note, warn: note, error: note },
      now: () => this.now,
    });
  }
}

const returned = (jid: string, minion: string, success: boolean): RunEvent => ({
  kind: 'return',
  jid,
  minion,
  value: success ? true : 'Traceback\nit failed',
  retcode: success ? 0 : 1,
  success,
});
const silent = (jid: string, minion: string): RunEvent => ({ kind: 'silent', jid, minion, state: 'offline', reason: 'offline since noon' });
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};
const every = (seconds: number, more: Readonly<Record<string, unknown>> = {}) => ({
  name: 'r',
  fun: 'test.ping',
  target: 'web*',
  interval: seconds,
  ...more,
});
const refused = (named: RegExp) => (error: unknown) =>
  error instanceof TsaltError && error.code === 'bad-routine' && named.test(error.message);

suite('a routine', () => {
  test('runs at each of its slots, under an id that is known before', async () => {
    const bench = new Bench();
    bench.routines.save(every(15, { args: ['x'], kwargs: { y: 1 } }));
    await bench.through(0, 46);
    assert.deepEqual(bench.slots(), [
      [15, 'ok'],
      [30, 'ok'],
      [45, 'ok'],
    ]);
    assert.deepEqual(
      bench.jobs.map(({ jid }) => jid),
      bench.runs().map(({ jid }) => jid),
    );
    assert.deepEqual(bench.jobs[0]?.args, ['x', { y: 1, __kwarg__: true }]);
    assert.deepEqual(
      bench.events.slice(0, 2).map(({ tag }) => tag),
      ['tsalt/routine/r/start', 'tsalt/routine/r/end'],
    );
    assert.deepEqual(bench.routines.next('r', 2), [START + 60 * SECOND, START + 75 * SECOND]);
    await bench.routines[Symbol.asyncDispose]();
  });

  test('says how its job ended: ok, failed, partly, lost, or skipped for want of minions', async () => {
    const bench = new Bench();
    bench.routines.save(every(1));
    const answers = [
      (jid: string) => [returned(jid, 'a', true), returned(jid, 'b', true)],
      (jid: string) => [returned(jid, 'a', false)],
      (jid: string) => [returned(jid, 'a', true), silent(jid, 'b')],
      (jid: string) => [silent(jid, 'a')],
      () => [],
    ];
    bench.answer = ({ jid = '' }) => answers.shift()?.(jid) ?? [];
    await bench.through(0, 5);
    assert.deepEqual(
      bench.runs().map(({ outcome, reason }) => [outcome, reason]),
      [
        ['ok', null],
        ['failed', 'a: it failed'],
        ['partly', 'b: offline since noon'],
        ['lost', 'a: offline since noon'],
        ['skipped', 'no minion matches the target'],
      ],
    );
    assert.deepEqual({ ...bench.runs()[2]?.counts }, { minions: 2, ok: 1, failed: 0, silent: 1 });
    assert.deepEqual(bench.ended, ['r: ok', 'r: failed', 'r: partly', 'r: lost']);
    await bench.routines[Symbol.asyncDispose]();
  });

  test('runs runners, orchestrations and plugins', async () => {
    const bench = new Bench();
    bench.routines.save({ name: 'a', kind: 'runner', fun: 'test.break', interval: 1, args: [1] });
    bench.routines.save({ name: 'b', kind: 'orchestrate', fun: 'deploy', interval: 1, kwargs: { pillar: {} } });
    bench.routines.save({
      name: 'c',
      kind: 'plugin',
      plugin: 'disk',
      target: 'db',
      target_type: 'nodegroup',
      parameters: { p: 1 },
      interval: 1,
    });
    await bench.tick(1);
    assert.deepEqual(JSON.parse(JSON.stringify(bench.called.map(({ fun, args, kwargs }) => [fun, args, kwargs]))), [
      ['test.break', [1], {}],
      ['state.orchestrate', ['deploy'], { pillar: {} }],
      ['plugins.run', [], { name: 'disk', kind: 'nodegroup', expression: 'db', parameters: { p: 1 } }],
    ]);
    assert.deepEqual(
      ['a', 'b', 'c'].map((name) => bench.slots(name)[0]?.[1]),
      ['failed', 'ok', 'partly'],
    );
    assert.equal(bench.runs('a')[0]?.reason, 'it broke');
    assert.equal(bench.runs('c')[0]?.reason, 'b: full; c: away');
    await bench.routines[Symbol.asyncDispose]();
  });

  test('is begun later by its splay, never before its slot, and its slots stay', async () => {
    const bench = new Bench();
    bench.routines.save(every(30, { splay: 10 }));
    await bench.through(0, 131);
    assert.deepEqual(
      bench.slots().map(([slot]) => slot),
      [30, 60, 90, 120].slice(0, bench.slots().length),
    );
    assert.ok(bench.slots().length >= 3);
    for (const { slot, fire, started } of bench.runs()) assert.ok(fire >= slot && fire <= slot + 10_000 && (started ?? fire) >= fire);
    await bench.routines[Symbol.asyncDispose]();
  });

  test('that still runs is not begun again, unless as many may, or each slot is wanted', async () => {
    const bench = new Bench();
    bench.hold = true;
    bench.routines.save(every(1));
    bench.routines.save(every(1, { name: 'two', maxrunning: 2 }));
    bench.routines.save(every(1, { name: 'all', catch_up: 'all' }));
    await bench.through(0, 3);
    const begun = (name: string) => bench.runs(name).filter(({ state, outcome }) => state === 'running' || outcome === 'ok').length;
    assert.deepEqual([begun('r'), begun('two'), begun('all')], [1, 2, 1]);
    assert.equal(bench.runs()[1]?.reason, '1 of it ran already');
    bench.hold = false;
    await bench.release();
    await bench.tick(3, 3, 3);
    assert.deepEqual(bench.slots('all'), [
      [1, 'ok'],
      [2, 'ok'],
      [3, 'ok'],
    ]);
    await bench.routines[Symbol.asyncDispose]();
  });

  test('is run by hand also when it is disabled, and its slots are not', async () => {
    const bench = new Bench();
    bench.routines.save(every(1, { enabled: false }));
    await bench.through(0, 3);
    bench.routines.runNow('r', 'hand');
    bench.routines.runNow('r', 'hand');
    await settle();
    assert.deepEqual(
      bench.runs().map(({ by, outcome }) => [by, outcome]),
      [
        ['hand', 'ok'],
        ['hand', 'ok'],
      ],
    );
    bench.routines.enable('r', true);
    await bench.through(4, 5);
    assert.deepEqual(
      bench
        .slots()
        .slice(2)
        .map(([slot]) => slot),
      [4, 5],
    );
    await bench.routines[Symbol.asyncDispose]();
  });

  test('that is changed keeps its place if its times stay, and what is not given', async () => {
    const bench = new Bench();
    bench.routines.save(every(60, { kwargs: { password: 'hunter2', n: 1 } }));
    await bench.tick(50);
    const changed = bench.routines.save({ name: 'r', description: 'new', kwargs: { password: '**********', n: 2 } });
    assert.deepEqual([changed.interval, changed.description, changed.kwargs], [60, 'new', { password: 'hunter2', n: 2 }]);
    assert.equal(bench.routines.next('r', 1)[0], START + 60 * SECOND);
    assert.equal(JSON.stringify(shownRoutine(bench.routines, changed, undefined)).includes('hunter2'), false);
    const rule = bench.routines.save({ name: 'r', cron: '0 9 * * *', timezone: 'Europe/Berlin' });
    assert.equal(rule.interval, null);
    assert.equal(bench.routines.next('r', 1)[0], Date.UTC(2026, 10, 28, 8));
    await bench.routines[Symbol.asyncDispose]();
  });

  test('is foreseen before it is saved, and nothing is kept of that', async () => {
    const bench = new Bench();
    const hourly = bench.routines.preview({ cron: '30 9 * * *', timezone: 'Europe/Berlin' }, 2);
    assert.deepEqual(
      hourly.map((at) => new Date(at).toISOString()),
      ['2026-11-27T08:30:00.000Z', '2026-11-28T08:30:00.000Z'],
    );
    assert.deepEqual(bench.routines.preview({ interval: 60 }, 2), [START + 60 * SECOND, START + 120 * SECOND]);
    assert.throws(() => bench.routines.preview({ cron: 'often' }, 1), refused(/cron/));
    assert.throws(() => bench.routines.preview({ cron: '* * * * *', timezone: 'Nowhere' }, 1), refused(/timezone/));
    assert.deepEqual(bench.routines.all(), []);
    await bench.routines[Symbol.asyncDispose]();
  });

  test('that makes no sense is refused, naming the field', async () => {
    const bench = new Bench();
    const { routines } = bench;
    assert.throws(() => routines.save({ fun: 'test.ping', interval: 1 }), refused(/^name/));
    assert.throws(() => routines.save(every(1, { name: 'a/b' })), refused(/^name/));
    assert.throws(() => routines.save(every(1, { fun: 'nothing' })), refused(/^fun/));
    assert.throws(() => routines.save(every(0)), refused(/^interval/));
    assert.throws(() => routines.save(every(1, { cron: '* * * * *' })), refused(/^cron/));
    assert.throws(() => routines.save({ name: 'r', fun: 'test.ping', cron: '61 * * * *' }), refused(/^cron/));
    assert.throws(() => routines.save({ name: 'r', fun: 'test.ping', cron: '@daily', timezone: 'Mars/Base' }), refused(/^timezone/));
    assert.throws(() => routines.save(every(1, { catch_up: 'some' })), refused(/^catch_up/));
    assert.throws(() => routines.save(every(1, { kwargs: [] })), refused(/^kwargs/));
    assert.throws(() => routines.save(every(1, { maxrunning: 0 })), refused(/^maxrunning/));
    assert.throws(() => routines.find('r'), /there is no routine/);
    await bench.routines[Symbol.asyncDispose]();
  });

  test('that is deleted takes its history and what is due with it', async () => {
    const bench = new Bench();
    bench.hold = true;
    bench.routines.save(every(1, { catch_up: 'all' }));
    await bench.through(0, 4);
    bench.routines.delete('r');
    await bench.release();
    await bench.tick(5);
    assert.equal(bench.jobs.length, 1);
    assert.deepEqual(bench.routines.all(), []);
    await bench.routines[Symbol.asyncDispose]();
  });
});

suite('slots that passed while the master was down', () => {
  const after = async (catch_up: string): Promise<Bench> => {
    const bench = new Bench();
    bench.routines.save(every(60, { catch_up }));
    await bench.tick(60);
    bench.now = START + 330 * SECOND;
    await bench.restart();
    await bench.routines[Symbol.asyncDispose]();
    bench.routines = (await reopened(bench)).routines;
    return bench;
  };
  const reopened = async (bench: Bench): Promise<Bench> => {
    await bench.restart();
    return bench;
  };

  test('are each run, if all are wanted', async () => {
    const bench = await after('all');
    await bench.tick(331, 331, 331, 331, 331);
    assert.deepEqual(
      bench.slots().map(([slot]) => slot),
      [60, 120, 180, 240, 300],
    );
    await bench.routines[Symbol.asyncDispose]();
  });

  test('are made up for by one run', async () => {
    const bench = await after('once');
    const slots = bench.slots();
    assert.deepEqual(
      slots.filter(([, outcome]) => outcome !== 'skipped').map(([slot]) => slot),
      [60, 300],
    );
    assert.match(bench.runs().find(({ outcome }) => outcome === 'skipped')?.reason ?? '', /^3 slots from .*made up/);
    await bench.routines[Symbol.asyncDispose]();
  });

  test('are let pass, but for one that is hardly late', async () => {
    const bench = await after('skip');
    assert.deepEqual(
      bench
        .slots()
        .filter(([, outcome]) => outcome !== 'skipped')
        .map(([slot]) => slot),
      [60, 300],
    );
    await bench.routines[Symbol.asyncDispose]();
    bench.now = START + 3660 * SECOND - 1;
    await bench.restart();
    assert.equal(bench.slots().filter(([, outcome]) => outcome !== 'skipped').length, 3);
    await bench.routines[Symbol.asyncDispose]();
  });
});

suite('a clock that is set back', () => {
  test('lets no slot come twice', async () => {
    const bench = new Bench();
    bench.routines.save({ name: 'r', fun: 'test.ping', cron: '*/10 * * * *', timezone: 'UTC' });
    await bench.tick(600, 1200);
    await bench.tick(1190, 1200, 1201, -5 * 3600, -5 * 3600 + 600, 1200, 1800);
    const slots = bench.slots().map(([slot]) => slot);
    assert.equal(new Set(slots).size, slots.length);
    assert.deepEqual(bench.jobs.length, bench.slots().filter(([, outcome]) => outcome === 'ok').length);
    assert.ok(slots.includes(-5 * 3600 + 600), 'and the rule goes on by the clock as it is now');
    await bench.routines[Symbol.asyncDispose]();
  });
});

test('whenever and as often as the master dies, each slot is taken once, under one id', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 10 }),
      fc.array(fc.record({ run: fc.integer({ min: 0, max: 15 }), held: fc.boolean(), down: fc.integer({ min: 0, max: 30 }) }), {
        maxLength: 5,
      }),
      async (seconds, lives) => {
        rmSync(join(dir, 'routines.db'), { force: true });
        rmSync(join(dir, 'routines.db-wal'), { force: true });
        const bench = new Bench();
        bench.routines.save(every(seconds, { catch_up: 'all', maxrunning: 1000 }));
        let at = 0;
        for (const { run, held, down } of lives) {
          bench.hold = held;
          await bench.through(at + 1, at + run);
          at += run + down;
          bench.now = START + at * SECOND;
          await bench.restart();
        }
        bench.hold = false;
        await bench.restart();
        await bench.tick(at, at);
        await bench.release();
        const wanted = Math.floor(at / seconds);
        assert.equal(new Set(bench.jobs.map(({ jid }) => jid)).size, wanted, 'every slot has its job, and but one');
        assert.deepEqual(
          bench.slots(),
          Array.from({ length: wanted }, (_, n) => [(n + 1) * seconds, 'ok']),
        );
        await bench.routines[Symbol.asyncDispose]();
      },
    ),
    { numRuns: 20 },
  );
});
