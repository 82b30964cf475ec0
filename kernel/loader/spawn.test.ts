import assert from 'node:assert/strict';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { SpawnOptions } from '../../modules/define.ts';
import { createSpawn, NotStarted } from './spawn.ts';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const spawn = (argv: string[], options?: SpawnOptions, signal = new AbortController().signal) =>
  createSpawn({ signal, log: silent })(argv, options);
const shell = (text: string, options?: SpawnOptions) => spawn(['sh', '-c', text], options);

/** Whether a process runs: one that waits to be reaped does not. */
const isAlive = async (pid: number): Promise<boolean> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z');
  return !stat.slice(stat.lastIndexOf(')')).startsWith(') Z');
};

const untilDead = async (pid: number): Promise<void> => {
  while (await isAlive(pid)) await setTimeout(10);
};

test('streams, code and input of a program', async () => {
  const ran = await shell('cat; echo err >&2; exit 3', { stdin: 'in' });
  assert.equal(ran.stdout.toString(), 'in');
  assert.equal(ran.stderr.toString(), 'err\n');
  assert.equal(ran.code, 3);
});

test('a program that dies of a signal has its negative number as code', async () => {
  const ran = await shell('kill -9 $$');
  assert.equal(ran.code, -9);
  assert.equal(ran.signal, 'SIGKILL');
});

test('merged streams keep the order in which they were written', async () => {
  const ran = await shell('echo 1; echo 2 >&2; echo 3; echo 4 >&2', { mergeStderr: true });
  assert.equal(ran.stdout.toString(), '1\n2\n3\n4\n');
  assert.equal(ran.stderr.length, 0);
});

test('a program complains by the name it was called by, however it is started', async () => {
  for (const options of [{}, { mergeStderr: true }, { uid: 65534, cwd: '/' }]) {
    const ran = await spawn(['cat', '/nowhere'], options);
    assert.equal((ran.stderr.toString() || ran.stdout.toString()).split(':')[0], 'cat', JSON.stringify(options));
  }
});

test('a umask holds for the program only', async () => {
  const before = process.umask();
  assert.equal((await shell('umask', { umask: 0o027 })).stdout.toString(), '0027\n');
  assert.equal(process.umask(), before);
});

test('variables are added and removed, or replace all', async () => {
  const ran = await spawn(['/usr/bin/env'], { cleanEnv: true, env: { A: '1', B: null } });
  assert.equal(ran.stdout.toString(), 'A=1\n');
});

test('a program or directory that is not there is told by its name', async () => {
  await assert.rejects(spawn(['no-such-program']), /cannot run no-such-program: no such program on the PATH/);
  await assert.rejects(spawn(['ls'], { cwd: '/no/such' }), /cannot run ls: the working directory \/no\/such does not exist/);
  await assert.rejects(spawn(['ls'], { cwd: '/etc/passwd' }), /is not a directory/);
  await assert.rejects(spawn(['/etc/passwd']), NotStarted);
});

test('a timeout ends the whole group, also a child that ignores SIGTERM', { timeout: 30_000 }, async () => {
  const ran = await shell('sh -c \'trap "" TERM; echo $$; while :; do sleep 0.1; done\' & wait', { timeout: 0.3 });
  assert.equal(ran.timedOut, true);
  await untilDead(Number(ran.stdout.toString()));
});

test('an abort ends the program and rejects with its reason', async () => {
  const controller = new AbortController();
  const running = spawn(['sleep', '1000'], {}, controller.signal);
  void setTimeout(50).then(() => controller.abort(new Error('enough')));
  await assert.rejects(running, /enough/);
});

test('a detached program survives the abort of its job', async () => {
  const controller = new AbortController();
  const ran = await spawn(['sleep', '1000'], { detached: true }, controller.signal);
  controller.abort();
  assert.equal(await isAlive(ran.pid), true);
  process.kill(ran.pid, 'SIGKILL');
});

test('output beyond the limit is dropped and counted', async () => {
  const limited = createSpawn({ signal: new AbortController().signal, log: silent, limit: 10 });
  const ran = await limited(['sh', '-c', 'printf 0123456789abc']);
  assert.equal(ran.stdout.toString(), '0123456789\n[output cut: 3 bytes beyond the limit of 10 bytes were dropped]\n');
});

test('output is heard as it comes, in whole characters', async () => {
  const heard: string[] = [];
  const followed = createSpawn({
    signal: new AbortController().signal,
    log: silent,
    output: (stream, text) => heard.push(`${stream} ${text}`),
  });
  await followed(['sh', '-c', "printf 'a\\303'; sleep 0.2; printf '\\251'"]);
  assert.deepEqual(heard, ['stdout a', 'stdout é']);
});

test('arguments reach the program unchanged', async () => {
  const awkward = ['$HOME', 'a b', "'", '"', '\\', '*', '', 'ü\n'];
  const ran = await spawn(['printf', '%s|', ...awkward], { mergeStderr: true });
  assert.equal(ran.stdout.toString(), awkward.map((word) => `${word}|`).join(''));
});

test('another user cannot start a program in a directory it may not enter', {
  skip: process.getuid?.() !== 0 && 'needs root',
}, async () => {
  const closed = await mkdtemp(join(tmpdir(), 'tsalt-closed-'));
  await copyFile('/bin/true', join(closed, 'true'));
  assert.equal((await shell(join(closed, 'true'), {})).code, 0);
  const ran = await spawn([join(closed, 'true')], { uid: 65534, cwd: '/' });
  assert.equal(ran.code, 126);
  assert.match(ran.stderr.toString(), /Permission denied/);
  await rm(closed, { recursive: true });
});

test('another user gets its own supplementary groups', { skip: process.getuid?.() !== 0 && 'needs root' }, async () => {
  const expected = (await spawn(['id', '-G', 'games'])).stdout.toString();
  const ran = await shell('id -u; id -G', { uid: 5, gid: 60 });
  assert.equal(ran.stdout.toString(), `5\n${expected}`);
  const nobody = await shell('id -u; id -G', { uid: 54321, gid: 54321 });
  assert.equal(nobody.stdout.toString(), '54321\n54321\n');
});

test('the program reads no input unless it is given some', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'spawn-'));
  await shell('cat > out', { cwd: directory });
  assert.equal(await readFile(join(directory, 'out'), 'utf8'), '');
  await rm(directory, { recursive: true });
});
