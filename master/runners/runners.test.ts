import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createBus, type EventBus } from '../../kernel/events/bus.ts';
import { newKeyPair } from '../../protocol/suites/salt/keys.ts';
import type { Message } from '../../protocol/suites/suite.ts';
import { encode } from '../../protocol/wire/msgpack.ts';
import { Packed } from '../../protocol/wire/packed.ts';
import { collect, type WorkHouse, type WorkHouseOptions, workHouse } from '../../test/support/work-house.ts';
import { withRoles } from '../access/viewer.ts';
import { openAlerts } from '../alerts/open.ts';
import type { RunnerEvent } from '../client/contract.ts';
import { openFileServer } from '../files/open.ts';
import { FleetBoard, worseOf } from '../fleet/board.ts';
import { Gauges } from '../fleet/gauges.ts';
import type { KeyStore } from '../keys/store.ts';
import { openMetrics } from '../metrics/open.ts';
import { createMine } from '../mine/mine.ts';
import { loadMasterConfig } from '../options.ts';
import { Orchestrations } from '../orchestrations/orchestrations.ts';
import { createPillar } from '../pillar/compile.ts';
import { openPlans } from '../plans/open.ts';
import { openPlugins, type PluginRoom } from '../plugins/open.ts';
import { ReactorMap } from '../reactor/map.ts';
import { openRoutines } from '../routines/open.ts';
import { createRunnerLoader } from './index.ts';
import { createRunners } from './runner.ts';

type Result = Extract<RunnerEvent, { kind: 'result' }>;

interface RunnerHouse extends AsyncDisposable {
  readonly house: WorkHouse;
  readonly bus: EventBus;
  readonly deleted: string[];
  readonly plugins: PluginRoom;
  /** Metrics that plugins handed on. */
  readonly recorded: (readonly [string, unknown])[];
  start(fun: string, args?: readonly unknown[], kwargs?: Readonly<Record<string, unknown>>): AsyncIterable<RunnerEvent>;
  run(fun: string, args?: readonly unknown[], kwargs?: Readonly<Record<string, unknown>>): Promise<Result>;
  /** The value, as JSON has it. */
  value(fun: string, args?: readonly unknown[], kwargs?: Readonly<Record<string, unknown>>): Promise<unknown>;
}

const KEY = (await newKeyPair()).publicPem;

/** The runners of a master on the rooms of `workHouse`. */
async function runnerHouse(options: Partial<WorkHouseOptions> & { readonly builtin?: boolean } = {}): Promise<RunnerHouse> {
  const house = await workHouse({ ids: ['ghost', 'web1', 'web2'], ...options });
  mkdirSync(join(house.dir, 'srv/web'), { recursive: true });
  writeFileSync(join(house.dir, 'srv/top.sls'), 'base: {}');
  writeFileSync(join(house.dir, 'srv/web/init.sls'), '');
  const roots = {
    plugins_builtin: options.builtin ?? false,
    file_roots: { base: [join(house.dir, 'srv')] },
    pillar_roots: { base: [join(house.dir, 'pillar')] },
  };
  const { config } = loadMasterConfig({ configDir: house.dir, overrides: roots });
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const bus = createBus((error) => assert.fail(String(error)));
  const deleted: string[] = [];
  const keys = {
    delete: async (ids: readonly string[]) => deleted.push(...ids),
    accepted: (id: string) => (house.fleet.ids().includes(id) ? KEY : undefined),
    list: () => ({ minions: house.fleet.ids(), minions_pre: ['new1'], minions_rejected: [], minions_denied: [], local: [] }),
  } as unknown as KeyStore;
  const { work, fleet, groups, state, jobs } = house;
  const plans = openPlans({ bus, work, config: () => ({ ...config, cachedir: house.dir }), log });
  const own = () => ({ ...config, cachedir: house.dir });
  const alerts = openAlerts({ id: 'master', bus, config: own, log });
  const metrics = openMetrics({ fleet, alerts, bus, touched: () => undefined, config: own, log });
  const files = openFileServer(config, log);
  const recorded: [string, unknown][] = [];
  const plugins = openPlugins({
    files,
    state,
    fleet,
    groups,
    bus,
    run: work.run,
    record: (minion, _at, values) => void recorded.push([minion, values]),
    touched: () => undefined,
    config: own,
    log,
  });
  const healthOf = (minion: string) => worseOf(plugins.plugins.healthOf(minion), metrics.statusOf(minion));
  const board = new FleetBoard({ fleet, groups, state, bus: house.bus, drift: plans.drift.store, healthOf });
  const gauges = new Gauges(bus, fleet, house.dir);
  const parts = {
    id: 'master',
    board,
    gauges,
    bus,
    jobs,
    fleet,
    groups,
    mine: createMine(state, fleet),
    state,
    files,
    plugins,
    keys,
    work,
    plans,
    pillar: createPillar(() => config, { functions: () => ({ has: async () => false, call: async () => null }), log }),
    functions: { call: async () => null },
    orchestrations: new Orchestrations({ id: 'master', jobs, runner: () => runner, config: () => config, log }),
    alerts,
    metrics,
    routines: openRoutines({
      local: { run: work.run as never, runner: () => runner({ fun: '', args: [], kwargs: {} }, 'root') },
      bus,
      config: () => ({ ...config, cachedir: house.dir }),
      ended: () => undefined,
      log,
    }),
    users: { list: () => [], roles: () => [], save: async () => undefined, delete: () => undefined },
    audit: { search: () => [], verify: () => ({ rows: 0, first: 1, last: 0, head: '' }) },
    reactors: new ReactorMap(() => config.reactor, log),
    reactor: () => undefined,
    config: () => config,
    log,
  };
  const runner = createRunners(createRunnerLoader(parts), bus);
  const start: RunnerHouse['start'] = (fun, args = [], kwargs = {}) => runner({ fun, args, kwargs }, 'root');
  const run: RunnerHouse['run'] = async (fun, args, kwargs) => {
    for await (const event of start(fun, args, kwargs)) if (event.kind === 'result') return event;
    throw new Error(`${fun} gave no result`);
  };
  return {
    house,
    bus,
    deleted,
    plugins,
    recorded,
    start,
    run,
    value: async (...call) => plain((await run(...call)).value),
    [Symbol.asyncDispose]: async () => {
      await board[Symbol.asyncDispose]();
      await plugins[Symbol.asyncDispose]();
      await plans[Symbol.asyncDispose]();
      await parts.routines[Symbol.asyncDispose]();
      await gauges[Symbol.asyncDispose]();
      await metrics[Symbol.asyncDispose]();
      await alerts[Symbol.asyncDispose]();
      await house[Symbol.asyncDispose]();
    },
  };
}

