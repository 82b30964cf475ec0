import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Message } from '../../../protocol/suites/suite.ts';
import { rootsBackend } from '../../files/backends/roots.ts';
import { createFileServer } from '../../files/server.ts';
import { fileCommands } from './files.ts';

/** The commands over one directory, and how often a file was looked for in it. */
async function serving(act: (serve: (load: Message) => Promise<Message>, root: string, looks: () => number) => Promise<void>) {
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
  const command = fileCommands(createFileServer([counted], 'sha256'), 4).find(({ name }) => name === '_serve_file');
  try {
    await act(
      async (load) => (await command?.run('web1', { saltenv: 'base', ...load })) as Message,
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
