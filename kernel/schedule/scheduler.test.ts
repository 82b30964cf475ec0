import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import type { Item } from './item.ts';
import { Scheduler } from './scheduler.ts';
import type { Remembered, SlotMemory } from './slots.ts';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;
const START = new Date('2026-11-24T08:00:00').getTime();
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

class Memory implements SlotMemory {
  readonly slots = new Map<string, Remembered>();
  get = (name: string): Remembered | undefined => this.slots.get(name);
  set = (name: string, slot: Remembered): void => void this.slots.set(name, slot);
  delete = (name: string): void => void this.slots.delete(name);
}

/** A daemon with a clock that is set by hand. */
class Bench {
  readonly memory: Memory;
  readonly runs: { readonly name: string; readonly at: number; readonly funs: readonly string[] }[] = [];
  readonly errors: string[] = [];
  schedule: Record<string, unknown>;
  pillar: unknown = undefined;
  /** Jobs last until they are let go. */
  hold = false;
  /** Jobs wait in a queue: they do not begin. */
  stuck = false;
  readonly #held: (() => void)[] = [];
  #scheduler: Scheduler;
  now: number;

  constructor(schedule: Record<string, unknown>, memory = new Memory(), now = START) {
    this.schedule = schedule;
    this.memory = memory;
    this.now = now;
    this.#scheduler = this.#make();
  }

  get scheduler(): Scheduler {
    return this.#scheduler;
  }

  /** The process dies; another one starts with what was remembered. */
  restart(): void {
    this.#scheduler = this.#make();
  }

