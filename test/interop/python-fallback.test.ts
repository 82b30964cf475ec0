import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { type LocalMinion, openLocal } from '../../minion/local.ts';
import { realSalt } from '../support/salt.ts';

const bin = realSalt();
const dir = mkdtempSync(join(tmpdir(), 'tsalt-fallback-'));
const open = async (name: string, more: Record<string, unknown>): Promise<LocalMinion> => {
  const etc = join(dir, name);
  mkdirSync(etc);
  writeFileSync(
    join(etc, 'minion'),
    JSON.stringify({ id: 'w', root_dir: join(etc, 'root'), file_client: 'local', file_roots: { base: [join(dir, 'srv')] }, ...more }),
  );
  return await openLocal({ configDir: etc, local: true });
};
let minion: LocalMinion;
before(async () => {
  mkdirSync(join(dir, 'srv/_modules'), { recursive: true });
  if (bin !== undefined) minion = await open('borrows', { python_interpreter: join(bin, 'python3'), python_fallback: true });
});
after(async () => {
  await minion?.[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true });
});

const real = async (...words: string[]): Promise<unknown> => {
  const argv = ['--local', '-c', join(dir, 'borrows'), '--out', 'json', '-l', 'quiet', ...words];
  const { stdout } = await promisify(execFile)(join(bin ?? '', 'salt-call'), argv);
  return (JSON.parse(stdout) as { local: unknown }).local;
};
const ours = async (fun: string, ...args: unknown[]): Promise<unknown> => JSON.parse(JSON.stringify((await minion.call(fun, args)).value));
const needsSalt = { skip: bin === undefined, timeout: 120_000 };

test('functions that are not here answer as salt-call does, when python_fallback is on', needsSalt, async () => {
  writeFileSync(join(dir, 'plain.xml'), '<a><b x="1">text</b></a>');
  for (const words of [
    ['sqlite3.sqlite_version'],
    ['chroot.exist', dir],
    ['xml.get_value', join(dir, 'plain.xml'), './/b'],
    ['pkg_resource.version_clean', '1:2.3-4'],
  ] as const) {
    const [fun, ...args] = words;
    assert.deepEqual(await ours(fun, ...args), await real(...words), fun);
  }
});

test('a function that the real Salt has not either says so, and a wrong argument is told as ever', needsSalt, async () => {
  assert.equal(await ours('nosuchmodule.at_all'), "'nosuchmodule.at_all' is not available.");
  assert.match(String(await ours('reg.read_value')), /^'reg' __virtual__ returned False: .*only run on Windows/);
  assert.match(
    String(await ours('chroot.exist')),
    /^Passed invalid arguments to chroot\.exist: exist\(\) missing 1 required positional argument: 'root'/,
  );
});

test("Salt's modules call the minion's functions first", needsSalt, async () => {
  writeFileSync(join(dir, 'srv/_modules/cmd.py'), "def run(cmd, **kwargs):\n    return 'ours: ' + cmd\n");
  await ours('saltutil.sync_modules');
  assert.deepEqual(await ours('devmap.multipath_list'), ['ours: multipath -l']);
});

test('without Salt, or switched off, the function is missing', async () => {
  const bare = await open('bare', { python_fallback: true });
  assert.match(
    String((await bare.call('chroot.exist', ['/'])).value),
    /^(?:Salt is not installed for this python3: .*|'chroot.exist' is not available.)$/,
  );
  await bare[Symbol.asyncDispose]();
  const off = await open('off', bin === undefined ? {} : { python_interpreter: join(bin, 'python3') });
  assert.equal((await off.call('chroot.exist', ['/'])).value, "'chroot.exist' is not available.");
  await off[Symbol.asyncDispose]();
});

test('an interpreter that does not exist takes only modules in Python away', async () => {
  writeFileSync(join(dir, 'srv/_modules/own.py'), 'def f(): return 1\n');
  writeFileSync(join(dir, 'srv/_modules/other.js'), 'export const f = () => 2;\n');
  const none = await open('none', { python_interpreter: '/no/such/python3', python_fallback: true });
  await none.call('saltutil.sync_modules', []);
  const value = async (fun: string): Promise<unknown> => (await none.call(fun, [])).value;
  assert.equal(
    await value('own.f'),
    "'own' __virtual__ returned False: there is no /no/such/python3 here, and this module is written in Python",
  );
  assert.equal(await value('other.f'), 2);
  assert.equal(await value('test.ping'), true);
  await none[Symbol.asyncDispose]();
});
