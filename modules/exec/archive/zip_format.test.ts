import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { invoke } from '../../../test/support/ctx.ts';
import archive from './index.ts';
import { NotZip, readContent, readEntries, writeZip } from './zip_format.ts';

const folder = mkdtempSync(join(tmpdir(), 'archive-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const entry = (name: string, text: string) => ({ name, mode: 0o100640, modified: new Date(2024, 1, 3), content: Buffer.from(text) });

test('an entry that would land outside of the directory is refused', async () => {
  mkdirSync(join(folder, 'inner'));
  writeFileSync(join(folder, 'evil.zip'), writeZip([entry('../outside', 'x')]));
  const asked = { zip_file: join(folder, 'evil.zip'), dest: join(folder, 'inner') };
  await assert.rejects(invoke(archive, 'unzip', asked), /'\.\.\/outside' lies outside of/);
  assert.equal(existsSync(join(folder, 'outside')), false);
});

test('what was packed is unpacked, and a damaged archive is told from a good one', () => {
  const packed = writeZip([entry('ä/b', 'text'.repeat(100)), entry('empty', '')]);
  const [first, second] = readEntries(packed);
  assert.ok(first !== undefined && second !== undefined);
  assert.deepEqual([first.name, first.mode, second.name], ['ä/b', 0o100640, 'empty']);
  assert.equal(readContent(packed, first).toString(), 'text'.repeat(100));
  const damaged = Buffer.from(packed);
  damaged.writeUInt32LE(1, damaged.length - 6);
  assert.throws(() => readEntries(damaged), NotZip);
  assert.throws(() => readEntries(Buffer.from('no archive')), NotZip);
});