  /** Looks at each of these times. */
  async at(...times: readonly number[]): Promise<this> {
    for (const time of times) {
      this.now = time;
      this.#scheduler.tick();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return this;
  }

  /** Looks each second. */
  async through(seconds: number): Promise<this> {
    for (let second = 0; second < seconds; second += 1) {
      await this.at(this.now + SECOND);
    }
    return this;
  }

  async release(): Promise<void> {
    for (const end of this.#held.splice(0)) end();
    await new Promise((resolve) => setImmediate(resolve));
  }

  seconds(name = 'job'): number[] {
    return this.runs.filter((run) => run.name === name).map(({ at }) => (at - START) / SECOND);
  }

  #make(): Scheduler {
    return new Scheduler({
      schedule: () => this.schedule as Item,
      whens: () => ({ pillar: this.pillar, grains: undefined }),
      memory: this.memory,
      start: async ({ name, funs }, began) => {
        if (this.stuck) return await new Promise(() => undefined);
        began();
        this.runs.push({ name, at: this.now, funs });
        if (this.hold) await new Promise<void>((resolve) => this.#held.push(resolve));
      },
      loopMs: () => SECOND,
      now: () => this.now,
      log: { ...quiet, error: (text) => this.errors.push(text) },
    });
  }
}

const job = (item: Record<string, unknown>): Record<string, unknown> => ({ job: { function: 'test.ping', ...item } });
const clock = (time: string): number => new Date(`2026-11-24T${time}`).getTime();

suite('intervals', () => {
  test('run at once and then each so many seconds, wherever the looks fall', async () => {
    const bench = new Bench(job({ seconds: 15 }));
    await bench.at(START);
    for (let at = START; at <= START + 60 * SECOND; at += 700) {
      await bench.at(at);
      await null;
    }
    assert.deepEqual(
      bench.seconds().map((second) => Math.floor(second / 15) * 15),
      [0, 15, 30, 45],
    );
  });

  test('add up their units and may be written as texts', async () => {
    const bench = new Bench(job({ minutes: '1', seconds: 5, run_on_start: false }));
    await (await bench.at(START)).through(131);
    assert.deepEqual(bench.seconds(), [65, 130]);
  });

  test('keep their slots over a restart: none is lost and none comes twice', async () => {
    const bench = new Bench(job({ seconds: 15 }));
    await (await bench.at(START)).through(20);
    bench.restart();
    await bench.through(30);
    assert.deepEqual(bench.seconds(), [0, 15, 30, 45]);
  });

  test('that were missed are made up for once, and then the old slots go on', async () => {
    const bench = new Bench(job({ seconds: 15 }));
    await (await bench.at(START)).through(16);
    bench.restart();
    await (await bench.at(START + 52 * SECOND)).through(10);
    assert.deepEqual(bench.seconds(), [0, 15, 52, 60]);
  });

  test('begin anew when the interval is changed, and stay when something else is', async () => {
    const bench = new Bench(job({ seconds: 15 }));
    await (await bench.at(START)).through(5);
    bench.schedule = job({ seconds: 15, metadata: { a: 1 } });
    await bench.through(5);
    bench.schedule = job({ seconds: 20 });
    await bench.through(25);
    assert.deepEqual(bench.seconds(), [0, 11, 31]);
  });
});

suite('slots that were missed', () => {
  const missed = async (catchup: string): Promise<number[]> => {
    const bench = new Bench(job({ seconds: 10, catchup, maxrunning: 99 }));
    await (await bench.at(START)).through(1);
    bench.restart();
    await (await bench.at(START + 95 * SECOND)).through(6);
    return bench.seconds();
  };

  test('are let pass, made up for by one run, or by all, as the policy says', async () => {
    assert.deepEqual(await missed('one'), [0, 95, 100]);
    assert.deepEqual(await missed('all'), [0, ...new Array(9).fill(95), 100]);
  });

  test('are let pass with the policy none, but for one that is just over', async () => {
    const bench = new Bench(job({ hours: 1, catchup: 'none' }));
    await (await bench.at(START)).through(1);
    bench.restart();
    await bench.at(START + 3630 * SECOND);
    bench.restart();
    await bench.at(START + 7300 * SECOND, START + 10_800 * SECOND);
    assert.deepEqual(bench.seconds(), [0, 3630, 10_800]);
  });

  test('of a cron rule are let pass when the daemon was down, as in Salt', async () => {
    const bench = new Bench(job({ cron: '*/30 * * * *' }));
    await bench.at(START + 1);
    bench.restart();
    await bench.at(START + 3000 * SECOND);
    await bench.at(START + 3600 * SECOND);
    assert.deepEqual(bench.seconds(), [3600]);
  });

  test('of a cron rule are made up for once when the machine was asleep', async () => {
    const bench = new Bench(job({ cron: '*/30 * * * *' }));
    await bench.at(START + 1, START + 5000 * SECOND);
    assert.deepEqual(bench.seconds(), [5000]);
  });

  test('of years are not walked through', async () => {
    const bench = new Bench({
      a: { function: 'x.y', seconds: 1 },
      b: { function: 'x.y', cron: '* * * * *', catchup: 'all', maxrunning: 9999 },
    });
    await bench.at(START + 1);
    const began = process.cpuUsage().user;
    await bench.at(START + 40 * 365 * DAY);
    assert.equal(bench.seconds('a').length, 2);
    assert.equal(bench.seconds('b').length, 1000);
    assert.ok(process.cpuUsage().user - began < 5_000_000);
  });
});

suite('a clock that is set', () => {
  test('back does not let a slot come twice, nor stops the next one for long', async () => {
    const bench = new Bench(job({ seconds: 60 }));
    await (await bench.at(START)).through(121);
    await (await bench.at(START - 3600 * SECOND)).through(130);
    assert.deepEqual(bench.seconds(), [0, 60, 120, -3540, -3480]);
  });

  test('back by an hour does not repeat times of the day', async () => {
    const bench = new Bench(job({ cron: '0 8,9 * * *' }), new Memory(), START - SECOND);
    await (await bench.at(START - SECOND)).through(2);
    await (await bench.at(START - 1800 * SECOND)).through(1801);
    await bench.at(START + 3600 * SECOND);
    assert.deepEqual(bench.seconds(), [0, 3600]);
  });

  test('back by years is a clock set right: times of the day come again', async () => {
    const bench = new Bench(job({ cron: '0 9 * * *' }), new Memory(), START + 3000 * DAY);
    await bench.at(START + 3000 * DAY, START + 3000 * DAY + 3600 * SECOND);
    await bench.at(START, START + 3600 * SECOND);
    assert.deepEqual(bench.seconds(), [3000 * 86_400 + 3600, 3600]);
  });
});

suite('times of the day and dates', () => {
  test('when: each of several texts, names of the pillar among them', async () => {
    const bench = new Bench(job({ when: ['9:00am', 'tea'] }));
    bench.pillar = { tea: 'Tuesday 5:00pm' };
    await bench.at(START, clock('09:00:00'), clock('16:59:59'), clock('17:00:00'));
    assert.deepEqual(bench.seconds(), [3600, 9 * 3600]);
  });

  test('once: at its time by its format, and never again', async () => {
    const bench = new Bench(job({ once: '24.11.2026 09:00', once_fmt: '%d.%m.%Y %H:%M' }));
    await bench.at(START, clock('09:00:00'));
    bench.restart();
    await bench.at(clock('09:00:30'), clock('10:00:00'));
    assert.deepEqual(bench.seconds(), [3600]);
  });

  test('once that was over when it was added does not run', async () => {
    const bench = new Bench(job({ once: '2026-11-24T07:59:50' }));
    assert.deepEqual((await bench.at(START)).seconds(), []);
  });

  test('what makes no sense is told in the words of Salt, once', async () => {
    const bench = new Bench({
      a: { function: 'x.y', once: 'soon' },
      b: { function: 'x.y', when: 'soon' },
      c: { function: 'x.y', cron: 'soon' },
      d: { function: 'x.y', cron: '* * * * *', seconds: 4 },
      e: { function: 'x.y', cron: '* * * * *', when: '5pm' },
    });
    await (await bench.at(START)).through(3);
    assert.deepEqual(bench.errors, [
      'Date string could not be parsed: soon, %Y-%m-%dT%H:%M:%S. Ignoring job a.',
      'Invalid date string soon. Ignoring job b.',
      'Invalid cron string. Ignoring job c.',
      'Unable to use "seconds", "minutes", "hours", "days" with "when", "cron", "once" options. Ignoring',
      'Unable to use "when", "cron", "once" options together. Ignoring.',
    ]);
    assert.deepEqual(bench.runs, []);
  });
});

suite('what keeps a job from running', () => {
  const minutely = (item: Record<string, unknown>): Bench => new Bench(job({ minutes: 30, run_on_start: false, ...item }));
  const reasonOf = (bench: Bench): string | undefined => bench.scheduler.standing('job')?.skipped?.reason;
  const day = async (bench: Bench): Promise<number[]> => {
    for (let at = START; at <= START + 4 * 3600 * SECOND; at += 600 * SECOND) await bench.at(at);
    return bench.seconds().map((second) => second / 3600);
  };

  test('a range, plain and inverted', async () => {
    assert.deepEqual(await day(minutely({ range: { start: '8:45am', end: '9:45am' } })), [1, 1.5]);
    assert.deepEqual(await day(minutely({ range: { start: '8:45am', end: '11:45am', invert: true } })), [0.5, 4]);
  });

  test('a range to skip, of its own or of all, with a run right after it', async () => {
    const item = { skip_during_range: { start: '8:20am', end: '11:45am' } };
    assert.deepEqual(await day(minutely(item)), [4]);
    const after = minutely({ ...item, run_after_skip_range: true });
    await day(after);
    assert.deepEqual(after.seconds(), [13_800, 14_400]);
    const bench = minutely({});
    bench.schedule = { ...bench.schedule, ...item };
    assert.deepEqual(await day(bench), [4]);
    assert.equal(reasonOf(bench), undefined);
  });

  test('skip_function runs in its place', async () => {
    const bench = minutely({ range: { start: '8:45am', end: '9:15am' } });
    bench.schedule = { ...bench.schedule, skip_function: 'event.send' };
    await bench.at(START, clock('08:30:00'), clock('09:00:00'));
    assert.deepEqual(
      bench.runs.map(({ funs }) => funs[0]),
      ['event.send', 'test.ping'],
    );
  });

  test('times to skip and to run besides, as postpone_job writes them', async () => {
    const bench = minutely({
      skip_explicit: [{ time: '2026-11-24T08:30:00', time_fmt: '%Y-%m-%dT%H:%M:%S' }],
      run_explicit: [{ time: '08:40 24.11.2026', time_fmt: '%H:%M %d.%m.%Y' }],
    });
    await bench.at(START, clock('08:30:00'));
    assert.equal(reasonOf(bench), 'skip_explicit');
    await bench.at(clock('08:40:00'), clock('09:00:00'));
    assert.deepEqual(bench.seconds(), [2400, 3600]);
  });

  test('after and until', async () => {
    assert.deepEqual(await day(minutely({ after: '9:15am', until: '2026-11-24 11:15' })), [1.5, 2, 2.5, 3]);
  });

  test('enabled: False, of its own or of all', async () => {
    assert.deepEqual(await day(minutely({ enabled: false })), []);
    const bench = new Bench({ ...job({ seconds: 10 }), enabled: false });
    await (await bench.at(START)).through(25);
    bench.schedule = job({ seconds: 10 });
    await bench.through(10);
    assert.deepEqual(bench.seconds(), [30]);
  });

  test('as many runs as may be under way: one, unless it says more or leaves no trace', async () => {
    const running = async (item: Record<string, unknown>): Promise<number> => {
      const bench = new Bench(job({ seconds: 1, ...item }));
      bench.hold = true;
      await (await bench.at(START)).through(5);
      const before = bench.runs.length;
      await bench.release();
      await bench.through(1);
      assert.equal(bench.runs.length, before + 1);
      return before;
    };
    assert.equal(await running({}), 1);
    assert.equal(await running({ maxrunning: 3 }), 3);
    assert.equal(await running({ jid_include: false }), 6);
  });

  test('with the policy all, a slot that must wait for the one before is late, not lost', async () => {
    const bench = new Bench(job({ seconds: 2, catchup: 'all' }));
    bench.hold = true;
    await (await bench.at(START)).through(4);
    assert.equal(bench.runs.length, 1);
    for (let turn = 0; turn < 3; turn += 1) {
      await bench.release();
      await bench.at(bench.now);
    }
    assert.equal(bench.runs.length, 3);
  });
});

suite('splay', () => {
  test('lets a run begin within so many seconds of its slot, and the slots stay', async () => {
    const bench = new Bench(job({ seconds: 30, splay: 10 }));
    await (await bench.at(START)).through(130);
    const [first, ...others] = bench.seconds();
    assert.equal(first, 0);
    assert.equal(others.length, 4);
    for (const [index, at] of others.entries()) assert.ok(at > 30 * (index + 1) && at <= 30 * (index + 1) + 10, String(at));
  });

  test('between a start and an end, also from that of all jobs', async () => {
    const bench = new Bench({ ...job({ cron: '* * * * *' }), splay: { start: 20, end: 25 } });
    await (await bench.at(START)).through(90);
    const [at = 0] = bench.seconds();
    assert.ok(at >= 80 && at <= 85, String(at));
  });
});

suite('a crash', () => {
  test('between a slot and the begin of its job does not lose it', async () => {
    const bench = new Bench(job({ seconds: 15 }));
    await (await bench.at(START)).through(10);
    bench.stuck = true;
    await bench.through(6);
    bench.stuck = false;
    bench.restart();
    await bench.through(1);
    assert.deepEqual(bench.seconds(), [0, 17]);
  });

  test('before the first run does not lose that', async () => {
    const bench = new Bench(job({ seconds: 3600 }));
    bench.stuck = true;
    await bench.at(START);
    bench.stuck = false;
    bench.restart();
    await bench.at(START + SECOND);
    assert.deepEqual(bench.seconds(), [1]);
  });

  test('at any time, as often as may be: with the policy all each slot is served exactly once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.record({ run: fc.integer({ min: 0, max: 30 }), stuck: fc.boolean(), down: fc.integer({ min: 0, max: 60 }) }), {
          maxLength: 12,
        }),
        async (seconds, lives) => {
          const bench = new Bench(job({ seconds, catchup: 'all', maxrunning: 100 }));
          await bench.at(START);
          for (const { run, stuck, down } of lives) {
            bench.stuck = false;
            await bench.through(run);
            bench.stuck = stuck;
            await bench.at(bench.now + SECOND);
            bench.restart();
            bench.now += down * SECOND;
          }
          bench.stuck = false;
          await bench.at(bench.now);
          assert.equal(bench.runs.length, Math.floor((bench.now - START) / SECOND / seconds) + 1);
        },
      ),
      { numRuns: 200 },
    );
  });
});

