import type { Grant, MasterClient, PersonClient, RunnerRequest } from '../../master/client/contract.ts';
import { TsaltError } from '../../protocol/errors.ts';

/**
 * A made-up master for looking at the console: a fleet of any size, with everything that its pages can show. It answers
 * the functions that the console asks; calls it does not know fail as unknown functions do.
 */
export function fixtureMaster(minions: number): MasterClient {
  const answers = answersOf(minions);
  const person: PersonClient = {
    async *run() {
      yield { kind: 'published', jid: JOB, minions: ['web-0001'] };
    },
    preview: async () => names(minions),
    async *runner(request) {
      yield { kind: 'started', jid: JOB };
      yield { kind: 'result', value: answerOf(answers, request), success: true, retcode: 0 };
    },
    wheel: async (fun, kwargs) => answerOf(answers, { fun, args: [], kwargs }),
    async *events() {
      for (const [tag, data] of EVENTS) yield { tag, data };
      await new Promise(() => undefined);
    },
  };
  const grant: Grant = {
    token: 'f'.repeat(64),
    user: 'ada',
    eauth: 'local',
    start: 0,
    expire: Date.now() / 1000 + 3600,
    perms: ['.*', '@runner', '@wheel'],
    roles: ['administrator'],
    groups: [],
  };
  return {
    ...person,
    login: async () => grant,
    logout: async () => undefined,
    grant: async () => grant,
    as: () => person,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

type Fields = Readonly<Record<string, unknown>>;
type Answer = (given: Fields) => unknown;

function answerOf(answers: Readonly<Record<string, Answer>>, { fun, kwargs }: Pick<RunnerRequest, 'fun' | 'kwargs' | 'args'>): unknown {
  const answer = answers[fun];
  if (answer === undefined) throw new TsaltError('unknown-function', `'${fun}' is not available.`);
  return answer(kwargs);
}

const JOB = '20261127190102123456';
const at = (secondsAgo: number): string => new Date(Date.now() - secondsAgo * 1000).toISOString();
const KINDS = ['web', 'db', 'cache', 'mail', 'build'] as const;
const idOf = (i: number): string => `${KINDS[i % KINDS.length] ?? 'web'}-${String(Math.floor(i / KINDS.length) + 1).padStart(4, '0')}`;
const names = (n: number): string[] => Array.from({ length: n }, (_, i) => idOf(i)).sort();
const SYSTEMS = [
  ['Debian', '12'],
  ['Ubuntu', '24.04'],
  ['Debian', '13'],
  ['Rocky', '9.5'],
] as const;

function rowOf(i: number): Fields {
  const [os, osrelease] = SYSTEMS[i % SYSTEMS.length] ?? ['', ''];
  const offline = i % 17 === 5;
  const status = i % 13 === 3 ? 'error' : i % 11 === 4 ? 'warning' : i % 29 === 7 ? null : 'ok';
  const message = { error: 'disk /var is 97 % full', warning: '12 updates wait', ok: 'all services run' }[status ?? 'ok'];
  return {
    id: idOf(i),
    state: offline ? 'offline' : 'online',
    since: at(i * 311 + 40),
    os,
    osrelease,
    version: i % 4 === 3 ? '3008.3' : '0.1.0',
    groups: [KINDS[i % KINDS.length], ...(i % 3 === 0 ? ['berlin'] : [])],
    status,
    status_message: status === null ? null : message,
    last_job:
      i % 19 === 2 ? null : { jid: JOB, fun: i % 2 === 0 ? 'state.apply' : 'pkg.upgrade', time: at(i * 97 + 60), success: i % 13 !== 3 },
    drift: i % 7 === 0 ? 3 : 0,
  };
}

function fleetPage(rows: readonly Fields[], { search = '', state, group, offset, limit, descending }: Fields): unknown {
  const wanted = rows.filter(
    (row) =>
      String(row['id']).includes(String(search)) &&
      (state === undefined || row['state'] === state || (state === 'failing' && row['status'] === 'error') || row['status'] === state) &&
      (group === undefined || (row['groups'] as string[]).includes(String(group))),
  );
  const sorted = descending === true ? wanted.toReversed() : wanted;
  return { total: sorted.length, rows: sorted.slice(Number(offset), Number(offset) + Number(limit)) };
}

const DIFF = '--- \n+++ \n@@ -1,4 +1,4 @@\n worker_processes auto;\n-worker_connections 512;\n+worker_connections 2048;\n gzip on;\n';
const applied = (fails: boolean): unknown => ({
  'pkg_|-nginx_|-nginx_|-installed': {
    __id__: 'nginx',
    __run_num__: 0,
    result: true,
    comment: 'All specified packages are already installed',
    changes: {},
    duration: 31.2,
  },
  'file_|-/etc/nginx/nginx.conf_|-/etc/nginx/nginx.conf_|-managed': {
    __id__: '/etc/nginx/nginx.conf',
    __run_num__: 1,
    result: true,
    comment: 'File /etc/nginx/nginx.conf updated',
    changes: { diff: DIFF },
    duration: 12.4,
  },
  'service_|-nginx_|-nginx_|-running': fails
    ? {
        __id__: 'nginx',
        __run_num__: 2,
        result: false,
        comment: 'Job for nginx.service failed because the control process exited with error code.',
        changes: {},
        duration: 801.5,
      }
    : { __id__: 'nginx', __run_num__: 2, result: true, comment: 'Service nginx is running', changes: { nginx: true }, duration: 401.5 },
});

const RETURNS: readonly Fields[] = [
  { minion: 'cache-0002', state: 'returned', success: false, retcode: 2, return: applied(true), truncated: null, reason: null, at: at(20) },
  {
    minion: 'mail-0004',
    state: 'returned',
    success: false,
    retcode: 1,
    return: undefined,
    truncated: null,
    reason: 'The function returned a value that cannot be sent: a socket (return.connection).',
    at: at(21),
  },
  {
    minion: 'build-0001',
    state: 'lost',
    success: false,
    retcode: null,
    return: undefined,
    truncated: null,
    reason: 'offline since 18:44:10: it went away while it ran the job',
    at: null,
  },
  ...['web-0001', 'web-0002', 'web-0003', 'db-0001', 'db-0002'].map((minion) => ({
    minion,
    state: 'returned',
    success: true,
    retcode: 0,
    return: applied(false),
    truncated: null,
    reason: null,
    at: at(30),
  })),
  { minion: 'mail-0001', state: 'running', success: null, retcode: null, truncated: null, reason: null, at: null },
  { minion: 'mail-0002', state: 'running', success: null, retcode: null, truncated: null, reason: null, at: null },
];

const jobRow = (i: number): Fields => ({
  jid: `2026112719${String(9999 - i).padStart(4, '0')}123456`,
  fun: ['state.apply', 'pkg.upgrade', 'cmd.run', 'test.ping', 'disk.usage'][i % 5],
  args: [['nginx', { __kwarg__: true, test: true }], [], ['systemctl is-system-running'], [], []][i % 5],
  target: ['web*', '*', 'G@os:Debian', 'db-0001', 'berlin'][i % 5],
  target_type: ['glob', 'glob', 'compound', 'glob', 'nodegroup'][i % 5],
  user: ['ada', 'grace', 'routine nightly'][i % 3],
  start: at(i * 640 + 12),
  expected: 40,
  returned: i === 0 ? 22 : 40,
  failed: i % 7 === 2 ? 3 : 0,
  lost: 0,
  running: i === 0,
});

const GROUPS: readonly Fields[] = KINDS.map((name, i) => ({
  name,
  kind: 'glob',
  expression: `${name}-*`,
  description: ['Front ends', 'PostgreSQL', 'Redis', 'Mail relays', 'Runners of the CI'][i],
  plugins: i < 2 ? ['services', 'disks'] : [],
  watchers: [],
  source: i === 4 ? 'config' : 'saved',
  members: 40,
  online: 38,
}));

const PLUGINS: readonly Fields[] = [
  {
    name: 'services',
    title: 'Services',
    description: 'Start, stop or restart a set of services.',
    version: '1.2',
    mode: 'enabled',
    changes: true,
    form: [
      {
        name: 'action',
        title: 'Action',
        help: '',
        type: 'choice',
        required: true,
        choices: ['start', 'stop', 'restart'],
        default: 'restart',
      },
      {
        name: 'services',
        title: 'Services',
        type: 'multichoice',
        required: true,
        choices: ['nginx', 'postgresql', 'redis', 'ssh', 'cron', 'postfix'],
        help: 'Those that the chosen minions have.',
      },
      { name: 'wait', title: 'Seconds to wait for each', help: '', required: false, type: 'int', default: 10, min: 1, max: 300 },
    ],
  },
  {
    name: 'disks',
    title: 'Disk usage',
    description: 'How full the file systems are, with what grows fastest.',
    version: '1.0',
    mode: 'enabled',
    changes: false,
    form: [],
  },
  {
    name: 'updates',
    title: 'Package updates',
    description: 'Updates that wait, and whether they close holes.',
    version: '0.9',
    mode: 'debug',
    changes: true,
    form: [],
  },
].map((plugin) => ({ roles: [], groups: [], schedule: null, problem: null, configuration: { threshold: 90 }, ...plugin }));

const pluginStatus = (i: number): Fields => ({
  plugin: ['services', 'disks', 'updates'][i % 3],
  minion: idOf(Math.floor(i / 3)),
  status: ['OK', 'OK', 'warning', 'OK', 'error'][i % 5],
  message: ['all services run', '3 file systems, 41 % used', '12 updates wait', 'all services run', 'disk /var is 97 % full'][i % 5],
  at: at(i * 31),
  jid: JOB,
});

const HTML =
  '<table><thead><tr><th>File system</th><th>Used</th><th>Of</th><th></th></tr></thead><tbody><tr><td>/</td><td>11 GiB</td><td>40 GiB</td><td class="ok">28 %</td></tr><tr><td>/var</td><td>97 GiB</td><td>100 GiB</td><td class="error">97 %</td></tr><tr><td>/srv</td><td>310 GiB</td><td>400 GiB</td><td class="warning">78 %</td></tr></tbody></table>';

const ROUTINES: readonly Fields[] = [
  ['nightly-updates', 'Security updates, outside office hours', 'job', 'pkg.upgrade', '*', '0 3 * * *', 'ok'],
  ['drift', 'How far machines are from their states', 'runner', 'drift.run', '*', '30 */6 * * *', 'ok'],
  ['certificates', 'Renew what ends within two weeks', 'job', 'state.apply', 'web*', '15 4 * * 1', 'failed'],
].map(([name, description, kind, fun, target, cron, outcome], i) => ({
  name,
  description,
  enabled: i !== 2,
  kind,
  fun,
  target,
  target_type: 'glob',
  args: [],
  kwargs: {},
  plugin: null,
  parameters: null,
  cron,
  interval: null,
  timezone: 'Europe/Berlin',
  splay: 60,
  maxrunning: 1,
  catch_up: 'once',
  alerts: true,
  next: at(-3600 * (i + 2)),
  upcoming: [1, 2, 3, 4, 5].map((n) => at(-86_400 * n)),
  last: { slot: at(8000), started: at(8000), ended: at(7910), outcome, jid: JOB },
}));

const METRICS = ['load.1', 'cpu.percent', 'memory.percent', 'disk./.percent', 'net.eth0.in', 'net.eth0.out'];

function series({ names: wanted = METRICS, minion, group, points = 240 }: Fields): unknown {
  const who = group === undefined ? [String(minion)] : [1, 2, 3, 4, 5].map((n) => `${String(group)}-000${n}`);
  const n = Number(points);
  const wave = (name: string, w: number, i: number): number => {
    const phase = name.length * 1.7 + w * 0.9;
    const noise = Math.sin(i * 1.3 + phase) * 0.06 + Math.sin(i * 3.1 + w) * 0.04;
    return Math.max(0, (0.5 + 0.3 * Math.sin(i / 23 + phase) + noise) * (name.startsWith('net') ? 4e6 : name === 'load.1' ? 3 : 70));
  };
  const all = (wanted as string[]).flatMap((name) =>
    who.map((id, w) => ({ minion: id, name, points: Array.from({ length: n }, (_, i) => wave(name, w, i)) })),
  );
  return { step: 15, from: at(n * 15), until: at(0), series: all };
}

const FINGER = (i: number): string =>
  Array.from({ length: 32 }, (_, n) => ((n * 37 + i * 91 + 17) % 256).toString(16).padStart(2, '0')).join(':');

const AUDIT: readonly Fields[] = [
  ['ada', 'run', 'state.apply', 'web*', ['nginx'], 'allowed', null],
  ['grace', 'run', 'cmd.run', '*', ['rm -rf /tmp/x'], 'refused', 'grace may not run cmd.run: her roles (watcher) only read.'],
  ['ada', 'wheel', 'key.accept', null, { match: 'web-0007' }, 'allowed', null],
  ['mallory', 'login', null, null, null, 'refused', 'wrong password'],
  ['ada', 'runner', 'plan.apply', null, { id: JOB }, 'failed', 'There is no plan of this id.'],
].map(([user, action, fun, target, args, outcome, reason], i) => ({
  n: 500 - i,
  at: at(i * 400 + 30),
  user,
  eauth: 'local',
  door: i % 2 === 0 ? 'console' : 'api',
  address: `192.0.2.${i + 10}`,
  action,
  fun,
  target,
  args,
  jid: null,
  outcome,
  reason,
}));

const EVENTS: readonly (readonly [string, unknown])[] = [
  [`salt/job/${JOB}/new`, { jid: JOB, fun: 'state.apply', tgt: 'web*', user: 'ada' }],
  [`salt/job/${JOB}/ret/web-0001`, { jid: JOB, id: 'web-0001', fun: 'test.ping', return: true, retcode: 0 }],
  ['salt/auth', { id: 'web-0041', act: 'pend', result: true }],
  ['salt/beacon/db-0003/diskusage', { diskusage: 91.2, mount: '/var' }],
  ['salt/presence/change', { new: ['mail-0002'], lost: [] }],
];

/** Everything by function. */
function answersOf(n: number): Readonly<Record<string, Answer>> {
  const rows = Array.from({ length: n }, (_, i) => rowOf(i)).sort((a, b) => String(a['id']).localeCompare(String(b['id'])));
  const some = (kind: string): number => rows.filter((row) => row['state'] === kind || row['status'] === kind).length;
  const minion = (id: unknown): Fields => ({
    ...(rows.find((row) => row['id'] === id) ?? rowOf(0)),
    key_finger: FINGER(3),
    plugins: [0, 4, 2].map((i) => ({ ...pluginStatus(i), plugin: ['services', 'disks', 'updates'][i % 3] })),
    jobs: [1, 2, 3, 4, 7].map(jobRow),
    grains: {
      osfinger: 'Debian-12',
      kernelrelease: '6.1.0-28-amd64',
      cpuarch: 'x86_64',
      num_cpus: 8,
      mem_total: 32_093,
      virtual: 'kvm',
      fqdn: `${String(id)}.example.net`,
      ipv4: ['127.0.0.1', '192.0.2.17'],
      saltversion: '3008.3',
      roles: ['web'],
      disks: ['vda', 'vdb'],
    },
  });
  const drift = (i: number): Fields => ({
    name: 'highstate',
    jid: JOB,
    time: at(i * 60),
    score: i % 4 === 0 ? 0.75 : 1,
    states: 12,
    drifting: i % 4 === 0 ? ['nginx', 'motd', 'users'] : [],
    failing: [],
  });
  return {
    'fleet.summary': () => ({
      total: n,
      online: some('online'),
      offline: some('offline'),
      unknown: 0,
      failing: some('error'),
      warning: some('warning'),
      drifting: rows.filter((row) => row['drift'] !== 0).length,
      keys_waiting: n === 0 ? 0 : 3,
    }),
    'fleet.page': (given) => fleetPage(rows, given),
    'fleet.minion': ({ id }) => minion(id),
    'fleet.pillar': () => ({ nginx: { port: 443, workers: 4 }, database: { host: 'db-0001', user: 'shop', password: '**********' } }),
    'groups.list': () => (n === 0 ? [] : GROUPS),
    'groups.show': ({ name }) => ({ ...GROUPS.find((group) => group['name'] === name), minions: names(Math.min(n, 40)) }),
    'groups.preview': () => ({ minions: names(Math.min(n, 40)), members: Math.min(n, 40), online: Math.min(n, 38) }),
    'jobs.page': () => ({ rows: n === 0 ? [] : Array.from({ length: 50 }, (_, i) => jobRow(i)), next: n === 0 ? null : JOB }),
    'jobs.returns': ({ failed }) => ({
      jid: JOB,
      fun: 'state.apply',
      args: ['nginx', { __kwarg__: true, state_events: true }],
      target: '*',
      target_type: 'glob',
      user: 'ada',
      start: at(44),
      total: 10,
      done: 7,
      failed: 3,
      waiting: 2,
      rows: failed === true ? RETURNS.slice(0, 3) : RETURNS,
    }),
    'plugins.list': () => (n === 0 ? [] : PLUGINS),
    'plugins.show': ({ name }) => PLUGINS.find((plugin) => plugin['name'] === name),
    'plugins.status': () => Array.from({ length: 12 }, (_, i) => pluginStatus(i)),
    'plugins.history': () => Array.from({ length: 12 }, (_, i) => pluginStatus(i * 3)),
    'plugins.result': ({ minion: id }) => ({ ...pluginStatus(1), minion: id, data: { used: 41 }, html: HTML }),
    'metrics.names': () => (n === 0 ? [] : METRICS),
    'metrics.query': series,
    'thresholds.list': () => [
      {
        name: 'disk full',
        metric: 'disk.*.percent',
        direction: 'above',
        warning: 80,
        error: 95,
        beyond: [{ minion: 'db-0003', level: 'warning' }],
      },
    ],
    'alerts.channels': () =>
      n === 0 ? [] : [{ name: 'ops', kind: 'mail', enabled: true, on: ['routine', 'minion'], repeat: 14_400, to: ['ops@example.com'] }],
    'alerts.list': () => [
      {
        at: at(900),
        kind: 'routine',
        subject: 'certificates failed',
        message: 'state.apply failed on web-0003: port 80 is taken',
        channels: ['ops'],
        delivered: true,
      },
    ],
    'routines.list': () => (n === 0 ? [] : ROUTINES),
    'routines.show': ({ name }) => ROUTINES.find((routine) => routine['name'] === name),
    'routines.next': () => [at(-3600), at(-90_000), at(-176_400)],
    'routines.runs': () =>
      Array.from({ length: 8 }, (_, i) => ({
        slot: at(i * 86_400 + 8000),
        started: at(i * 86_400 + 8000),
        ended: at(i * 86_400 + 7930),
        outcome: i === 3 ? 'failed' : 'ok',
        jid: JOB,
      })),
    'states.tree': () =>
      ['nginx', 'nginx.tls', 'users', 'postgresql', 'firewall'].map((sls) => ({ sls, path: `${sls.replace('.', '/')}.sls` })),
    'plan.list': () => [{ id: JOB, made: at(600), target: 'web*', mods: ['nginx'], minions: { planned: 3 } }],
    'plan.show': () => ({
      id: JOB,
      made: at(600),
      expires: at(-600),
      target: 'web*',
      tgt_type: 'glob',
      mods: ['nginx'],
      kwargs: {},
      minions: { 'web-0001': { state: 'planned', summary: { changes: 1, failed: 0, unchanged: 2 } } },
    }),
    'plan.results': () => ({ 'web-0001': applied(false) }),
    'drift.status': () =>
      n === 0 ? {} : Object.fromEntries(names(Math.min(n, 20)).map((id, i) => [id, { highstate: drift(i), firewall: drift(i + 2) }])),
    'drift.history': () => [drift(0), drift(1)],
    'users.list': () => [
      { name: 'ada', roles: ['administrator'], groups: [] },
      { name: 'grace', roles: ['watcher'], groups: ['web', 'db'] },
    ],
    'users.roles': () => ['administrator', 'watcher', 'deployer'],
    'audit.list': () => AUDIT,
    'audit.verify': () => ({ intact: true, rows: 5 }),
    'key.list_all': () => ({
      minions: names(n),
      minions_pre: n === 0 ? [] : ['web-0041', 'web-0042', 'db-0019'],
      minions_rejected: [],
      minions_denied: [],
    }),
    'key.finger_all': () => ({ minions_pre: { 'web-0041': FINGER(1), 'web-0042': FINGER(2), 'db-0019': FINGER(5) }, minions: {} }),
    'enrol.line': () => ({
      line: `tsalt-minion --join master.example.net --token 4f1c…9a2e --finger ${FINGER(9)}`,
      token: '4f1c…9a2e',
      expires: at(-3600),
      finger: FINGER(9),
      group: 'web',
    }),
  };
}
