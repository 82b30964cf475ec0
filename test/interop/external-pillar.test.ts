import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { program } from '../support/house.ts';
import { run } from '../support/process.ts';
import { Repository } from '../support/repository.ts';
import { realSalt } from '../support/salt.ts';

const skip = realSalt() === undefined ? 'the real Salt could not be installed' : false;

type Options = Readonly<Record<string, unknown>>;
type Files = Readonly<Record<string, string>>;

/** A directory in which both sides compile the same pillar, each with caches of its own. */
class Desk {
  readonly home = mkdtempSync(join(tmpdir(), 'tsalt-pillar-'));

  put(files: Files): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.home, path)), { recursive: true });
      writeFileSync(join(this.home, path), text);
    }
  }

  /** What each side answers, parsed; what it tells on stderr is left aside. */
  async ask(options: Options, ...words: readonly string[]): Promise<{ readonly salt: unknown; readonly tsalt: unknown }> {
    const [salt, tsalt] = [await this.#one('salt', options, words), await this.#one('tsalt', options, words)];
    return { salt, tsalt };
  }

  async #one(make: 'salt' | 'tsalt', options: Options, words: readonly string[]): Promise<unknown> {
    const root = join(this.home, `${make}-root`);
    const places = { root_dir: root, pki_dir: join(root, 'pki'), cachedir: join(root, 'cache'), log_file: join(root, 'log') };
    const roots = { file_roots: { base: [join(this.home, 'srv')] }, pillar_roots: { base: [join(this.home, 'pillar')] } };
    const config = { id: 'web1', file_client: 'local', grains: { role: 'web', rack: { row: 'b' } }, ...roots, ...places, ...options };
    this.put({ [`${make}/minion`]: JSON.stringify(config) });
    const { stdout, stderr } = await run([...program(make, 'call'), '--local', '-c', join(this.home, make), ...words, '--out=json']);
    try {
      return (JSON.parse(stdout) as { local: unknown }).local;
    } catch {
      throw new Error(`no JSON came of ${make}: ${stdout}${stderr}`);
    }
  }
}

const ITEMS = ['pillar.items', 'unmask=True'];

