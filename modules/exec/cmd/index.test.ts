import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { invoke, type Surroundings, witness } from '../../../test/support/ctx.ts';
import type { Returnable } from '../../define.ts';
import cmd from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'cmd-test-'));
after(() => rmSync(folder, { recursive: true }));
const root = process.getuid?.() === 0;

/** As `tsalt m1 cmd.<name>`: with a job id, hence through a shell. */
const fromUser = (surroundings: Surroundings = {}) => witness({ extra: { __pub_jid: '20260101000000000000' }, ...surroundings });
const cmdRun = (name: string, args: Record<string, Returnable>, here = fromUser()) => invoke(cmd, name, args, here);

test('run returns stdout and stderr together, without the trailing white space', async () => {
  assert.equal(await cmdRun('run', { cmd: 'echo out; echo err >&2; echo' }), 'out\nerr');
  assert.equal(await cmdRun('run', { cmd: 'echo out', rstrip: false }), 'out\n');
  assert.equal(await cmdRun('run', { cmd: 'echo out; echo err >&2', redirect_stderr: false }), 'out');
});

test('a failing run returns its output, ends the job with its code, and logs as Salt does', async () => {
  const here = fromUser();
  assert.equal(await cmdRun('run', { cmd: 'exit 5' }, here), '');
  assert.equal(here.retcode, 5);
  const errors = here.logged.filter((line) => line.startsWith('ERROR'));
  assert.deepEqual(errors, [
    "ERROR Command 'exit' failed with return code: 5",
    'ERROR retcode: 5',
    "ERROR Command 'exit' failed with return code: 5",
    'ERROR output: ',
  ]);
});

test('run_all tells pid, retcode, stdout and stderr', async () => {
  const here = fromUser();
  const result = (await cmdRun('run_all', { cmd: 'echo out; echo err >&2; exit 3' }, here)) as Record<string, Returnable>;
  assert.deepEqual({ ...result, pid: 0 }, { pid: 0, retcode: 3, stdout: 'out', stderr: 'err' });
  assert.ok(Number(result['pid']) > 0);
  assert.equal(here.retcode, 3);
});

test('without a job id no shell reads the line, and a program that is not there is named', async () => {
  const within = witness();
  assert.equal(await cmdRun('run', { cmd: 'echo \'$HOME\' "a  b"' }, within), '$HOME a  b');
  assert.equal(await cmdRun('run', { cmd: ['echo', 'a;b', 1, true] }, within), 'a;b 1 True');
  await assert.rejects(cmdRun('run_all', { cmd: 'nosuch' }, within), /Unable to run command '\['nosuch'\]'.*\[Errno 2\] No such file/);
  assert.equal(await cmdRun('run', { cmd: 'echo $((1+1))', python_shell: true }, within), '2');
  assert.equal(await cmdRun('shell', { cmd: 'echo $((1+1))' }, within), '2');
});

test('a command killed by a signal has the negative number of it', async () => {
  assert.equal(await cmdRun('retcode', { cmd: 'kill -9 $$' }), -9);
});

test('a timeout kills the command and says so in Salt words, leaving the return code of the job alone', async () => {
  const here = fromUser();
  assert.equal(await cmdRun('run', { cmd: 'sleep 600', timeout: 0.1 }, here), 'sleep 600 : Timed out after 0.1 seconds');
  assert.equal(here.retcode, 0);
  const result = (await cmdRun('run_all', { cmd: 'sleep 600', timeout: 0.1, python_shell: false })) as Record<string, Returnable>;
  assert.deepEqual({ ...result, pid: 0 }, { stdout: "['sleep', '600'] : Timed out after 0.1 seconds", stderr: '', retcode: 1, pid: 0 });
});

test('stdin is given, with \\n for a newline unless it is wanted raw', async () => {
  assert.equal(await cmdRun('run', { cmd: 'cat', stdin: 'a\\nb' }), 'a\nb');
  assert.equal(await cmdRun('run', { cmd: 'cat', stdin: 'a\\nb' }, fromUser({ extra: { stdin_raw_newlines: true } })), 'a\\nb');
});

