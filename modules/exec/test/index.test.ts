import assert from 'node:assert/strict';
import { test } from 'node:test';
import { invoke, witness } from '../../../test/support/ctx.ts';
import { CommandFailed, float } from '../../define.ts';
import module from './index.ts';

test('ping answers True', async () => {
  assert.equal(await invoke(module, 'ping'), true);
});

test('arg returns what arrived, the keys of the publication included', async () => {
  const here = witness({ rest: [1, 'two'], extra: { foo: 'bar', __pub_fun: 'test.arg' } });
  assert.deepEqual(await invoke(module, 'arg', {}, here), { args: [1, 'two'], kwargs: { foo: 'bar', __pub_fun: 'test.arg' } });
  assert.deepEqual(await invoke(module, 'arg_clean', {}, here), { args: [1, 'two'], kwargs: { foo: 'bar' } });
  assert.deepEqual(await invoke(module, 'arg_repr', {}, here), {
    args: "(1, 'two')",
    kwargs: "{'foo': 'bar', '__pub_fun': 'test.arg'}",
  });
});

test('arg_type names the types as a Salt minion does', async () => {
  const here = witness({ rest: [1, 'a', 1.5, float(1), true, null, [1], { a: 1 }], extra: { x: 1 } });
  assert.deepEqual(await invoke(module, 'arg_type', {}, here), {
    args: ['int', 'str', 'float', 'float', 'bool', 'NoneType', 'list', 'dict'].map((name) => `<class '${name}'>`),
    kwargs: { x: "<class 'int'>" },
  });
});

test('retcode ends the job with the code and still answers True', async () => {
  const here = witness();
  assert.equal(await invoke(module, 'retcode', { code: 7 }, here), true);
  assert.equal(here.retcode, 7);
});

test('fib and collatz give what Salt gives, with seconds as a float', async () => {
  const [fib] = (await invoke(module, 'fib', { num: 10 })) as [number, unknown];
  assert.equal(fib, 55);
  const [big] = (await invoke(module, 'fib', { num: 100 })) as [bigint, unknown];
  assert.equal(big, 354224848179261915075n);
  const [steps] = (await invoke(module, 'collatz', { start: 3 })) as [unknown, unknown];
  assert.deepEqual(steps, [3, 10, float(5), float(16), float(8), float(4), float(2)]);
  await assert.rejects(invoke(module, 'collatz', { start: 0 }), CommandFailed);
});

test('raise_exception raises by name, and answers False for a name that is none', async () => {
  const here = witness({ rest: ['Something went wrong'] });
  const raise = (name: string) => invoke(module, 'raise_exception', { name }, here);
  await assert.rejects(raise('salt.exceptions.CommandExecutionError'), new CommandFailed('Something went wrong'));
  await assert.rejects(raise('TypeError'), { name: 'TypeError', message: 'Something went wrong' });
  assert.equal(await raise('nope'), false);
  assert.deepEqual(here.logged, ['ERROR No such exception: nope']);
});

test('exception fails with its message, assertion fails on what Python holds to be false', async () => {
  await assert.rejects(invoke(module, 'exception', { message: 'boom' }), { name: 'Exception', message: 'boom' });
  assert.equal(await invoke(module, 'assertion', { assertion: [1] }), null);
  for (const assertion of [false, '', 0, [], {}, null]) {
    await assert.rejects(invoke(module, 'assertion', { assertion }), { name: 'AssertionError' });
  }
});

test('try answers None where the function fails', async () => {
  const here = witness({ functions: { 'x.echo': (_args, kwargs) => kwargs['a'] ?? null }, extra: { a: 1, __pub_jid: '2' } });
  assert.equal(await invoke(module, 'try', { module: 'x.echo' }, here), 1);
  assert.equal(await invoke(module, 'try', { module: 'no.such' }, here), null);
});

test('sleep ends early when the job is killed', async () => {
  const killed = new AbortController();
  const sleeping = invoke(module, 'sleep', { length: 600 }, witness({ signal: killed.signal }));
  killed.abort();
  await assert.rejects(sleeping, { name: 'AbortError' });
});

test('random_hash uses the configured algorithm unless another is named', async () => {
  const here = witness({ config: { hash_type: 'sha1' } });
  assert.match(String(await invoke(module, 'random_hash', {}, here)), /^[0-9a-f]{40}$/);
  assert.match(String(await invoke(module, 'random_hash', { hash_type: 'md5' }, here)), /^[0-9a-f]{32}$/);
  await assert.rejects(invoke(module, 'random_hash', { hash_type: 'crc' }, here), /unknown hash_type 'crc'/);
});

test('versions_report right-aligns names under headlines', async () => {
  const lines = String(await invoke(module, 'versions_report')).split('\n');
  assert.equal(lines[0], 'Salt Version:');
  assert.match(lines[1] ?? '', /^ +Salt: 3008\.3$/);
  assert.equal(lines[2], ' ');
});

test('get_opts returns the options as data', async () => {
  const here = witness({ config: { id: 'm1', list: null, nested: { a: [1] } } });
  assert.deepEqual(await invoke(module, 'get_opts', {}, here), { id: 'm1', list: null, nested: { a: [1] } });
});
