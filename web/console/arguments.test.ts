import assert from 'node:assert/strict';
import { it } from 'node:test';
import { argumentsOf } from './app/data/arguments.ts';

it('arguments typed in one line are values and names, as on the command line', () => {
  const cases: readonly (readonly [string, unknown[], Record<string, unknown>])[] = [
    ['', [], {}],
    ['tree refresh=true', ['tree'], { refresh: true }],
    ['5 1.5 010 1e3 no null', [5, 1.5, '010', '1e3', false, null], {}],
    [`'two words' "and more" ''`, ['two words', 'and more', ''], {}],
    [`'a=b' name='x y'`, [], { a: 'b', name: 'x y' }],
    ['pillar={"port": 80, "names": ["a b", "c"]}', [], { pillar: { port: 80, names: ['a b', 'c'] } }],
    ['[1, "two three"] {broken', [[1, 'two three'], '{broken'], {}],
    ['/etc/hosts -x 12345678901234567890', ['/etc/hosts', '-x', '12345678901234567890'], {}],
  ];
  for (const [line, args, kwargs] of cases) assert.deepEqual(argumentsOf(line), { args, kwargs }, line);
});
