import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import { TimedOut } from '../../protocol/errors.ts';
import type { Message, SuiteName } from '../../protocol/suites/suite.ts';
import type { MasterLink } from '../link/contract.ts';
import { FileCache } from './cache.ts';
import { LocalFiles } from './local.ts';
import { MasterFiles } from './master.ts';
import { placeOf, safePath } from './url.ts';

const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A file server of a few lines behind the commands of a master. */
class Shelf implements MasterLink {
  readonly master = 'm';
  readonly suite: SuiteName;
  readonly files = new Map<string, Buffer>();
  readonly asked: Message[] = [];
  chunk = 1000;
  /** Requests from this one on time out. */
  breaksAt = Number.POSITIVE_INFINITY;

  constructor(suite: SuiteName) {
    this.suite = suite;
  }

  async ask(load: Message): Promise<unknown> {
    this.asked.push(load);
    if (this.asked.length >= this.breaksAt) throw new TimedOut('cut');
    const file = this.files.get(String(load['path']));
    if (load['cmd'] === '_file_list') return [...this.files.keys()].sort();
    if (load['cmd'] === '_file_hash') return file === undefined ? '' : { hash_type: 'sha256', hsum: sha(file) };
    if (load['cmd'] === '_serve_files') return this.#bulk(load['files'] as { path: string; hash: string | null }[]);
    if (file === undefined) return { data: '', dest: '' };
    const loc = Number(load['loc']);
    return { data: file.subarray(loc, loc + this.chunk), dest: load['path'] };
  }

  #bulk(wanted: { path: string; hash: string | null }[]) {
    const told: Message[] = [];
    const data: Buffer[] = [];
    for (const { path, hash } of wanted.slice(0, 3)) {
      const file = this.files.get(path);
      if (file === undefined) told.push({ path, missing: true });
      else if (sha(file) === hash) told.push({ path, same: true });
      else if (file.length > 2000) told.push({ path, hash: sha(file), big: true });
      else {
        told.push({ path, hash: sha(file), size: file.length, mode: 0o640 });
        data.push(file);
      }
    }
    return { files: told, data: Buffer.concat(data), more: Math.max(0, wanted.length - 3) };
  }
}

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tsalt-files-'));
});
afterEach(() => rmSync(dir, { recursive: true }));
const cacheOver = (shelf: Shelf): FileCache => new FileCache(new MasterFiles(() => shelf), dir);

test('files of every size around the chunk come whole, whichever the suite', async () => {
  for (const suite of ['salt', 'native'] as const) {
    for (const size of [0, 1, 999, 1000, 1001, 5000, 12_345]) {
      const shelf = new Shelf(suite);
      shelf.files.set('a/b', randomBytes(size));
      const path = await cacheOver(shelf).cache('salt://a/b', `env${suite}${size}`);
      assert.ok(path !== undefined);
      assert.deepEqual(readFileSync(path), shelf.files.get('a/b'));
      assert.deepEqual(readdirSync(join(path, '..')), ['b']);
    }
  }
});

test('a file that is here already is not fetched again', async () => {
  const shelf = new Shelf('salt');
  shelf.files.set('a', Buffer.from('same'));
  const cache = cacheOver(shelf);
  await cache.cache('salt://a', 'base');
  shelf.asked.length = 0;
  await cache.cache('salt://a', 'base');
  assert.deepEqual(
    shelf.asked.map(({ cmd }) => cmd),
    ['_file_hash'],
  );
});

test('a small file costs two questions', async () => {
  const shelf = new Shelf('salt');
  shelf.files.set('a', Buffer.from('small'));
  await cacheOver(shelf).cache('salt://a', 'base');
  assert.equal(shelf.asked.length, 2);
});

test('a missing file is undefined and leaves nothing behind', async () => {
  const cache = cacheOver(new Shelf('salt'));
  assert.equal(await cache.cache('salt://none', 'base'), undefined);
  assert.equal(existsSync(join(dir, 'files')), false);
});

test('a transfer cut at any request leaves the old file, and the next one goes on where it stopped', async () => {
  const [old, wanted] = [randomBytes(300), randomBytes(9500)];
  for (let cut = 2; cut <= 11; cut += 1) {
    const shelf = new Shelf('salt');
    const cache = cacheOver(shelf);
    shelf.files.set('f', old);
    const path = (await cache.cache('salt://f', `cut${cut}`)) ?? '';
    shelf.files.set('f', wanted);
    shelf.asked.length = 0;
    shelf.breaksAt = cut;
    await assert.rejects(cache.cache('salt://f', `cut${cut}`), TimedOut);
    assert.deepEqual(readFileSync(path), old);
    shelf.breaksAt = Number.POSITIVE_INFINITY;
    shelf.asked.length = 0;
    await cache.cache('salt://f', `cut${cut}`);
    assert.deepEqual(readFileSync(path), wanted);
    const first = shelf.asked.find(({ cmd }) => cmd === '_serve_file');
    if (cut > 8) assert.ok(Number(first?.['loc']) > 0, `cut ${cut}: the part was thrown away`);
  }
});

