import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { newJid } from '../../protocol/jid.ts';
import { encode } from '../../protocol/wire/msgpack.ts';
import { Packed } from '../../protocol/wire/packed.ts';
import { aJob, aReturn } from '../../test/contracts/job-store.ts';
import { until } from '../../test/support/process.ts';
import { openJobStore } from './sqlite.ts';
import type { JobStore } from './store.ts';

/** Every 15 seconds. */
const RUNS_A_DAY = 5760;
const AN_HOUR = 240;

const VALUE = new Packed(
  encode({ load: { '1m': 0.5 }, network: Object.fromEntries([...'abcdefgh'].map((name) => [name, 'x'.repeat(200)])) }),
);

async function run(store: JobStore, times: number): Promise<void> {
  for (let done = 0; done < times; done += AN_HOUR)
    await Promise.all(
      Array.from({ length: AN_HOUR }, async () => {
        const jid = newJid();
        await store.open(aJob({ jid, expected: ['web1'], keep: 'hourly' }));
        await store.record(aReturn(jid, 'web1', { value: VALUE }));
      }),
    );
}

async function count(store: JobStore): Promise<number> {
  let found = 0;
  for await (const _ of store.list({})) found += 1;
  return found;
}

test('two days of a schedule of every 15 s leave what its class says, in files that do not grow', { timeout: 240_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tsalt-day-'));
  const bytes = (): number => readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
  const none = { seconds: 0, rows: 0, bytes: 0 };
  await using store = await openJobStore({
    directory,
    retention: { default: none, hourly: { ...none, rows: AN_HOUR } },
    warn: assert.fail,
  });
  await run(store, RUNS_A_DAY);
  await until('the oldest went', async () => (await count(store)) === AN_HOUR);
  const first = bytes();
  await run(store, RUNS_A_DAY);
  await until('the oldest went', async () => (await count(store)) === AN_HOUR);
  assert.ok(bytes() <= first * 1.25, `${first} bytes after a day, ${bytes()} after two`);
  // Kept whole, the two days would take 20 MB.
  assert.ok(bytes() < 2 * RUNS_A_DAY * VALUE.bytes.length * 0.5, `${bytes()} bytes`);
  rmSync(directory, { recursive: true });
});
