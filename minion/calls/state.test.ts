import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { decode, encode } from '../../protocol/wire/msgpack.ts';
import { type LocalMinion, openLocal } from '../local.ts';

let dir: string;
let minion: LocalMinion;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tsalt-state-'));
  mkdirSync(join(dir, 'srv'));
  writeFileSync(join(dir, 'minion'), `id: web1\nroot_dir: ${dir}\nfile_roots:\n  base: [${dir}/srv]\ngrains: {role: web}\n`);
  minion = await openLocal({ configDir: dir, local: true });
});
afterEach(async () => {
  await minion[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true });
});

const write = (name: string, text: string): void => {
  mkdirSync(dirname(join(dir, 'srv', name)), { recursive: true });
  writeFileSync(join(dir, 'srv', name), text.replaceAll('@DIR@', dir));
};
interface Answer {
  readonly value: unknown;
  readonly retcode: number;
  readonly out: string | undefined;
}
/** As the wire would show it. */
const call = async (fun: string, ...args: unknown[]): Promise<Answer> => {
  const { value, retcode, out } = await minion.call(fun, args);
  return { value: JSON.parse(JSON.stringify(decode(encode(value)))), retcode, out };
};
const kwargs = (map: Record<string, unknown>): Record<string, unknown> => ({ __kwarg__: true, ...map });
type Shown = Record<string, { result: boolean | null; comment: string; changes: Record<string, unknown> }>;
/** Results by id. */
const byId = ({ value }: Answer): Shown =>
  Object.fromEntries(Object.entries(value as Shown).map(([tag, result]) => [tag.split('_|-')[1] ?? '', result]));

test('state.apply renders an SLS with grains and functions, and makes it true', async () => {
  write(
    'web/init.sls',
    "{% set who = salt['test.echo'](grains['role']) %}\nf:\n  file.managed:\n    - name: @DIR@/made\n    - contents: {{ who }} {{ sls }} {{ tpldir }} {{ opts.id }}\n",
  );
  const done = await call('state.apply', 'web');
  assert.deepEqual([done.retcode, done.out, byId(done)['f']?.result], [0, 'highstate', true]);
  assert.equal(readFileSync(join(dir, 'made'), 'utf8'), 'web web web web1\n');
});

test('test=True changes nothing, by keyword', async () => {
  write('t.sls', 'f: {file.managed: [{name: @DIR@/made}, {contents: x}]}\n');
  const shown = await call('state.apply', 't', kwargs({ test: true }));
  assert.equal(byId(shown)['f']?.result, null);
  assert.equal(existsSync(join(dir, 'made')), false);
});

test('a failed state makes the return code 2, an SLS that cannot be compiled 1', async () => {
  write('bad.sls', 'a: test.fail_without_changes\n');
  assert.equal((await call('state.apply', 'bad')).retcode, 2);
  write('broken.sls', 'a: {test.nop: [{require: [{test: nope}]}]}\n');
  const broken = await call('state.apply', 'broken');
  assert.deepEqual(
    [broken.retcode, broken.value],
    [1, ['Referenced state does not exist for requisite [require: (test: nope)] in state [a] in SLS [broken]']],
  );
  assert.deepEqual((await call('state.apply', 'nosuch')).value, ["No matching sls found for 'nosuch' in env 'base'"]);
});

test('the top file tells what a minion gets', async () => {
  write('top.sls', "base:\n  'web*': [a]\n  'role:web': [{match: grain}, b]\n  'db*': [c]\n");
  write('a.sls', 'one: test.nop\n');
  write('b.sls', 'two: test.nop\n');
  write('c.sls', 'three: test.nop\n');
  assert.deepEqual((await call('state.show_top')).value, { base: ['a', 'b'] });
  assert.deepEqual(Object.keys(byId(await call('state.highstate'))), ['one', 'two']);
  assert.deepEqual(Object.keys(byId(await call('state.apply'))), ['one', 'two']);
});

test('without a top file there is nothing to do, and that is a failure', async () => {
  const none = await call('state.highstate');
  assert.equal(none.retcode, 2);
  assert.match(byId(none)['states']?.comment ?? '', /^No Top file or master_tops data matches found\./);
});

test('a template of a file sees context, defaults, includes and imports; what it lacks is told with its line', async () => {
  write(
    't.sls',
    'f: {file.managed: [{name: @DIR@/made}, {source: "salt://x/f.j2"}, {template: jinja}, {context: {a: 1}}, {defaults: {a: 0, b: 2}}]}\n',
  );
  write('x/f.j2', "{% from 'x/lib.j2' import twice %}{{ a }} {{ b }} {{ twice(b) }}{% include 'x/tail.j2' %}\n");
  write('x/lib.j2', '{% macro twice(n) %}{{ n * 2 }}{% endmacro %}');
  write('x/tail.j2', ' {{ source }}');
  assert.equal(byId(await call('state.apply', 't'))['f']?.result, true);
  assert.equal(readFileSync(join(dir, 'made'), 'utf8'), '1 2 4 salt://x/f.j2\n');
  write('x/f.j2', 'fine\n{{ nowhere }}\n');
  const failed = byId(await call('state.apply', 't'))['f'];
  assert.match(failed?.comment ?? '', /^Unable to manage file: Jinja variable 'nowhere' is undefined; line 2/);
  assert.equal(readFileSync(join(dir, 'made'), 'utf8'), '1 2 4 salt://x/f.j2\n');
});

