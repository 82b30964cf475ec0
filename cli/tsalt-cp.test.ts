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
  return replying(argv, (request) => [
    { kind: 'published', jid: JID, minions: ['web1'] },
    { kind: 'return', jid: JID, minion: 'web1', value: answer(request), retcode: 0, success: true },
  ]);
}

async function replying(argv: readonly string[], run: (request: RunRequest) => RunEvent[]) {
  const { io, out, err } = capture();
  const master = fakeMaster({ run });
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

const silent: RunEvent = { kind: 'silent', jid: JID, minion: 'ghost', state: 'offline', reason: 'never connected' };

it('a silent minion is a result among the others, and the exit code is still 0, as with Salt', async () => {
  const alone = await replying(['-t', '2', 'ghost', join(dir, 'hostname'), '/x'], () => [
    { kind: 'published', jid: JID, minions: ['ghost'] },
    silent,
  ]);
  assert.match(alone.stdout, /^ghost:\n {4}Minion did not return\. \[No response\]\n {4}never connected\n/);
  assert.deepEqual([alone.code, alone.asked[0]?.timeout], [0, 2]);

  const among = await replying(['-L', 'web1,ghost', '--out=json', join(dir, 'hostname'), '/x'], () => [
    { kind: 'published', jid: JID, minions: ['web1', 'ghost'] },
    { kind: 'return', jid: JID, minion: 'web1', value: { '/x': true }, retcode: 0, success: true },
    silent,
  ]);
  const { web1, ghost } = JSON.parse(among.stdout) as Record<string, unknown>;
  assert.deepEqual(web1, { '/x': true });
  assert.match(String(ghost), /^Minion did not return/);
});

it('in pieces, a silent minion is told for each file', async () => {
  const got = await replying(['-C', '--out=json', 'ghost', join(dir, 'hostname'), '/x'], () => [
    { kind: 'published', jid: JID, minions: ['ghost'] },
    silent,
  ]);
  const { ghost } = JSON.parse(got.stdout) as { ghost: Record<string, string> };
  assert.deepEqual(Object.keys(ghost), ['/x']);
  assert.match(ghost['/x'] ?? '', /^Minion did not return/);
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
