import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Message } from '../../../protocol/suites/suite.ts';
import { decode, encode } from '../../../protocol/wire/msgpack.ts';
import { rootsBackend } from '../../files/backends/roots.ts';
import { createFileServer } from '../../files/server.ts';
import { fileCommands } from './files.ts';

/** Maps as the codec makes them. */
const asDecoded = (load: Message): Message => decode(encode(load)) as Message;

/** The commands over one directory, and how often a file was looked for in it. */
async function serving(
  act: (serve: (load: Message) => Promise<Message>, root: string, looks: () => number) => Promise<void>,
  { cmd = '_serve_file', hashType = 'sha256' } = {},
) {
  const root = mkdtempSync(join(tmpdir(), 'tsalt-serve-'));
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const options = { followLinks: true, ignoreLinks: false, linkTargets: [], ignored: () => false, listingMs: 0, log };
  const backend = rootsBackend({ ...options, roots: { base: [root] } });
  let looks = 0;
  const counted = {
    ...backend,
    find: async (path: string, env: string) => {
      looks += 1;
      return await backend.find(path, env);
    },
  };
  const command = fileCommands(createFileServer([counted], hashType), 4).find(({ name }) => name === cmd);
  try {
    await act(
      async (load) => (await command?.run('web1', asDecoded({ saltenv: 'base', ...load }))) as Message,
      root,
      () => looks,
    );
  } finally {
    rmSync(root, { recursive: true });
  }
}

test('a file comes in chunks, up to its end, and is looked for once', async () => {
  await serving(async (serve, root, looks) => {
    writeFileSync(join(root, 'a.txt'), '0123456789');
    const pieces: string[] = [];
    for (let loc = 0; loc < 12; loc += 4) pieces.push(String((await serve({ path: 'a.txt', loc }))['data']));
    assert.deepEqual(pieces, ['0123', '4567', '89']);
    assert.equal(String((await serve({ path: 'a.txt', loc: 10 }))['data']), '');
    assert.equal(looks(), 1);
  });
});

test('who begins anew gets the file as it is now', async () => {
  await serving(async (serve, root) => {
    writeFileSync(join(root, 'a.txt'), 'old');
    assert.equal(String((await serve({ path: 'a.txt', loc: 0 }))['data']), 'old');
    writeFileSync(join(root, 'a.txt'), 'newer');
    assert.equal(String((await serve({ path: 'a.txt', loc: 0, length: 100 }))['data']), 'newer');
    rmSync(join(root, 'a.txt'));
    assert.deepEqual(await serve({ path: 'a.txt', loc: 0 }), { data: '', dest: '' });
    assert.deepEqual(await serve({ path: 'a.txt', loc: 3 }), { data: '', dest: '' });
  });
});

test('many files come in one answer: in order, those that are known by name alone, the others as far as there is room', async () => {
  const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
  const most = 4 * 1024 * 1024;
  const half = randomBytes(most / 2 + 1);
  const act = async (serve: (load: Message) => Promise<Message>, root: string): Promise<void> => {
    for (let at = 0; at < 40; at += 1) writeFileSync(join(root, `f${at}`), `file ${at}`);
    writeFileSync(join(root, 'big'), randomBytes(most + 1));
    for (const name of ['half1', 'half2']) writeFileSync(join(root, name), half);
    const few = [
      { path: 'f1', hash: sha256('file 1') },
      { path: 'f2', hash: null },
      { path: 'absent' },
      { path: '../f3' },
      { path: 'f3', hash: 'x' },
    ];
    const answer = await serve({ files: few });
    const told = (answer['files'] as Message[]).map(({ path, hash, size, same, missing }) => ({ path, hash, size, same, missing }));
    assert.deepEqual(told, [
      { path: 'f1', hash: undefined, size: undefined, same: true, missing: undefined },
      { path: 'f2', hash: sha256('file 2'), size: 6, same: undefined, missing: undefined },
      { path: 'absent', hash: undefined, size: undefined, same: undefined, missing: true },
      { path: '../f3', hash: undefined, size: undefined, same: undefined, missing: true },
      { path: 'f3', hash: sha256('file 3'), size: 6, same: undefined, missing: undefined },
    ]);
    assert.equal(String(answer['data']), 'file 2file 3');
    const all = Array.from({ length: 40 }, (_, at) => ({ path: `f${at}` }));
    assert.equal(String((await serve({ files: all }))['data']), Array.from({ length: 40 }, (_, at) => `file ${at}`).join(''));
    const full = await serve({ files: [{ path: 'f1' }, { path: 'big' }, { path: 'half1' }, { path: 'half2' }, { path: 'f2' }] });
    assert.deepEqual(
      (full['files'] as Message[]).map(({ path, big }) => [path, big]),
      [
        ['f1', undefined],
        ['big', true],
        ['half1', undefined],
      ],
    );
    assert.equal(full['more'], 2);
  };
  await serving(act, { cmd: '_serve_files' });
  await serving(act, { cmd: '_serve_files', hashType: 'md5' });
});