test('pillar given with the call is seen by templates of that call alone', async () => {
  write(
    't.sls',
    "a: {test.succeed_without_changes: [{comment: \"{{ pillar.get('k', 'none') }} {{ salt['pillar.get']('k', 'none') }}\"}]}\n",
  );
  assert.equal(byId(await call('state.apply', 't', kwargs({ pillar: { k: 'v' } })))['a']?.comment, 'v v');
  assert.equal(byId(await call('state.apply', 't'))['a']?.comment, 'none none');
});

test('sls_id runs one id, exclude leaves one out, single needs no SLS', async () => {
  write('t.sls', 'a: test.nop\nb: test.nop\n');
  assert.deepEqual(Object.keys(byId(await call('state.sls_id', 'b', 't'))), ['b']);
  assert.deepEqual(Object.keys(byId(await call('state.sls', 't', kwargs({ exclude: [{ id: 'a' }] })))), ['b']);
  const single = await call('state.single', 'test.succeed_with_changes', kwargs({ name: 's', comment: 'mine' }));
  assert.deepEqual([byId(single)['s']?.result, byId(single)['s']?.comment], [true, 'mine']);
  assert.deepEqual(Object.keys(byId(await call('state.low', { state: 'test', fun: 'nop', name: 'x' }))), ['x']);
  assert.deepEqual(Object.keys(byId(await call('state.high', { y: { test: ['nop'] } }))), ['y']);
});

test('what a minion would get is shown as high data and as low chunks', async () => {
  write('t.sls', 'a: {test.nop: [{names: [x, y]}]}\n');
  const high = (await call('state.show_sls', 't')).value as Record<string, Record<string, unknown>>;
  assert.deepEqual(high['a'], { test: [{ names: ['x', 'y'] }, 'nop', { order: 10000 }], __sls__: 't', __env__: 'base' });
  const low = (await call('state.show_low_sls', 't')).value as readonly Record<string, unknown>[];
  assert.deepEqual(
    low.map(({ state, fun, name, __id__ }) => [state, fun, name, __id__]),
    [
      ['test', 'nop', 'x', 'a'],
      ['test', 'nop', 'y', 'a'],
    ],
  );
});

test('a script of the file server runs with its arguments, and one that is missing is named', async () => {
  write('s.sh', '#!/bin/sh\necho script "$@"\n');
  const script = (name: string, args: string) => call('state.single', 'cmd.script', kwargs({ name, args }));
  const ran = byId(await script('salt://s.sh', 'one "two three"'))['salt://s.sh'];
  assert.deepEqual([ran?.result, ran?.comment, ran?.changes['stdout']], [true, "Command 'salt://s.sh' run", 'script one two three']);
  const missing = byId(await script('salt://no.sh', ''))['salt://no.sh'];
  assert.deepEqual([missing?.result, missing?.comment], [false, "Unable to cache script salt://no.sh from saltenv 'base'"]);
});

test('no template reaches beyond the file server or into the engine', async () => {
  write('out.sls', "{% include '../../minion' %}");
  write('../secret.sls', 'a: test.nop');
  assert.match(JSON.stringify((await call('state.apply', 'out')).value), /TemplateNotFound|\.\.\/\.\.\/minion/);
  assert.deepEqual((await call('state.apply', '../secret')).value, ["No matching sls found for '../secret' in env 'base'"]);
  write('in.sls', "{{ salt.constructor('return process')() }}{{ salt['test.ping'].constructor }}");
  assert.match(String((await call('state.apply', 'in')).value), /Jinja variable/);
});

test('pillar keys are checked for being there and for their type', async () => {
  write('t.sls', 'a: {test.check_pillar: [{present: [k, zz]}, {integer: n}, {string: n}]}\n');
  const checked = byId(await call('state.apply', 't', kwargs({ pillar: { k: 'v', n: 1 } })))['a'];
  assert.deepEqual([checked?.result, checked?.comment], [false, `Pillar key "zz" is missing.\nPillar key "n" is not (<class 'str'>,).\n`]);
});

test('a content may come from pillar; a key that is not there makes no file', async () => {
  write('t.sls', 'f: {file.managed: [{name: @DIR@/made}, {contents_pillar: "a:b"}]}\n');
  const missing = byId(await call('state.apply', 't'))['f'];
  assert.deepEqual([missing?.result, missing?.comment], [false, 'Pillar a:b does not exist']);
  assert.equal(existsSync(join(dir, 'made')), false);
  await call('state.apply', 't', kwargs({ pillar: { a: { b: 'secret' } } }));
  assert.equal(readFileSync(join(dir, 'made'), 'utf8'), 'secret\n');
});

test('states of the schedule add a job, find it again and remove it', async () => {
  const job = async (fun: string, more: Record<string, unknown> = {}) =>
    byId(await call('state.single', `schedule.${fun}`, kwargs({ name: 'job1', ...more })))['job1'];
  const wanted = { function: 'test.ping', seconds: 3600 };
  const added = await job('present', wanted);
  assert.deepEqual([added?.comment, added?.changes], ['Adding new job job1 to schedule', { job1: 'added' }]);
  const kept = await job('present', wanted);
  assert.deepEqual([kept?.comment, kept?.changes], ['Job job1 in correct state', {}]);
  assert.equal((await job('disabled'))?.comment, 'Disabled job job1 from schedule');
  assert.equal((await job('present', { ...wanted, enabled: true }))?.comment, 'Modifying job job1 in schedule');
  assert.deepEqual((await job('absent'))?.changes, { job1: 'removed' });
  assert.equal((await job('absent'))?.comment, 'Job job1 not present in schedule');
});
