import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import { BadCron, parseCron } from './cron.ts';

interface Cases {
  readonly rules: readonly (readonly [rule: string, from: string, next: readonly string[]])[];
  readonly bad: readonly string[];
}
const cases = JSON.parse(readFileSync(new URL('./cron.cases.json', import.meta.url), 'utf8')) as Cases;

const following = (rule: string, from: number, count: number): string[] => {
  const cron = parseCron(rule);
  const found: string[] = [];
  for (let at = cron.next(from); at !== undefined && found.length < count; at = cron.next(at))
    found.push(new Date(at).toString().slice(0, 33));
  return found;
};

suite('cron rules', () => {
  test('name the times that croniter finds', () => {
    for (const [rule, from, next] of cases.rules)
      assert.deepEqual(
        following(rule, new Date(from).getTime(), next.length),
        next.map((time) => new Date(time).toString().slice(0, 33)),
        `${rule} after ${from}`,
      );
  });

  test('that make no sense are refused', () => {
    for (const rule of cases.bad) assert.throws(() => parseCron(rule), BadCron, rule);
  });

  test('a rule whose day never comes has no next time', () => {
    assert.equal(parseCron('0 0 31 2 *').next(Date.UTC(2026, 0, 1)), undefined);
  });

  suite('where the clock is changed', () => {
    const zone = process.env['TZ'];
    before(() => {
      process.env['TZ'] = 'Europe/Berlin';
    });
    after(() => {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    });

    test('a time of the day that is left out comes an hour later, that day', () => {
      assert.deepEqual(following('30 2 * * *', new Date('2027-03-27T12:00:00').getTime(), 2), [
        'Sun Mar 28 2027 03:30:00 GMT+0200',
        'Mon Mar 29 2027 02:30:00 GMT+0200',
      ]);
    });

    test('a time of the day that comes twice is served once', () => {
      assert.deepEqual(following('30 2 * * *', new Date('2026-10-24T12:00:00').getTime(), 2), [
        'Sun Oct 25 2026 02:30:00 GMT+0200',
        'Mon Oct 26 2026 02:30:00 GMT+0100',
      ]);
    });

    test('a rule of every hour goes on through the hour that comes twice', () => {
      const found = following('*/30 * * * *', Date.UTC(2026, 9, 24, 23, 59), 6);
      assert.deepEqual(
        found.map((text) => text.slice(16)),
        ['02:00:00 GMT+0200', '02:30:00 GMT+0200', '02:00:00 GMT+0100', '02:30:00 GMT+0100', '03:00:00 GMT+0100', '03:30:00 GMT+0100'],
      );
    });
  });
});
