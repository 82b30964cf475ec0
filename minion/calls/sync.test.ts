import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { main as sign } from '../../cli/tsalt-sign.ts';
import { type LocalMinion, openLocal } from '../local.ts';

let dir: string;
const minions: LocalMinion[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tsalt-sync-'));
  for (const name of ['base', 'dev']) mkdirSync(join(dir, name));
});
afterEach(async () => {
  for (const minion of minions.splice(0)) await minion[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true });
});
const open = async (options: Record<string, unknown> = {}): Promise<LocalMinion> => {
  const roots = { base: [join(dir, 'base')], dev: [join(dir, 'dev')] };
  writeFileSync(
    join(dir, 'minion'),
    JSON.stringify({ id: 'web1', root_dir: dir, file_roots: roots, pillar_roots: { base: [join(dir, 'pillar')] }, ...options }),
  );
  const minion = await openLocal({ configDir: dir, local: true });
  minions.push(minion);
  return minion;
};
const write = (name: string, text: string): void => {
  mkdirSync(dirname(join(dir, name)), { recursive: true });
  writeFileSync(join(dir, name), text);
};
const value = async (minion: LocalMinion, fun: string, ...args: unknown[]): Promise<unknown> =>
  JSON.parse(JSON.stringify((await minion.call(fun, args)).value));
const python = (answer: number): string => `def f(): return ${answer}\n`;
const kwargs = (map: Record<string, unknown>): Record<string, unknown> => ({ __kwarg__: true, ...map });

test('modules come, change and go with their files, without a restart', async () => {
  const minion = await open();
  write('base/_modules/one.py', python(1));
  write('base/_modules/two.js', 'export const f = () => 2;\n');
  write('base/_modules/sub/__init__.py', python(3));
  write('base/_modules/notes.txt', 'no module');
  assert.deepEqual(((await value(minion, 'saltutil.sync_modules')) as string[]).sort(), [
    'modules.one',
    'modules.sub.__init__',
    'modules.two',
  ]);
  assert.deepEqual([await value(minion, 'one.f'), await value(minion, 'two.f'), await value(minion, 'sub.f')], [1, 2, 3]);
  assert.deepEqual(await value(minion, 'saltutil.sync_modules'), []);
  write('base/_modules/one.py', python(10));
  rmSync(join(dir, 'base/_modules/two.js'));
  assert.deepEqual(await value(minion, 'saltutil.sync_modules'), ['modules.one']);
  assert.equal(await value(minion, 'one.f'), 10);
  assert.equal(await value(minion, 'two.f'), "'two.f' is not available.");
});

test('the environment, the whitelist and the blacklist decide what comes', async () => {
  const minion = await open();
  write('base/_modules/one.py', python(1));
  write('dev/_modules/one.py', python(2));
  write('dev/_modules/more.py', python(3));
  assert.deepEqual(await value(minion, 'saltutil.sync_modules', kwargs({ extmod_blacklist: 'one' })), []);
  await value(minion, 'saltutil.sync_modules', 'base,dev');
  assert.deepEqual([await value(minion, 'one.f'), await value(minion, 'more.f')], [2, 3]);
  await value(minion, 'saltutil.sync_modules', 'dev', kwargs({ extmod_whitelist: { modules: ['more'] } }));
  assert.equal(await value(minion, 'one.f'), "'one.f' is not available.");
  write('dev/top.sls', "dev:\n  '*': [site]\n");
  write('dev/_modules/late.py', python(4));
  assert.deepEqual(await value(minion, 'saltutil.sync_modules'), ['modules.late', 'modules.one']);
});

test('files stay where clean_dynamic_modules is off', async () => {
  const minion = await open({ clean_dynamic_modules: false });
  write('base/_modules/one.py', python(1));
  await value(minion, 'saltutil.sync_modules');
  rmSync(join(dir, 'base/_modules/one.py'));
  await value(minion, 'saltutil.sync_modules');
  assert.equal(await value(minion, 'one.f'), 1);
});

