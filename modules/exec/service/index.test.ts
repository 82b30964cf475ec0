import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { invoke, type Surroundings, witness } from '../../../test/support/ctx.ts';
import type { Returnable } from '../../define.ts';
import { serviceModule } from './index.ts';
import { createOpenrc } from './openrc.ts';
import { createSystemd } from './systemd.ts';
import { createSysv } from './sysv.ts';
import { parseShow, serviceName, unitName, unitsWith } from './units.ts';

/** A `systemctl` that replays what systemd 252 prints, and notes how it was called. */
const folder = mkdtempSync(join(tmpdir(), 'service-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
const program = (name: string, script: string): void => {
  writeFileSync(at(name), `#!/bin/sh\n${script}\n`);
  chmodSync(at(name), 0o755);
};
const places = { booted: folder, units: [at('lib'), at('etc')], local: at('etc'), runtime: at('run'), etc: at('sysv') };
const service = serviceModule([createSystemd(places)]);
const sysv = serviceModule([createSysv(at('sysv'))]);

const UNITS = `  -.mount                 loaded active mounted   Root Mount
  dbus.socket             loaded active running   D-Bus System Message Bus Socket
● broken.service          loaded failed failed    Broken
  cron.service            loaded active running   Regular background program processing daemon
  nginx.service           loaded active running   A high performance web server
  session-1.scope         loaded active running   Session 1 of user root`;
const UNIT_FILES = `cron.service enabled enabled
nginx.service disabled enabled
systemd-journald.service static -
fstrim.timer enabled enabled
getty@.service enabled enabled
masked.service masked enabled`;

beforeEach(() => {
  for (const name of ['lib', 'etc', 'run', 'sysv/init.d', 'sysv/rc2.d', 'sysv/rcS.d']) {
    rmSync(at(name), { recursive: true, force: true });
    mkdirSync(at(name), { recursive: true });
  }
  for (const name of ['cron.service', 'nginx.service', 'fstrim.timer', 'README']) writeFileSync(at(`lib/${name}`), '');
  writeFileSync(at('calls'), '');
  program('systemd-run', 'shift; exec "$@"');
  program(
    'systemctl',
    `echo "$*" >> ${at('calls')}
case "$*" in
*list-unit-files*) cat <<'EOF'
${UNIT_FILES}
EOF
;;
"status nginx.service"*) echo 'nginx.service - A high performance web server'; exit 3;;
"status changed.service"*) echo "Warning: The unit file changed on disk. Run 'systemctl daemon-reload' to reload units." >&2;;
"status "*nosuch*) echo 'Unit nosuch.service could not be found.' >&2; exit 4;;
"is-active cron.service"|"is-enabled cron.service") echo yes;;
"is-enabled sshd.service") echo alias;;
"show sshd.service -P Id") echo cron.service;;
"is-"*) echo no; exit 3;;
"start broken.service"|"stop broken.service") echo 'Running scope as unit: run-1.scope' >&2; echo 'Job for broken.service failed.' >&2; exit 1;;
"show "*) printf 'Id=cron.service\\nAfter=a.target b.target\\nExecStart={ path=/usr/sbin/cron ; argv[]=/usr/sbin/cron -f ; pid=0 }\\nEnvironment=A=1\\n';;
"--full --no-legend --no-pager") cat <<'EOF'
${UNITS}
EOF
esac`,
  );
});
const calls = (): string[] => readFileSync(at('calls'), 'utf8').trim().split('\n');
const run = (name: string, args: Record<string, Returnable> = {}, surroundings: Surroundings = {}) =>
  invoke(service, name, args, witness({ path: [folder], ...surroundings }));

test('services are started by the name of their unit', async () => {
  assert.equal(await run('start', { name: 'cron' }), true);
  assert.deepEqual(calls(), ['status cron.service -n 0', 'start cron.service']);
  assert.equal(await run('restart', { name: 'fstrim.timer', no_block: true }), true);
  assert.equal(calls().at(-1), '--no-block restart fstrim.timer');
});

test('a service that does not start is a failure with the reason of systemd', async () => {
  await assert.rejects(run('start', { name: 'broken' }), { name: 'CommandExecutionError', message: 'Job for broken.service failed.' });
});

test('a service that does not stop is answered with False and a return code', async () => {
  const here = witness({ path: [folder] });
  assert.equal(await invoke(service, 'stop', { name: 'broken' }, here), false);
  assert.equal(here.retcode, 1);
});

test('systemd reads its units again when one changed on disk or is new', async () => {
  await run('start', { name: 'changed' });
  assert.deepEqual(calls(), ['status changed.service -n 0', '--system daemon-reload', 'start changed.service']);
  writeFileSync(at('etc/nosuch.service'), '');
  await run('enable', { name: 'nosuch' });
  assert.deepEqual(calls().slice(-2), ['--system daemon-reload', 'enable nosuch.service']);
});

test('what runs, exists and is enabled is told, an alias by what it stands for', async () => {
  assert.equal(await run('status', { name: 'cron' }), true);
  assert.equal(await run('status', { name: 'nginx' }), false);
  assert.deepEqual(await run('status', { name: '[cn]*' }), { cron: true, nginx: false });
  assert.equal(await run('available', { name: 'nginx' }), true);
  assert.equal(await run('missing', { name: 'nosuch' }), true);
  assert.equal(await run('enabled', { name: 'cron' }), true);
  assert.equal(await run('enabled', { name: 'sshd' }), true);
  assert.equal(await run('disabled', { name: 'nginx' }), true);
});

test('services are listed by state, other units with their ending', async () => {
  assert.deepEqual(await run('get_all'), ['cron', 'fstrim.timer', 'nginx']);
  assert.deepEqual(await run('get_enabled'), ['cron', 'fstrim.timer', 'getty@']);
  assert.deepEqual(await run('get_disabled'), ['nginx']);
  assert.deepEqual(await run('get_static'), ['systemd-journald']);
  assert.deepEqual(await run('get_running'), ['cron', 'dbus.socket', 'nginx']);
  assert.deepEqual(unitsWith(UNITS, 3, 'failed'), ['broken']);
});

test('masks are told, set and removed', async () => {
  assert.equal(await run('masked', { name: 'nginx' }), false);
  symlinkSync('/dev/null', at('etc/nginx.service'));
  assert.equal(await run('masked', { name: 'nginx' }), true);
  await run('start', { name: 'nginx', unmask: true });
  assert.deepEqual(calls().slice(-2), ['unmask nginx.service', 'start nginx.service']);
  await run('mask', { name: 'cron', runtime: true });
  assert.equal(calls().at(-1), 'mask --runtime cron.service');
});

test('properties are shown as texts, lists and maps', async () => {
  assert.deepEqual(
    { ...((await run('show', { name: 'cron' })) as object) },
    {
      Id: 'cron.service',
      After: ['a.target', 'b.target'],
      ExecStart: { path: '/usr/sbin/cron', 'argv[]': '/usr/sbin/cron -f', pid: '0' },
      Environment: 'A=1',
    },
  );
  assert.deepEqual(await run('execs'), { cron: '/usr/sbin/cron', 'fstrim.timer': '/usr/sbin/cron', nginx: '/usr/sbin/cron' });
  assert.equal(Object.keys(parseShow('__proto__=x')).length, 1);
});

test('names that are none are refused, and test=True starts nothing', async () => {
  for (const name of ['--root=/', 'a b', '../x']) assert.throws(() => unitName(name), /is not a service name/);
  assert.equal(serviceName('session-1.scope'), undefined);
  assert.equal(await run('start', { name: 'cron' }, { testing: true }), true);
  assert.deepEqual(calls(), ['']);
});

test('init scripts serve where systemd did not boot', async () => {
  for (const name of ['cron', 'nginx', 'README']) writeFileSync(at(`sysv/init.d/${name}`), '');
  symlinkSync('../init.d/cron', at('sysv/rc2.d/S01cron'));
  program('service', `echo "$*" >> ${at('calls')}; [ "$1" = cron ]`);
  program('update-rc.d', `echo "$*" >> ${at('calls')}`);
  program('runlevel', 'echo unknown; exit 1');
  const here = witness({ path: [folder] });
  const ask = (name: string, args: Record<string, Returnable> = {}) => invoke(sysv, name, args, here);
  assert.deepEqual(await ask('get_all'), ['cron', 'nginx']);
  assert.deepEqual(await ask('get_enabled'), ['cron']);
  assert.deepEqual(await ask('get_disabled'), ['nginx']);
  const answers = (name: string) => Promise.all(['available', 'missing', 'enabled', 'disabled'].map((what) => ask(what, { name })));
  assert.deepEqual(await answers('cron'), [true, false, true, false]);
  assert.deepEqual(await answers('nginx'), [true, false, false, true]);
  here.retcode = 0;
  assert.deepEqual(await answers('nosuch'), [false, true, false, false]);
  assert.equal(here.retcode, 1, 'the runlevel is not known');
  program('runlevel', 'echo N 2');
  here.retcode = 0;
  assert.deepEqual(await answers('nosuch'), [false, true, false, false]);
  assert.equal(here.retcode, 0);
  assert.equal(await ask('status', { name: 'cron' }), true);
  assert.equal(await ask('start', { name: 'nginx' }), false);
  assert.equal(here.retcode, 1);
  await ask('disable', { name: 'cron' });
  assert.equal(calls().at(-1), 'cron disable');
  await assert.rejects(ask('mask', { name: 'cron' }), { message: 'sysv cannot do this: it needs systemd' });
});

test('a system without a manager that is known is told so', async () => {
  const nowhere = serviceModule([createSystemd({ ...places, booted: at('not-there') })]);
  assert.match(String(nowhere.serves?.(witness().ctx.host)), /no service manager/);
  await assert.rejects(invoke(nowhere, 'start', { name: 'cron' }), /No service manager that is known runs here: looked for systemd/);
});

test('an init script that is no unit is enabled as init scripts are, also where systemd runs', async () => {
  writeFileSync(at('sysv/init.d/legacy'), '', { mode: 0o755 });
  writeFileSync(at('sysv/init.d/cron'), '', { mode: 0o755 });
  program('update-rc.d', `echo "update-rc.d $*" >> ${at('calls')}`);
  program('runlevel', 'echo N 2');
  assert.deepEqual(await run('get_all'), ['cron', 'fstrim.timer', 'legacy', 'nginx']);
  assert.deepEqual(await run('get_disabled'), ['legacy', 'nginx']);
  await run('enable', { name: 'legacy' });
  assert.equal(calls().at(-1), 'update-rc.d -f legacy defaults 99');
  symlinkSync('../init.d/legacy', at('sysv/rc2.d/S99legacy'));
  assert.equal(await run('enabled', { name: 'legacy' }), true);
  assert.deepEqual(await run('get_enabled'), ['cron', 'fstrim.timer', 'getty@', 'legacy']);
  await run('disable', { name: 'legacy' });
  assert.equal(calls().at(-1), 'update-rc.d -f legacy remove');
});

test('units of another tree are looked at and enabled there', async () => {
  mkdirSync(join(folder, 'tree', at('etc')), { recursive: true });
  writeFileSync(join(folder, 'tree', at('etc'), 'inner.service'), '');
  assert.deepEqual(await run('get_all', { root: at('tree') }), ['inner']);
  await run('enable', { name: 'inner', root: at('tree') });
  assert.equal(calls().at(-1), `--root ${at('tree')} enable inner.service`);
});

test('the minion stops itself without waiting for the end of it', async () => {
  await run('stop', { name: 'tsalt-minion' });
  assert.equal(calls().at(-1), '--no-block stop tsalt-minion.service');
});

test('the first boot is answered', async () => {
  program('systemd-firstboot', `echo "$*" >> ${at('calls')}; [ "$1" != --locale=xx ] || { echo 'Locale xx is not valid.' >&2; exit 1; }`);
  assert.equal(await run('firstboot', { locale: 'C.UTF-8', machine_id: '1234', root: '/x' }), true);
  assert.equal(calls().at(-1), '--locale=C.UTF-8 --root=/x --machine-ID=1234');
  await assert.rejects(run('firstboot', { locale: 'xx' }), { message: 'systemd-firstboot error: Locale xx is not valid.' });
});

/** What OpenRC 0.48 on Alpine 3.18 prints. */
test('OpenRC serves where it is', async () => {
  mkdirSync(at('openrc'), { recursive: true });
  for (const name of ['sshd', 'crond', 'ntpd', 'functions.sh']) writeFileSync(at(`openrc/${name}`), '');
  program(
    'rc-service',
    `echo "rc-service $*" >> ${at('calls')}
case "$*" in
"sshd status") echo ' * status: started';;
"crond status") echo ' * status: stopped'; exit 3;;
"nosuch "*) echo ' * rc-service: service \`nosuch'"'"' does not exist' >&2; exit 1;;
"ntpd start") echo ' * ERROR: ntpd failed to start' >&2; exit 1;;
esac`,
  );
  program(
    'rc-update',
    `echo "rc-update $*" >> ${at('calls')}
case "$*" in
show) printf '                sshd |      default\n               crond |\n             hwclock | boot                             \n';;
"add nosuch "*) echo " * rc-update: service nosuch does not exist" >&2; exit 1;;
esac`,
  );
  program('rc-status', 'echo default');
  const openrc = serviceModule([createOpenrc(at('openrc'))]);
  const here = witness({ path: [folder] });
  const ask = (name: string, args: Record<string, Returnable> = {}) => invoke(openrc, name, args, here);
  assert.equal(openrc.serves?.(here.ctx.host), true);
  assert.deepEqual(await ask('get_all'), ['crond', 'ntpd', 'sshd']);
  assert.deepEqual(await ask('get_enabled'), ['hwclock', 'sshd']);
  assert.deepEqual(await ask('get_disabled'), ['crond', 'ntpd']);
  const answers = (name: string) => Promise.all(['status', 'available', 'enabled', 'disabled'].map((what) => ask(what, { name })));
  assert.deepEqual(await answers('sshd'), [true, true, true, false]);
  assert.deepEqual(await answers('crond'), [false, true, false, true]);
  assert.deepEqual(await answers('nosuch'), [false, false, false, true]);
  assert.equal(await ask('restart', { name: 'sshd' }), true);
  assert.equal(calls().at(-1), 'rc-service sshd restart');
  assert.equal(await ask('start', { name: 'ntpd' }), false);
  assert.equal(here.retcode, 1);
  assert.ok(here.logged.some((line) => line.includes('ntpd failed to start')));
  assert.equal(await ask('enable', { name: 'crond' }), true);
  assert.equal(calls().at(-1), 'rc-update add crond default');
  assert.equal(await ask('enable', { name: 'sshd' }), true, 'nothing to do');
  assert.equal(await ask('disable', { name: 'sshd' }), true);
  assert.equal(calls().at(-1), 'rc-update delete sshd default');
  assert.equal(await ask('enable', { name: 'nosuch' }), false);
  await assert.rejects(ask('start', { name: '--x' }), /is not a service name/);
});
