import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { invoke, type Surroundings, witness } from '../../../../test/support/ctx.ts';
import type { Returnable } from '../../../define.ts';
import pkg from './index.ts';

/** Programs that act as Debian's do, on a data base of their own that a test can read and set. */
const folder = mkdtempSync(join(tmpdir(), 'pkg-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const database = join(folder, 'database');
const calls = join(folder, 'calls');
const locks = join(folder, 'locks');
const program = (name: string, script: string): void => {
  writeFileSync(join(folder, name), `#!/bin/sh\nDB=${database}\n${script}\n`);
  chmodSync(join(folder, name), 0o755);
};
program('dpkg-query', 'awk \'{ print $1, "ok", ($1 == "deinstall" ? "config-files" : "installed"), $2, $3, "amd64" }\' $DB');
program(
  'dpkg',
  `if [ "$1" = --set-selections ]; then read name state; sed -i "s/^[a-z]* $name /$state $name /" $DB; else
  awk -v want="$2" 'want == "*" || $2 == want { print $2 "\\t" $1 }' $DB; fi`,
);
program('apt-cache', 'echo "tree:\n  Installed: (none)\n  Candidate: 2.1.0-1"');
program(
  'apt-get',
  `echo "$* $DEBIAN_FRONTEND" >> ${calls}
if [ -s ${locks} ]; then sed -i 1d ${locks}; echo "E: Could not get lock /var/lib/dpkg/lock-frontend" >&2; exit 100; fi
for last; do :; done
case " $* " in
*nosuch*) echo "E: Unable to locate package nosuch" >&2; exit 100;;
*" remove "*) sed -i "s/^[a-z]* $last /deinstall $last /" $DB;;
*" purge "*) sed -i "/ $last /d" $DB;;
*" install "*) sed -i "/ \${last%%=*} /d" $DB; v=\${last#*=}; [ "$v" = "$last" ] && v=2.1.0-1; echo "install \${last%%=*} $v" >> $DB;;
esac`,
);

beforeEach(() => {
  writeFileSync(database, 'install bash 5.2\ninstall held 1.0\n');
  writeFileSync(calls, '');
  writeFileSync(locks, '');
});
const ran = (): string[] =>
  readFileSync(calls, 'utf8')
    .trim()
    .split('\n')
    .filter((line) => line !== '');
/** Runs a call; arguments that it does not name go with its `**kwargs`. */
const run = (name: string, args: Record<string, Returnable> = {}, surroundings: Surroundings = {}) => {
  const named = Object.keys(pkg.calls[name as keyof typeof pkg.calls].args);
  const of = (wanted: boolean) => Object.fromEntries(Object.entries(args).filter(([key]) => named.includes(key) === wanted));
  return invoke(pkg, name, of(true), witness({ path: [folder], ...surroundings, extra: { ...surroundings.extra, ...of(false) } }));
};

test('install returns what changed, and asks no questions', async () => {
  assert.deepEqual(await run('install', { name: 'tree' }), { tree: { old: '', new: '2.1.0-1' } });
  assert.deepEqual(ran(), ['-q -y -o DPkg::Options::=--force-confold -o DPkg::Options::=--force-confdef install tree noninteractive']);
  assert.deepEqual(await run('install', { name: 'tree' }), {});
});

test('a package that does not exist is a failure in the words of Salt', async () => {
  await assert.rejects(run('install', { name: 'nosuch' }), {
    name: 'CommandExecutionError',
    message:
      'Problem encountered installing package(s). Additional info follows:\n\nchanges:\n    ----------\nerrors:\n    - E: Unable to locate package nosuch',
  });
});

test('versions go up in one command, and down in another that allows it', async () => {
  assert.deepEqual(await run('install', { pkgs: [{ tree: '2.0-1' }] }), { tree: { old: '', new: '2.0-1' } });
  assert.deepEqual(await run('install', { name: 'tree', version: '1.9' }), { tree: { old: '2.0-1', new: '1.9' } });
  assert.match(ran()[1] ?? '', /--allow-downgrades install tree=1\.9/);
});

test('options reach apt-get', async () => {
  await run('install', {
    name: 'tree',
    fromrepo: 'testing',
    skip_verify: true,
    only_upgrade: true,
    install_recommends: false,
    force_conf_new: true,
  });
  assert.deepEqual(ran(), [
    '-q -y -o DPkg::Options::=--force-confnew --no-install-recommends --only-upgrade --allow-unauthenticated -t testing install tree noninteractive',
  ]);
});

test('lists are fetched first only when that can change anything', async () => {
  await run('install', { name: 'tree', version: '2.1.0-1', refresh: true });
  assert.ok(!ran().some((line) => line.includes('update')));
  await run('install', { name: 'tree', refresh: true });
  assert.match(ran()[1] ?? '', /^-q update/);
});

test('a held package is let go for the installation that names it, and held again', async () => {
  assert.deepEqual(await run('hold', { name: 'held' }), {
    held: { name: 'held', changes: { old: 'install', new: 'hold' }, result: true, comment: 'Package held is now being held.' },
  });
  assert.deepEqual(await run('list_holds'), ['held']);
  await run('hold', { name: 'bash' });
  await run('install', { name: 'bash' });
  assert.match(readFileSync(database, 'utf8'), /^hold bash/m);
  const gone = (await run('unhold', { name: 'held' })) as Record<string, { comment: string }>;
  assert.equal(gone['held']?.comment, 'Package held is no longer being held.');
  const again = (await run('unhold', { name: 'held' })) as Record<string, { comment: string }>;
  assert.equal(again['held']?.comment, 'Package held is already set not to be held.');
});

test('remove and purge return what went, globs included, and nothing where nothing was', async () => {
  assert.deepEqual(await run('remove', { name: 'ba*' }), { bash: { new: '', old: '5.2' } });
  assert.deepEqual(await run('remove', { name: 'bash' }), {});
  assert.deepEqual(await run('purge', { name: 'bash' }), { removed: { bash: { new: '', old: '5.2' } }, installed: {} });
});

test('versions are looked up by name and glob', async () => {
  assert.equal(await run('version', {}, { rest: ['bash'] }), '5.2');
  assert.equal(await run('version', {}, { rest: ['nosuch'] }), '');
  assert.deepEqual(await run('version', {}, { rest: ['bash', 'nosuch'] }), { bash: '5.2', nosuch: '' });
  assert.deepEqual(await run('version', {}, { rest: ['ba*'] }), { bash: '5.2' });
  assert.equal(await run('latest_version', {}, { rest: ['tree'], extra: { refresh: false } }), '2.1.0-1');
  assert.equal(await run('upgrade_available', { name: 'bash', refresh: false }), false);
});

test('the latest version is a text where one name is known, and a map where none or several are', async () => {
  const latest = (...rest: string[]) => run('latest_version', {}, { rest, extra: { refresh: false } });
  assert.deepEqual(await latest('nosuch'), { nosuch: '' });
  assert.deepEqual(await latest('nosuch', 'neither'), { nosuch: '', neither: '' });
  assert.equal(await latest('tree', 'nosuch'), '2.1.0-1');
  assert.equal(await run('upgrade_available', { name: 'nosuch', refresh: false }), false);
});

test('with test=True nothing is run that changes anything', async () => {
  assert.deepEqual(await run('install', { name: 'tree' }, { testing: true }), { tree: { old: '', new: 'latest' } });
  assert.deepEqual(await run('remove', { name: 'bash' }, { testing: true }), { bash: { new: '', old: '5.2' } });
  assert.deepEqual(ran(), []);
});

test('a lock that another program holds is waited for', async () => {
  writeFileSync(locks, 'once\n');
  const here = witness({ path: [folder] });
  assert.deepEqual(await invoke(pkg, 'install', { name: 'tree' }, here), { tree: { old: '', new: '2.1.0-1' } });
  assert.ok(here.logged.some((line) => line.startsWith('WARNING Another program holds the lock')));
});

test('what is no package name never reaches a command line', async () => {
  for (const name of ['--purge', 'a b']) await assert.rejects(run('install', { name }), /is not a package name/);
  await assert.rejects(run('install', { sources: [{ x: 'relative.deb' }] }), /neither|either not absolute/);
  assert.deepEqual(ran(), []);
});

test('a system without a package tool that is known is told so', () => {
  assert.match(String(pkg.serves?.({ os: 'Plan9', osFamily: 'Plan9', which: () => undefined })), /no package tool/);
});
