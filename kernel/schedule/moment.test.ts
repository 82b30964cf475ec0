import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { nextMoment, readMoment, resolveMoment } from './moment.ts';
import { ISO_FORMAT, strptime } from './strptime.ts';

interface Cases {
  readonly now: string;
  readonly texts: readonly (readonly [text: string, at: string | false])[];
}
const cases = JSON.parse(readFileSync(new URL('./moment.cases.json', import.meta.url), 'utf8')) as Cases;
const at = (text: string): number => new Date(text).getTime();
const after = (text: string, now: string): string | undefined => {
  const moment = readMoment(text);
  assert.ok(moment, text);
  const found = nextMoment(moment, at(now));
  return found === undefined ? undefined : new Date(found).toString().slice(0, 24);
};

suite('times as people write them', () => {
  test('mean what dateutil makes of them', () => {
    for (const [text, wanted] of cases.texts) {
      const moment = readMoment(text);
      const found = moment === undefined ? false : new Date(resolveMoment(moment, at(cases.now))).toString();
      assert.equal(found, wanted === false ? false : new Date(wanted).toString(), text);
    }
  });

  test('without a date come each day, with a weekday each week, with a whole date once', () => {
    assert.equal(after('5:00pm', '2026-11-24T16:59:59'), 'Tue Nov 24 2026 17:00:00');
    assert.equal(after('5:00pm', '2026-11-24T17:00:00'), 'Wed Nov 25 2026 17:00:00');
    assert.equal(after('Tuesday 5:00pm', '2026-11-24T17:00:00'), 'Tue Dec 01 2026 17:00:00');
    assert.equal(after('24 Nov', '2026-11-24T00:00:00'), 'Wed Nov 24 2027 00:00:00');
    assert.equal(after('29 Feb 6:00', '2026-11-24T00:00:00'), 'Tue Feb 29 2028 06:00:00');
    assert.equal(after('2026-11-24 17:00', '2026-11-24T17:00:00'), undefined);
  });

  test('with a zone are moments of that zone', () => {
    const moment = readMoment('2026-11-24T10:00:00+02:00');
    assert.equal(moment && resolveMoment(moment, 0), Date.UTC(2026, 10, 24, 8));
  });
});

suite('times by a format', () => {
  test('are read as strptime reads them', () => {
    const read = (text: string, format: string): string | undefined => {
      const time = strptime(text, format);
      return time === undefined ? undefined : new Date(time).toString().slice(0, 24);
    };
    assert.equal(read('2026-11-24T07:42:35', ISO_FORMAT), 'Tue Nov 24 2026 07:42:35');
    assert.equal(read('24.11.26 5 PM', '%d.%m.%y %I %p'), 'Tue Nov 24 2026 17:00:00');
    assert.equal(read('Tue Nov  3 12:00:00 2026', '%a %b %d %H:%M:%S %Y'), 'Tue Nov 03 2026 12:00:00');
    assert.equal(read('2026-11-24', ISO_FORMAT), undefined);
    assert.equal(read('2026-02-30T00:00:00', ISO_FORMAT), undefined);
    assert.equal(read('24:00', '%H:%M'), undefined);
    assert.equal(read('x', '%Q'), undefined);
    assert.equal(strptime('2026-11-24 10:00 +0200', '%Y-%m-%d %H:%M %z'), Date.UTC(2026, 10, 24, 8));
  });
});
