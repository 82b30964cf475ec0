import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RenderError } from '../errors.ts';
import { fromPlain } from '../python/plain.ts';
import { Callable, type Value } from '../python/value.ts';
import { renderJinja } from './index.ts';

const globals = new Map<string, Value>([
  ['fun', new Callable('fun', () => 1)],
  ['data', fromPlain(JSON.parse('{"a": [1, 2], "__proto__": {"own": true}, "constructor": "a plain key"}'))],
]);
const render = async (text: string): Promise<string> => await renderJinja(text, { globals, load: async () => undefined });
const refused = async (text: string, message: RegExp): Promise<void> =>
  await assert.rejects(render(text), (error) => {
    assert.ok(error instanceof RenderError, String(error));
    assert.match(error.message.split('\n')[0] ?? '', message);
    return true;
  });

for (const way of [
  "{{ ''.constructor.constructor('return process')() }}",
  "{{ fun.constructor('return process')() }}",
  "{{ fun['constructor']('return process')() }}",
  "{{ (fun|attr('constructor'))('return process')() }}",
  '{{ fun.call.call }}{{ fun.call.call.x }}',
  '{{ [].__proto__.x }}',
  '{{ {}.__proto__.x }}',
  "{{ ''.__class__.__mro__ }}",
  "{{ fun.__globals__['os'] }}",
  "{{ [fun]|map(attribute='constructor.name')|list }}",
  '{{ (1).constructor.name }}',
  '{{ namespace().__proto__.x }}',
  '{{ cycler(1).constructor.x }}',
  '{{ loop.constructor.x }}{% for a in [1] %}{{ loop.constructor.x }}{% endfor %}',
  "{% macro m() %}{% endmacro %}{{ m.constructor('return process')() }}",
  '{{ self.constructor.x }}',
  '{{ [1].map }}{{ [1].map.x }}',
]) {
  test(`nothing of the engine can be reached by ${way}`, async () => {
    await refused(way, /^Jinja (?:variable|error)/);
  });
}

test('the word constructor is neither a filter, a test, a name nor a method', async () => {
  await refused("{{ ''|constructor }}", /No filter named 'constructor'/);
  await refused("{{ '' is constructor }}", /No test named 'constructor'/);
  await refused("{{ [1]|map('constructor')|list }}", /No filter named 'constructor'/);
  await refused("{{ [1]|select('__proto__')|list }}", /No test named '__proto__'/);
  await refused('{{ constructor }}', /'constructor' is undefined/);
  await refused('{{ __proto__ }}', /'__proto__' is undefined/);
});

test('a key __proto__ or constructor is a key as any other', async () => {
  assert.equal(await render('{{ data.constructor }} {{ data["__proto__"].own }} {{ data.a }}'), 'a plain key True [1, 2]');
  assert.equal(
    await render("{% set d = {} %}{% do d.update({'__proto__': {'bad': 1}}) %}{{ d }} {{ {}.bad is defined }}"),
    "{'__proto__': {'bad': 1}} False",
  );
  assert.equal(await render('{% set ns = namespace(x=1) %}{% set ns.__proto__ = 2 %}{{ ns.x }}'), '1');
  assert.equal(Object.hasOwn(Object.prototype, 'bad'), false);
});

test('a format field does not go into attributes', async () => {
  await refused("{{ '{0.constructor}'.format(fun) }}", /access to attribute 'constructor'/);
  await refused("{{ '{a.__class__}'.format(a=1) }}", /access to attribute '__class__'/);
  await refused("{{ '{0[__proto__]}'.format([]) }}", /__proto__/);
});

