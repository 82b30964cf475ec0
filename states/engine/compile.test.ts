import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trial } from './trial.ts';

const errorsOf = async (files: Parameters<typeof trial>[0]): Promise<readonly string[]> => {
  const { errors, results } = await trial(files);
  assert.equal(results.size, 0, 'nothing has run');
  return errors;
};

const cases: readonly (readonly [string, Parameters<typeof trial>[0], RegExp])[] = [
  [
    'a requisite that names nothing',
    'a: {test.nop: [{require: [{test: b}]}]}',
    /^Referenced state does not exist for requisite \[require: \(test: b\)\] in state \[a\] in SLS \[t\]$/,
  ],
  ['a circle', 'a: {test.nop: [{require: [{test: b}]}]}\nb: {test.nop: [{require: [{test: a}]}]}', /^Recursive requisites were found: /],
  ['a trailing colon', 'a:\n  test.nop:\n', /^ID 'a' in SLS 't' contains a short declaration \(test\.nop\) with a trailing colon\./],
  [
    'two functions',
    'a: {test: [nop, succeed_with_changes]}',
    /^Too many functions declared in state 'a' in SLS 't'\. Please choose one of the following: nop, succeed_with_changes$/,
  ],
  ['no function', 'a: {test: [{comment: x}]}', /^No function declared in state 'a' in SLS 't'$/],
  ['arguments that are no list', 'a: {test.nop: {comment: x}}', /^State 'a' in SLS 't' is not formed as a list$/],
  [
    'requisites that are no list',
    'a: {test.nop: [{require: b}]}',
    /^The require statement in state 'a' in SLS 't' needs to be formed as a list$/,
  ],
  ['a requisite with a dot', 'a: {test.nop: [{require: [{test.nop: b}]}]}', /did you mean 'test'\?$/],
  ['an id that is no text', '1: test.nop', /^ID '1' in SLS 't' is not formed as a string, but is type int\. It may need to be quoted\.$/],
  ['names that are no list', 'a: {test.nop: [{names: x}]}', /^The 'names' argument in state 'a' in SLS 't' needs to be formed as a list$/],
  [
    'an extension of nothing',
    'extend: {nope: {test: [{comment: x}]}}\na: test.nop',
    /^Cannot extend ID 'nope' in 'base:t'\. It is not part of the high state\./,
  ],
  ['an SLS that is missing', 'include: [nosuch]', /nosuch/],
  ['an SLS that is a list', '- a', /^SLS t does not render to a dictionary$/],
  ['an include that is no list', 'include: o', /^Include Declaration in SLS t is not formed as a list$/],
  [
    'one id in two SLS',
    { t: 'include: [o]\na: test.nop', o: 'a: test.nop' },
    /^Detected conflicting IDs, SLS IDs need to be globally unique\./,
  ],
  ['YAML that cannot be read', 'a: [', /^Rendering SLS 'base:t' failed: /],
];
for (const [what, files, message] of cases) {
  test(`${what} is refused before anything runs`, async () => {
    const errors = await errorsOf(files);
    assert.match(errors[0] ?? '', message);
  });
}

test('all that is wrong is told at once', async () => {
  const errors = await errorsOf('a: {test: [{comment: x}]}\nb: {test.nop: {comment: x}}\n');
  assert.deepEqual(errors, ["No function declared in state 'a' in SLS 't'", "State 'b' in SLS 't' is not formed as a list"]);
});

test('keys of JavaScript objects are ids as any other', async () => {
  const { errors, results } = await trial('constructor: test.nop\ntoString: {test.nop: [{require: [{test: constructor}]}]}\n');
  assert.deepEqual(errors, []);
  assert.equal(results.size, 2);
  const missing = await trial('a: constructor.constructor\nb: test.constructor\nc: test.__proto__\n');
  assert.deepEqual(
    [...missing.results.values()].map(({ result }) => result),
    [false, false, false],
  );
});
