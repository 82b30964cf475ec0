import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { TsaltError } from '../../protocol/errors.ts';
import { openStateStore } from './sqlite.ts';

describe('state store', () => {
  const house = mkdtempSync(join(tmpdir(), 'tsalt-state-'));
  after(() => rmSync(house, { recursive: true, force: true }));
  let count = 0;
  const fresh = (): string => join(house, String(count++), 'state.db');

  it('gives back at once what was set, and after it was opened again', async () => {
    const path = fresh();
    {
      await using store = openStateStore(path);
      store.set('mine', 'web1', { 'network.ip_addrs': ['10.0.0.1'], none: null });
      store.set('mine', '__proto__', 1);
      store.set('presence', 'web1', 1.5);
      assert.deepEqual({ ...(store.get('mine', 'web1') as object) }, { 'network.ip_addrs': ['10.0.0.1'], none: null });
    }
    await using store = openStateStore(path);
    assert.deepEqual({ ...(store.get('mine', 'web1') as object) }, { 'network.ip_addrs': ['10.0.0.1'], none: null });
    assert.deepEqual(store.keys('mine'), ['__proto__', 'web1']);
    assert.deepEqual(store.entries('presence'), [['web1', 1.5]]);
    assert.equal(store.get('mine', 'web2'), undefined);
    assert.equal(store.get('nothing', 'web1'), undefined);
  });

  it('forgets what was deleted, written before or not', async () => {
    const path = fresh();
    await using store = openStateStore(path);
    store.set('bank', 'written', 1);
    store.flush();
    store.set('bank', 'unwritten', 2);
    assert.equal(store.delete('bank', 'written'), true);
    assert.equal(store.delete('bank', 'unwritten'), true);
    assert.equal(store.delete('bank', 'unwritten'), false);
    assert.deepEqual(store.keys('bank'), []);
    store.flush();
    assert.deepEqual(store.entries('bank'), []);
  });

  it('keeps the value of the moment it was set, whatever becomes of the object', async () => {
    await using store = openStateStore(fresh());
    const value = { list: [1] };
    store.set('bank', 'key', value);
    value.list.push(2);
    assert.deepEqual((store.get('bank', 'key') as typeof value).list, [1]);
  });

  it('refuses what cannot be packed and keeps the value it had', async () => {
    await using store = openStateStore(fresh());
    store.set('bank', 'key', 1);
    assert.throws(
      () => store.set('bank', 'key', () => 1),
      (error) => error instanceof TsaltError && error.code === 'not-packable',
    );
    assert.equal(store.get('bank', 'key'), 1);
  });

  it('is readable by its owner only', async () => {
    const path = fresh();
    await using store = openStateStore(path);
    store.set('bank', 'key', 1);
    store.flush();
    for (const suffix of ['', '-wal', '-shm']) assert.equal(statSync(path + suffix).mode & 0o777, 0o600);
  });

  it('sets a damaged file aside, says so and begins a new one', async () => {
    const path = fresh();
    {
      await using store = openStateStore(path);
      for (let n = 0; n < 500; n += 1) store.set('bank', `key${n}`, 'x'.repeat(100));
    }
    const bytes = readFileSync(path);
    bytes.fill(0xff, 4096, 4200);
    writeFileSync(path, bytes);
    const warnings: string[] = [];
    await using store = openStateStore(path, (message) => warnings.push(message));
    assert.match(warnings.join('\n'), /integrity_check.*set aside as .*state\.db\.corrupt-/s);
    assert.deepEqual(store.keys('bank'), []);
    store.set('bank', 'key', 1);
    store.flush();
    assert.equal(readdirSync(join(path, '..')).filter((name) => /^state\.db\.corrupt-\d{8}T\d{6}Z?$/.test(name)).length, 1);
  });
});
