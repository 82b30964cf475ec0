import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { ofId, trial } from '../../engine/trial.ts';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tsalt-states-'));
  path = join(dir, 'f');
});
afterEach(() => rmSync(dir, { recursive: true }));

const managed = async (more: Record<string, unknown>, testing = false) => {
  const args = Object.entries({ name: path, ...more }).map((pair) => Object.fromEntries([pair]));
  return ofId((await trial(JSON.stringify({ a: { 'file.managed': args } }), { testing })).results, 'a');
};
const modeOf = (): string => (statSync(path).mode & 0o7777).toString(8);

test('a new file gets its content, and then it is in order', async () => {
  const made = await managed({ contents: ['one', 'two'] });
  assert.deepEqual([made.result, made.comment, made.changes], [true, `File ${path} updated`, { diff: 'New file' }]);
  assert.equal(readFileSync(path, 'utf8'), 'one\ntwo\n');
  const again = await managed({ contents: ['one', 'two'] });
  assert.deepEqual([again.result, again.comment, again.changes], [true, `File ${path} is in the correct state`, {}]);
});

test('a content that differs is shown as a difference; mode and inode rules hold', async () => {
  writeFileSync(path, 'one\ntwo\n');
  chmodSync(path, 0o640);
  const { changes } = await managed({ contents: 'one\n2\n' });
  assert.equal(changes['diff'], '--- \n+++ \n@@ -1,2 +1,2 @@\n one\n-two\n+2\n');
  assert.equal(modeOf(), '640');
  assert.deepEqual(readdirSync(dir), ['f']);
});

test('a mode is set and told', async () => {
  assert.deepEqual((await managed({ contents: 'x', mode: '0755' })).changes, { diff: 'New file', mode: '0755' });
  assert.equal(modeOf(), '755');
  assert.deepEqual((await managed({ contents: 'x', mode: 600 })).changes, { mode: '0600' });
  assert.equal(modeOf(), '600');
});

test('test=True writes nothing and says what it would do', async () => {
  const fresh = await managed({ contents: 'x' }, true);
  assert.deepEqual([fresh.result, fresh.changes], [null, { newfile: path }]);
  assert.equal(existsSync(path), false);
  writeFileSync(path, 'old\n');
  const changed = await managed({ contents: 'new' }, true);
  assert.deepEqual([changed.result, Object.keys(changed.changes)], [null, ['diff']]);
  assert.equal(readFileSync(path, 'utf8'), 'old\n');
});

test('replace and create spare what is there and what is not', async () => {
  assert.equal((await managed({ contents: 'x', create: false })).comment, `File ${path} is not present and is not set for creation`);
  assert.equal(existsSync(path), false);
  writeFileSync(path, 'mine');
  assert.equal((await managed({ contents: 'x', replace: false })).result, true);
  assert.equal(readFileSync(path, 'utf8'), 'mine');
});

test('directories above are made only when asked for', async () => {
  path = join(dir, 'a/b/f');
  assert.equal((await managed({ contents: 'x' })).comment, 'Parent directory not present');
  assert.equal((await managed({ contents: 'x', makedirs: true })).result, true);
  assert.equal(readFileSync(path, 'utf8'), 'x\n');
});

test('a directory in its place, a relative path and a new content that is refused leave all as it was', async () => {
  assert.equal((await managed({ name: dir, contents: 'x' })).comment, `Specified target ${dir} is a directory`);
  assert.equal((await managed({ name: 'f', contents: 'x' })).comment, 'Specified file f is not an absolute path');
  writeFileSync(path, 'good\n');
  const refused = await managed({ contents: 'bad', check_cmd: 'grep -q good' });
  assert.deepEqual([refused.result, refused.comment], [false, 'check_cmd execution failed']);
  assert.equal(readFileSync(path, 'utf8'), 'good\n');
  assert.deepEqual(readdirSync(dir), ['f']);
});

test('file.absent takes away a link, not what it points to; file.directory makes one with its mode', async () => {
  writeFileSync(path, 'kept');
  symlinkSync(path, join(dir, 'link'));
  const gone = ofId((await trial(`a: {file.absent: [{name: ${dir}/link}]}\n`)).results, 'a');
  assert.equal(gone.result, true);
  assert.deepEqual(readdirSync(dir), ['f']);
  const made = ofId((await trial(`a: {file.directory: [{name: ${dir}/d}, {mode: '0700'}]}\n`)).results, 'a');
  assert.equal(made.result, true);
  assert.equal(statSync(join(dir, 'd')).mode & 0o777, 0o700);
});