test('a highstate synchronises first and uses new modules, states and grains at once; not where that is switched off', async () => {
  write('base/top.sls', "base:\n  '*': [site]\n");
  write('base/site.sls', "{{ grains['rack'] }}-{{ salt['one.f']() }}: own.present\n");
  write('base/_modules/one.py', python(1));
  write('base/_grains/rack.js', "export const rack = () => ({ rack: 'r1' });\n");
  write('base/_states/own.py', "def present(name): return {'name': name, 'result': True, 'comment': 'own', 'changes': {}}\n");
  const minion = await open();
  const states = (await value(minion, 'state.highstate')) as Record<string, { comment: string }>;
  assert.deepEqual(
    Object.entries(states).map(([tag, { comment }]) => [tag, comment]),
    [['own_|-r1-1_|-r1-1_|-present', 'own']],
  );
  rmSync(join(dir, 'var'), { recursive: true });
  const still = await open({ autoload_dynamic_modules: false });
  assert.match(JSON.stringify(await value(still, 'state.highstate')), /has no attribute 'rack'|rack/);
  assert.deepEqual(await value(still, 'saltutil.list_extmods'), {});
});

test('sync_mods brings the kinds it names before an SLS runs', async () => {
  write('base/site.sls', 'a: own.present\n');
  write('base/_states/own.py', "def present(name): return {'name': name, 'result': True, 'comment': 'own', 'changes': {}}\n");
  write('base/_modules/one.py', python(1));
  const minion = await open();
  const states = (await value(minion, 'state.apply', 'site', kwargs({ sync_mods: 'states' }))) as Record<string, { comment: string }>;
  assert.equal(Object.values(states)[0]?.comment, 'own');
  assert.deepEqual(await value(minion, 'saltutil.list_extmods'), { states: ['own'] });
});

test('with modules_require_signature only files come that are signed, and the others are named', async () => {
  const said: string[] = [];
  const run = (...argv: string[]): number =>
    sign(
      argv,
      (text) => void said.push(text),
      (text) => void said.push(text),
    );
  const key = join(dir, 'operator.pem');
  assert.equal(run('--generate', key), 0);
  write('base/_modules/one.py', python(1));
  write('base/_modules/two.py', python(2));
  const minion = await open({ modules_require_signature: true, modules_signing_keys: [`${key}.pub`] });
  const sync = async (): Promise<string> => String(await value(minion, 'saltutil.sync_modules'));
  assert.match(await sync(), /_modules\/one\.py of base: the environment base has no modules\.manifest with its signature/);
  assert.equal(run('--key', key, join(dir, 'base')), 0);
  assert.equal(await sync(), 'modules.one,modules.two');
  write('base/_modules/two.py', python(20));
  write('base/_modules/three.py', python(3));
  assert.equal(
    await sync(),
    'ERROR: these files were not synchronised, as modules_require_signature is on:\n_modules/three.py of base: modules.manifest does not list it\n_modules/two.py of base: it is not the file that was signed',
  );
  assert.equal(await value(minion, 'one.f'), 1);
  assert.equal(await value(minion, 'two.f'), "'two.f' is not available.");
  const manifest = readFileSync(join(dir, 'base/modules.manifest'), 'utf8');
  write('base/modules.manifest', manifest.replace('two.py', 'TWO.py'));
  assert.match(await sync(), /one\.py of base: modules\.manifest\.sig is by none of the 1 keys that this minion trusts/);
  const stranger = join(dir, 'stranger.pem');
  run('--generate', stranger);
  run('--key', stranger, join(dir, 'base'));
  assert.match(await sync(), /is by none of the 1 keys/);
  assert.equal(run('--key', join(dir, 'nosuch.pem'), dir), 1);
  assert.match(said.at(-1) ?? '', /nosuch\.pem holds no private key in PEM/);
});

test('beacons of synchronised files are there beside the built-in ones, and check their configuration', async () => {
  write(
    'base/_beacons/door.py',
    "def validate(config): return isinstance(config, list) and len(config) > 0, 'a door is needed'\ndef beacon(config): return [{'open': True}]\n",
  );
  write('base/_beacons/window.js', 'export const beacon = (ctx, config) => [{ open: ctx.id }];\n');
  const minion = await open();
  assert.deepEqual(((await value(minion, 'saltutil.sync_beacons')) as string[]).sort(), ['beacons.door', 'beacons.window']);
  const listed = JSON.stringify(await value(minion, 'beacons.list_available', kwargs({ return_yaml: false })));
  for (const name of ['door', 'window', 'load']) assert.match(listed, new RegExp(`"${name}"`));
  assert.match(JSON.stringify(await value(minion, 'beacons.add', 'door', [])), /a door is needed/);
});
