import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { decode, encode } from '../../protocol/wire/msgpack.ts';
import { Packed } from '../../protocol/wire/packed.ts';
import { type Kept, Spool, type SpoolBounds } from './spool.ts';

const ROOMY: SpoolBounds = { returnBytes: 1 << 20, bytes: 1 << 20, ageMs: 60_000 };
const withDir = (run: (open: (bounds?: SpoolBounds) => { spool: Spool; dropped: Kept[] }, path: string) => void): void => {
  const dir = mkdtempSync(join(tmpdir(), 'tsalt-spool-'));
  const path = join(dir, 'returns.spool');
  try {
    run((bounds = ROOMY) => {
      const dropped: Kept[] = [];
      return { spool: new Spool(path, bounds, (kept) => dropped.push(kept)), dropped };
    }, path);
  } finally {
    rmSync(dir, { recursive: true });
  }
};
const loadOf = (jid: string, value: unknown) => ({ cmd: '_return', jid, return: value });

test('what is kept is there after a restart, with its value byte for byte', () => {
  withDir((open) => {
    const { spool } = open();
    spool.keep('m1', 'j1', loadOf('j1', { text: 'a', bytes: Buffer.from([0, 255]) }));
    spool.close();
    const { spool: again } = open();
    const [kept] = again.owed('m1');
    assert.ok(kept !== undefined);
    const load = again.load(kept);
    assert.ok(load?.['return'] instanceof Packed);
    assert.deepEqual(Buffer.from(load['return'].bytes), encode({ text: 'a', bytes: Buffer.from([0, 255]) }));
    assert.equal(load['jid'], 'j1');
    again.close();
  });
});

test('what was struck out stays out after a restart', () => {
  withDir((open) => {
    const { spool } = open();
    const first = spool.keep('m', 'j1', loadOf('j1', 1));
    spool.keep('m', 'j2', loadOf('j2', 2));
    spool.strike(first);
    spool.close();
    const { spool: again } = open();
    assert.deepEqual(
      again.owed().map(({ jid }) => jid),
      ['j2'],
    );
    assert.equal(again.holds('j1'), false);
    assert.equal(again.holds('j2'), true);
    again.close();
  });
});

test('each master is owed its own returns, oldest first', () => {
  withDir((open) => {
    const { spool } = open();
    for (const [master, jid] of [
      ['a', '1'],
      ['b', '2'],
      ['a', '3'],
    ] as const)
      spool.keep(master, jid, loadOf(jid, null));
    assert.deepEqual(
      spool.owed('a').map(({ jid }) => jid),
      ['1', '3'],
    );
    spool.close();
  });
});

test('beyond its bytes the oldest return is dropped, and said so', () => {
  withDir((open) => {
    const { spool, dropped } = open({ ...ROOMY, bytes: 3000, ageMs: 60_000 });
    for (const jid of ['1', '2', '3']) spool.keep('m', jid, loadOf(jid, 'x'.repeat(1300)));
    assert.deepEqual(
      dropped.map(({ jid }) => jid),
      ['1'],
    );
    assert.deepEqual(
      spool.owed().map(({ jid }) => jid),
      ['2', '3'],
    );
    spool.close();
  });
});

test('a return that is too old is dropped', () => {
  withDir((open) => {
    const { spool, dropped } = open({ ...ROOMY, bytes: 1 << 20, ageMs: -1 });
    spool.keep('m', '1', loadOf('1', null));
    assert.deepEqual(spool.owed(), []);
    assert.equal(dropped.length, 1);
    spool.close();
  });
});

test('the file stays small however many returns pass through it', () => {
  withDir((open, path) => {
    const { spool } = open();
    const stays = spool.keep('m', 'stays', loadOf('stays', 'here'));
    for (let n = 0; n < 3000; n += 1) spool.strike(spool.keep('m', String(n), loadOf(String(n), 'y'.repeat(1000))));
    assert.ok(statSync(path).size < 1_200_000);
    const load = spool.load(stays);
    assert.ok(load?.['return'] instanceof Packed);
    assert.equal(decode(load['return'].bytes), 'here');
    spool.close();
  });
});

test('a load that cannot be packed is refused and leaves nothing behind', () => {
  withDir((open) => {
    const { spool } = open();
    assert.throws(() => spool.keep('m', '1', loadOf('1', { deep: [() => 1] })), { code: 'not-packable' });
    assert.deepEqual(spool.owed(), []);
    spool.close();
  });
});