describe('fleet', () => {
  it('rows tell what is known, and are searched, sorted and counted without a question to anyone', async () => {
    await using at = await runnerHouse();
    const { house } = at;
    alive(house, 'web1', 'web2');
    house.fleet.learn('web1', { grains: { os: 'Debian', osrelease: '13', saltversion: '3008.3' } });
    house.groups.save({ name: 'debian', kind: 'grain', expression: 'os:Debian', description: '', plugins: [], watchers: [] });
    house.minions.set('web2', () => ({ result: false }));
    const request = { target: { kind: 'glob', expression: 'web*' }, fun: 'state.apply', args: [] };
    await collect(house.work.run(request, 'root'));
    await house.work.returns.take('web2', { jid: 'req', fun: 'cmd.run', fun_args: [], return: '', retcode: 3, success: true });
    const sent = house.sent.length;
    assert.deepEqual(await at.value('fleet.summary'), {
      online: 2,
      offline: 0,
      unknown: 1,
      total: 3,
      failing: 1,
      warning: 0,
      drifting: 0,
      keys_waiting: 1,
    });
    const page = async (kwargs: Readonly<Record<string, unknown>>) => {
      const { total, rows } = (await at.value('fleet.page', [], kwargs)) as { total: number; rows: Record<string, unknown>[] };
      return [total, ...rows.map((row) => row['id'])];
    };
    assert.deepEqual(await page({}), [3, 'ghost', 'web1', 'web2']);
    assert.deepEqual(await page({ sort: 'id', descending: true, offset: 1, limit: 1 }), [3, 'web1']);
    assert.deepEqual(await page({ search: 'DEBIAN' }), [1, 'web1']);
    assert.deepEqual(await page({ group: 'debian' }), [1, 'web1']);
    assert.deepEqual(await page({ state: 'never' }), [1, 'ghost']);
    assert.deepEqual(await page({ status: 'error' }), [1, 'web2']);
    assert.deepEqual(await page({ sort: 'status' }), [3, 'web2', 'web1', 'ghost']);
    const row = (await at.value('fleet.minion', ['web2'])) as Record<string, Record<string, unknown>>;
    assert.equal(row['last_job']?.['fun'], 'cmd.run');
    assert.match(String(row['status_message']), /^cmd\.run failed \(\d{20}\)$/);
    assert.match(String(row['key_finger']), /^([0-9a-f]{2}:){31}/);
    assert.equal(await at.value('fleet.minion', ['nobody']), 'ERROR: There is no minion nobody with an accepted key.');
    assert.equal(house.sent.length, sent);
  });

  it('the pillar hides what is secret by its name or form, and shows it to who may change things, not on the bus', async () => {
    await using at = await runnerHouse();
    const events: unknown[] = [];
    at.bus.listen((event) => events.push(event));
    const pem = '-----BEGIN OPENSSH PRIVATE KEY-----\nabc';
    const pillar = {
      db: { password: 'hunter2', port: 5432, ssl_key: 'k1', ssh_pubkey: 'ssh-rsa A' },
      files: [pem],
      api_key: ['k2'],
      token: { a: 'k3' },
    };
    at.house.fleet.learn('web1', { pillar });
    const stars = '**********';
    assert.deepEqual(await at.value('fleet.pillar', ['web1']), {
      db: { password: stars, port: 5432, ssl_key: stars, ssh_pubkey: 'ssh-rsa A' },
      files: [stars],
      api_key: stars,
      token: stars,
    });
    assert.deepEqual(await at.value('fleet.reveal_pillar', ['web1']), pillar);
    assert.doesNotMatch(JSON.stringify(events), /hunter2|k1|k2|k3|abc/);
    assert.match(JSON.stringify(events), /not shown/);
  });
});

it('states.tree names the state files as they are applied', async () => {
  await using at = await runnerHouse();
  writeFileSync(join(at.house.dir, 'srv/web/tls.sls'), '');
  assert.deepEqual(await at.value('states.tree'), [
    { sls: 'web', path: 'web/init.sls' },
    { sls: 'web.tls', path: 'web/tls.sls' },
  ]);
});