test('env takes a map or a list of maps, and clean_env passes nothing else but the locale', async () => {
  assert.equal(await cmdRun('run', { cmd: 'echo $A$B', env: { A: 1, B: true } }), '1True');
  assert.equal(await cmdRun('run', { cmd: 'echo $A$B$LC_TIME', env: [{ A: 'x' }, { B: 'y' }] }), 'xyC');
  const env = String(await cmdRun('run', { cmd: 'env', env: [{ A: 1 }], clean_env: true, reset_system_locale: false }));
  assert.deepEqual(
    env.split('\n').filter((line) => !/^(PWD|SHLVL|_|OLDPWD)=/.test(line)),
    ['A=1'],
  );
  assert.equal(await cmdRun('run', { cmd: 'echo $PATH | cut -d: -f1', prepend_path: '/first' }), '/first');
});

test('cwd, umask and shell are used, and refused when they make no sense', async () => {
  assert.equal(await cmdRun('run', { cmd: 'pwd; umask', cwd: '/usr', umask: 77 }), '/usr\n0077');
  assert.equal(await cmdRun('run', { cmd: 'echo $0', shell: '/bin/sh' }), '/bin/sh');
  await assert.rejects(cmdRun('run', { cmd: 'pwd', cwd: 'nope' }), {
    message: "Specified cwd 'nope' either not absolute or does not exist",
  });
  await assert.rejects(cmdRun('run', { cmd: 'pwd', umask: 0 }), { message: 'Zero umask is not allowed.' });
  await assert.rejects(cmdRun('run', { cmd: 'pwd', umask: '9' }), { message: "Invalid umask: '9'" });
  await assert.rejects(cmdRun('run', { cmd: 'pwd', shell: '/bin/nosuch' }), { message: 'The shell /bin/nosuch is not available' });
});

test('success_retcodes, success_stdout and ignore_retcode make a failure none', async () => {
  for (const how of [{ success_retcodes: [3, 4] }, { success_retcodes: '3,4' }, { success_stdout: 'fine' }, { success_stderr: ['okay'] }]) {
    const here = fromUser();
    assert.equal(await cmdRun('retcode', { cmd: 'echo fine okay; exit 3', ...how, success_stdout: 'fine' }, here), 0);
    assert.equal(here.retcode, 0);
  }
  const ignored = fromUser();
  const result = (await cmdRun('run_all', { cmd: 'exit 3', ignore_retcode: true }, ignored)) as Record<string, Returnable>;
  assert.equal(result['retcode'], 3);
  assert.equal(ignored.retcode, 0);
  await assert.rejects(cmdRun('run', { cmd: 'true', success_retcodes: 'x' }), /list of integers/);
});

test('runas takes on the user, the primary and all other groups, home and environment', { skip: !root && 'needs root' }, async () => {
  const said = String(await cmdRun('run', { cmd: 'id -un; id -G; echo $USER $HOME; pwd', runas: 'nobody' }));
  const groups = execFileSync('id', ['-G', 'nobody'], { encoding: 'utf8' }).trim();
  assert.deepEqual(said.split('\n'), ['nobody', groups, 'nobody /nonexistent', '/']);
  assert.equal(await cmdRun('run', { cmd: 'id -gn', runas: 'nobody', group: 'daemon' }), 'daemon');
  await assert.rejects(cmdRun('run', { cmd: 'id', runas: 'nosuchuser' }), { message: "User 'nosuchuser' is not available" });
  await assert.rejects(cmdRun('run', { cmd: 'id', runas: '--help' }), { message: "User '--help' is not available" });
});

test('what is not UTF-8 is replaced, another encoding is decoded', async () => {
  const here = fromUser();
  assert.equal(await cmdRun('run', { cmd: "printf '\\377x'" }, here), '\ufffdx');
  assert.ok(here.logged.some((line) => line.startsWith('ERROR Failed to decode stdout')));
  assert.equal(await cmdRun('run', { cmd: "printf '\\351'", output_encoding: 'latin-1' }), 'é');
  await assert.rejects(cmdRun('run', { cmd: 'true', output_encoding: 'nosuch' }), /Unknown output_encoding 'nosuch'/);
});

test('quiet logs nothing of the command, hide_output returns nothing', async () => {
  const here = fromUser();
  assert.equal(await cmdRun('run', { cmd: 'echo secret; exit 1', output_loglevel: 'quiet', hide_output: true }, here), '');
  assert.deepEqual(here.logged, []);
  assert.equal(here.retcode, 1);
});

test('raise_err fails with the output', async () => {
  await assert.rejects(cmdRun('run', { cmd: 'echo no; exit 1', raise_err: true }), { name: 'CommandExecutionError', message: 'no' });
});