test('a file that never matches its hash is an error and takes no name', async () => {
  const shelf = new Shelf('salt');
  shelf.files.set('f', Buffer.from('bytes'));
  const answer = shelf.ask.bind(shelf);
  shelf.ask = async (load) => (load['cmd'] === '_file_hash' ? { hash_type: 'sha256', hsum: 'f'.repeat(64) } : await answer(load));
  await assert.rejects(cacheOver(shelf).cache('salt://f', 'base'), { code: 'file-differs' });
  assert.equal(existsSync(join(dir, 'files/base/f')), false);
});

test('many files come in bulk from a native master: new, same, big and missing ones', async () => {
  const shelf = new Shelf('native');
  const names = Array.from({ length: 20 }, (_, n) => `d/f${n}`);
  for (const name of names) shelf.files.set(name, Buffer.from(`content of ${name}`));
  shelf.files.set('d/big', randomBytes(5000));
  const cache = cacheOver(shelf);
  await cache.cacheMany(['d/f3'], 'base');
  const cached = await cache.cacheMany([...names, 'd/big', 'd/none'], 'base');
  assert.equal(cached.length, 21);
  for (const name of [...names, 'd/big']) assert.deepEqual(readFileSync(join(dir, 'files/base', name)), shelf.files.get(name));
});

test('many files come one by one from a master of Salt', async () => {
  const shelf = new Shelf('salt');
  for (let n = 0; n < 30; n += 1) shelf.files.set(`d/f${n}`, Buffer.from(`${n}`));
  assert.equal((await cacheOver(shelf).cacheDir('d', 'base')).length, 30);
  assert.ok(shelf.asked.every(({ cmd }) => cmd !== '_serve_files'));
});

test('no name leads out of the cache', () => {
  for (const bad of ['../x', 'a/../../x', '..', 'a/..\0']) assert.throws(() => safePath(bad), { code: 'bad-file-name' });
  for (const bad of ['../dev', '..', 'a/../b', '/a', 'a/', '']) assert.throws(() => placeOf('salt://x', bad), { code: 'bad-file-name' });
  assert.throws(() => placeOf('salt://x?saltenv=../..', 'base'), { code: 'bad-file-name' });
  fc.assert(
    fc.property(fc.array(fc.constantFrom('.', '..', 'a', '', 'b c', '...')), (parts) => {
      let safe: string;
      try {
        safe = safePath(parts.join('/'));
      } catch {
        return;
      }
      assert.ok(join('/root', safe).startsWith('/root'), safe);
    }),
  );
});

test('the environment may stand in the url', () => {
  assert.deepEqual(placeOf('salt://a/b?saltenv=dev', 'base'), { kind: 'salt', path: 'a/b', env: 'dev' });
  assert.deepEqual(placeOf('salt://|a?b', 'base'), { kind: 'salt', path: 'a?b', env: 'base' });
  assert.deepEqual(placeOf('file:///etc/hosts', 'base'), { kind: 'local', path: '/etc/hosts' });
  assert.throws(() => placeOf('s3://x', 'base'), { code: 'bad-file-name' });
});

test('local roots are searched in their order', async () => {
  for (const [root, file] of [
    ['one', 'a'],
    ['two', 'a'],
    ['two', 'sub/b'],
  ] as const) {
    mkdirSync(join(dir, root, 'sub'), { recursive: true });
    writeFileSync(join(dir, root, file), `${file} of ${root}`);
  }
  const cache = new FileCache(new LocalFiles({ base: [join(dir, 'one'), join(dir, 'two')] }), join(dir, 'cache'));
  assert.deepEqual(await cache.source.list('files', 'base', ''), ['a', 'sub/b']);
  assert.equal(readFileSync((await cache.cache('salt://a', 'base')) ?? '', 'utf8'), 'a of one');
  assert.equal(readFileSync((await cache.cache('salt://sub/b', 'base')) ?? '', 'utf8'), 'sub/b of two');
  assert.equal(await cache.cache('salt://sub', 'base'), undefined);
});
