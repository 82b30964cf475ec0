import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BadTarget, compileTarget, type Nodegroups, type Subject } from './compile.ts';

const web: Subject = {
  id: 'web1',
  grains: { os: 'Debian', roles: ['web', 'cache'], ipv4: ['127.0.0.1', '10.1.2.3'], nested: { a: { b: 'deep' } }, dev: true },
  pillar: { colour: 'Blue' },
};
const matches = (kind: string, expression: string | string[], nodegroups: Nodegroups = {}): boolean =>
  compileTarget({ kind, expression }, nodegroups).matches(web);

test('each kind finds what it is about and nothing else', () => {
  for (const [kind, yes, no] of [
    ['glob', 'w?b[0-9]', 'w?b'],
    ['pcre', 'we', 'eb1'],
    ['list', 'db1,web1', 'db1,web'],
    ['grain', 'os:deb*', 'os:deb'],
    ['grain', 'dev:true', 'dev:false'],
    ['grain', 'nested:a:b:deep', 'nested:a:c:*'],
    ['grain_pcre', 'roles:(cache|db)', 'roles:^ache'],
    ['pillar', 'colour:b*', 'os:*'],
    ['pillar_pcre', 'colour:bl.e$', 'colour:lue'],
    ['pillar_exact', 'colour:blue', 'colour:b*'],
    ['ipcidr', '10.0.0.0/8', '10.2.0.0/16'],
    ['ipcidr', '10.1.2.3', '10.1.2.4'],
    ['compound', 'G@os:Debian and not web2', 'web* and not I@colour:blue'],
  ] as const) {
    assert.equal(matches(kind, yes), true, `${kind} ${yes}`);
    assert.equal(matches(kind, no), false, `${kind} ${no}`);
  }
});

test('nodegroups are resolved before they travel, nested ones too', () => {
  const groups = { front: 'N@webs or G@roles:proxy', webs: 'web1 web2', picked: ['L@web1', 'and', 'N@webs'] };
  const target = compileTarget({ kind: 'nodegroup', expression: 'front' }, groups);
  assert.deepEqual(target.wire, { tgt: '( L@web1,web2 or G@roles:proxy )', tgt_type: 'compound' });
  assert.equal(target.matches(web), true);
  assert.deepEqual(target.listed, ['web1', 'web2']);
  assert.equal(matches('compound', 'not N@picked', groups), false);
  assert.equal(compileTarget({ kind: 'compound', expression: 'N@webs and db*' }, groups).wire.tgt, 'L@web1,web2 and db*');
});

test('what a target needs to know of a minion is told', () => {
  assert.deepEqual([...compileTarget({ kind: 'compound', expression: 'G@a:b or ( J@c:d and web* )' }).needs].sort(), ['grains', 'pillar']);
  assert.deepEqual([...compileTarget({ kind: 'list', expression: ['a', 'b'] }).needs], []);
});

test('ids excluded by not are not waited for', () => {
  assert.deepEqual(compileTarget({ kind: 'compound', expression: 'L@a,b and not L@c' }).listed, ['a', 'b']);
});

test('a target that cannot be meant is refused with the place and the remedy', () => {
  const groups = { a: 'N@b or x*', b: 'N@a or y*', empty: '' };
  for (const [kind, expression, message] of [
    ['grain', 'os', /has no ":".*key:value/],
    ['pcre', 'web(?=1)', /Lookaround/],
    ['grain_pcre', 'os:(a)\\1', /backreferences/],
    ['ipcidr', '10.0.0.1/8', /10\.0\.0\.0\/8/],
    ['ipcidr', 'ten', /no address/],
    ['ipcidr', '10.0.0.0/33', /prefix length/],
    ['nodegroup', 'a', /contains itself \(a > b > a\)/],
    ['nodegroup', 'c', /not defined.*defined: a, b, empty/],
    ['nodegroup', 'empty', /is empty/],
    ['compound', 'N@zzz or web1', /"zzz" is not defined/],
    ['compound', '', /is empty/],
    ['compound', 'web1 web2', /Word 2 .*"web2", needs "and" or "or"/],
    ['compound', 'and web1', /Word 1 .*"and", stands/],
    ['compound', 'web1 and', /ends after "and"/],
    ['compound', '( web1', /never closed/],
    ['compound', 'web1 )', /Word 2 .* no opening/],
    ['compound', 'not not web1', /follows another/],
    ['compound', 'web1 or G@os', /Word 3 .*has no ":"/],
    ['compound', 'R@%web', /R@ is not provided/],
    ['compound', `${'( '.repeat(5000)}web1`, /nested deeper/],
    ['range', '%web', /not provided; use one of glob/],
    ['grain', `${'*:'.repeat(100)}x`, /more than 64 levels/],
  ] as const) {
    assert.throws(
      () => compileTarget({ kind, expression }, groups),
      (problem) => problem instanceof BadTarget && message.test(problem.message),
      `${kind} ${expression.slice(0, 40)}`,
    );
  }
  assert.throws(() => compileTarget({ kind: 'glob', expression: ['web*'] }), BadTarget);
});

test('a pattern made to be slow is answered at once', () => {
  const slow = compileTarget({ kind: 'pcre', expression: '(a+)+$' });
  assert.equal(slow.matches({ ...web, id: `${'a'.repeat(50_000)}!` }), false);
  const stars = compileTarget({ kind: 'glob', expression: `${'a*'.repeat(200)}b` });
  assert.equal(stars.matches({ ...web, id: 'a'.repeat(2_000) }), false);
});

test('names from the prototype of objects are no grains', () => {
  for (const expression of ['constructor:*', '__proto__:*', 'os:constructor:*', 'toString:*'])
    assert.equal(matches('grain', expression), false);
});