test('a command in the background returns at once with its pid', async () => {
  const started = (await cmdRun('run_bg', { cmd: 'sleep 600' })) as { pid: number };
  assert.ok(existsSync(`/proc/${started.pid}`));
  process.kill(started.pid);
  assert.deepEqual(Object.keys(started), ['pid']);
  assert.equal(await cmdRun('run', { cmd: 'true', bg: true }), '');
});

test('a command that the configuration forbids is not run', async () => {
  const forbidding = fromUser({ config: { cmd_blacklist_glob: ['rm *'] } });
  await assert.rejects(cmdRun('run', { cmd: 'rm -rf /nowhere' }, forbidding), {
    message: 'The shell command "rm -rf /nowhere" is not permitted',
  });
  assert.equal(await cmdRun('run', { cmd: 'echo ok' }, forbidding), 'ok');
  await assert.rejects(cmdRun('run', { cmd: 'id' }, fromUser({ config: { cmd_whitelist_glob: ['echo*'] } })), /not permitted/);
});

test('script runs a private copy with arguments and removes it', async () => {
  const source = join(folder, 's.sh');
  writeFileSync(source, '#!/bin/sh\nstat -c %a $0; echo script "$@"; exit 3\n');
  const here = fromUser({ functions: { 'cp.cache_file': (args) => (args[0] === 'salt://s.sh' ? source : '') } });
  const result = (await cmdRun('script', { source: 'salt://s.sh', args: 'a "b c"', cwd: folder }, here)) as Record<string, Returnable>;
  assert.deepEqual({ ...result, pid: 0 }, { pid: 0, retcode: 3, stdout: '500\nscript a b c', stderr: '' });
  assert.equal(here.retcode, 3);
  assert.equal(await cmdRun('script_retcode', { source: 'salt://s.sh' }, here), 3);
  assert.deepEqual(readdirSync(folder), ['s.sh']);
  assert.deepEqual(await cmdRun('script', { source: 'salt://nope.sh' }, here), {
    pid: 0,
    retcode: 1,
    stdout: '',
    stderr: '',
    cache_error: true,
  });
});

test('a command or script with template tags is refused rather than run unrendered', async () => {
  const source = join(folder, 'tagged.sh');
  writeFileSync(source, 'echo {{ 1 + 1 }}\n');
  const here = fromUser({ functions: { 'cp.cache_file': () => source } });
  await assert.rejects(cmdRun('script', { source: 'salt://x', template: 'jinja' }, here), /no cp.get_template/);
  await assert.rejects(cmdRun('run', { cmd: 'echo x', template: 'mako' }), /unavailable engine mako/);
  assert.equal(await cmdRun('run', { cmd: 'echo plain', template: 'jinja' }), 'plain');
  rmSync(source);
});

test('exec_code runs a program text', async () => {
  assert.equal(await cmdRun('exec_code', { lang: 'sh', code: 'echo $1; exit 2', args: 'x' }), 'x');
  const result = (await cmdRun('exec_code_all', { lang: 'sh', code: 'exit 2' })) as Record<string, Returnable>;
  assert.equal(result['retcode'], 2);
});

test('programs and shells are found', async () => {
  assert.equal(statSync(String(await cmdRun('which', { cmd: 'sh' }))).isFile(), true);
  assert.equal(await cmdRun('which', { cmd: 'nosuch' }), null);
  assert.equal(await cmdRun('has_exec', { cmd: 'sh' }), true);
  assert.match(String(await cmdRun('which_bin', { cmds: ['nosuch', 'sh'] })), /\/sh$/);
  assert.ok(((await cmdRun('shells', {})) as string[]).includes('/bin/sh'));
});

test('tty writes only to terminals, and makes no file', async () => {
  assert.deepEqual(await cmdRun('tty', { device: 'pts99999', echo: 'x' }), { Error: 'Echoing to /dev/pts/99999 returned error' });
  assert.deepEqual(await cmdRun('tty', { device: '../etc/passwd' }), { Error: 'The specified device is not a valid TTY' });
  assert.equal(existsSync('/dev/pts/99999'), false);
});

test('an empty command is a failure, unless nothing is told of it', async () => {
  for (const cmd of ['', '  ']) {
    await assert.rejects(cmdRun('run', { cmd }), { message: 'The command is empty' });
    await assert.rejects(cmdRun('run_all', { cmd }, witness()), { message: 'The command is empty' });
  }
  assert.equal(await cmdRun('run', { cmd: '', output_loglevel: 'quiet' }), '');
});