test('an entry is run on demand, whatever its times say', async () => {
  const bench = new Bench(job({ cron: '0 0 1 1 *', name: 'label' }));
  await bench.at(START);
  bench.scheduler.runNow('job');
  bench.scheduler.runNow('nothing');
  assert.deepEqual(bench.seconds(), [0]);
  assert.equal(bench.scheduler.standing('job')?.lastRun, START);
  assert.equal(bench.scheduler.standing('nothing'), undefined);
});

test('run_on_start runs at each start; without it a known interval waits for its slot', async () => {
  const both = { always: { function: 'x.y', hours: 1, run_on_start: true }, usual: { function: 'x.y', hours: 1 } };
  const bench = new Bench(both);
  await bench.at(START);
  bench.restart();
  await bench.at(START + 5 * SECOND);
  assert.deepEqual([bench.seconds('always'), bench.seconds('usual')], [[0, 5], [0]]);
});

test('the run at the start is the one that makes up for a slot that was missed', async () => {
  const bench = new Bench(job({ hours: 1, run_on_start: true }));
  await bench.at(START);
  bench.restart();
  await bench.at(START + 2.5 * HOUR, START + 2.5 * HOUR + SECOND, START + 3 * HOUR);
  assert.deepEqual(bench.seconds(), [0, 9000, 10_800]);
});

test('a start that comes after the stop starts nothing', async () => {
  const bench = new Bench(job({ seconds: 1 }));
  bench.scheduler.stop();
  bench.scheduler.start();
  bench.scheduler.wake();
  assert.deepEqual(bench.runs, []);
});
