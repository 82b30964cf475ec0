import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, it } from 'node:test';
import { TsaltError } from '../../protocol/errors.ts';
import { receivePiece } from './receive.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tsalt-push-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const push = (path: readonly string[], text: string, offset = 0, most = 100): Promise<void> =>
  receivePiece({ directory: join(dir, 'minions'), most }, 'web1', { path, offset, data: Buffer.from(text) });
const kept = (path: string): string => join(dir, 'minions/web1/files', path);
const refused = (pushed: Promise<void>): Promise<void> =>
  assert.rejects(pushed, (error) => error instanceof TsaltError && error.code === 'bad-push');

it('pieces come together below the directory of their minion, for the master alone', async () => {
  await push(['etc', 'motd'], 'hello ');
  await push(['etc', 'motd'], 'world', 6);
  assert.equal(readFileSync(kept('etc/motd'), 'utf8'), 'hello world');
  assert.equal(statSync(kept('etc/motd')).mode & 0o777, 0o600);
});

it('a file pushed again takes the place of the old one', async () => {
  await push(['motd'], 'a long text');
  await push(['motd'], 'short');
  assert.equal(readFileSync(kept('motd'), 'utf8'), 'short');
});

it('no path leads out of the directory', async () => {
  for (const path of [
    ['..', 'x'],
    ['a', '..', '..', 'x'],
    ['a/../../x'],
    ['..'],
    [],
    [''],
    ['/'],
    ['a\0b'],
    ['a\\b'],
    ['x'.repeat(5000)],
  ]) {
    await refused(push(path, 'x'));
  }
  assert.ok(!existsSync(join(dir, 'minions/web1/x')) && !existsSync(join(dir, 'minions/x')));
});

it('a link that lies there is not followed', async () => {
  mkdirSync(join(dir, 'elsewhere'));
  writeFileSync(join(dir, 'victim'), 'untouched');
  await push(['a'], 'x');
  symlinkSync(join(dir, 'elsewhere'), kept('out'));
  symlinkSync(join(dir, 'victim'), kept('link'));
  await refused(push(['out', 'x'], 'x'));
  await assert.rejects(push(['link'], 'x'), (error: NodeJS.ErrnoException) => error.code === 'ELOOP');
  assert.equal(readFileSync(join(dir, 'victim'), 'utf8'), 'untouched');
  assert.ok(!existsSync(join(dir, 'elsewhere/x')));
});

it('what is too large, or belongs nowhere, is refused', async () => {
  await refused(push(['big'], 'x'.repeat(101)));
  await push(['big'], 'x'.repeat(60));
  await refused(push(['big'], 'x'.repeat(60), 60));
  await refused(push(['gap'], 'x', 50));
  for (const offset of [-1, 0.5, Number.NaN, 2 ** 60]) await refused(push(['big'], 'x', offset));
});
