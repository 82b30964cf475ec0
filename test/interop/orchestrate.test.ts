import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { House, type Make } from '../support/house.ts';
import { realSalt } from '../support/salt.ts';

const skip = realSalt() === undefined ? 'the real Salt could not be installed' : false;

const FILES: Readonly<Record<string, string>> = {
  'web.sls': "{{ pillar.get('place', '/tmp') }}/made-{{ grains.id }}:\n  file.managed:\n    - contents: hi\n",
  'broken.sls': 'x:\n  nosuch.state: []\n',
  'fails.sls': 'bad:\n  test.fail_without_changes: []\n',
  'orch/all.sls': `
prepare:
  salt.function:
    - name: test.echo
    - tgt: 'd*'
    - arg: [hello]
deploy:
  salt.state:
    - tgt: 'w*'
    - sls: web
    - pillar: {place: {{ pillar.place }}}
    - require: [{salt: prepare}]
look:
  salt.runner:
    - name: test.arg
    - arg: [1, two]
    - kwarg: {a: b}
keys:
  salt.wheel:
    - name: key.list
    - match: accepted
`,
  'orch/parallel.sls': `
both:
  salt.parallel_runners:
    - runners:
        one: [{name: test.arg}, {kwarg: {x: 1}}]
        two: [{name: test.arg}]
heard:
  salt.wait_for_event:
    - name: my/tag
    - id_list: [a]
    - timeout: 30
`,
  'orch/fails.sls': `
compile:
  salt.state:
    - tgt: w1
    - sls: broken
result:
  salt.state:
    - tgt: w1
    - sls: fails
may fail:
  salt.state:
    - tgt: w1
    - sls: fails
    - allow_fail: 1
these may:
  salt.state:
    - tgt: w1
    - sls: fails
    - fail_minions: [w1]
nobody:
  salt.state:
    - tgt: nobody
    - sls: web
nobody again:
  salt.function:
    - name: test.ping
    - tgt: nobody
none named:
  salt.state:
    - tgt: w1
function fails:
  salt.function:
    - name: test.exception
    - tgt: w1
is false:
  salt.function:
    - name: test.false
    - tgt: w1
no list:
  salt.function:
    - name: test.echo
    - tgt: w1
    - arg: text
after:
  test.nop:
    - require: [{salt: nobody}]
`,
};

/** Each call with what it should end as under both. */
const CALLS: readonly (readonly string[])[] = [
  ['state.orchestrate', 'orch.all', 'test=True'],
  ['state.orchestrate', 'orch.all'],
  ['state.orch', 'orch.all'],
  ['state.orchestrate', 'orch.fails'],
  ['state.orchestrate', 'orch.nosuch'],
  ['state.orchestrate_single', 'salt.function', 'name=test.ping', 'tgt=w1'],
  ['state.orchestrate_show_sls', 'orch.all'],
];

/** Without what is of the moment: times, jobs, who the master is. */
function lasting(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lasting);
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? value.replace(/line \d+.*/s, '') : value;
  const kept = Object.entries(value).filter(([key]) => !['start_time', 'duration', '__jid__', 'jid', '__run_num__'].includes(key));
  return Object.fromEntries(kept.map(([key, item]) => [key.replace(/^.*_master$/, 'master'), lasting(item)]));
}

async function orchestrated(make: Make): Promise<{ readonly printed: unknown; readonly code: number | null }[]> {
  await using house = await House.open(make, {});
  for (const [path, text] of Object.entries(FILES)) house.serve(path, text);
  await house.startMaster();
  for (const id of ['w1', 'd1']) house.addMinion('salt', id);
  await house.answering('w1', 'd1');
  const found: { readonly printed: unknown; readonly code: number | null }[] = [];
  for (const call of CALLS) {
    const { stdout, stderr, code } = await house.tool('run', [...call, `pillar={place: ${house.home}, times: [1, 2]}`, '--out=json'], {
      seconds: 120,
    });
    // The real one tells of its progress, and of targets without minions, before the result.
    const text = stdout.replaceAll(house.home, '<home>').slice(stdout.replaceAll(house.home, '<home>').lastIndexOf('\n{') + 1);
    assert.match(text, /^[{[]/, `${call.join(' ')}: ${stdout}${stderr}`);
    found.push({ printed: lasting(JSON.parse(text)), code });
  }
  return found;
}

suite('orchestration', { skip }, () => {
  test('ends as under the real master: its results, changes and exit codes', async () => {
    const [ours, real] = [await orchestrated('tsalt'), await orchestrated('salt')];
    for (const [index, call] of CALLS.entries()) assert.deepEqual(ours[index], real[index], call.join(' '));
  });

  test('runs several runners at once, and waits for events that name what it waits for', async () => {
    await using house = await House.open('tsalt', {});
    house.serve('orch/parallel.sls', FILES['orch/parallel.sls'] ?? '');
    await house.startMaster();
    const running = house.runner<{ data: Record<string, Record<string, { result: boolean; changes: object }>> }>(
      'state.orchestrate',
      'orch.parallel',
    );
    let sending = true;
    const sender = (async () => {
      while (sending) await house.tool('run', ['event.send', 'my/tag', '{"id": "a"}']);
    })();
    const [results = {}] = Object.values((await running).data);
    sending = false;
    await sender;
    const [both, heard] = Object.values(results);
    assert.deepEqual(both?.changes, { ret: { one: { args: [], kwargs: { x: 1 } }, two: { args: [], kwargs: {} } } });
    assert.deepEqual([heard?.result, heard?.changes], [true, { minions_seen: ['a'] }]);
  });
});
