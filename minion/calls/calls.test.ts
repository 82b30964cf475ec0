import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { inspect } from 'node:util';
import { decode, encode } from '../../protocol/wire/msgpack.ts';
import { type LocalMinion, openLocal } from '../local.ts';
import { merged, valueAt } from './path.ts';
import { masked } from './pillar.ts';

let dir: string;
let minion: LocalMinion;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tsalt-calls-'));
  mkdirSync(join(dir, 'srv/_modules'), { recursive: true });
  writeFileSync(join(dir, 'minion'), `id: web1\nroot_dir: ${dir}\nfile_roots:\n  base: [${dir}/srv]\nmine_functions:\n  test.ping: []\n`);
  minion = await openLocal({ configDir: dir, local: true });
});
afterEach(async () => {
  await minion[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true });
});

/** As the wire would show it. */
const call = async (fun: string, ...args: unknown[]): Promise<unknown> => {
  const { value, success } = await minion.call(fun, args);
  assert.ok(success, inspect(value));
  return plain(decode(encode(value)));
};
const plain = (value: unknown): unknown => (typeof value === 'object' && value !== null ? JSON.parse(JSON.stringify(value)) : value);

test('every module of the folder is listed among the built-in ones', () => {
  const folder = new URL('../../modules/exec/', import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => /(?<!\.test)\.ts$/.test(file));
  const modules = files.filter((file) => /^export default /m.test(readFileSync(new URL(file, folder), 'utf8')));
  const listed = readFileSync(new URL('../builtins.ts', import.meta.url), 'utf8');
  assert.deepEqual(
    modules.filter((file) => !listed.includes(`'../modules/exec/${file}'`)),
    [],
  );
});

test('every call of the agent has its documentation', async () => {
  const docs = (await call('sys.doc')) as Record<string, string>;
  for (const fun of ['saltutil.sync_all', 'cp.get_file', 'grains.setval', 'pillar.items', 'mine.get', 'event.send', 'match.compound']) {
    assert.ok((docs[fun] ?? '').trim() !== '', fun);
  }
});

test('a grain that was set is there, on the disk, and goes again', async () => {
  assert.deepEqual(await call('grains.setval', 'role', 'web'), { role: 'web' });
  assert.equal(await call('grains.get', 'role'), 'web');
  assert.equal(readFileSync(join(dir, 'grains'), 'utf8'), 'role: web\n');
  assert.deepEqual(await call('grains.delkey', 'role'), { comment: '', changes: { role: null }, result: true });
  assert.equal(await call('grains.has_value', 'role'), false);
});

test('grains are lists that take and lose values, with the words of Salt', async () => {
  assert.deepEqual(await call('grains.append', 'roles', 'web'), { roles: ['web'] });
  assert.equal(await call('grains.append', 'roles', 'web'), 'The val web was already in the list roles');
  assert.deepEqual(await call('grains.append', 'roles', 'db'), { roles: ['web', 'db'] });
  assert.deepEqual(await call('grains.remove', 'roles', 'web'), { roles: ['db'] });
  assert.equal(await call('grains.remove', 'roles', 'web'), 'The val web was not in the list roles');
  await call('grains.setval', 'plain', 'x');
  assert.equal(await call('grains.append', 'plain', 'y'), 'The key plain is not a valid list');
});

test('grains.set goes down a path and spares what is there', async () => {
  assert.deepEqual(await call('grains.set', 'apps:web:port', 80), { comment: '', changes: { apps: { web: { port: 80 } } }, result: true });
  assert.equal(((await call('grains.set', 'apps:web:port', 80)) as { comment: string }).comment, 'Grain is already set');
  assert.deepEqual(await call('grains.set', 'apps:web:name', 'x'), {
    comment: '',
    changes: { apps: { web: { port: 80, name: 'x' } } },
    result: true,
  });
  const refused = (await minion.call('grains.set', ['apps:web', 'no'])).value as { result: boolean; comment: string };
  assert.equal(refused.result, false);
  assert.match(refused.comment, /is a dict or a list/);
});

test('keys that are traps of JavaScript are harmless in grains', async () => {
  await minion.call('grains.setval', ['__proto__', { polluted: true }]);
  await minion.call('grains.setvals', [decode(encode(new Map([['constructor', { prototype: { polluted: true } }]])))]);
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  assert.equal(await call('grains.get', 'toString'), '');
});

test('pillar.items refuses keywords it does not know', async () => {
  const { value, retcode } = await minion.call('pillar.items', [{ __kwarg__: true, bad: 1 }]);
  assert.equal(value, "ERROR executing 'pillar.items': The following keyword arguments are not valid: bad=1");
  assert.equal(retcode, 1);
  assert.deepEqual(await call('pillar.items', { __kwarg__: true, saltenv: 'base' }), {});
});

