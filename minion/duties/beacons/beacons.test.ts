import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { LoadedModule } from '../../../kernel/loader/callable.ts';
import { createHost } from '../../../kernel/loader/host.ts';
import { createLoader } from '../../../kernel/loader/registry.ts';
import { call, execModule, type Host, type Returnable } from '../../../modules/define.ts';
import { debianPackages } from '../../../test/support/debian.ts';
import type { BeaconEvent } from './beacons.ts';
import { openBeacons } from './open.ts';

interface BeaconHouse {
  readonly options: Record<string, unknown>;
  readonly pillar: Record<string, unknown>;
  readonly logged: string[];
  /** Services that run, by name. */
  readonly running: Map<string, boolean>;
  readonly custom: LoadedModule[];
  state: boolean;
  round(): Promise<BeaconEvent[]>;
  readonly port: ReturnType<typeof openBeacons>;
}

function beaconHouse(beacons: unknown, host: Partial<Host> = {}): BeaconHouse {
  const logged: string[] = [];
  const note = (text: string): void => void logged.push(text);
  const log = { debug: () => undefined, info: note, warn: note, error: note };
  const running = new Map<string, boolean>();
  const service = execModule({
    name: 'service',
    doc: 'Services of the test.',
    calls: {
      status: call({
        doc: 'Whether it runs.',
        examples: [],
        args: { name: { type: 'string', required: true, doc: 'which' } },
        changes: false,
        run: (_ctx, { name }) => running.get(name) ?? false,
      }),
    },
  });
  const options: Record<string, unknown> = { beacons };
  const pillar: Record<string, unknown> = {};
  const grains = () => ({ os: 'Debian', os_family: 'Debian' });
  const loader = createLoader({
    id: 'm1',
    sources: [],
    modules: [service],
    host: createHost(grains),
    config: () => options,
    grains,
    pillar: () => ({}),
    log,
  });
  const house: BeaconHouse = {
    options,
    pillar,
    logged,
    running,
    custom: [],
    state: false,
    port: openBeacons({
      id: 'm1',
      options: () => options,
      pillar: () => pillar,
      host: { ...createHost(grains), ...host },
      grains,
      loader: () => loader,
      custom: async () => house.custom,
      statesRun: () => house.state,
      log,
    }),
    round: async () => {
      const told: BeaconEvent[] = [];
      await house.port.beacons.round(async (events) => void told.push(...events));
      return told;
    },
  };
  return house;
}