describe('plugins', () => {
  const put = (house: WorkHouse, path: string, text: string): void => {
    const file = join(house.dir, 'srv/_plugins', path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, text);
  };
  const says = (status: string, message: string, data: unknown = {}, metrics: unknown = {}) => ({ status, message, data, metrics });

  it('those that ship are listed without a problem, and their code is served as modules', async () => {
    await using at = await runnerHouse({ builtin: true });
    const list = (await at.value('plugins.list')) as { name: string; problem: string | null; changes: boolean }[];
    assert.deepEqual(
      list.map(({ name, problem, changes }) => [name, problem, changes]),
      [
        ['disk', null, false],
        ['services', null, true],
        ['updates', null, false],
      ],
    );
    const files = (await at.value('fileserver.file_list')) as string[];
    assert.deepEqual(
      files.filter((path) => path.startsWith('_modules/')),
      ['_modules/plugin_disk.py', '_modules/plugin_services.py', '_modules/plugin_updates.js'],
    );
  });

  it('a run goes out with its parameters, and what it says is kept, told and shown as a page', async () => {
    await using at = await runnerHouse({ builtin: true });
    const { house } = at;
    alive(house, 'web1', 'web2');
    put(house, 'load/load.py', '');
    put(house, 'load/meta.yaml', 'changes: false\nconfiguration: {unit: s}');
    put(house, 'load/form.yaml', '- {name: limit, type: int, default: 4}\n- {name: pin, type: secret}');
    put(house, 'load/result.html', '<b onclick="x()">{{ message }}</b>{% for one in data %}<i>{{ one }}</i>{% endfor %}');
    house.minions.set('web1', ({ fun }) => (fun === 'saltutil.sync_modules' ? [] : says('warning', '5 > 4', ['<script>'], { load: 5 })));
    house.minions.set('web2', () => ({ status: 'ok', message: '' }));
    const events: { tag: string; data: Readonly<Record<string, unknown>> }[] = [];
    at.bus.listen((event) => events.push(event));
    const ran = await at.run('plugins.check', ['load', 'web*'], { secrets: { pin: 'geheim' } });
    const { jid, minions } = plain(ran.value) as { jid: string; minions: Record<string, { status: string; message: string }> };
    assert.equal(ran.retcode, 1);
    assert.equal(minions['web1']?.status, 'warning');
    assert.match(minions['web2']?.message ?? '', /return\.status: "ok" is none of OK, warning, error/);
    const sent = house.sent.find(({ publication }) => publication['fun'] === 'plugin_load.run');
    assert.deepEqual(plain(sent?.publication['arg']), [
      { parameters: { unit: 's', limit: 4 }, secrets: { pin: 'geheim' }, __kwarg__: true },
    ]);
    assert.doesNotMatch(JSON.stringify([events, house.events, await house.jobs.job(jid as never)]), /geheim/);
    assert.deepEqual(at.recorded, [['web1', { load: 5 }]]);
    assert.equal(events.find(({ tag }) => tag === 'tsalt/plugin/load/web1')?.data['status'], 'warning');
    const page = (await at.value('plugins.result', [jid, 'web1'])) as { html: string; metrics: unknown };
    assert.equal(page.html, '<b>5 &#62; 4</b><i>&#60;script&#62;</i>');
    const row = (await at.value('fleet.page', [], { search: 'web1' })) as { rows: { status: string; status_message: string }[] };
    assert.deepEqual([row.rows[0]?.status, row.rows[0]?.status_message], ['warning', 'load: 5 > 4']);
    assert.equal(((await at.value('plugins.history', ['load', 'web1'])) as unknown[]).length, 1);
    assert.equal(((await at.value('plugins.status')) as unknown[]).length, 2);
  });

  it('a minion that lacks the module gets it, and is asked once more', async () => {
    await using at = await runnerHouse({ builtin: true });
    alive(at.house, 'web1');
    const asked: unknown[] = [];
    at.house.minions.set('web1', ({ fun }) => {
      asked.push(fun);
      if (fun === 'saltutil.sync_modules') return [];
      return asked.length > 3 ? says('OK', 'fine') : "'plugin_disk.run' is not available.";
    });
    const check = async () =>
      (await at.value('plugins.check', ['disk', 'web1'])) as { jid: string; minions: Record<string, { status: string }> };
    const { jid, minions } = await check();
    const [sync, run] = ['saltutil.sync_modules', 'plugin_disk.run'];
    assert.deepEqual([minions['web1']?.status, asked], ['OK', [sync, run, sync, run]]);
    assert.equal(((await at.value('plugins.result', [jid, 'web1'])) as { message: string }).message, 'fine');
    await check();
    assert.deepEqual(asked.slice(4), [run], 'what a minion has is not brought again');
  });

  it('what may not be is refused in a sentence, before anything is sent', async () => {
    await using at = await runnerHouse({ builtin: true });
    const { house } = at;
    alive(house, 'web1', 'web2');
    put(house, 'broken/meta.yaml', 'mode: perhaps');
    put(house, 'few/few.js', '');
    put(house, 'few/meta.yaml', 'groups: [one]');
    put(house, 'ops/ops.js', '');
    put(house, 'ops/meta.yaml', 'roles: [operators]\ngroups: [one]');
    house.groups.save({ name: 'one', kind: 'list', expression: 'web1', description: '', plugins: [], watchers: [] });
    const refusal = async (fun: string, ...args: readonly unknown[]) => String(await at.value(fun, args));
    assert.match(await refusal('plugins.run', 'broken', '*'), /broken cannot run: meta.yaml: mode: enabled, disabled or debug/);
    assert.match(await refusal('plugins.check', 'services', '*'), /services changes machines/);
    assert.match(await refusal('plugins.run', 'services', '*'), /services: this is required/);
    assert.match(await refusal('plugins.run', 'few', 'web*'), /for the groups one only, and web2 is in none/);
    assert.match(await refusal('plugins.run', '../x', '*'), /There is no plugin/);
    const as = async (...roles: readonly string[]) => await withRoles(roles, async () => await refusal('plugins.run', 'ops', 'web2'));
    assert.match(await as('watcher'), /ops is for the roles operators only/);
    for (const role of ['operators', 'administrator']) assert.match(await as(role), /for the groups one only/);
    at.plugins.plugins.configure('disk', { enabled: false, configuration: {} });
    assert.match(await refusal('plugins.check', 'disk', '*'), /disk is disabled/);
    const checked = await at.value('plugins.validate', ['disk'], { parameters: { warning: 'high', error: 101, skip: 'tmpfs,x', more: 1 } });
    assert.deepEqual(checked, {
      valid: false,
      errors: {
        warning: 'a number is expected',
        error: 'at most 100 is expected',
        skip: 'one of tmpfs, devtmpfs, overlay, udev, none, shm is expected',
        more: 'there is no such field',
      },
    });
    assert.deepEqual(house.sent, []);
  });

  it('choices come from the form, or from a function on minions', async () => {
    await using at = await runnerHouse({ builtin: true });
    alive(at.house, 'web1', 'web2');
    at.house.minions.set('web1', () => ['sshd', 'cron']);
    at.house.minions.set('web2', () => ['nginx', 'cron']);
    assert.deepEqual(await at.value('plugins.choices', ['services', 'action', '*']), ['status', 'start', 'stop', 'restart']);
    assert.deepEqual(await at.value('plugins.choices', ['services', 'services', 'web*']), ['cron', 'nginx', 'sshd']);
    assert.match(String(await at.value('plugins.choices', ['services', 'services', 'ghost'])), /None of these minions is there/);
  });
});

