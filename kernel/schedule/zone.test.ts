import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseCron } from './cron.ts';
import { zoneOf } from './zone.ts';

const following = (rule: string, name: string, from: string, count: number): string[] => {
  const zone = zoneOf(name);
  assert.ok(zone, name);
  const cron = parseCron(rule, zone);
  const found: string[] = [];
  for (let at = cron.next(Date.parse(from)); at !== undefined && found.length < count; at = cron.next(at))
    found.push(new Date(at).toISOString().slice(0, 19));
  return found;
};

suite('cron rules of a time zone', () => {
  test('mean the clocks there, whatever those here show', () => {
    assert.deepEqual(following('0 9 * * mon', 'Asia/Tokyo', '2026-11-27T00:00:00Z', 2), ['2026-11-30T00:00:00', '2026-12-07T00:00:00']);
    assert.deepEqual(following('45 5 * * *', 'Asia/Kathmandu', '2026-11-27T00:00:00Z', 2), ['2026-11-28T00:00:00', '2026-11-29T00:00:00']);
    assert.deepEqual(following('0 0 L * *', 'Pacific/Auckland', '2026-11-27T00:00:00Z', 1), ['2026-11-29T11:00:00']);
  });

  test('a time that daylight saving leaves out comes an hour later, that day', () => {
    assert.deepEqual(following('30 2 * * *', 'Europe/Berlin', '2027-03-27T12:00:00Z', 2), ['2027-03-28T01:30:00', '2027-03-29T00:30:00']);
    assert.deepEqual(following('30 2 * * *', 'America/New_York', '2027-03-13T12:00:00Z', 2), [
      '2027-03-14T07:30:00',
      '2027-03-15T06:30:00',
    ]);
  });

  test('a time that comes twice is served once', () => {
    assert.deepEqual(following('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 2), ['2026-10-25T00:30:00', '2026-10-26T01:30:00']);
  });

  test('a rule of every hour goes on through the hour that comes twice', () => {
    assert.deepEqual(following('30 * * * *', 'Europe/Berlin', '2026-10-24T23:45:00Z', 3), [
      '2026-10-25T00:30:00',
      '2026-10-25T01:30:00',
      '2026-10-25T02:30:00',
    ]);
  });

  test('where midnight is left out, the day still has its slots', () => {
    // Beirut, 29 March 2026: clocks go from 0:00 to 1:00.
    assert.deepEqual(following('0 0 * * *', 'Asia/Beirut', '2026-03-28T10:00:00Z', 2), ['2026-03-28T22:00:00', '2026-03-29T21:00:00']);
    assert.equal(following('*/30 * * * *', 'Asia/Beirut', '2026-03-28T21:45:00Z', 2)[0], '2026-03-28T22:00:00');
  });

  test('seconds, and a name that is no zone', () => {
    assert.deepEqual(following('0 12 * * * 15,45', 'UTC', '2026-11-27T12:00:20Z', 2), ['2026-11-27T12:00:45', '2026-11-28T12:00:15']);
    assert.equal(zoneOf('Europe/Nowhere'), undefined);
    assert.equal(zoneOf('../etc/passwd'), undefined);
  });
});
