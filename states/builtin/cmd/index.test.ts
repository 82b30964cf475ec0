import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ofId, trial } from '../../engine/trial.ts';

let dir: string;
before(() => {
  dir = mkdtempSync(join(tmpdir(), 'tsalt-states-'));
});
after(() => rmSync(dir, { recursive: true }));

const run = async (line: string, more: Record<string, unknown> = {}, testing = false) => {
  const args = Object.entries({ name: line, cwd: dir, ...more }).map((pair) => Object.fromEntries([pair]));
  return ofId((await trial(JSON.stringify({ a: { 'cmd.run': args } }), { testing })).results, 'a');
};

test('a command runs by a shell and tells what it printed', async () => {
  const { result, comment, changes } = await run('echo out; echo err >&2; pwd');
  assert.deepEqual([result, comment], [true, 'Command "echo out; echo err >&2; pwd" run']);
  assert.deepEqual({ ...changes, pid: 0 }, { pid: 0, retcode: 0, stdout: `out\n${dir}`, stderr: 'err' });
});

test('a command that fails is a failed state, unless its code is a success', async () => {
  assert.equal((await run('exit 4')).result, false);
  assert.equal((await run('exit 4', { success_retcodes: [4] })).result, true);
});

test('test=True runs nothing', async () => {
  const { result, changes } = await run('touch made', {}, true);
  assert.deepEqual([result, changes], [null, { cmd: 'touch made' }]);
  assert.equal(existsSync(join(dir, 'made')), false);
});

test('a command that outlasts its time fails, or not if that was asked for', async () => {
  assert.equal((await run('sleep 60', { timeout: 0.2 })).result, false);
  assert.equal((await run('sleep 60', { timeout: 0.2, ignore_timeout: true })).result, true);
});

test('a directory that is not there and an environment that is none are refused', async () => {
  assert.equal((await run('true', { cwd: `${dir}/no` })).comment, `Desired working directory "${dir}/no" is not available`);
  assert.equal((await run('true', { env: 'A=1' })).comment, "Invalidly-formatted 'env' parameter. See documentation.");
});

test('a stateful command tells what changed: by words, by JSON, or not at all', async () => {
  const words = await run(`echo first; echo "changed=yes comment='did it' x=1"`, { stateful: true });
  assert.deepEqual([words.result, words.comment], [true, 'did it']);
  assert.deepEqual({ ...words.changes, pid: 0 }, { pid: 0, retcode: 0, stdout: 'first', stderr: '', changed: 'yes', x: '1' });
  const json = await run(`echo '{"changed": true, "comment": "done", "n": 1}'`, { stateful: true });
  assert.deepEqual({ ...json.changes, pid: 0 }, { pid: 0, retcode: 0, stdout: '', stderr: '', changed: true, n: 1 });
  const same = await run('echo changed=no comment=same', { stateful: true });
  assert.deepEqual([same.result, same.comment, same.changes], [true, 'same', {}]);
});

test('a stateful command that says something else fails and shows what it said', async () => {
  const odd = await run('echo something else', { stateful: true });
  assert.deepEqual([odd.result, odd.changes['stdout']], [false, 'something else']);
  assert.match(odd.comment, /^Failed parsing script output!/);
  assert.equal((await run('echo "[1]"', { stateful: true })).comment, 'script JSON output must be a JSON object (e.g., {})!');
  assert.match((await run('echo changed=perhaps', { stateful: true })).comment, /Failed parsing boolean value: perhaps/);
});

test('the test command of a stateful one runs when nothing else may', async () => {
  const { result, comment } = await run('touch never', { stateful: [{ test_name: 'echo changed=yes comment=would' }] }, true);
  assert.deepEqual([result, comment], [null, 'would']);
  assert.equal(existsSync(join(dir, 'never')), false);
});
