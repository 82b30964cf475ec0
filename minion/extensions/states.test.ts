import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { type LocalMinion, openLocal } from '../local.ts';

let dir: string;
let minion: LocalMinion;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tsalt-custom-states-'));
  mkdirSync(join(dir, 'srv'));
  writeFileSync(
    join(dir, 'minion'),
    `id: web1\nroot_dir: ${dir}\nfile_roots:\n  base: [${dir}/srv]\npillar_roots:\n  base: [${dir}/pillar]\n`,
  );
  minion = await openLocal({ configDir: dir, local: true });
});
afterEach(async () => {
  await minion[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true });
});
const write = (name: string, text: string): void => {
  mkdirSync(dirname(join(dir, 'srv', name)), { recursive: true });
  writeFileSync(join(dir, 'srv', name), text);
};
type Shown = Record<
  string,
  { name: string; result: boolean | null; comment: string; changes: Record<string, unknown>; [more: string]: unknown }
>;
const apply = async (sls: string, more: Record<string, unknown> = {}): Promise<Shown> => {
  await minion.call('saltutil.sync_all', []);
  const { value } = await minion.call('state.apply', [sls, { __kwarg__: true, ...more }]);
  assert.ok(value !== null && typeof value === 'object' && !Array.isArray(value), JSON.stringify(value));
  return Object.fromEntries(
    Object.entries(JSON.parse(JSON.stringify(value)) as Shown).map(([tag, result]) => [tag.split('_|-')[1] ?? '', result]),
  );
};

const mystate = `
'''States of a site.'''
def present(name, size=1, **kwargs):
    changed = size == 2
    result = None if __opts__['test'] and changed else True
    seen = [__sls__, __env__, __id__, sorted(kwargs), __low__['state'], __salt__['test.echo'](__grains__['id']), bool(__instance_id__)]
    return {'name': name, 'result': result, 'comment': str(seen), 'changes': {'size': size} if changed else {}, 'pchanges': {}}
def strict(name, needed): return {'name': name, 'result': True, 'comment': needed, 'changes': {}}
def words(name): return 'no dict'
def fails(name):
    return 1 / 0
def leaves(name):
    import os
    os._exit(3)
def borrows(name):
    answer = __states__['test.succeed_with_changes'](name='other')
    answer['comment'] += ' by ' + __states__['mystate.strict']('a', 'b')['comment']
    return answer
def mod_watch(name, sfun=None, **kwargs):
    return {'name': name, 'result': True, 'comment': 'watched ' + sfun, 'changes': {'watched': True}}
`;

test('a state in Python runs in state.apply, sees where it stands, and is watched and required as any other', async () => {
  write('_states/mystate.py', mystate);
  write(
    'site.sls',
    'one: {mystate.present: [{size: 2}, {more: x}, {require: [{test: first}]}]}\nfirst: test.nop\ntwo: {mystate.present: [{watch: [{mystate: one}]}]}\nthree: mystate.borrows\n',
  );
  const done = await apply('site');
  assert.deepEqual([done['one']?.result, done['one']?.changes], [true, { size: 2 }]);
  assert.equal(done['one']?.comment, "['site', 'base', 'one', ['more'], 'mystate', 'web1', True]");
  assert.deepEqual([done['two']?.comment, done['two']?.changes], ['watched present', { watched: true }]);
  assert.equal(done['three']?.comment, 'Success! by b');
  assert.deepEqual(Object.keys(done['three']?.changes ?? {}), ['testing']);
  const foreseen = await apply('site', { test: true });
  assert.equal(foreseen['one']?.result, null);
  assert.match(foreseen['three']?.comment ?? '', /If we weren't testing/);
});

test('a state in Python that goes wrong fails alone, in the words of Salt', async () => {
  write('_states/mystate.py', mystate);
  write(
    'wrong.sls',
    'lacks: mystate.strict\nknows: {mystate.strict: [{needed: a}, {other: b}]}\nwords: mystate.words\nfails: mystate.fails\nleaves: mystate.leaves\nabsent: mystate.nosuch\nfine: {mystate.strict: [{needed: fine}]}\n',
  );
  const done = await apply('wrong');
  const comment = (id: string): string => done[id]?.comment ?? '';
  assert.equal(comment('lacks'), 'Missing parameter needed for state mystate.strict\n');
  assert.equal(comment('knows'), "'other' is an invalid keyword argument for 'mystate.strict'");
  assert.equal(comment('words'), 'An exception occurred in this state: Malformed state return. Data must be a dictionary type.');
  assert.match(
    comment('fails'),
    /^An exception occurred in this state: Traceback [\s\S]*mystate\.py", line \d+, in fails\n[\s\S]*ZeroDivisionError: division by zero\n$/,
  );
  assert.match(comment('leaves'), /^An exception occurred in this state: the Python process of this job ended itself with status 3/);
  assert.equal(comment('absent'), "State 'mystate.nosuch' was not found in SLS 'wrong'\nReason: 'mystate.nosuch' is not available.\n");
  assert.deepEqual([done['fine']?.result, comment('fine')], [true, 'fine']);
});

test('a state of a synchronised file goes before the built-in one of its name', async () => {
  write('_states/test.py', "def nop(name): return {'name': name, 'result': True, 'comment': 'ours', 'changes': {}}\n");
  write('own.sls', 'a: test.nop\n');
  assert.equal((await apply('own'))['a']?.comment, 'ours');
});
