import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import Database from 'better-sqlite3';
import { aResult, returnerContract, returnersOf } from '../../test/contracts/returner.ts';
import sqlite from './sqlite.ts';

async function house() {
  const dir = mkdtempSync(join(tmpdir(), 'tsalt-returner-'));
  const file = join(dir, 'deep/er/file');
  const rows = (): { id: string; full_ret: string }[] => {
    const db = new Database(file);
    const found = db.prepare<[], { id: string; full_ret: string }>('SELECT id, full_ret FROM salt_returns').all();
    db.close();
    return found;
  };
  const returned = (line: string): unknown => (JSON.parse(line) as { return: unknown }).return;
  return {
    returner: sqlite,
    config: { 'sqlite3.database': file },
    received: async () => new Map(existsSync(file) ? rows().map(({ id, full_ret }) => [id, returned(full_ret)]) : []),
    [Symbol.asyncDispose]: async () => rmSync(dir, { recursive: true }),
  };
}

returnerContract('sqlite', house);

it('sqlite reads back what it wrote, as ret.get_* show it', async () => {
  await using place = await house();
  const { returners, logged } = returnersOf(place);
  const [first, second] = [aResult('a', 1, { jid: 'J' }), aResult('a', 2, { jid: 'K' })];
  for (const result of [first, second, aResult('b', 3, { jid: 'J', fun: 'other.fun' })]) returners.hand(['sqlite'], result);
  returners.events(['sqlite'], [{ at: new Date(), what: { tag: 'a/b', data: { c: 1 } } }]);
  await returners.settle(10_000);
  assert.deepEqual(await returners.ask('sqlite', 'fun', 'test.value'), { a: second });
  assert.deepEqual(Object.keys(Object(await returners.ask('sqlite', 'jid', 'J'))), ['a', 'b']);
  assert.deepEqual(await returners.ask('sqlite', 'minions', ''), ['a', 'b']);
  assert.deepEqual(await returners.ask('sqlite', 'jids', ''), {});
  await returners.close();
  assert.deepEqual(logged, []);
});