describe('groups', () => {
  it('list counts members, show names them, and what is refused is a sentence', async () => {
    await using at = await runnerHouse({ nodegroups: { old: 'ghost' } });
    alive(at.house, 'web1');
    at.house.groups.save({ name: 'web', kind: 'glob', expression: 'web*', description: 'shops', plugins: [], watchers: ['eve'] });
    const web = { name: 'web', kind: 'glob', expression: 'web*', description: 'shops', plugins: [], watchers: ['eve'], source: 'saved' };
    const list = (await at.value('groups.list')) as { name: string; members: number; online: number }[];
    assert.deepEqual(
      list.map(({ name, members, online }) => [name, members, online]),
      [
        ['old', 1, 0],
        ['web', 2, 1],
      ],
    );
    assert.deepEqual(await at.value('groups.show', ['web']), { ...web, members: 2, online: 1, minions: ['web1', 'web2'] });
    assert.equal(await at.value('groups.show', ['db']), 'ERROR: There is no group db.');
    assert.match(String(await at.value('groups.preview', ['compound', '( web*'])), /^ERROR: The compound target has a "\("/);
    assert.deepEqual(((await at.value('groups.preview', ['compound', 'not N@web'])) as { minions: string[] }).minions, ['ghost']);
  });
});

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const alive = (house: WorkHouse, ...ids: string[]): void => {
  for (const id of ids) {
    house.fleet.presence.seen(id);
    house.minions.set(id, (publication: Message) => (publication['fun'] === 'test.version' ? '3008.3' : true));
  }
};
const ping = async (house: WorkHouse): Promise<string> => {
  const events = await collect(house.work.run({ target: { kind: 'glob', expression: 'web*' }, fun: 'test.ping', args: [] }, 'root'));
  const [first] = events;
  return first?.kind === 'published' ? (first.jid ?? '') : '';
};
/** What the real salt-run printed as JSON, with its job id and start time taken out. */
const sampled = (name: string): Record<string, unknown> => {
  const text = readFileSync(new URL(`../../cli/samples/${name}.txt`, import.meta.url), 'utf8');
  return JSON.parse(text.slice(text.indexOf('--- stdout\n') + 11, text.indexOf('--- stderr'))) as Record<string, unknown>;
};

