import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { createBus, type EventBus } from '../../kernel/events/bus.ts';
import { encode } from '../../protocol/wire/msgpack.ts';
import { Packed } from '../../protocol/wire/packed.ts';
import { until } from '../../test/support/process.ts';
import { loadMasterConfig } from '../options.ts';
import { EventReturns } from './event_returns.ts';

let dir: string;
let bus: EventBus;
let logged: string[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tsalt-events-'));
  logged = [];
  bus = createBus((error) => logged.push(String(error)));
});
afterEach(() => rmSync(dir, { recursive: true }));

function eventReturns(options: Readonly<Record<string, unknown>>): EventReturns {
  writeFileSync(join(dir, 'master'), JSON.stringify({ 'rawfile_json.filename': join(dir, 'lines'), ...options }));
  const { config, raw } = loadMasterConfig({ configDir: dir });
  const note = (text: string): void => void logged.push(text);
  const log = { debug: () => undefined, info: note, warn: note, error: note };
  return new EventReturns({ id: 'm', bus, config: () => config, setting: (name) => raw[name], log });
}
/** The events written so far; a line that is still being written is not there yet. */
const lines = (): { tag: string; data: Record<string, unknown> }[] =>
  existsSync(join(dir, 'lines'))
    ? readFileSync(join(dir, 'lines'), 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as { tag: string; data: Record<string, unknown> })
    : [];
const tags = (): string[] => lines().map(({ tag }) => tag);

test('every event of the bus goes to the returners of event_return, values of returns too', async () => {
  await using _ = eventReturns({ event_return: 'rawfile_json' });
  bus.fire('salt/job/1/ret/web1', { return: new Packed(encode({ a: [1] })), _stamp: 'now' });
  bus.fire('my/tag', { b: 2, _stamp: 'now' });
  await until('both are there', async () => lines().length === 2);
  assert.deepEqual(lines(), [
    { data: { return: { a: [1] }, _stamp: 'now' }, tag: 'salt/job/1/ret/web1' },
    { data: { b: 2, _stamp: 'now' }, tag: 'my/tag' },
  ]);
});

test('the lists of patterns say which', async () => {
  await using _ = eventReturns({
    event_return: ['rawfile_json'],
    event_return_whitelist: ['a/*', 'b'],
    event_return_blacklist: ['a/no*'],
  });
  for (const tag of ['a/yes', 'a/not', 'b', 'c']) bus.fire(tag, {});
  await until('they are there', async () => lines().length === 2);
  assert.deepEqual(tags(), ['a/yes', 'b']);
});

test('events are gathered up to the number, or the time, and handed over at the end', async () => {
  const returns = eventReturns({ event_return: 'rawfile_json', event_return_queue: 3, event_return_queue_max_seconds: 1 });
  bus.fire('one', {});
  bus.fire('two', {});
  assert.deepEqual(tags(), []);
  await until('the time is over', async () => lines().length === 2);
  for (const tag of ['three', 'four', 'five', 'six']) bus.fire(tag, {});
  await until('the number is reached', async () => lines().length === 5);
  await returns[Symbol.asyncDispose]();
  assert.deepEqual(tags(), ['one', 'two', 'three', 'four', 'five', 'six']);
  bus.fire('after', {});
  assert.equal(lines().length, 6);
});

test('a returner that there is not is named at the start, and one without its options once', async () => {
  await using _ = eventReturns({ event_return: ['nosuch', 'carbon'] });
  for (let i = 0; i < 10; i += 1) bus.fire('tag', {});
  await until('it is told', async () => logged.length === 2);
  assert.deepEqual(logged, [
    'event_return names nosuch, and there is no such returner',
    'the returner carbon did not get events: it is not configured: carbon.host is missing',
  ]);
});