test('pillar values are stars unless asked for', async () => {
  const pillar = { __kwarg__: true, pillar: { user: 'bob', n: 7, no: false, none: null, list: ['a', ''] } };
  assert.deepEqual(await call('pillar.items', pillar), {
    user: '**********',
    n: '**********',
    no: false,
    none: null,
    list: ['**********', ''],
  });
  assert.deepEqual(await call('pillar.items', { ...pillar, unmask: true }), pillar.pillar);
  assert.deepEqual(await call('pillar.obfuscate', { ...pillar, unmask: true }), {
    user: '<str>',
    n: '<int>',
    no: '<bool>',
    none: '<NoneType>',
    list: ['<str>', '<str>'],
  });
  assert.equal(masked(0), 0);
});

test('modules are synchronised, named, and dropped when they are gone', async () => {
  writeFileSync(join(dir, 'srv/_modules/odd.py'), 'def hello():\n    return "hi"\n');
  mkdirSync(join(dir, 'srv/_modules/deep'));
  writeFileSync(join(dir, 'srv/_modules/deep/er.py'), '');
  writeFileSync(join(dir, 'srv/_modules/README.txt'), 'no code');
  assert.deepEqual((await call('saltutil.sync_modules')) as string[], ['modules.deep.er', 'modules.odd']);
  assert.deepEqual(await call('saltutil.sync_modules'), []);
  assert.equal(await call('odd.hello'), 'hi');
  assert.deepEqual(await call('saltutil.list_extmods'), { modules: ['deep/er', 'odd'] });
  rmSync(join(dir, 'srv/_modules/deep'), { recursive: true });
  rmSync(join(dir, 'srv/_modules/odd.py'));
  assert.deepEqual(await call('saltutil.sync_modules'), []);
  assert.equal(existsSync(join(dir, 'var/cache/salt/minion/extmods/modules/odd.py')), false);
  assert.equal(existsSync(join(dir, 'var/cache/salt/minion/extmods/modules/deep')), false);
  assert.equal((await minion.call('odd.hello', [])).available, false);
});

test('only the modules that are allowed are synchronised', async () => {
  for (const name of ['a', 'b']) writeFileSync(join(dir, `srv/_modules/${name}.py`), '');
  assert.deepEqual(await call('saltutil.sync_modules', { __kwarg__: true, extmod_whitelist: 'a' }), ['modules.a']);
  assert.deepEqual(await call('saltutil.sync_modules', { __kwarg__: true, extmod_blacklist: 'a' }), ['modules.b']);
});

test('files are copied, listed, hashed and read', async () => {
  writeFileSync(join(dir, 'srv/a.txt'), 'hello\n');
  assert.equal(await call('cp.get_file', 'salt://a.txt', join(dir, 'copy')), join(dir, 'copy'));
  assert.equal(readFileSync(join(dir, 'copy'), 'utf8'), 'hello\n');
  assert.equal(await call('cp.get_file', 'salt://none', join(dir, 'none')), '');
  assert.equal(await call('cp.get_file', 'salt://a.txt', join(dir, 'x/y/copy')), false);
  assert.equal(
    await call('cp.get_file', 'salt://a.txt', join(dir, 'x/y/copy'), { __kwarg__: true, makedirs: true }),
    join(dir, 'x/y/copy'),
  );
  assert.equal(await call('cp.get_file_str', 'salt://a.txt'), 'hello\n');
  assert.deepEqual(await call('cp.list_master'), ['a.txt']);
  assert.deepEqual(await call('cp.hash_file', 'salt://a.txt'), {
    hsum: '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03',
    hash_type: 'sha256',
  });
  assert.match(String(await call('cp.is_cached', 'salt://a.txt')), /files\/base\/a\.txt$/);
});

test('a matcher with a broken target matches nothing, as in Salt', async () => {
  assert.equal(await call('match.glob', 'web*'), true);
  assert.equal(await call('match.compound', 'web* and not G@id:web1'), false);
  assert.equal(await call('match.pcre', '('), false);
});

test('paths go through maps and lists', () => {
  const tree = { a: [{ b: 1 }, { c: { d: [5, 6] } }], 'x:y': 2 };
  assert.equal(valueAt(tree, 'a:b'), 1);
  assert.equal(valueAt(tree, 'a:c:d:-1'), 6);
  assert.equal(valueAt(tree, 'a:1:c:d:0'), 5);
  assert.equal(valueAt(tree, 'x:y', '|'), 2);
  assert.equal(valueAt(tree, 'a:none'), undefined);
  assert.equal(valueAt({}, 'constructor'), undefined);
  assert.deepEqual({ ...(merged({ a: 1 }, { b: 2 }) as object) }, { a: 1, b: 2 });
});

test('a grain that was set is read again as it was: a lone y is a text, a date, too', async () => {
  await minion.call('grains.setval', ['odd', { y: ['n', 'off', '2020-01-02', '1e3', 7, true] }]);
  await minion.call('saltutil.refresh_grains', []);
  assert.deepEqual(await call('grains.get', 'odd'), { y: ['n', 'off', '2020-01-02', '1e3', 7, true] });
});
