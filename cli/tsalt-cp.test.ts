import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { RunEvent, RunRequest } from '../master/client/contract.ts';
import { capture, fakeMaster } from './fake-master.ts';
import { main } from './tsalt-cp.ts';

const dir = mkdtempSync(join(tmpdir(), 'tsalt-cp-'));
after(() => rmSync(dir, { recursive: true }));
mkdirSync(join(dir, 'tree', 'sub'), { recursive: true });
mkdirSync(join(dir, 'tree', 'empty'));
writeFileSync(join(dir, 'hostname'), 'vm\n', { mode: 0o640 });
writeFileSync(join(dir, 'binary'), Buffer.from([0xff, 0, 1]));
writeFileSync(join(dir, 'tree', 'sub', 'file'), '');
writeFileSync(join(dir, 'master'), 'salt_cp_chunk_size: 2\n');

/** The bytes of a piece, which are ASCII. */
const text = (piece: unknown): string => Buffer.from(piece as Uint8Array).toString('latin1');

const JID = '20260101000000000001';

async function cp(argv: readonly string[], answer: (request: RunRequest) => unknown) {
  const { io, out, err } = capture();
  const master = fakeMaster({
    run: (request): RunEvent[] => [
      { kind: 'published', jid: JID, minions: ['web1', 'ghost'] },
      { kind: 'return', jid: JID, minion: 'web1', value: answer(request), retcode: 0, success: true },
      { kind: 'silent', jid: JID, minion: 'ghost', state: 'offline', reason: 'never connected' },
    ],
  });
  const code = await main(['-c', dir, ...argv], io, master.connect);
  return { code, stdout: out(), stderr: err(), asked: master.asked as RunRequest[] };
}

it('a small file goes in one job, and the answer is printed as Salt prints it', async () => {
  const got = await cp(['web1', join(dir, 'hostname'), '/tmp/feat-hostname'], () => ({ '/tmp/feat-hostname': true }));
  assert.equal(got.stdout, 'web1:\n    ----------\n    /tmp/feat-hostname:\n        True\n');
  assert.equal(got.code, 0);
  assert.equal(got.asked[0]?.fun, 'cp.recv');
  assert.equal(JSON.stringify(got.asked[0]?.args), JSON.stringify([{ [join(dir, 'hostname')]: 'vm\n' }, '/tmp/feat-hostname']));
});

/** What goes by keyword: a piece as a text by position, ending in `=`, would be taken for a keyword. */
const given = ({ args }: RunRequest, name: string): unknown => (args[1] as Record<string, unknown> | null)?.[name];

it('pieces are compressed each by itself, and the first error of a file is what is told', async () => {
  const got = await cp(['-C', 'web1', join(dir, 'hostname'), '/tmp/x'], (request) =>
    given(request, 'append') === false ? true : 'disk full',
  );
  const pieces = got.asked.map((request) => gunzipSync(Buffer.from(text(given(request, 'chunk')), 'base64')).toString());
  assert.ok(got.asked.every((request) => given(request, '__kwarg__') === true));
  assert.equal(pieces.join(''), 'vm\n');
  assert.deepEqual(
    got.asked.map((request) => [request.args[0], ...['append', 'compressed', 'mode'].map((name) => given(request, name))]),
    [
      ['/tmp/x', false, true, 0o640],
      ['/tmp/x', true, true, 0o640],
    ],
  );
  assert.match(got.stdout, /disk full/);
});

it('directories are walked, and empty ones made', async () => {
  const got = await cp(['-C', '-n', 'web1', join(dir, 'tree'), '/dest'], () => true);
  assert.deepEqual(
    got.asked.map((request) => [request.args[0], request.args[1] === null ? null : text(given(request, 'chunk'))]),
    [
      ['/dest/tree/empty', null],
      ['/dest/tree/sub/file', ''],
    ],
  );
});

it('what cannot be sent is said before anything is', async () => {
  const missing = await cp(['web1', join(dir, 'nosuch'), '/tmp/x'], () => true);
  assert.deepEqual([missing.code, missing.asked.length], [42, 0]);
  assert.match(missing.stderr, /nosuch is not available/);
  const directory = await cp(['web1', join(dir, 'tree'), '/tmp/x'], () => true);
  assert.deepEqual([directory.code, directory.asked.length], [1, 0]);
  const binary = await cp(['web1', join(dir, 'binary'), '/tmp/x'], () => true);
  assert.match(binary.stderr, /is not UTF-8 text; send it with --chunked/);
  const short = await cp(['web1'], () => true);
  assert.equal(short.code, 64);
});