/** Rounds until there are events. */
async function untilTold(house: BeaconHouse): Promise<BeaconEvent[]> {
  for (;;) {
    const told = await house.round();
    if (told.length > 0) return told;
    await wait(20);
  }
}
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('beacons of the minion', () => {
  let dir = '';
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'tsalt-beacons-'));
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  it('tell a service in the form of Salt, with the id of the minion, the tag at the end and the kind beside', async () => {
    const house = beaconHouse({ web: [{ services: { nginx: {} } }, { beacon_module: 'service' }] });
    house.running.set('nginx', true);
    assert.deepEqual(plain(await house.round()), [
      {
        tag: 'salt/beacon/m1/web/nginx',
        data: { nginx: { running: true }, service_name: 'nginx', id: 'm1' },
        beacon_name: 'service',
      },
    ]);
  });

  it('tell a change only once with onchangeonly, and nothing at the start without emitatstartup', async () => {
    const house = beaconHouse({ service: [{ services: { a: { onchangeonly: true }, b: { onchangeonly: true, emitatstartup: false } } }] });
    house.running.set('b', true);
    const names = async (): Promise<unknown[]> => (await house.round()).map(({ data }) => data['service_name']);
    assert.deepEqual(await names(), ['a']);
    assert.deepEqual(await names(), []);
    house.running.set('b', false);
    assert.deepEqual(await names(), ['b']);
    assert.deepEqual(await names(), []);
  });

  it('look after their interval, in the list form and in the form of one map', async () => {
    for (const memusage of [[{ percent: 0 }, { interval: 2 }], { percent: '0%', interval: 2 }]) {
      const house = beaconHouse({ memusage });
      const told: number[] = [];
      for (let round = 0; round < 5; round += 1) told.push((await house.round()).length);
      assert.deepEqual(told, [0, 0, 1, 0, 1]);
    }
  });

  it('rest when they are disabled, all or one, and while states are applied if so wished', async () => {
    const memusage = [{ percent: 0 }];
    assert.equal((await beaconHouse({ memusage, enabled: false }).round()).length, 0);
    assert.equal((await beaconHouse({ memusage: [...memusage, { enabled: false }] }).round()).length, 0);
    const house = beaconHouse({ memusage: [...memusage, { disable_during_state_run: true }], swapusage: [{ percent: 0 }] });
    house.state = true;
    assert.deepEqual(
      (await house.round()).map(({ beacon_name }) => beacon_name),
      ['swapusage'],
    );
    house.state = false;
    assert.equal((await house.round()).length, 2);
  });

  it('run once and are disabled then', async () => {
    const house = beaconHouse({ memusage: [{ percent: 0 }, { run_once: true }] });
    assert.equal((await house.round()).length, 1);
    assert.equal((await house.round()).length, 0);
    assert.deepEqual({ ...house.port.settings.own }, { memusage: [{ percent: 0 }, { run_once: true }, { enabled: false }] });
  });

  it('come from the pillar, too, and the options of the minion win over it', async () => {
    const house = beaconHouse({ memusage: [{ percent: 0 }] });
    house.pillar['beacons'] = { memusage: [{ percent: 101 }], swapusage: [{ percent: 0 }] };
    assert.deepEqual((await house.round()).map(({ beacon_name }) => beacon_name).sort(), ['memusage', 'swapusage']);
  });

  it('complain once about a wrong configuration in the words of Salt, and about an unknown kind', async () => {
    const house = beaconHouse({ load: [{ emitatstartup: 1 }], nosuch: [] });
    await house.round();
    await house.round();
    assert.deepEqual(house.logged.sort().reverse(), [
      'Unable to process beacon nosuch: there is no beacon nosuch',
      'Beacon load configuration invalid, not running.\nConfiguration for load beacon option emitatstartup must be a boolean.',
    ]);
  });

  it('that fail tell an event with the reason, and look again', async () => {
    const file = join(dir, 'late.log');
    const house = beaconHouse({ log: [{ file }, { tags: { bad: { regex: 'fail.*' }, broken: { regex: '(' } } }] });
    const [failed] = await house.round();
    assert.match(String(failed?.error), /ENOENT/);
    assert.equal(failed?.tag, 'salt/beacon/m1/log/');
    writeFileSync(file, 'fail: before\n');
    assert.deepEqual(await house.round(), []);
    appendFileSync(file, 'fail: one\nfine\nfail: hal');
    assert.deepEqual(plain(await house.round()), [
      { tag: 'salt/beacon/m1/log/broken', data: { match: 'no', raw: '', error: 'bad regex', id: 'm1' }, beacon_name: 'log' },
      { tag: 'salt/beacon/m1/log/bad', data: { match: 'yes', raw: 'fail: one', error: '', id: 'm1' }, beacon_name: 'log' },
    ]);
    appendFileSync(file, 'f\n');
    assert.deepEqual(
      (await house.round()).map(({ data }) => data['raw']),
      ['', 'fail: half'],
    );
    renameSync(file, `${file}.1`);
    writeFileSync(file, 'fail: rotated\n');
    assert.deepEqual(
      (await house.round()).map(({ data }) => data['raw']),
      ['', 'fail: rotated'],
    );
  });

  it('see processes also by names that the kernel cuts', async () => {
    const program = join(dir, 'a-process-with-a-long-name');
    symlinkSync('/bin/sleep', program);
    const child = spawn(program, ['60']);
    try {
      const wanted = { 'a-process-with-a-long-name': 'running', 'no-such-process': 'stopped', 'nor-this': 'restart' };
      const house = beaconHouse({ ps: [{ processes: wanted }] });
      assert.deepEqual(
        (await house.round()).map(({ data }) => data),
        [
          { 'a-process-with-a-long-name': 'Running', id: 'm1' },
          { 'no-such-process': 'Stopped', id: 'm1' },
          { 'nor-this': false, id: 'm1' },
        ],
      );
    } finally {
      child.kill();
    }
  });

  for (const [by, host] of [
    ['inotifywait', {}],
    ['Node', { which: () => undefined }],
  ] as const)
    it(`see what happens to files through ${by}, with masks, exclusion, and directories made later`, async (t) => {
      const missing = by === 'inotifywait' && debianPackages('inotify-tools');
      if (missing) return t.skip(missing);
      const root = join(dir, by);
      mkdirSync(root);
      const files = {
        [root]: {
          mask: ['create', 'delete', 'attrib'],
          recurse: true,
          auto_add: true,
          exclude: [`${root}/not`, { '\\.swp$': { regex: true } }],
        },
      };
      const house = beaconHouse({ inotify: [{ files }] }, host);
      await house.round();
      writeFileSync(join(root, 'not-this'), '');
      writeFileSync(join(root, 'x.swp'), '');
      writeFileSync(join(root, 'made'), '');
      assert.deepEqual(plain(await untilTold(house)), [
        {
          tag: `salt/beacon/m1/inotify/${root}`,
          data: { path: join(root, 'made'), change: 'IN_CREATE', id: 'm1' },
          beacon_name: 'inotify',
        },
      ]);
      chmodSync(join(root, 'made'), 0o600);
      assert.deepEqual(
        (await untilTold(house)).map(({ data }) => data['change']),
        ['IN_ATTRIB'],
      );
      mkdirSync(join(root, 'below'));
      assert.deepEqual(
        (await untilTold(house)).map(({ data }) => data['change']),
        ['IN_CREATE|IN_ISDIR'],
      );
      rmSync(join(root, 'made'));
      assert.deepEqual(
        (await untilTold(house)).map(({ data }) => [data['path'], data['change']]),
        [[join(root, 'made'), 'IN_DELETE']],
      );
      await house.port.beacons.close();
    });

  it('of synchronised files are asked with the whole configuration, validated and closed', async () => {
    const calls: [string, Returnable][] = [];
    const function_ = (name: string, value: Returnable) => ({
      doc: '',
      argspec: { args: ['config'], defaults: null, varargs: null, kwargs: null },
      call: async ({ positional }: { readonly positional: readonly unknown[] }): Promise<Returnable> => {
        calls.push([name, positional[0] as Returnable]);
        return value;
      },
    });
    const house = beaconHouse({ mine: [{ threshold: 3 }, { interval: 0 }] });
    house.custom.push({
      name: 'mine',
      functions: new Map([
        ['validate', function_('validate', [true, 'fine'])],
        ['beacon', function_('beacon', [{ tag: 'here/and/there', value: 4 }])],
        ['close', function_('close', null)],
      ]),
    });
    assert.deepEqual(await house.round(), [
      { tag: 'salt/beacon/m1/mine/here/and/there', data: { value: 4, id: 'm1' }, beacon_name: 'mine' },
    ]);
    await house.port.beacons.close();
    assert.deepEqual(calls, [
      ['validate', [{ threshold: 3 }, { interval: 0 }]],
      ['beacon', [{ threshold: 3 }, { _beacon_name: 'mine' }]],
      ['close', [{ threshold: 3 }, { _beacon_name: 'mine' }]],
    ]);
    assert.ok((await house.port.kinds.names()).includes('mine'));
  });

  it('measure what the tools of the system measure', async () => {
    const house = beaconHouse({ diskusage: [{ '/': '0%' }], load: [{ averages: { '1m': [-2, -1], '5m': [0, 1e9], '15m': [0, 1e9] } }] });
    const told = await house.round();
    const disk = told.find(({ beacon_name }) => beacon_name === 'diskusage')?.data;
    const df = Number(/(\d+)%/.exec(execFileSync('df', ['-P', '/'], { encoding: 'utf8' }))?.[1]);
    assert.equal(disk?.['mount'], '/');
    assert.ok(Math.abs(Number(plain(disk?.['diskusage'])) - df) <= 1.5, `${String(disk?.['diskusage'])} and df says ${df}`);
    assert.deepEqual(Object.keys(told.find(({ beacon_name }) => beacon_name === 'load')?.data ?? {}), ['1m', '5m', '15m', 'id']);
  });
});