suite('a pillar compiled without a master is that of the real Salt', { skip }, () => {
  const desk = new Desk();
  before(() =>
    desk.put({ 'pillar/top.sls': "base: {'*': [own]}\n", 'pillar/own.sls': 'own: {a: 1, list: [1, 2], deep: {x: 1}}\n', 'srv/none': '' }),
  );
  after(() => rmSync(desk.home, { recursive: true, force: true }));

  /** @returns what both answered */
  async function same(options: Options, words: readonly string[] = ITEMS): Promise<Record<string, unknown>> {
    const { salt, tsalt } = await desk.ask(options, ...words);
    assert.deepEqual(tsalt, salt);
    return salt as Record<string, unknown>;
  }

  test('with values from commands and files; what fails is told, and the others go on', async () => {
    desk.put({ 'tree/hosts/web1/files/motd': 'hello\n', 'tree/hosts/web1/kept/motd': 'hello\n', 'tree/hosts/web1/plain': 'x' });
    const pillar = await same({
      ext_pillar: [
        { cmd_yaml: 'echo "id: %s"; echo "own: {a: 2, list: [3]}" | cat' },
        { cmd_yaml: { nonsense: 1 } },
        { cmd_yaml: ['a', 'b'] },
        { cmd_yaml: 'echo "{: not yaml"' },
        { cmd_yaml: 'exit 3' },
        { cmd_json: 'echo {\\"json\\":[1,2.5,null,true]}' },
        { cmd_json: 'echo not json' },
        { no_such_source: 'x' },
        { file_tree: { root_dir: join(desk.home, 'tree'), keep_newline: ['kept/*'] } },
        { file_tree: { root_dir: join(desk.home, 'nowhere') } },
      ],
    });
    assert.equal(pillar['id'], 'web1');
    assert.equal((pillar['_errors'] as unknown[]).length, 2);
  });

  test('with templates among the files of a tree', async () => {
    desk.put({
      'rendered/hosts/web1/a': '{{ grains.role }}: {{ opts.id }}\n',
      'rendered/hosts/web1/b': '#!jinja|json\n{"x": "{{ opts.id }}"}',
    });
    const options = { root_dir: join(desk.home, 'rendered'), template: true, render_default: 'jinja|yaml' };
    await same({ ext_pillar: [{ file_tree: options }] });
  });

  test('stacked, by each strategy, with templates and choices by grains, pillar and options', async () => {
    desk.put({
      'stack/main.cfg': 'core.yml\n{% if grains_ok is defined %}no{% endif %}\nlayers/*.yml\nnothing/*.yml\n\n{{ minion_id }}.yml\n',
      'stack/core.yml': 'users:\n  tom: {uid: 500, roles: [sysadmin]}\n  root: {uid: 0}\nnumbers: [1, 2, 3]\nmixed: {a: 1}\nlast: 1\n',
      'stack/layers/1.yml':
        'users:\n  __: merge-first\n  tom: {uid: 1000, roles: [developer]}\n  mat: {uid: 1001}\nnumbers:\n  - __: merge-first\n  - 0\n',
      'stack/layers/2.yml':
        'users:\n  __: remove\n  root:\nnumbers:\n  - __: remove\n  - 2\nmixed: [now, a, list]\nseen: "{{ stack.users.tom.uid }}{{ nothing }}"\n',
      'stack/layers/3.yml':
        'own: {{ __stack__.traverse(pillar, "own:deep:x") }}\nrole: {{ __grains__.role }}\nenv: {{ pillarenv }}\nnew: {__: merge-first, x: 1, l: [{__: overwrite}, 1]}\n',
      'stack/web1.yml': 'last:\n  __: overwrite\n  x: 1\nnumbers:\n  - __: overwrite\n  - 9\n',
      'stack/list.cfg': '- more/*.yml\n- "{{ stack.last.x }}.yml"\n',
      'stack/more/a.yml': 'more: {{ __opts__.id }}\n',
      'stack/1.yml': 'named: by the stack\n',
    });
    const file = (name: string): string => join(desk.home, 'stack', name);
    const choices = {
      'grains:role': { web: [file('list.cfg')], db: file('absent.cfg') },
      'pillar:own:a': { 1: file('list.cfg') },
      'opts:id': { other: file('list.cfg') },
    };
    await same({ ext_pillar: [{ stack: [file('main.cfg'), file('absent.cfg')] }, { stack: choices }] });
    desk.put({ 'stack/bad.cfg': 'bad.yml\n', 'stack/bad.yml': 'x: {__: sideways}\nx2: 1\n' });
    await same({ ext_pillar: [{ stack: file('bad.cfg') }, { stack: { 'facts:x': {} } }, { cmd_yaml: 'echo on: true' }] });
  });

  test('asked for before the files, which see it in templates and in targets', async () => {
    desk.put({
      'first/top.sls': "base:\n  'team:blue': [{match: pillar}, blue]\n  'I@team:red': [red]\n  '*': [all]\n",
      'first/blue.sls': 'colour: {{ pillar.team }}\n',
      'first/red.sls': 'colour: red\n',
      'first/all.sls': 'own: {b: 2}\nteam2: {{ salt["pillar.get"]("team") }}\n',
    });
    const pillar = await same({
      pillar_roots: { base: [join(desk.home, 'first')] },
      ext_pillar_first: true,
      ext_pillar: [{ cmd_yaml: 'echo "team: blue"; echo "own: {a: 5}"' }],
    });
    assert.equal(pillar['colour'], 'blue');
  });

  test('from git: branches, a root, a mountpoint, environments, several remotes', async () => {
    const repository = new Repository(join(desk.home, 'repository'));
    repository.commit({
      'top.sls': "base: {'*': [g]}\n",
      'g.sls': 'include: [lib.shared]\ngit: master\n',
      'sub/top.sls': "dev: {'*': [s]}\n",
      'sub/s.sls': 'sub: 1\n',
    });
    repository.git('checkout', '-q', '-b', 'dev');
    repository.commit({ 'top.sls': "dev: {'*': [g]}\n", 'g.sls': 'git: dev\n' });
    repository.git('checkout', '-q', 'master');
    const library = new Repository(join(desk.home, 'library'));
    library.commit({ 'shared.sls': 'shared: yes\n', 'top.sls': "base: {'*': [shared]}\n" });
    const { url } = repository;
    const mounted = { [`master ${library.url}`]: [{ mountpoint: 'lib' }] };
    await same({ ext_pillar: [{ git: [`master ${url}`, mounted] }] });
    await same({ ext_pillar: [{ git: [`dev ${url}`, { [`master ${url}`]: [{ root: 'sub' }, { env: 'dev' }] }] }] });
    await same({ ext_pillar: [{ git: [`__env__ ${url}`, mounted] }] });
    await same({ ext_pillar: [{ git: [`__env__ ${url}`] }], pillarenv: 'dev' });
    await same({ ext_pillar: [{ git: [{ [url]: [{ env: 'base' }] }] }], git_pillar_branch: 'master', pillar_merge_lists: true });
  });

  test('by each merging strategy, of files and of sources', async () => {
    desk.put({
      'merge/top.sls': "base: {'*': [a, b]}\n",
      'merge/a.sls': 'm: {x: 1, l: [1, 2], n: {p: 1}}\nt: a\n',
      'merge/b.sls': 'm: {y: 2, l: [2, 3], n: {q: 2}}\nt: b\n',
    });
    const options = {
      pillar_roots: { base: [join(desk.home, 'merge')] },
      ext_pillar: [{ cmd_yaml: 'echo "m: {l: [9], n: {r: 3}}"; echo "u: [1]"' }],
    };
    for (const pillar_source_merging_strategy of ['smart', 'recurse', 'aggregate', 'overwrite', 'none']) {
      await same({ ...options, pillar_source_merging_strategy });
    }
    await same({ ...options, pillar_merge_lists: true });
  });

  test('by every kind of target', async () => {
    const kinds: Readonly<Record<string, string>> = {
      "'web*'": 'glob',
      "'web\\d'": 'pcre',
      "'role:web'": 'grain',
      "'role:w.b'": 'grain_pcre',
      "'web1,db'": 'list',
      "'rack:row:b'": 'grain',
      "'127.0.0.0/8'": 'ipcidr',
      "'G@role:web and not db*'": 'compound',
      "'front'": 'nodegroup',
      "'db*'": 'glob',
    };
    const entries = Object.entries(kinds).map(([target, kind], at) => `  ${target}: [{match: ${kind}}, k${at}]\n`);
    desk.put({
      'kinds/top.sls': `base:\n${entries.join('')}`,
      ...Object.fromEntries(entries.map((_, at) => [`kinds/k${at}.sls`, `k${at}: yes\n`])),
    });
    await same({ pillar_roots: { base: [join(desk.home, 'kinds')] }, nodegroups: { front: 'G@role:web' } });
  });

  test('of environments, with values of the command line', async () => {
    desk.put({
      'dev/top.sls': "dev: {'*': [d]}\n",
      'dev/d.sls': 'd: {{ saltenv }} {{ pillarenv }}\n',
      'any/qa/top.sls': "qa: {'*': [q]}\n",
      'any/qa/q.sls': 'q: 1\n',
    });
    const pillar_roots = { base: [join(desk.home, 'pillar')], dev: [join(desk.home, 'dev')], __env__: [join(desk.home, 'any/__env__')] };
    await same({ pillar_roots });
    await same({ pillar_roots }, [...ITEMS, 'pillarenv=dev']);
    await same({ pillar_roots, pillarenv: 'qa' });
    await same({ pillar_roots }, [...ITEMS, 'pillar={own: {a: 7, new: 1}}']);
    await same({ pillar_roots, pillar_source_merging_strategy: 'none' }, [...ITEMS, 'saltenv=dev']);
  });

  test('malformed options are told in the same words', async () => {
    await same({ ext_pillar: { cmd_yaml: 'echo a: 1' } });
    await same({ ext_pillar: [{ cmd_yaml: 'echo "a: 1"' }, 'cmd_yaml'] });
  });
});
