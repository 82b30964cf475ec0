import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { mayCall, mayPublish, permissionsOf } from '../../master/access/permissions.ts';
import { realSalt } from '../support/salt.ts';

const bin = realSalt();
const skip = bin === undefined ? 'the real Salt is not here' : false;
const CASES = 4000;

/** What the real `CkMinions` says to each case, asked in one go. */
function judged(cases: readonly unknown[]): unknown[] {
  const program = new URL('permissions.py', import.meta.url).pathname;
  const { stdout, stderr, status } = spawnSync(join(bin ?? '', 'python'), [program], {
    input: JSON.stringify(cases),
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    timeout: 120_000,
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as unknown[];
}

const IDS = ['web1', 'web2', 'db1'];
const TARGETS: Readonly<Record<string, readonly string[]>> = {
  'web*': ['web1', 'web2'],
  web1: ['web1'],
  'db1 or web1': ['db1', 'web1'],
  'E@.*': IDS,
  'no*': [],
};
const matching = (target: string): ReadonlySet<string> => new Set(Object.hasOwn(TARGETS, target) ? TARGETS[target] : []);

const FUNS = ['test.ping', 'test.pingX', 'cmd.run', 'saltutil.find_job', 'jobs.list_job', 'jobs.list_jobs', 'key.accept', 'manage.up'];
const fun = fc.constantFrom(...FUNS);
const pattern = fc.constantFrom(
  'test.*',
  'test.ping',
  '.*',
  'cmd',
  'jobs.list_job',
  'list_job',
  'accept',
  'key.*',
  'x.*',
  '(',
  'test\\.ping$',
  '',
);
const value = fc.constantFrom<unknown>('ls', 'ls -l', 'rm', '', 1, 1.5, true, false, null, ['a', 1], { k: 'v' }, 'it\'s "so"');
const kwargs = fc.dictionary(fc.constantFrom('cwd', 'x'), value, { maxKeys: 2 });
const argPattern = fc.constantFrom<unknown>('ls.*', 'ls$', '1', 'True', 'None', '.*', "\\['a'", '\\{', '(', null);
const condition = fc.record(
  { args: fc.array(argPattern, { maxLength: 2 }), kwargs: fc.dictionary(fc.constantFrom('cwd', 'x'), argPattern, { maxKeys: 2 }) },
  { requiredKeys: [] },
);
const detailed = fc.dictionary(pattern, fc.oneof(condition, fc.array(condition, { maxLength: 2 })), { minKeys: 0, maxKeys: 2 });
const conditions = fc.oneof(pattern, detailed, fc.array(fc.oneof(pattern, detailed), { maxLength: 3 }));
const target = fc.constantFrom(
  '*',
  'web*',
  'web1',
  'db1 or web1',
  'E@.*',
  'no*',
  'odd',
  '@runner',
  '@runners',
  '@wheel',
  '@wheels',
  '@jobs',
  '@key',
);
const entry = fc.oneof(
  pattern,
  fc.constantFrom('@runner', '@runners', '@wheel', '@wheels', '@jobs', '@key'),
  fc.dictionary(target, conditions, { minKeys: 0, maxKeys: 2 }),
);
const list = fc.array(entry, { maxLength: 4 }).map((entries) => entries.filter((one) => one !== ''));
const minions = fc.subarray(IDS);
const given = fc
  .tuple(fc.array(value, { maxLength: 3 }), fc.option(kwargs))
  .map(([args, more]) => (more === null ? args : [...args, { ...more, __kwarg__: true }]));

const sample = <T>(arbitrary: fc.Arbitrary<T>): T[] => fc.sample(arbitrary, { numRuns: CASES });

test('who has which permissions is what CkMinions.fill_auth_list says', { skip }, () => {
  const key = fc.constantFrom('alice', 'ali*', 'a.*e', '[', '*', 'ops%', 'bob', 'dev%%', 'ALICE');
  const cases = sample(
    fc.record({
      table: fc.dictionary(key, fc.array(fc.constantFrom('a', 'b', 'c', '@d'), { maxLength: 2 })),
      name: fc.constantFrom('alice', 'bob', 'carol', 'ali', '*'),
      groups: fc.subarray(['ops', 'dev', 'x']),
      permissive: fc.boolean(),
    }),
  );
  const said = judged(cases.map((one) => ({ ask: 'list', ...one })));
  for (const [at, { table, name, groups, permissive }] of cases.entries())
    assert.deepEqual(permissionsOf(table, name, groups, permissive), said[at], JSON.stringify(cases[at]));
});

test('what may run on which minions is what CkMinions.auth_check says', { skip }, () => {
  const cases = sample(fc.record({ list, fun, args: given, minions }));
  const said = judged(cases.map((one) => ({ ask: 'publish', matches: TARGETS, ...one })));
  for (const [at, one] of cases.entries())
    assert.equal(
      mayPublish(one.list, { funs: [one.fun], args: [one.args], minions: one.minions }, matching),
      said[at],
      JSON.stringify(one),
    );
  assert.ok(said.filter((allowed) => allowed === true).length > CASES / 10, 'the cases are of both kinds');
});

test('a job of several functions needs all of them, where Salt is content with one', { skip }, () => {
  const part = fc.record({ fun, args: given });
  const cases = sample(fc.record({ list, parts: fc.array(part, { minLength: 2, maxLength: 3 }), minions }));
  const singles = cases.flatMap((one) =>
    one.parts.map((each) => ({ ask: 'publish', matches: TARGETS, list: one.list, minions: one.minions, ...each })),
  );
  const said = judged(singles);
  let at = 0;
  for (const one of cases) {
    const each = one.parts.map(() => said[at++] === true);
    const call = { funs: one.parts.map((part) => part.fun), args: one.parts.map((part) => part.args), minions: one.minions };
    assert.equal(mayPublish(one.list, call, matching), each.every(Boolean), JSON.stringify(one));
  }
});

test('which runners and wheels may be called is what CkMinions.spec_check says', { skip }, () => {
  const names = fc.constantFrom(...FUNS, 'jobs', 'a.b.c', '.', 'jobs.');
  for (const form of ['runner', 'wheel'] as const) {
    const cases = sample(fc.record({ list, fun: names, args: fc.array(value, { maxLength: 3 }), kwargs }));
    const said = judged(cases.map((one) => ({ ask: form, ...one })));
    for (const [at, one] of cases.entries())
      assert.equal(mayCall(one.list, form, one.fun, one.args, one.kwargs), said[at], `${form} ${JSON.stringify(one)}`);
  }
});

test('texts of the form name=value only make it refuse more', { skip }, () => {
  const texts = fc.array(fc.constantFrom<unknown>('ls', 'cwd=/tmp', 'x=ls', 'lsx=1', 'rm', 1), { maxLength: 3 });
  const cases = sample(fc.record({ list, fun, args: texts, minions }));
  const said = judged(cases.map((one) => ({ ask: 'publish', matches: TARGETS, ...one })));
  for (const [at, one] of cases.entries())
    if (mayPublish(one.list, { funs: [one.fun], args: [one.args], minions: one.minions }, matching))
      assert.equal(said[at], true, JSON.stringify(one));
});
