import assert from 'node:assert/strict';
import { test } from 'node:test';
import { invoke, type Witnessed, witness } from '../../test/support/ctx.ts';
import type { Returnable } from '../define.ts';
import gem from './gem.ts';

/** Salt 3008 has no gem, so the answers are those of Salt 3007.8 to what gem 3.3 of Debian printed. */
interface Printed {
  readonly retcode?: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

/** A machine where gem prints this, by its words; and how it was run. */
function machine(printed: Readonly<Record<string, Printed>>): Witnessed & { readonly runs: Returnable[] } {
  const runs: Returnable[] = [];
  const witnessed = witness({
    functions: {
      'cmd.run_all': ([argv], options) => {
        const [program, ...words] = argv as readonly string[];
        runs.push({ words: [program ?? '', ...words], ...(options['runas'] ? { runas: options['runas'] } : {}) });
        return { retcode: 0, stdout: '', stderr: '', ...printed[words.join(' ')] };
      },
    },
  });
  return Object.assign(witnessed, { runs });
}

test('what is installed is read with all versions, those that come with Ruby being marked', async () => {
  const stdout = '\n*** LOCAL GEMS ***\n\nbigdecimal (default: 3.1.1)\ntsalt-demo (1.10, 1.0)\ntsalt-demo-more (3)';
  assert.deepEqual(await invoke(gem, 'list', {}, machine({ list: { stdout } })), {
    bigdecimal: ['default: 3.1.1'],
    'tsalt-demo': ['1.10', '1.0'],
    'tsalt-demo-more': ['3'],
  });
  const some = machine({ 'list tsalt-demo-m': { stdout: '\n*** LOCAL GEMS ***\n\ntsalt-demo-more (3)' } });
  assert.deepEqual(await invoke(gem, 'list', { prefix: 'tsalt-demo-m' }, some), { 'tsalt-demo-more': ['3'] });
});

test('what is outdated is read with the newest version', async () => {
  const there = machine({ outdated: { stdout: 'rake (13.0.6 < 13.2.1)\nbigdecimal (3.1.1 < 3.1.9)' } });
  assert.deepEqual(await invoke(gem, 'list_upgrades', {}, there), { rake: '13.2.1', bigdecimal: '3.1.9' });
});

test('sources are the lines below the heading', async () => {
  const stdout = '*** CURRENT SOURCES ***\n\nhttp://127.0.0.1:9/\nhttps://rubygems.org/';
  assert.deepEqual(await invoke(gem, 'sources_list', {}, machine({ sources: { stdout } })), [
    'http://127.0.0.1:9/',
    'https://rubygems.org/',
  ]);
});

test('gem from 3 on is told --no-document, one before it an option for each kind', async () => {
  const runs = async (version: string, args: Readonly<Record<string, Returnable>>): Promise<Returnable> => {
    const there = machine({ '--version': { stdout: version } });
    await invoke(gem, 'install', { gems: 'a b', ...args }, there);
    return there.runs.at(-1) ?? null;
  };
  assert.deepEqual(await runs('3.3.15', {}), { words: ['gem', 'install', 'a', 'b', '--no-document'] });
  assert.deepEqual(await runs('4.0.0', { rdoc: true }), { words: ['gem', 'install', 'a', 'b', '--no-document'] });
  assert.deepEqual(await runs('3.3.15', { rdoc: true, ri: true }), { words: ['gem', 'install', 'a', 'b'] });
  assert.deepEqual(await runs('2.7.6', { ri: true }), { words: ['gem', 'install', 'a', 'b', '--no-rdoc'] });
});

test('versions, sources, users and other programs are told to gem', async () => {
  const there = machine({ '--version': { stdout: '3.3.15' } });
  const args = {
    gems: ['a'],
    version: '1.2',
    pre_releases: true,
    proxy: 'http://p:1',
    source: 'http://s/',
    runas: 'web',
    gem_bin: '/opt/gem',
  };
  await invoke(gem, 'install', args, there);
  const words = [
    '/opt/gem',
    'install',
    'a',
    '--version',
    '1.2',
    '--no-document',
    '--prerelease',
    '-p',
    'http://p:1',
    '--source',
    'http://s/',
  ];
  assert.deepEqual(there.runs.at(-1), { words, runas: 'web' });
});

test('a gem is removed with all its versions and programs', async () => {
  const there = machine({});
  await invoke(gem, 'uninstall', { gems: 'a b' }, there);
  assert.deepEqual(there.runs, [{ words: ['gem', 'uninstall', 'a', 'b', '-a', '-x'] }]);
});

test('what gem complains of is the failure', async () => {
  const there = machine({ 'sources --add nonsense': { retcode: 1, stderr: 'ERROR:  nonsense is not a URI' } });
  await assert.rejects(invoke(gem, 'sources_add', { source_uri: 'nonsense' }, there), {
    name: 'CommandExecutionError',
    message: 'ERROR:  nonsense is not a URI',
  });
});

test('a ruby that nobody is asked for is told of in the log', async () => {
  const there = machine({ '--version': { stdout: '3.3.15' } });
  assert.equal(await invoke(gem, 'version', { ruby: 'jruby@x' }, there), '3.3.15');
  assert.deepEqual(there.logged, ['WARNING ruby=jruby@x is not used, for neither RVM nor rbenv is asked: name the program by gem_bin']);
});
