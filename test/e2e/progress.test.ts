import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { House, program } from '../support/house.ts';
import { Daemon, until } from '../support/process.ts';
import { realSalt } from '../support/salt.ts';

const STEPS = `first:
  test.succeed_with_changes: []
second:
  test.fail_without_changes: []
third:
  test.nop:
    - fire_event: mine/is/done
`;

/** What the masters' bus carries, as `state.event` prints it. */
interface Heard {
  readonly tag: string;
  readonly data: Readonly<Record<string, unknown>>;
}

function heardIn(file: string): Heard[] {
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.flatMap((line) => {
    const [tag = '', data] = line.split('\t');
    return data === undefined ? [] : [{ tag: tag.replace(/\d{20}/, '<jid>'), data: JSON.parse(data) as Heard['data'] }];
  });
}

/** The events of one run of states, of a minion of ours or of the real one, on the bus of a master of either make. */
async function eventsOf(house: House, minion: string): Promise<Heard[]> {
  const out = join(house.home, `events-${minion}`);
  const watching = new Daemon([...program(house.make, 'run'), '-c', house.etc, 'state.event'], out);
  watching.start();
  const has = (tag: string): boolean => heardIn(out).some((event) => event.tag === tag);
  try {
    await until('the bus is watched', async () => {
      await house.tool('run', ['event.send', 'probe/begin']);
      return has('probe/begin');
    });
    await house.results(minion, 'state.apply', 'steps', 'state_events=True');
    await house.tool('run', ['event.send', 'probe/end']);
    const ofStates = (): Heard[] => heardIn(out).filter(({ tag }) => tag.includes('/prog/') || tag.includes('state_result'));
    // A real minion may still be sending them when its return is here.
    await until('the last event came', async () => has('probe/end') && ofStates().length >= 3);
    return ofStates();
  } finally {
    await watching.stop();
  }
}

/** By tag: the events of one state of a real minion leave it through two doors and overtake each other. */
const ids = (heard: readonly Heard[]): unknown[] =>
  heard
    .map(({ tag, data }) => [tag, (data['data'] as { ret: Record<string, unknown>; len?: number }).ret['__id__'], Object(data['data']).len])
    .sort(([a], [b]) => String(a).localeCompare(String(b)));

suite('the progress of states', () => {
  let house: House;
  before(async () => {
    house = await House.open('tsalt');
    house.serve('steps.sls', STEPS);
    await house.startMaster();
    house.addMinion('tsalt', 'web1');
    house.addMinion('tsalt', 'web2');
    await house.answering('web1', 'web2');
  });
  after(() => house[Symbol.asyncDispose]());

  test('is shown on stderr for each minion, and the results on stdout are as without it', async () => {
    const { stdout, stderr, code } = await house.cli('-p', '--out=json', '--static', '*', 'state.apply', 'steps');
    assert.equal(code, 0);
    const results = JSON.parse(stdout) as Record<string, Record<string, unknown>>;
    assert.deepEqual(Object.keys(results).sort(), ['web1', 'web2']);
    for (const minion of ['web1', 'web2']) {
      const own = stderr.split('\n').filter((line) => line.startsWith(minion));
      assert.deepEqual(own, [`${minion}: 1/3 first: Changed`, `${minion}: 2/3 second: Failed (1 failed)`]);
    }
    assert.match(stderr, /2 of 2 minions/);
  });

  test('of tsalt-call is shown likewise, and told to the master', async () => {
    const out = join(house.home, 'called');
    const watching = new Daemon([...program('tsalt', 'run'), '-c', house.etc, 'state.event', 'salt/*'], out);
    watching.start();
    try {
      await until('the bus is watched', async () => {
        await house.tool('run', ['event.send', 'salt/probe']);
        return heardIn(out).length > 0;
      });
      const { stdout, stderr, code } = await house.call('web1', '--progress', '--out=json', 'state.apply', 'steps', 'state_events=True');
      assert.equal(code, 1);
      assert.deepEqual(Object.keys(JSON.parse(stdout) as object), ['local']);
      assert.deepEqual(stderr.split('\n').slice(0, 3), [
        'web1: 1/3 first: Changed',
        'web1: 2/3 second: Failed (1 failed)',
        'web1: 3/3 third: Clean (1 failed)',
      ]);
      await until('the master hears of it', async () => heardIn(out).some(({ tag }) => tag === 'salt/job/<jid>/prog/web1/1'));
    } finally {
      await watching.stop();
    }
  });

  const real = realSalt() === undefined ? 'the real Salt could not be installed' : false;
  test('comes as the same events from minions of both makes to masters of both makes', { skip: real }, async () => {
    house.addMinion('salt', 'real');
    await house.answering('real');
    await using salt = await House.open('salt');
    salt.serve('steps.sls', STEPS);
    await salt.startMaster();
    salt.addMinion('salt', 'real');
    salt.addMinion('tsalt', 'ours');
    await salt.answering('real', 'ours');
    const plain = (heard: readonly Heard[]): unknown => JSON.parse(JSON.stringify(ids(heard)).replaceAll(/web1|ours/g, 'real'));
    const wanted = plain(await eventsOf(salt, 'real'));
    assert.equal((wanted as unknown[]).length, 3);
    assert.deepEqual(plain(await eventsOf(salt, 'ours')), wanted);
    assert.deepEqual(plain(await eventsOf(house, 'web1')), wanted);
    assert.deepEqual(plain(await eventsOf(house, 'real')), wanted);
    const { stderr } = await house.cli('-p', 'real', 'state.apply', 'steps');
    assert.ok(stderr.includes('real: 2/3 second: Failed (1 failed)\n'), stderr);
  });
});
