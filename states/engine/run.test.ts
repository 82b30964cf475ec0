import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ofId, summary, trial } from './trial.ts';

const SKIPPED = 'State was not run because none of the onchanges reqs changed';

test('states run in the order in which they are written', async () => {
  const { results } = await trial('c: test.nop\na: test.nop\nb: test.nop\n');
  assert.deepEqual(summary(results), ['c True', 'a True', 'b True']);
  assert.deepEqual(
    [...results.values()].map((one) => one['__run_num__']),
    [0, 1, 2],
  );
});

test('order puts a state first or last, whatever stands between', async () => {
  const { results } = await trial(`
late: {test.nop: [{order: last}]}
plain: test.nop
early: {test.nop: [{order: 1}]}
`);
  assert.deepEqual(summary(results), ['early True', 'plain True', 'late True']);
});

test('what is required runs first, and its failure keeps the other from running', async () => {
  const { results } = await trial(`
a: {test.nop: [{require: [{test: b}]}]}
b: test.nop
c: {test.nop: [{require: [{test: d}]}]}
d: test.fail_without_changes
`);
  assert.deepEqual(summary(results), ['b True', 'a True', 'd False', 'c False']);
  assert.equal(ofId(results, 'c').comment, 'One or more requisite failed: t.d');
  assert.equal(ofId(results, 'c')['__state_ran__'], false);
});

test('require_in, require_any and a glob say the same in other words', async () => {
  const { results } = await trial(`
a: test.nop
b: {test.nop: [{require_in: [{test: a}]}]}
bad: test.fail_without_changes
any: {test.nop: [{require_any: [{test: bad}, {test: b}]}]}
all: {test.nop: [{require: [{test: 'b*'}]}]}
`);
  assert.deepEqual(summary(results), ['b True', 'a True', 'bad False', 'any True', 'all False']);
});

test('a watch acts when something has changed and tells what it was', async () => {
  const { results } = await trial(`
a: test.succeed_with_changes
b: test.nop
w: {test.nop: [{watch: [{test: a}, {test: b}]}]}
v: {test.nop: [{watch: [{test: b}]}]}
`);
  assert.deepEqual(ofId(results, 'w').changes, { 'Requisites with changes': ['test: a'] });
  assert.equal(ofId(results, 'w').comment, 'Watch statement fired.');
  assert.equal(ofId(results, 'v').comment, 'Success!');
});

test('onchanges and onfail wait for a change or a failure', async () => {
  const { results } = await trial(`
changed: test.succeed_with_changes
same: test.nop
bad: test.fail_without_changes
a: {test.nop: [{onchanges: [{test: changed}]}]}
b: {test.nop: [{onchanges: [{test: same}]}]}
c: {test.nop: [{onfail: [{test: bad}]}]}
d: {test.nop: [{onfail: [{test: same}]}]}
`);
  assert.equal(ofId(results, 'a').comment, 'Success!');
  assert.equal(ofId(results, 'b').comment, SKIPPED);
  assert.equal(ofId(results, 'c').comment, 'Success!');
  assert.equal(ofId(results, 'd').comment, 'State was not run because onfail req did not change');
});

test('a prereq runs before what would change, and only then', async () => {
  const { results } = await trial(`
stop: {test.succeed_with_changes: [{prereq: [{test: deploy}]}]}
deploy: test.succeed_with_changes
idle: {test.nop: [{prereq: [{test: same}]}]}
same: test.nop
`);
  assert.deepEqual(summary(results), ['stop True*', 'deploy True*', 'idle True', 'same True']);
  assert.equal(ofId(results, 'idle').comment, 'No changes detected');
});

test('a listener runs once, at the end', async () => {
  const { results } = await trial(`
l: {test.nop: [{listen: [{test: a}, {test: b}]}]}
a: test.succeed_with_changes
b: test.succeed_with_changes
z: test.nop
`);
  assert.deepEqual(
    summary(results).map((line) => line.split(' ')[0]),
    ['l', 'a', 'b', 'z', 'listener_l'],
  );
});

