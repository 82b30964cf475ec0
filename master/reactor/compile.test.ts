import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toPlain } from '../../kernel/render/python/plain.ts';
import { loadYaml } from '../../kernel/render/yaml/index.ts';
import type { Message } from '../../protocol/suites/suite.ts';
import { compileReactions } from './compile.ts';

const compiled = (yaml: string) => compileReactions(toPlain(loadYaml(yaml)) as Message);
const shown = (yaml: string): unknown[] => compiled(yaml).chunks.map((chunk) => ({ ...chunk }));

test('an ID gives the low form that reactors run', () => {
  assert.deepEqual(shown('x:\n  local.cmd.run:\n    - tgt: web*\n    - arg: [ls]\n'), [
    { name: 'x', tgt: 'web*', arg: ['ls'], state: 'local', fun: 'cmd.run', __id__: 'x', __sls__: '' },
  ]);
});

test('the function may be among the arguments, cmd is local, and a text is a call without arguments', () => {
  const found = compiled('a:\n  cmd: [test.ping, tgt: "*"]\nb: runner.manage.up\n').chunks;
  assert.deepEqual(
    found.map(({ state, fun, tgt }) => [state, fun, tgt]),
    [
      ['local', 'test.ping', '*'],
      ['runner', 'manage.up', undefined],
    ],
  );
});

test('actions run by order, then by kind, name and function', () => {
  const of = (id: string, order?: string): string =>
    `${id}:\n  runner.test.arg:\n    - x: 1\n${order === undefined ? '' : `    - order: ${order}\n`}`;
  const found = compiled([of('z', '1'), of('last', 'last'), of('b'), of('a'), of('near', '-1'), of('top', 'first')].join('')).chunks;
  assert.deepEqual(
    found.map(({ name }) => name),
    ['top', 'z', 'a', 'b', 'near', 'last'],
  );
});

test('names make an action each', () => {
  const found = compiled('x:\n  wheel.key.accept:\n    - names: [one, two]\n').chunks;
  assert.deepEqual(
    found.map(({ name }) => name),
    ['one', 'two'],
  );
});

for (const [yaml, pattern] of [
  ['x: [1]\n', /The type x in \[1\] is not formatted as a dictionary/],
  ['x:\n  local.test.ping: {tgt: "*"}\n', /State 'x' in SLS '' is not formed as a list/],
  ['x:\n  local: []\n', /No function declared in state 'x'/],
  ['x:\n  local.test.ping: [test.version]\n', /Too many functions declared in state 'x' in SLS '': test\.ping, test\.version/],
] as const) {
  test(`${JSON.stringify(yaml)} is told`, () => assert.match(compiled(yaml).errors.join(), pattern));
}
