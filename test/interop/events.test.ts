import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { House, type Make, program } from '../support/house.ts';
import { Daemon, until } from '../support/process.ts';
import { realSalt } from '../support/salt.ts';

const skip = realSalt() === undefined ? 'the real Salt could not be installed' : false;

type Events = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

/** What the bus of a master carries while the same things are done, as `state.event` prints it: by tag, without job ids. */
async function eventsOf(make: Make): Promise<Events> {
  await using house = await House.open(make, { presence_events: false });
  await house.startMaster();
  const out = join(house.home, 'events');
  const watching = new Daemon([...program(make, 'run'), '-c', house.etc, 'state.event'], out);
  watching.start();
  const seen = (): Map<string, Record<string, unknown>> => {
    const found = new Map<string, Record<string, unknown>>();
    for (const line of readFileSync(out, 'utf8').split('\n').slice(0, -1)) {
      const [tag = '', data] = line.split('\t');
      if (data !== undefined) found.set(tag.replace(/\d{20}/, '<jid>'), JSON.parse(data) as Record<string, unknown>);
    }
    return found;
  };
  try {
    await until('the bus is watched', async () => {
      await house.tool('run', ['event.send', 'probe/begin']);
      return seen().has('probe/begin');
    });
    house.addMinion(make, 'web1');
    await house.answering('web1');
    await house.results('web1', 'test.echo', 'hello');
    await house.results('web1', 'event.send', 'probe/minion', '{"a": [1, 2.5, null]}', 'with_grains=False');
    await house.tool('run', ['event.send', 'probe/runner', '{"a": {"b": "c"}}']);
    await house.tool('run', ['test.arg', 'x', 'y=1']);
    await house.tool('key', ['-y', '-r', 'web1', '--include-accepted']);
    await house.tool('run', ['event.send', 'probe/end']);
    await until('the last event came', async () => seen().has('probe/end'));
    return seen();
  } finally {
    await watching.stop();
  }
}

/** Tags whose data must have the same keys. */
const TAGS = [
  'minion_start',
  'salt/minion/web1/start',
  'salt/auth',
  'salt/key',
  'salt/job/<jid>/new',
  'salt/job/<jid>/ret/web1',
  'salt/run/<jid>/new',
  'salt/run/<jid>/ret',
  'probe/minion',
  'probe/runner',
];

suite('the events of a master of ours, beside those of a salt-master', { skip }, () => {
  let ours: Events;
  let real: Events;
  before(async () => {
    [ours, real] = [await eventsOf('tsalt'), await eventsOf('salt')];
  });

  for (const tag of TAGS) {
    test(`${tag} has the same data`, () => {
      const keys = (events: Events): string[] | undefined => {
        const data = events.get(tag);
        return data === undefined ? undefined : Object.keys(data).sort();
      };
      assert.ok(keys(real), `a salt-master fires ${tag}: ${[...real.keys()].join(', ')}`);
      assert.deepEqual(keys(ours), keys(real));
    });
  }

  test('what was sent comes with its values', () => {
    // Salt's also tells of the job that sent it, in keys with `__pub_`.
    const sent = Object.entries(Object(real.get('probe/minion')?.['data']) as object).filter(([key]) => !key.startsWith('__pub_'));
    assert.deepEqual(ours.get('probe/minion')?.['data'], Object.fromEntries(sent));
    assert.deepEqual(ours.get('probe/runner')?.['a'], { b: 'c' });
  });
});