for (const way of [
  "{{ '%999999999s' % 'x' }}",
  "{{ '%*s' % (999999999, 'x') }}",
  "{{ ('%(a)9999999s' * 1000) % {'a': 1} }}",
  "{{ '{:999999999}'.format('x') }}",
  "{{ ('{0:9999999}' * 1000).format(1) }}",
  "{{ 'x'.ljust(999999999) }}",
  "{{ 'x'.rjust(999999999) }}",
  "{{ 'x'.center(999999999) }}",
  "{{ '1'.zfill(999999999) }}",
  "{{ 'x'|center(999999999) }}",
  "{{ 'x\\ny'|indent(999999999) }}",
  "{{ '\\t'.expandtabs(999999999) }}",
  "{{ 'x' * 999999999 }}",
  '{{ [1] * 999999999 }}',
  "{{ ('x' * 9999999).replace('x', 'xx') }}",
  "{{ ('x' * 9999999)|replace('x', 'xx') }}",
  "{{ ('x' * 9999999).join(['a', 'b', 'c']) }}",
  "{{ ['a', 'b', 'c']|join('x' * 9999999) }}",
  "{% set x = 'x' * 9999999 %}{{ x + x }}",
  "{% set x = 'x' * 9999999 %}{{ x ~ x }}",
  '{{ [1]|batch(999999999, 0)|list }}',
  '{{ [1]|slice(999999999)|list }}',
]) {
  test(`${way} is refused before it takes the memory`, async () => {
    await refused(way, /^Jinja error: a text or list of \d+ items is too large/);
  });
}

test('numbers stay of a size that can be computed with', async () => {
  await refused('{{ 10 ** 10000 ** 10000 }}', /more than 100000 bits/);
  await refused('{{ 2 ** 100000 }}', /more than 100000 bits/);
  await refused('{% set n = namespace(x=3) %}{% for i in range(99) %}{% set n.x = n.x * n.x %}{% endfor %}', /more than 100000 bits/);
  assert.equal(await render('{{ 2 ** 100 }} {{ 1 ** 99999999 }} {{ (0 - 1) ** 99999999 }} {{ 0 ** 99999999 }}'), `${2n ** 100n} 1 -1 0`);
});

test('a range is bounded as in a sandbox of Jinja, and loops in loops by their turns', async () => {
  await refused('{{ range(10**9) }}', /Range too big/);
  await refused('{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}', /more than 5000000 steps/);
  await refused("{% for a in range(99999) %}{{ range(99999)|map('abs')|list|length }}{% endfor %}", /more than 5000000 steps/);
});

test('output, recursion and nesting are bounded', async () => {
  await refused("{% set x = 'x' * 9999999 %}{% for i in range(99) %}{{ x }}{% endfor %}", /characters/);
  await refused('{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}', /recursion depth/);
  await refused(`{{ ${'('.repeat(50_000)}1${')'.repeat(50_000)} }}`, /nested too deeply/);
  await refused(`{{ ${'not '.repeat(50_000)}1 }}`, /nested too deeply|call stack/);
});

test('a pattern that hangs a backtracking engine is answered at once by every filter and test that takes one', async () => {
  const text = `${'a'.repeat(5_000)}!`;
  assert.equal(await render(`{{ '${text}' is match('(a+)+$') }}`), 'False');
  assert.equal(await render(`{{ '${text}'|regex_match('(a+)+$') }}`), 'None');
  assert.equal(await render(`{{ '${text}'|regex_search('(a|aa)+$') }}`), 'None');
  assert.equal(await render(`{{ '${text}'|regex_replace('(a*)*$', '')|length }}`), '5001');
});

test('match is anchored at the start and takes its flags by place or by name', async () => {
  assert.equal(await render("{{ 'abc' is match('b') }} {{ 'abc' is match('ab') }}"), 'False True');
  assert.equal(
    await render("{{ 'ABC' is match('ab') }} {{ 'ABC' is match('ab', True) }} {{ 'ABC' is match('ab', ignorecase=True) }}"),
    'False True True',
  );
  assert.equal(await render("{{ ['a1', 'b1']|select('match', 'A', ignorecase=True)|list }}"), "['a1']");
});

test('a pattern that cannot be used is named', async () => {
  await refused("{{ 'a' is match('(') }}", /the regular expression \( cannot be used/);
  await refused("{{ 'a'|regex_search('(?=a)') }}", /the regular expression \(\?=a\) cannot be used/);
});
