import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { House } from '../support/house.ts';
import { realSalt } from '../support/salt.ts';

const skip = realSalt() === undefined ? 'the real Salt could not be installed' : false;
/** A small application as its users write one: a map, a macro, templates, files of the master, and states that need one another. */
const TREE: Readonly<Record<string, string>> = {
  'top.sls': 'base:\n  "*":\n    - app\n    - match: glob\n  "G@role:web":\n    - match: compound\n    - app.extra\n',
  'app/init.sls': 'include:\n  - app.config\n  - .service\n',
  'app/map.jinja': `{% set defaults = {'port': 80, 'workers': 2, 'tags': ['a', 'b'], 'limits': {'open': 1024}} %}
{% set app = salt['pillar.get']('app', defaults, merge=True) %}
{% set place = grains['place'] %}
`,
  'app/macros.jinja': `{% macro option(name, value) -%}
{{ name }} = {{ value | json }}
{%- endmacro %}
`,
  'app/config.sls': `{% from 'app/map.jinja' import app, place with context %}
app-directory:
  file.directory:
    - name: {{ place }}/app/conf.d
    - makedirs: true
    - mode: '0750'

app-config:
  file.managed:
    - name: {{ place }}/app/app.conf
    - source: salt://app/files/app.conf.jinja
    - template: jinja
    - mode: '0640'
    - context:
        app: {{ app | json }}
        colour: {{ pillar.get('colour') | yaml_dquote }}
    - require:
      - file: app-directory

app-data:
  file.recurse:
    - name: {{ place }}/app/data
    - source: salt://app/data
    - file_mode: '0600'

app-settings:
  file.serialize:
    - name: {{ place }}/app/settings.json
    - dataset: {{ app | json }}
    - serializer: json

{% for tag in app.tags %}
app-tag-{{ loop.index }}:
  file.append:
    - name: {{ place }}/app/tags
    - text: {{ '%03d' | format(loop.index) }} {{ tag | upper }}
{% endfor %}

app-line:
  file.line:
    - name: {{ place }}/app/app.conf
    - content: last = 1
    - mode: ensure
    - after: workers.*
    - require: [{file: app-config}]

app-block:
  file.blockreplace:
    - name: {{ place }}/app/tags
    - marker_start: '# begin'
    - marker_end: '# end'
    - content: "one\\ntwo"
    - append_if_not_found: true
    - require: [{file: app-tag-1}]
`,
  'app/service.sls': `{% from 'app/map.jinja' import place with context %}
app-restart:
  cmd.run:
    - name: echo restarted
    - cwd: {{ place }}
    - onchanges: [{file: app-config}]

app-check:
  cmd.run:
    - name: test -s app/app.conf && echo fine
    - cwd: {{ place }}
    - unless: test -e {{ place }}/app/never
    - require: [{sls: app.config}]

app-prepare:
  test.succeed_with_changes:
    - prereq: [{file: app-link}]

app-link:
  file.symlink:
    - name: {{ place }}/app/current
    - target: {{ place }}/app/data

app-watch:
  test.succeed_without_changes:
    - comment: watching
    - watch: [{file: app-settings}]

app-broken:
  cmd.run:
    - name: echo to the error >&2; exit 3

app-after-broken:
  test.nop:
    - require: [{cmd: app-broken}]

app-on-fail:
  test.nop:
    - onfail: [{cmd: app-broken}]

app-listens:
  test.succeed_with_changes:
    - listen: [{file: app-tag-1}]

app-retried:
  cmd.run:
    - name: 'false'
    - retry: {attempts: 2, interval: 1}

app-function:
  module.run:
    - test.echo: [{text: called}]
`,
  'app/extra.sls': `{% from 'app/macros.jinja' import option %}
{% from 'app/map.jinja' import place with context %}
include: [app.config]

extend:
  app-settings:
    file:
      - require: [{test: extra-first}]

extra-first:
  test.nop:
    - name: {{ option('first', [1, none, true]) }}
    - order: first

extra-names:
  file.managed:
    - names:
      - {{ place }}/app/one:
        - contents: one
      - {{ place }}/app/two:
        - contents_pillar: text
    - makedirs: true
`,
  'app/files/app.conf.jinja':
    'port = {{ app.port }}\nworkers = {{ app.workers }}\ncolour = {{ colour }}\nopen = {{ app.limits.open }}\nrole = {{ grains.role }}\n{% for tag in app.tags -%}\ntag = {{ tag }}\n{% endfor %}',
  'app/data/first.txt': 'first\n',
  'app/data/below/second.txt': 'second\n',
};