test('use copies arguments but not requisites', async () => {
  const { results } = await trial(`
bad: test.fail_without_changes
a: {test.succeed_without_changes: [{comment: mine}, {require: [{test: bad}]}]}
b: {test.succeed_without_changes: [{use: [{test: a}]}]}
`);
  assert.equal(ofId(results, 'b').comment, 'mine');
});

test('include brings the other SLS first, extend alters what it holds', async () => {
  const { results } = await trial({
    t: 'include: [o]\nextend:\n  base: {test: [{comment: altered}]}\nown: {test.nop: [{require: [{sls: o}]}]}\n',
    o: 'base: {test.succeed_without_changes: [{comment: plain}]}\n',
  });
  assert.deepEqual(summary(results), ['base True', 'own True']);
  assert.equal(ofId(results, 'base').comment, 'altered');
  assert.equal(ofId(results, 'base')['__sls__'], 'o');
});

test('names make one state of each', async () => {
  const { results } = await trial('a: {test.nop: [{names: [x, y]}]}\n');
  assert.deepEqual([...results.keys()], ['test_|-a_|-x_|-nop', 'test_|-a_|-y_|-nop']);
});

test('unless and onlyif keep a state from running, by a command or a function', async () => {
  const { results } = await trial(`
a: {test.succeed_with_changes: [{unless: 'true'}]}
b: {test.succeed_with_changes: [{onlyif: 'false'}]}
c: {test.succeed_with_changes: [{unless: 'false'}, {onlyif: ['true', {fun: test.ping}]}]}
`);
  assert.deepEqual(summary(results), ['a True', 'b True', 'c True*']);
  assert.equal(ofId(results, 'a').comment, 'unless condition is true');
  assert.equal(ofId(results, 'b').comment, 'onlyif condition is false');
});

test('failhard ends the run, of one state or of all', async () => {
  const one = await trial('a: {test.fail_without_changes: [{failhard: True}]}\nb: test.nop\n');
  assert.deepEqual(summary(one.results), ['a False']);
  const all = await trial('a: test.fail_without_changes\nb: test.nop\n', { failhard: true });
  assert.deepEqual(summary(all.results), ['a False']);
});

test('retry calls again until it succeeds, and tells how often', async () => {
  const { results } = await trial('a: {test.fail_without_changes: [{retry: {attempts: 2, interval: 0}}]}\n');
  assert.match(ofId(results, 'a').comment, /^Attempt 1: Returned a result of "False", with the following comment: "Failure!"/);
});

test('test=True predicts and changes nothing; a failure foreseen fails', async () => {
  const { results } = await trial(
    'a: test.succeed_with_changes\nb: test.nop\nc: test.fail_without_changes\nd: {test.configurable_test_state: [{changes: False}, {warnings: careful}]}\n',
    { testing: true },
  );
  assert.deepEqual(summary(results), ['a None*', 'b True', 'c False', 'd True']);
  assert.deepEqual(ofId(results, 'd')['warnings'], ['careful']);
});

test('a state that is not there fails alone and says why', async () => {
  const { results } = await trial('a: nosuch.thing\nb: test.nosuch\nc: test.nop\n');
  assert.deepEqual(summary(results), ['a False', 'b False', 'c True']);
  assert.match(ofId(results, 'a').comment, /^State 'nosuch.thing' was not found in SLS 't'\nReason: 'nosuch\.thing' is not available/);
});

test('a parameter that is missing fails that state', async () => {
  const { results } = await trial('a: test.show_notification\n');
  assert.equal(ofId(results, 'a').comment, 'Missing parameter text for state test.show_notification\n');
});

test('an exception in a state is its failure, not that of the run', async () => {
  const { results } = await trial('a: {test.configurable_test_state: [{result: maybe}]}\nb: test.nop\n');
  assert.deepEqual(summary(results), ['a False', 'b True']);
  assert.match(ofId(results, 'a').comment, /^An exception occurred in this state: Traceback/);
});
