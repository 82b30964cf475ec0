import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { JidLog } from './jidlog.ts';

const begun = (jid: string) => ({ jid, master: 'm', fun: 'test.ping', at: 1 });
const withLog = (run: (open: (remember?: number) => JidLog, path: string) => void): void => {
  const dir = mkdtempSync(join(tmpdir(), 'tsalt-jids-'));
  const path = join(dir, 'jids.log');
  try {
    run((remember) => new JidLog(path, (error) => assert.fail(String(error)), remember), path);
  } finally {
    rmSync(dir, { recursive: true });
  }
};

test('a jid is taken on once, also over a restart', () => {
  withLog((open) => {
    const log = open();
    assert.equal(log.begin(begun('1')), true);
    assert.equal(log.begin(begun('1')), false);
    log.end('1');
    log.close();
    const again = open();
    assert.equal(again.begin(begun('1')), false);
    assert.equal(again.begin(begun('2')), true);
    again.close();
  });
});

test('jobs that were begun and not ended are known after a crash', () => {
  withLog((open) => {
    const log = open();
    log.begin(begun('1'));
    log.begin(begun('2'));
    log.end('1');
    log.close();
    const again = open();
    assert.deepEqual(
      again.open().map(({ jid, master, fun }) => [jid, master, fun]),
      [['2', 'm', 'test.ping']],
    );
    again.close();
  });
});

test('the log stays bounded and never forgets a job that still runs', () => {
  withLog((open, path) => {
    const log = open(50);
    log.begin(begun('runs'));
    for (let n = 0; n < 2000; n += 1) {
      log.begin(begun(String(n)));
      log.end(String(n));
    }
    assert.ok(statSync(path).size < 40_000);
    assert.equal(log.has('1999'), true);
    assert.equal(log.has('runs'), true);
    log.close();
    const again = open(50);
    assert.equal(again.has('1999'), true);
    assert.deepEqual(
      again.open().map(({ jid }) => jid),
      ['runs'],
    );
    again.close();
  });
});

test('when the disk takes nothing any more jobs are still taken on once', () => {
  withLog((_open, path) => {
    const troubles: unknown[] = [];
    const log = new JidLog(path, (error) => troubles.push(error));
    log.close(); // a closed file refuses to be written, as a full disk does
    assert.equal(log.begin(begun('1')), true);
    assert.equal(log.begin(begun('1')), false);
    assert.equal(troubles.length, 1);
  });
});