/** In this order: what one run changes, the next finds done. */
const RUNS: readonly (readonly string[])[] = [
  ['state.show_top'],
  ['state.show_lowstate'],
  ['state.show_sls', 'app.extra'],
  ['state.apply', 'test=True'],
  ['state.apply'],
  ['state.apply'],
  ['state.apply', 'app', 'pillar={"app": {"port": 8080, "tags": ["z"]}, "colour": "red"}', 'test=True'],
  ['state.apply', 'app', 'pillar={"app": {"port": 8080, "tags": ["z"]}, "colour": "red"}'],
  ['state.sls_id', 'app-config', 'app'],
  ['state.sls', 'app.extra', 'exclude=extra-first'],
  ['state.single', 'test.configurable_test_state', 'name=x', 'changes=True', 'result=False', 'comment=by hand'],
  ['state.apply', 'app.nothing'],
  ['state.apply', 'app', 'saltenv=dev'],
  ['state.template_str', '{% set x = 3 %}templated:\n  test.nop:\n    - name: number {{ x + 1 }}\n'],
];

const MOMENT = new Set(['start_time', 'duration', 'pid', '__jid__']);

/** A result as the minion of any name gives it at any time. */
const plain = (id: string, result: unknown): unknown =>
  JSON.parse(JSON.stringify(result ?? null).replaceAll(id, 'ID'), (key, value: unknown) => {
    if (MOMENT.has(key)) return undefined;
    return key === 'comment' && typeof value === 'string' ? inOrder(value) : value;
  });

/** The real Salt keeps ids and files in sets, whose order changes from run to run. */
const inOrder = (comment: string): string =>
  comment
    .replace(/(One or more requisite failed: )(.*)/, (_all, words: string, ids: string) => words + ids.split(', ').sort().join(', '))
    .split(/\n+(?=#### \/)/)
    .map((part) => part.trim())
    .sort()
    .join('\n');

const MAKES = { real1: { make: 'salt' }, salt1: { make: 'tsalt', suite: 'salt' }, native1: { make: 'tsalt', suite: 'native' } } as const;
type Id = keyof typeof MAKES;
const FLEETS: readonly (readonly [master: 'tsalt' | 'salt', others: readonly Id[]])[] = [
  ['tsalt', ['salt1', 'native1']],
  ['salt', ['salt1']],
];

for (const [master, others] of FLEETS)
  suite(`one tree of states on minions of both makes, under a ${master}-master`, { skip }, () => {
    let house: House;
    before(async () => {
      house = await House.open(master);
      house.servePillar('top.sls', 'base:\n  "*":\n    - all\n');
      house.servePillar('all.sls', 'colour: blue\ntext: "of the\\n  pillar"\napp:\n  workers: 4\n  limits:\n    files: 9\n');
      for (const [path, text] of Object.entries(TREE)) house.serve(path, text);
      await house.startMaster();
      for (const id of ['real1', ...others] as const) {
        const place = join(house.home, 'places', id);
        mkdirSync(place, { recursive: true });
        const { make, ...suite } = MAKES[id];
        house.addMinion(make, id, { grains: { role: 'web', place }, ...suite });
      }
      await house.answering('real1', ...others);
    });
    after(() => house[Symbol.asyncDispose]());

    for (const [number, run] of RUNS.entries())
      test(`${number + 1}: ${run.join(' ').slice(0, 100)}`, async () => {
        const results = await house.results('-t', '60', '*', ...run);
        assert.notEqual(results['real1'], undefined);
        for (const id of others) assert.deepEqual(plain(id, results[id]), plain('real1', results['real1']), id);
      });
  });
