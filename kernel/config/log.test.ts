import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { consoleLog, LogFileUnusable, openLog } from './log.ts';
import { redactor } from './redact.ts';

function recorder() {
  const lines: string[] = [];
  return { lines, write: (text: string) => lines.push(text) };
}
const temporary = () => mkdtempSync(join(tmpdir(), 'tsalt-log-'));
const linesOf = (file: string) =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

test('the console shows lines in the form of Salt, from its level on', () => {
  const console = recorder();
  const log = consoleLog({ level: 'warning', console });
  log.warn('one');
  log.child({ room: 'jobs' }).error('two', { minion: 'web1', err: new Error('gone') });
  log.info('three');
  assert.deepEqual(console.lines, ['[WARNING ] one\n', '[ERROR   ] two (minion: web1, err: gone)\n']);
  assert.deepEqual([log.enabled('error'), log.enabled('info')], [true, false]);
});

test('quiet shows nothing', () => {
  const console = recorder();
  consoleLog({ level: 'quiet', console }).critical('fire');
  assert.deepEqual(console.lines, []);
});

test('untrusted text can neither forge a line nor drive the terminal', () => {
  const console = recorder();
  consoleLog({ level: 'info', console }).info('id\n[ERROR   ] forged\x1b[2J\u2028x', { 'k\n': 'v\r' });
  assert.deepEqual(console.lines, ['[INFO    ] id\\n[ERROR   ] forged\\x1b[2J\\u2028x (k\\n: v\\r)\n']);
});

test('the file holds a JSON object a line, also at another level than the console', async () => {
  const directory = temporary();
  const file = join(directory, 'deep', 'master');
  const console = recorder();
  const opened = await openLog({ level: 'error', fileLevel: 'debug', file, console });
  opened.log.child({ room: 'keys' }).debug('checked', { id: 'web1' });
  opened.log.trace('too much');
  opened[Symbol.dispose]();
  const [line, ...rest] = linesOf(file);
  assert.deepEqual([line.level, line.msg, line.room, line.id, rest.length], ['debug', 'checked', 'keys', 'web1', 0]);
  assert.equal(statSync(file).mode & 0o777, 0o640);
  assert.deepEqual(console.lines, []);
  rmSync(directory, { recursive: true });
});

test('after logrotate the log goes on in a new file', async () => {
  const directory = temporary();
  const file = join(directory, 'master');
  const opened = await openLog({ level: 'quiet', fileLevel: 'info', file });
  opened.log.info('before');
  renameSync(file, `${file}.1`);
  opened.reopen();
  opened.log.info('after');
  opened[Symbol.dispose]();
  assert.deepEqual([linesOf(`${file}.1`)[0].msg, linesOf(file)[0].msg], ['before', 'after']);
  rmSync(directory, { recursive: true });
});

test('a full disk costs lines, not the daemon', { skip: !existsSync('/dev/full') }, async () => {
  const console = recorder();
  const opened = await openLog({ level: 'error', fileLevel: 'info', file: '/dev/full', console });
  opened.log.info('lost');
  opened.log.info('lost too');
  opened[Symbol.dispose]();
  assert.equal(console.lines.length, 1);
  assert.match(console.lines[0] ?? '', /^\[ERROR {3}\] Lines for \/dev\/full are lost: ENOSPC/);
});

test('a log that cannot be written is an error that names it', async () => {
  const directory = temporary();
  writeFileSync(join(directory, 'plain'), '');
  await assert.rejects(openLog({ level: 'info', file: join(directory, 'plain', 'master') }), (problem) => {
    return problem instanceof LogFileUnusable && problem.message.includes('plain/master');
  });
  await assert.rejects(openLog({ level: 'info', file: directory }), LogFileUnusable);
  rmSync(directory, { recursive: true });
});

test('secrets are hidden by name, by value and within texts', () => {
  const console = recorder();
  const log = consoleLog({ level: 'info', console, secrets: ['hunter2', 'abc'] });
  log.info('used hunter2 with password=foo and "api_key": "bar", abc stays', { db: { password: 'p', tokens: ['t'], token_expire: 5 } });
  const line = console.lines[0] ?? '';
  for (const secret of ['hunter2', 'foo', '"bar"', '"p"', '"t"']) assert.ok(!line.includes(secret), `${secret} in ${line}`);
  assert.match(line, /abc stays/);
  assert.match(line, /"token_expire":5/);
});

test('any value can be logged', () => {
  const cyclic: Record<string, unknown> = { big: 2n ** 70n, bytes: new Uint8Array(3), map: new Map([['__proto__', 1]]) };
  cyclic['self'] = cyclic;
  const clean = redactor().value({ cyclic, fail: new Error('a', { cause: new Error('token=x') }) });
  const text = JSON.stringify(clean);
  assert.match(text, /1180591620717411303424.*<3 bytes>.*"__proto__":1/);
  assert.doesNotMatch(text, /token=x/);
});

test('a tool that only shows lines does not load pino', () => {
  const script = `
    const { consoleLog, openLog } = await import(${JSON.stringify(new URL('./log.ts', import.meta.url).href)});
    const { createRequire } = await import('node:module');
    const loaded = () => Object.keys(createRequire('/').cache).some((path) => path.includes('/pino/'));
    consoleLog({ level: 'info' }).info('here');
    console.log(loaded());
    (await openLog({ level: 'info', file: '/dev/null' }))[Symbol.dispose]();
    console.log(loaded());`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], { encoding: 'utf8' });
  assert.equal(stderr, '[INFO    ] here\n');
  assert.equal(stdout, 'false\ntrue\n');
});

test('levels may change while the log is open, for loggers made before, too', async () => {
  const directory = temporary();
  const file = join(directory, 'minion');
  const console = recorder();
  const opened = await openLog({ level: 'error', fileLevel: null, file, console });
  const child = opened.log.child({ room: 'jobs' });
  child.info('unseen');
  opened.setLevels('info', 'debug');
  child.info('both');
  child.debug('file');
  assert.deepEqual([child.enabled('debug'), child.enabled('trace')], [true, false]);
  opened.setLevels('error', null);
  child.info('unseen');
  opened[Symbol.dispose]();
  assert.deepEqual(console.lines, ['[INFO    ] both\n']);
  assert.deepEqual(
    linesOf(file).map(({ msg }) => msg),
    ['both', 'file'],
  );
  rmSync(directory, { recursive: true });
});
