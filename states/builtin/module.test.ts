import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ofId, trial } from '../engine/trial.ts';

const run = async (sls: string, testing = false) => ofId((await trial(sls, { testing })).results, 'a');

test('functions are called with their positional arguments and keywords', async () => {
  const done = await run('a: {module.run: [{test.echo: [hello]}, {test.ping: null}, {"test.echo:2": [{text: again}]}]}');
  assert.deepEqual([done.result, done.comment], [true, 'test.echo: hello, test.ping: True, test.echo:2: again']);
  assert.deepEqual({ ...done.changes }, { 'test.echo': 'hello', 'test.ping': true, 'test.echo:2': 'again' });
  assert.deepEqual(done['name'], ['test.echo', 'test.ping', 'test.echo:2']);
});

test('a function that answers false, fails by its return code or throws is a failure', async () => {
  assert.equal((await run('a: {module.run: [{test.false: null}]}')).comment, "'test.false': False");
  assert.equal(
    (await run("a: {module.run: [{cmd.run_all: ['exit 3', {python_shell: true}]}]}")).comment,
    "'cmd.run_all' failed: (error message N/A)",
  );
  assert.match((await run('a: {module.run: [{test.echo: null}]}')).comment, /^'test\.echo' failed: /);
});

test('test=True calls nothing; what is not there is told', async () => {
  const shown = await run('a: {module.run: [{test.ping: null}]}', true);
  assert.deepEqual([shown.result, shown.comment], [null, 'Function test.ping to be executed.']);
  const missing = await run('a: {module.run: [{no.such: null}]}');
  assert.deepEqual([missing.result, missing.comment], [false, 'Unavailable function: no.such.']);
});

test('the older form names its function, and its arguments may have m_ before them', async () => {
  const done = await run('a: {module.run: [{name: test.echo}, {m_text: hello}]}');
  assert.deepEqual([done.result, done.comment, done.changes], [true, 'Module function test.echo executed', { ret: 'hello' }]);
  assert.equal((await run('a: {module.run: [{name: no.such}]}')).comment, 'Module function no.such is not available');
  assert.match((await run('a: {module.run: [{name: test.echo}]}')).comment, /^Module function test\.echo threw an exception\. Exception: /);
});

test('module.wait calls its function when what it watches has changed', async () => {
  const { results } = await trial(`
changed: test.succeed_with_changes
same: test.nop
w: {module.wait: [{name: test.ping}, {watch: [{test: changed}]}]}
i: {module.wait: [{name: test.ping}, {watch: [{test: same}]}]}
`);
  assert.deepEqual(ofId(results, 'w').changes, { ret: true });
  assert.deepEqual(ofId(results, 'i').changes, {});
});
