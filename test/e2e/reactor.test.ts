import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { connect } from '../../master/client/connect.ts';
import { House } from '../support/house.ts';
import { until } from '../support/process.ts';

/** Events fired at once. */
const FLOOD = 2000;
const LIST = [
  { 'probe/local': ['salt://react/local.sls'] },
  { 'probe/many/*': ['salt://react/many.sls'] },
  { 'probe/flood': ['salt://react/flood.sls'] },
  { 'probe/runner': ['salt://react/runner.sls'] },
  { 'probe/wheel': ['salt://react/wheel.sls'] },
  { 'probe/caller': ['salt://react/caller.sls'] },
  { 'probe/nocall': ['salt://react/broken_call.sls'] },
  { 'probe/broken': ['salt://react/broken.sls', 'salt://react/nowhere.sls', 'salt://react/local.sls'] },
  { 'probe/wrong': ['salt://react/wrong.sls'] },
  { 'salt/beacon/watcher/inotify/*': ['salt://react/beacon.sls'] },
];

suite('the reactor of a master', () => {
  let house: House;
  const path = (name: string): string => join(house.home, name);
  const lines = (name: string): string[] => (existsSync(path(name)) ? readFileSync(path(name), 'utf8').split('\n').slice(0, -1) : []);
  const send = async (tag: string, data = '{}'): Promise<boolean> =>
    (await house.tool('run', ['event.send', tag, data])).stdout.includes('True');
  const logged = async (pattern: RegExp): Promise<RegExpExecArray> =>
    await until(`the log tells ${pattern}`, async () => pattern.exec(house.log('master')) ?? undefined);

  before(async () => {
    house = await House.open('tsalt', { reactor: LIST, minion_event_tags: ['*'] });
    const append = (name: string, text: string): string => `echo ${text} >> ${path(name)}`;
    house.serve(
      'react/local.sls',
      `{% if data.word is defined %}
told:
  local.cmd.run:
    - tgt: {{ data.get('on', 'watcher') }}
    - args:
      - cmd: ${append('local', '{{ tag }} {{ data.word }}')}
{% endif %}
`,
    );
    house.serve('react/many.sls', `one:\n  local.cmd.run:\n    - tgt: watcher\n    - arg:\n      - ${append('many', '{{ data.n }}')}\n`);
    house.serve('react/runner.sls', `next:\n  runner.event.send:\n    - tag: probe/local\n    - data: {word: "by {{ data.word }}"}\n`);
    house.serve('react/flood.sls', 'next:\n  runner.event.send:\n    - tag: probe/handled\n    - data: {n: {{ data.n }}}\n');
    house.serve(
      'react/wheel.sls',
      'gone:\n  wheel.key.reject:\n    - args:\n      - match: {{ data.id }}\n      - include_accepted: True\n',
    );
    house.serve(
      'react/caller.sls',
      `here:\n  caller.cmd.shell:\n    - args:\n      - cmd: ${append('caller', '{{ data.word }} $PPID')}\nold:\n  caller.file.touch:\n    - args: [${path('touched')}]\n`,
    );
    house.serve('react/broken_call.sls', 'here:\n  caller.test.nosuch: []\n');
    house.serve('react/broken.sls', 'x:\n  - {% if %}\n');
    house.serve('react/wrong.sls', 'first:\n  local.cmd.run: nothing\nsecond:\n  local: []\n');
    house.serve(
      'react/beacon.sls',
      `seen:\n  local.cmd.run:\n    - tgt: {{ data.id }}\n    - arg:\n      - ${append('beacon', '{{ data.change }} {{ data.path }}')}\n`,
    );
    await house.startMaster();
    writeFileSync(path('watched'), 'one\n');
    const inotify = [{ files: { [path('watched')]: { mask: ['modify'] } } }, { disable_during_state_run: true }];
    house.addMinion('tsalt', 'watcher', { beacons: { inotify } });
    house.addMinion('tsalt', 'gone', {});
    await house.answering('watcher', 'gone');
  });
  after(() => house[Symbol.asyncDispose]());

  test('renders its files with the tag and the data, and runs what they say on minions', async () => {
    assert.ok(await send('probe/local', '{"word": "hello"}'));
    await until('the job ran', async () => lines('local').includes('probe/local hello'));
    assert.ok(await send('probe/local'), 'a file may render to nothing');
  });

  test('runs runners, whose events may be reacted to in turn', async () => {
    await send('probe/runner', '{"word": "runner"}');
    await until('the runner fired the next event', async () => lines('local').includes('probe/local by runner'));
  });

  test('runs wheels', async () => {
    await send('probe/wheel', '{"id": "gone"}');
    await until('the key is rejected', async () => /Rejected Keys:\ngone/.test((await house.tool('key', ['-L'])).stdout));
  });

  test('reacts to what a beacon of a minion tells, with a job on it', async () => {
    await until('the change of a file led to a job', async () => {
      writeFileSync(path('watched'), 'two\n', { flag: 'a' });
      return lines('beacon').some((line) => line.endsWith(path('watched')));
    });
  });

  test('tells what is wrong with a file, naming it and the tag, and does what the others say', async () => {
    await send('probe/broken', '{"word": "all the same"}');
    await logged(/Failed to render ".*react\/broken\.sls" for tag probe\/broken: /);
    await logged(/Can not render SLS salt:\/\/react\/nowhere\.sls for tag probe\/broken\. File missing or not found\./);
    await until('the third file was followed', async () => lines('local').includes('probe/broken all the same'));
    await send('probe/wrong');
    await logged(
      /Unable to render reactions for event probe\/wrong due to errors \(State 'first' in SLS .* is not formed as a list; No function declared in state 'second'/,
    );
  });

  test('calls functions of a minion on its own machine, and tells when one fails', async () => {
    await send('probe/caller', '{"word": "mine"}');
    await until('it was called by the master itself', async () => lines('caller').includes(`mine ${house.master.pid}`));
    await until('the older form takes a list of arguments', async () => existsSync(path('touched')));
    await send('probe/nocall');
    await logged(/Reactor 'here' failed to execute caller 'test\.nosuch' for tag probe\/nocall .*not available/);
  });

  test('is listed, added to and taken from by the runner', async () => {
    assert.deepEqual(await house.runner('reactor.list'), LIST);
    const added = await house.runner('reactor.add', 'probe/new', 'reactors=salt://react/local.sls');
    assert.deepEqual(added, { status: true, comment: 'Reactor added.' });
    assert.deepEqual(await house.runner('reactor.add', 'probe/new', 'reactors=x'), { status: false, comment: 'Reactor already exists.' });
    await send('probe/new', '{"word": "added"}');
    await until('the new reactor ran', async () => lines('local').includes('probe/new added'));
    assert.deepEqual(await house.runner('reactor.delete', 'probe/new'), { status: true, comment: 'Reactor deleted.' });
    assert.deepEqual(await house.runner('reactor.delete', 'probe/new'), { status: false, comment: 'Reactor does not exists.' });
    assert.equal(await house.runner('reactor.set_leader', 'False'), false);
    await send('probe/local', '{"word": "not now"}');
    assert.equal(await house.runner('reactor.is_leader'), false);
    assert.equal(await house.runner('reactor.set_leader', 'True'), true);
    await send('probe/local', '{"word": "again"}');
    await until('the leader reacts again', async () => lines('local').includes('probe/local again'));
    assert.ok(!lines('local').includes('probe/local not now'));
  });

  test('handles each event once when the master is killed while events come', async () => {
    const acknowledged: string[] = [];
    let [n, sending] = [0, true];
    const sender = async (): Promise<void> => {
      while (sending) {
        n += 1;
        const word = `n${n}`;
        if (await send('probe/many/x', `{"n": "${word}"}`)) acknowledged.push(word);
      }
    };
    const senders = Promise.all([sender(), sender()]);
    for (let turn = 0; turn < 3; turn += 1) {
      const before = acknowledged.length;
      await until('events are handled', async () => acknowledged.length >= before + 4);
      await house.master.kill('SIGKILL');
      await house.startMaster();
    }
    sending = false;
    await senders;
    await until('every event that was taken is handled', async () => acknowledged.every((word) => lines('many').includes(word)), 60);
    await send('probe/many/x', '{"n": "last"}');
    await until('the last one is handled', async () => lines('many').includes('last'));
    assert.equal(new Set(lines('many')).size, lines('many').length, 'none was handled twice');
  });

  test('a flood of events does not keep the master from answering, and each one is handled once', async () => {
    await using client = await connect(house.client);
    const handled: unknown[] = [];
    const hearing = (async () => {
      for await (const { data } of client.events('probe/handled')) {
        handled.push((data as { readonly n: unknown }).n);
        if (handled.length === FLOOD) return;
      }
    })();
    const fire = async (n: number): Promise<void> => {
      for await (const _ of client.runner({ fun: 'event.send', args: ['probe/flood', { n }], kwargs: {} }));
    };
    const firing = Promise.all(Array.from({ length: FLOOD }, (_, n) => fire(n)));
    assert.deepEqual(await house.results('watcher', 'test.ping'), { watcher: true });
    await firing;
    await hearing;
    assert.equal(new Set(handled).size, FLOOD);
  });
});
