import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { RecordFile } from './records.ts';

const inDir = (run: (file: string) => void): void => {
  const dir = mkdtempSync(join(tmpdir(), 'tsalt-records-'));
  try {
    run(join(dir, 'log'));
  } finally {
    rmSync(dir, { recursive: true });
  }
};
const payloadsOf = (path: string): string[] => {
  const found: string[] = [];
  const file = new RecordFile(path, (_place, payload) => found.push(payload.toString()));
  file.close();
  return found;
};

test('records come back in order after the file is opened again', () => {
  inDir((path) => {
    const file = new RecordFile(path, () => assert.fail('an empty file has no records'));
    const place = file.append(1, Buffer.from('one'));
    file.append(2, Buffer.alloc(0));
    assert.equal(file.read(place).toString(), 'one');
    file.close();
    assert.deepEqual(payloadsOf(path), ['one', '']);
  });
});

test('a file cut at any byte yields exactly the records that are whole, and takes new ones behind them', () => {
  inDir((path) => {
    const file = new RecordFile(path, () => undefined);
    const ends = ['a', 'bb', 'ccc'].map((text) => {
      file.append(1, Buffer.from(text));
      return file.size;
    });
    file.close();
    const bytes = readFileSync(path);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      writeFileSync(path, bytes);
      truncateSync(path, cut);
      const again = new RecordFile(path, () => undefined);
      again.append(1, Buffer.from('new'));
      again.close();
      assert.deepEqual(payloadsOf(path), [...['a', 'bb', 'ccc'].slice(0, ends.filter((end) => end <= cut).length), 'new']);
    }
  });
});

test('a flipped bit ends the file before the record it is in', () => {
  inDir((path) => {
    const file = new RecordFile(path, () => undefined);
    file.append(1, Buffer.from('first'));
    const end = file.size;
    file.append(1, Buffer.from('second'));
    file.close();
    const bytes = readFileSync(path);
    fc.assert(
      fc.property(fc.integer({ min: end, max: bytes.length - 1 }), fc.integer({ min: 0, max: 7 }), (at, bit) => {
        const broken = Buffer.from(bytes);
        broken[at] = (broken[at] ?? 0) ^ (1 << bit);
        writeFileSync(path, broken);
        assert.deepEqual(payloadsOf(path), ['first']);
      }),
    );
  });
});

test('a replaced file holds the new records only', () => {
  inDir((path) => {
    const file = new RecordFile(path, () => undefined);
    file.append(1, Buffer.from('old'));
    const [place] = file.replace([{ kind: 1, payload: Buffer.from('kept') }]);
    assert.ok(place !== undefined);
    assert.equal(file.read(place).toString(), 'kept');
    file.append(1, Buffer.from('more'));
    file.close();
    assert.deepEqual(payloadsOf(path), ['kept', 'more']);
  });
});

test('a closed file refuses to be written', () => {
  inDir((path) => {
    const file = new RecordFile(path, () => undefined);
    file.close();
    assert.throws(() => file.append(1, Buffer.from('x')), { code: 'closed' });
  });
});