describe('jobs', () => {
  it('list_job has the fields, order and values of Salt', async () => {
    await using at = await runnerHouse();
    alive(at.house, 'web1', 'web2');
    const jid = await ping(at.house);
    const shown = (await at.value('jobs.list_job', [jid])) as Record<string, unknown>;
    const real = sampled('run-list_job-json');
    assert.deepEqual(Object.keys(shown), Object.keys(real));
    assert.deepEqual({ ...shown, jid: real['jid'], StartTime: real['StartTime'] }, real);
    assert.match(String(shown['StartTime']), /^\d{4}, [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d\.\d{6}$/);
    assert.deepEqual(await at.value('jobs.lookup_jid', [jid]), sampled('run-lookup_jid-json'));
    const { jid: _jid, ...head } = shown;
    assert.deepEqual(await at.value('jobs.print_job', [jid]), { [jid]: head });
  });

  it('a job that is not there', async () => {
    await using at = await runnerHouse();
    for (const jid of ['20200101000000000000', 'nonsense', '../x']) {
      assert.deepEqual(await at.value('jobs.lookup_jid', [jid]), {});
      assert.deepEqual(await at.value('jobs.exit_success', [jid]), {});
      const StartTime = jid === '20200101000000000000' ? '2020, Jan 01 00:00:00.000000' : '';
      const unknown = { Error: 'Cannot contact returner or no job with this jid', StartTime, Result: {} };
      assert.deepEqual(await at.value('jobs.list_job', [jid]), { jid, ...unknown });
      assert.deepEqual(await at.value('jobs.print_job', [jid]), { [jid]: unknown });
    }
  });

  it('jobs are listed oldest first, and by function, target, time, metadata and number', async () => {
    await using at = await runnerHouse();
    const publish = async (jid: string, fun: string, expression: string, metadata?: Record<string, unknown>): Promise<void> => {
      const target = { kind: 'glob', expression };
      await at.house.work.publisher.publish({ target, fun, args: [], jid, ...(metadata === undefined ? {} : { metadata }) }, 'root');
    };
    const [a, b, c] = ['20261101000000000000', '20261102000000000000', '20261103000000000000'];
    await publish(a, 'test.ping', 'web1');
    await publish(b, 'pkg.install', 'web*', { ticket: 7 });
    await publish(c, 'test.version', '*');
    const list = async (kwargs: Record<string, unknown>): Promise<string[]> =>
      Object.keys((await at.value('jobs.list_jobs', [], kwargs)) as object);
    assert.deepEqual(await list({}), [a, b, c]);
    assert.deepEqual(await list({ search_function: 'test.*' }), [a, c]);
    assert.deepEqual(await list({ search_function: 'pkg.install,test.version' }), [b, c]);
    assert.deepEqual(await list({ search_target: 'web1' }), [a]);
    assert.deepEqual(await list({ search_metadata: { ticket: 7 } }), [b]);
    assert.deepEqual(await list({ start_time: '2026, Nov 02' }), [b, c]);
    assert.deepEqual(await list({ end_time: '2026-11-02 00:00' }), [a, b]);
    assert.deepEqual(await list({ limit: 1 }), [c]);
    assert.deepEqual(Object.keys((await at.value('jobs.list_jobs_filter', [2])) as object), [b, c]);
    assert.deepEqual(Object.keys((await at.value('jobs.last_run', [], { function: 'test.*' })) as object), [c]);
    assert.equal(await at.value('jobs.last_run', [], { function: 'no.such' }), false);
    assert.equal((await at.run('jobs.list_jobs', [], { outputter: 'highstate' })).out, 'highstate');
  });

  it('who did not return is named, and the reason is told on request', async () => {
    await using at = await runnerHouse();
    alive(at.house, 'web1');
    const jid = await ping(at.house);
    await at.house.work.returns.lose(jid, 'web2', 'it was restarted');
    assert.deepEqual(await at.value('jobs.lookup_jid', [jid], { missing: true, returned: false }), {
      web2: 'Minion did not return',
    });
    assert.deepEqual(await at.value('jobs.exit_success', [jid]), { web1: true, web2: false });
    const states = (await at.value('jobs.states', [jid])) as Record<string, { state: string; reason?: string }>;
    assert.deepEqual([states['web1']?.state, states['web2']?.state, states['web2']?.reason], ['returned', 'lost', 'it was restarted']);
  });

  it('a page counts the minions of each job, and leaves out what programs ask', async () => {
    await using at = await runnerHouse();
    alive(at.house, 'web1');
    at.house.minions.set('web2', () => ({ result: false }));
    const jid = await ping(at.house);
    await at.house.work.returns.take('web2', { jid: 'req', fun: 'mine.update', fun_args: [], return: true, retcode: 0, success: true });
    const fields = { fun: 'test.ping', args: [], target: 'web*', target_type: 'glob', user: 'root', running: 0 };
    const start = `${jid.slice(0, 4)}-${jid.slice(4, 6)}-${jid.slice(6, 8)}T${jid.slice(8, 10)}:${jid.slice(10, 12)}:${jid.slice(12, 14)}.${jid.slice(14, 17)}Z`;
    const row = { jid, start, ...fields, expected: 2, returned: 2, failed: 0, lost: 0 };
    const page = async (kwargs: Readonly<Record<string, unknown>>) =>
      (await at.value('jobs.page', [], kwargs)) as { rows: { fun: string }[] };
    assert.deepEqual((await page({})).rows, [row]);
    assert.deepEqual(
      (await page({ noise: true })).rows.map(({ fun }) => fun),
      ['mine.update', 'test.ping'],
    );
    assert.deepEqual((await page({ outcome: 'failed' })).rows, []);
    assert.deepEqual((await page({ outcome: 'running' })).rows, []);
    assert.equal(await at.value('jobs.page', [], { since: 'soon' }), 'ERROR: since: "soon" is no time; write 2026-11-24T01:02:03Z.');
  });

  it('a job under way is found as running, and its minions as they stand', async () => {
    await using at = await runnerHouse();
    alive(at.house, 'web1');
    const request = { target: { kind: 'glob', expression: 'web*' }, fun: 'state.apply', args: ['shop'], async: true };
    const [first] = await collect(at.house.work.run(request, 'ann'));
    const jid = first?.kind === 'published' ? first.jid : '';
    const { rows } = (await at.value('jobs.page', [], { outcome: 'running', search: 'STATE' })) as { rows: Record<string, unknown>[] };
    assert.deepEqual([rows.length, rows[0]?.['jid'], rows[0]?.['expected'], Number(rows[0]?.['running']) > 0], [1, jid, 2, true]);
    assert.deepEqual(((await at.value('jobs.page', [], { outcome: 'running', user: 'eve' })) as { rows: unknown[] }).rows, []);
    const found = (await at.value('jobs.returns', [jid])) as { waiting: number; rows: { minion: string; state: string }[] };
    assert.deepEqual(found.rows.find(({ minion }) => minion === 'web2')?.state, 'sent');
    assert.ok(found.waiting >= 1);
  });

  it('returns are paged, those that failed first, and long ones are cut with their size told', async () => {
    await using at = await runnerHouse({ ids: ['a', 'b', 'c'] });
    alive(at.house, 'a', 'b', 'c');
    at.house.minions.set('a', () => 'x'.repeat(5000));
    at.house.minions.set('b', () => ({ list: Array.from({ length: 500 }, (_, n) => n) }));
    const [first] = await collect(at.house.work.run({ target: { kind: 'glob', expression: '*' }, fun: 'test.echo', args: [] }, 'root'));
    const jid = first?.kind === 'published' ? (first.jid ?? '') : '';
    const returns = async (kwargs: Readonly<Record<string, unknown>>) =>
      (await at.value('jobs.returns', [jid], kwargs)) as Record<'total' | 'done' | 'failed' | 'waiting', number> & {
        rows: { minion: string; return: unknown; truncated: number | null; state: string }[];
      };
    const { rows, ...head } = await returns({ max_bytes: 100 });
    assert.deepEqual([head.total, head.done, head.failed, head.waiting], [3, 3, 0, 0]);
    assert.deepEqual(
      rows.map(({ minion, return: value, truncated }) => [minion, String(value).slice(0, 14), truncated]),
      [
        ['a', 'xxxxxxxxxxxxxx', 5003],
        ['b', '{\n  "list": [\n', rows[1]?.truncated],
        ['c', 'true', null],
      ],
    );
    assert.equal(String(rows[0]?.return).length, 100);
    assert.deepEqual(
      (await returns({ offset: 1, limit: 1 })).rows.map(({ minion }) => minion),
      ['b'],
    );
    assert.deepEqual(
      (await returns({ minion: 'c' })).rows.map(({ minion }) => minion),
      ['c'],
    );
    assert.deepEqual((await returns({ failed: true })).rows, []);
    assert.match(String(await at.value('jobs.returns', ['20260101000000000000'])), /^ERROR: There is no job/);
  });

  it('active asks the minions, and shows nothing when nothing runs', async () => {
    await using at = await runnerHouse();
    alive(at.house, 'web1', 'web2');
    at.house.minions.set('web1', () => []);
    at.house.minions.set('web2', () => []);
    assert.deepEqual(await at.value('jobs.active'), {});
    const jid = '20261124010203456789';
    const running = {
      jid,
      fun: 'test.sleep',
      arg: [60, { __kwarg__: true, password: 'x' }],
      tgt: 'web*',
      tgt_type: 'glob',
      user: 'root',
      pid: 12,
    };
    at.house.minions.set('web1', (publication) => [running, { ...running, jid: publication['jid'], fun: 'saltutil.running' }]);
    at.house.minions.set('web2', () => [{ ...running, pid: 34 }, 'nonsense', { jid: '../x' }]);
    assert.deepEqual(await at.value('jobs.active'), {
      [jid]: {
        Function: 'test.sleep',
        Arguments: [60, { __kwarg__: true, password: '**********' }],
        Target: 'web*',
        'Target-type': 'glob',
        User: 'root',
        StartTime: '2026, Nov 24 01:02:03.456789',
        Running: [{ web1: 12 }, { web2: 34 }],
        Returned: [],
      },
    });
  });

  it('cancel ends a job where it still runs', async () => {
    await using at = await runnerHouse();
    const job = await at.house.work.publisher.publish(
      { target: { kind: 'glob', expression: 'web*' }, fun: 'test.sleep', args: [60] },
      'root',
    );
    assert.deepEqual(await at.value('jobs.cancel', [job?.job.jid]), ['web1', 'web2']);
    const told = at.house.sent.at(-1)?.publication;
    assert.deepEqual([told?.['fun'], told?.['arg'], told?.['tgt']], ['saltutil.term_job', [job?.job.jid], ['web1', 'web2']]);
    assert.deepEqual(await at.value('jobs.cancel', ['20200101000000000000']), []);
  });
});

describe('manage', () => {
  it('metrics tells figures of the master itself', async () => {
    await using at = await runnerHouse();
    const figures = (await at.value('manage.metrics')) as { memory: number; minions: Record<string, number>; databases: object };
    assert.ok(figures.memory > 1e6);
    assert.deepEqual(Object.keys(figures.minions), ['online', 'offline', 'unknown']);
    assert.ok('jobs' in figures.databases || Object.keys(figures.databases).length > 0);
  });

  it('who is up and who is down', async () => {
    await using at = await runnerHouse();
    alive(at.house, 'web1', 'web2');
    assert.deepEqual(await at.value('manage.status'), { up: ['web1', 'web2'], down: ['ghost'] });
    assert.deepEqual(await at.value('manage.up', [], { tgt: 'web1' }), ['web1']);
    assert.deepEqual(at.deleted, []);
    assert.deepEqual(await at.value('manage.down', [], { removekeys: true }), ['ghost']);
    assert.deepEqual(at.deleted, ['ghost']);
  });

  it('who is connected, under all names Salt has for it', async () => {
    await using at = await runnerHouse();
    alive(at.house, 'web1', 'web2');
    for (const name of ['list_state', 'present', 'joined', 'allowed', 'alived', 'reaped']) {
      assert.deepEqual(await at.value(`manage.${name}`), ['web1', 'web2'], name);
    }
    for (const name of ['list_not_state', 'not_present', 'not_joined', 'not_allowed', 'not_alived', 'not_reaped']) {
      assert.deepEqual(await at.value(`manage.${name}`), ['ghost'], name);
    }
    assert.deepEqual(await at.value('manage.present', [], { subset: ['web2', 'ghost'] }), ['web2']);
  });

  it('versions, grouped as Salt groups them, the master last', async () => {
    await using at = await runnerHouse({ ids: ['ghost', 'new', 'old', 'web1'] });
    alive(at.house, 'new', 'old', 'web1');
    at.house.minions.set('old', () => '3006.9');
    at.house.minions.set('new', () => '3010.1');
    assert.equal(
      JSON.stringify(Object.entries((await at.value('manage.versions')) as object).sort(([x], [y]) => (x < y ? -1 : 1))),
      JSON.stringify([
        ['Master', '3008.3'],
        ['Minion newer than master', { new: '3010.1' }],
        ['Minion offline', { ghost: false }],
        ['Minion requires update', { old: '3006.9' }],
        ['Up to date', { web1: '3008.3' }],
      ]),
    );
  });

  it('keywords that a runner does not take are answered with its documentation, and no error code', async () => {
    await using at = await runnerHouse();
    const { value, retcode, success } = await at.run('manage.versions', [], { timeout: 2, gather_job_timeout: 2 });
    assert.deepEqual(Object.keys(value as object), ['manage.versions']);
    assert.match(String((value as Record<string, unknown>)['manage.versions']), /^\n {4}Compare the versions/);
    assert.deepEqual([retcode, success], [0, false]);
  });
});

describe('cache', () => {
  it('shows and forgets what is kept of minions, and forgets nothing without a target', async () => {
    await using at = await runnerHouse();
    at.house.fleet.learn('web1', { grains: { os: 'Debian' }, pillar: { a: 1 } });
    at.house.state.set('mine', 'web1', { 'network.ip_addrs': ['::1'], 'test.ping': true });
    assert.deepEqual(await at.value('cache.grains', [], { tgt: 'web1' }), { web1: { os: 'Debian' } });
    assert.deepEqual(await at.value('cache.pillar', ['web1']), { web1: { a: 1 } });
    assert.equal(await at.value('cache.clear_all'), false);
    assert.equal(await at.value('cache.clear_grains', ['web1']), true);
    assert.equal(await at.value('cache.clear_mine_func', ['web1'], { clear_mine_func_flag: 'test.ping' }), true);
    assert.deepEqual(await at.value('cache.grains', ['web1']), { web1: {} });
    assert.deepEqual(await at.value('cache.mine', ['web1']), { web1: { 'network.ip_addrs': ['::1'] } });
    assert.equal(await at.value('cache.clear_all', ['nobody*']), false);
  });
});

it('the file server is listed', async () => {
  await using at = await runnerHouse();
  assert.deepEqual(await at.value('fileserver.file_list'), ['top.sls', 'web/init.sls']);
  assert.deepEqual(await at.value('fileserver.envs'), ['base']);
  assert.deepEqual(await at.value('fileserver.dir_list'), ['web']);
});

it('every runner is documented, and has an example', async () => {
  await using at = await runnerHouse();
  const docs = (await at.value('doc.runner')) as Record<string, string>;
  for (const fun of ['jobs.active', 'manage.up', 'state.event', 'cache.grains', 'doc.runner']) {
    assert.match(docs[fun] ?? '', new RegExp(`CLI Example:\\n\\n {8}tsalt-run ${fun.replace('.', '\\.')}`), fun);
  }
});

describe('a run', () => {
  it('begins with its job id, and its events are those of Salt', async () => {
    await using at = await runnerHouse();
    const tags: string[] = [];
    const told: Message[] = [];
    at.bus.listen(({ tag, data }) => {
      tags.push(tag);
      told.push(data);
    });
    const events: RunnerEvent[] = [];
    for await (const event of at.start('test.arg', ['a'], { b: 'c', password: 'hunter2' })) events.push(event);
    const [first] = events;
    const jid = first?.kind === 'started' ? first.jid : '';
    assert.deepEqual(tags, [`salt/run/${jid}/new`, `salt/run/${jid}/ret`]);
    assert.deepEqual(told[1]?.['success'], true);
    assert.equal(told[0]?.['fun'], 'runner.test.arg');
    assert.doesNotMatch(JSON.stringify(told[0]), /hunter2/);
  });

  it('of an unknown function is answered in the words of Salt', async () => {
    await using at = await runnerHouse();
    const { value, success } = await at.run('nosuch.func');
    assert.deepEqual([value, success], ["'nosuch.func' is not available.", false]);
  });

  it('ends when nobody waits for it any more, and goes on when it was not to be waited for', async () => {
    await using at = await runnerHouse();
    const waiting = at.start('state.event')[Symbol.asyncIterator]();
    await waiting.next();
    const ended = new Promise<void>((resolve) => at.bus.listen(({ tag }) => tag.endsWith('/ret') && resolve()));
    await waiting.return?.();
    await ended;
  });
});

describe('state.event', () => {
  it('prints the events that fit as they come, and ends after so many', async () => {
    await using at = await runnerHouse();
    const lines: unknown[] = [];
    for await (const event of at.start('state.event', ['salt/minion/*'], { count: 2 })) {
      if (event.kind === 'started') {
        setImmediate(() => {
          at.bus.fire('other', {});
          at.bus.fire('salt/minion/web1/start', { id: 'web1', _stamp: 's', return: new Packed(encode({ n: [1, null, true], ä: 'ü' })) });
          at.bus.fire('salt/minion/web2/start', { _stamp: 's' });
          at.bus.fire('salt/minion/web3/start', { _stamp: 's' });
        });
      } else if (event.kind === 'progress') lines.push(event.data);
      else assert.equal(event.value, null);
    }
    assert.deepEqual(lines, [
      'salt/minion/web1/start\t{"id": "web1", "_stamp": "s", "return": {"n": [1, null, true], "ä": "ü"}}',
      'salt/minion/web2/start\t{"_stamp": "s"}',
    ]);
  });

  it('takes regular expressions, keeps quiet, and prints pretty', async () => {
    await using at = await runnerHouse();
    const watch = async (kwargs: Readonly<Record<string, unknown>>): Promise<unknown[]> => {
      const lines: unknown[] = [];
      for await (const event of at.start('state.event', [], { count: 1, ...kwargs })) {
        if (event.kind === 'started') setImmediate(() => at.bus.fire('my/tag1', { b: {}, a: [1], _stamp: 's' }));
        if (event.kind === 'progress') lines.push(event.data);
      }
      return lines;
    };
    assert.equal((await watch({ tagmatch: 'my/(tag|x)\\d' })).length, 1);
    assert.deepEqual(await watch({ quiet: true }), []);
    assert.deepEqual(await watch({ pretty: true, tagmatch: 'my/*' }), [
      'my/tag1\t{\n    "_stamp": "s",\n    "a": [\n        1\n    ],\n    "b": {}\n}',
    ]);
  });
});

describe('fileserver', () => {
  it('lists what the named backends serve, or all but those', async () => {
    await using at = await runnerHouse();
    const files = ['top.sls', 'web/init.sls'];
    for (const backend of [undefined, 'roots', 'roots,git', '-git', ['roots']])
      assert.deepEqual(await at.value('fileserver.file_list', [], backend === undefined ? {} : { backend }), files, String(backend));
    for (const backend of ['git', '-roots', 'nothing'])
      assert.deepEqual(await at.value('fileserver.file_list', [], { backend }), [], backend);
    assert.deepEqual(await at.value('fileserver.envs', [], { sources: true }), { roots: ['base'] });
  });

  it('says so where no backend keeps copies', async () => {
    await using at = await runnerHouse();
    assert.equal(await at.value('fileserver.update'), true);
    assert.equal(await at.value('fileserver.lock'), 'No locks were set');
    assert.equal(await at.value('fileserver.clear_lock'), 'No locks were removed');
    assert.equal(await at.value('fileserver.clear_cache'), 'No cache was cleared');
    assert.deepEqual(await at.value('fileserver.clear_file_list_cache'), {});
  });
});

describe('pillar', () => {
  it('shows what a minion would be given, by the grains it last had and those of the call, and the top files', async () => {
    await using at = await runnerHouse();
    const put = (name: string, text: string): void => {
      mkdirSync(join(at.house.dir, 'pillar'), { recursive: true });
      writeFileSync(join(at.house.dir, 'pillar', name), text);
    };
    put('top.sls', "base:\n  '*': [all]\n  'os:Debian': [{match: grain}, deb, {order: -1}]\n");
    put('all.sls', 'password: secret\nfor: {{ grains.id }} {{ grains.get("extra") }}\n');
    put('deb.sls', 'deb: true\n');
    at.house.fleet.learn('web1', { grains: { id: 'web1', os: 'Debian' } });
    assert.deepEqual(await at.value('pillar.show_pillar', ['web1'], { extra: 5 }), { password: 'secret', for: 'web1 5', deb: true });
    assert.deepEqual(await at.value('pillar.show_pillar', [], { id: 'given' }), { password: 'secret', for: 'given None' });
    assert.deepEqual(await at.value('pillar.show_top'), { base: { 'os:Debian': [{ match: 'grain' }, 'deb'], '*': ['all'] } });
    put('top.sls', 'base: [\n');
    assert.match(String(await at.value('pillar.show_top')), /^Rendering Primary Top file failed, render error:/);
  });
});
