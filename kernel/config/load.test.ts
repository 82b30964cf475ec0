import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, test } from 'node:test';
import { loadMasterConfig } from '../../master/options.ts';
import { loadMinionConfig } from '../../minion/options.ts';
import { BadConfig } from './errors.ts';

const made: string[] = [];
afterEach(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true });
});

function directoryWith(files: Record<string, string>): string {
  const directory = mkdtempSync(join(tmpdir(), 'tsalt-config-'));
  made.push(directory);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  return directory;
}
const master = (files: Record<string, string>, overrides = {}) => loadMasterConfig({ configDir: directoryWith(files), overrides });

function problemsOf(files: Record<string, string>): string {
  const configDir = directoryWith(files);
  try {
    loadMasterConfig({ configDir });
  } catch (problem) {
    assert.ok(problem instanceof BadConfig, String(problem));
    return problem.message.replaceAll(configDir, 'DIR');
  }
  return 'no problem';
}

test('without files everything is as Salt has it by default', () => {
  const { config, warnings, files } = master({});
  assert.equal(config.ret_port, 4506);
  assert.equal(config.pki_dir, '/etc/salt/pki/master');
  assert.deepEqual({ ...config.file_roots }, { base: ['/srv/salt', '/srv/spm/salt'] });
  assert.equal(config.ipv6, null);
  assert.deepEqual([warnings, files], [[], []]);
});

test('files of master.d are merged deeply with one another and replace whole keys of the main file', () => {
  const { config, sources } = master({
    master: 'nodegroups: {main: web1}\ntimeout: 7\nworker_threads: 9\n',
    'master.d/a.conf': 'nodegroups: {a: [x], both: [one]}\ntimeout: 8\n',
    'master.d/b.conf': 'nodegroups: {b: y, both: [one, two]}\n',
    'master.d/.hidden.conf': 'timeout: 1\n',
    'master.d/other.txt': 'timeout: 2\n',
  });
  assert.deepEqual(JSON.parse(JSON.stringify(config.nodegroups)), { a: ['x'], both: ['one', 'two'], b: 'y' });
  assert.equal(config.timeout, 8);
  assert.equal(config.worker_threads, 9);
  assert.match(sources.get('timeout')?.file ?? '', /a\.conf$/);
  assert.equal(sources.get('worker_threads')?.line, 3);
});

test('include wins over default_include, nests, and tells when it finds nothing', () => {
  const { config, warnings } = master({
    master: 'include:\n  - extra/*.conf\n  - nowhere.conf\n',
    'master.d/a.conf': 'timeout: 8\n',
    'extra/one.conf': 'timeout: 9\ninclude: deeper.inc\n',
    'extra/deeper.inc': 'pub_hwm: 5\n',
  });
  assert.equal(config.timeout, 9);
  assert.equal(config.pub_hwm, 5);
  assert.match(warnings[0]?.message ?? '', /nowhere\.conf.* matches no file/);
});

test('a file that includes itself is refused instead of read for ever', () => {
  assert.match(problemsOf({ master: 'include: a.inc\n', 'a.inc': 'include: a.inc\n' }), /a\.inc: includes are nested deeper/);
});

test('the command line wins over files and is checked alike', () => {
  assert.equal(master({ master: 'timeout: 7\n' }, { timeout: 3, log_level: undefined }).config.timeout, 3);
  assert.throws(() => master({}, { timeout: 'soon' }), /command line: timeout must be a number from 0, got "soon"/);
});

test('values of a wrong type are all named with file, line and what was expected', () => {
  const text = problemsOf({
    master: '# first\nret_port: many\nauto_accept: "yes"\npeer: [x]\nfile_roots:\n  base: /srv\nhash_type: crc\n',
  });
  assert.match(text, /DIR\/master:2: ret_port must be a number from 0 to 65535, got "many"/);
  assert.match(text, /DIR\/master:3: auto_accept must be True or False, got "yes"/);
  assert.match(text, /DIR\/master:4: peer must be a map, got \["x"\]/);
  assert.match(text, /DIR\/master:5: file_roots must be a list of directories under base/);
  assert.match(text, /DIR\/master:7: hash_type must be one of sha256/);
});

test('a wrong secret is not shown in the error', () => {
  const text = problemsOf({ master: 'key_pass: [hunter2]\n' });
  assert.match(text, /key_pass must be a text/);
  assert.doesNotMatch(text, /hunter2/);
});

test('bad YAML is an error with its line and what stands there', () => {
  assert.match(problemsOf({ master: 'timeout: 5\n  bad: [1, 2\n' }), /DIR\/master:\d: bad YAML: [\s\S]*\n {4}/);
  assert.match(problemsOf({ master: '# one\n\ntimeout: 5\n# four\na: b: c\n# six\n' }), /DIR\/master:5: bad YAML: [\s\S]*\n {4}a: b: c/);
  assert.match(problemsOf({ master: '- a\n- b\n' }), /DIR\/master:1: must be a map of options .* got a list/);
  assert.match(problemsOf({ master: 'just text\n' }), /got a string/);
  assert.match(problemsOf({ master: `a: ${'['.repeat(20000)}\n` }), /DIR\/master/);
  assert.match(problemsOf({ 'master.d/x.conf': 'a: b: c\n' }), /x\.conf:1: bad YAML/);
});

test('booleans are those of Python, single letters and dates stay texts', () => {
  const { config, raw } = master({
    master: 'auto_accept: yes\nipv6: off\nmine.y: y\nmine.date: 2015-01-01\nmine.e: 1e3\nmine.octal: 010\n',
  });
  assert.deepEqual([config.auto_accept, config.ipv6], [true, false]);
  assert.deepEqual([raw['mine.y'], raw['mine.date'], raw['mine.e'], raw['mine.octal']], ['y', '2015-01-01', '1e3', 8]);
});

test('comments are skipped and line numbers stay those of the file', () => {
  const { config, raw, sources } = master({ master: '#a\n#timeout: 1\n\nmine: |\n  # kept\n\n  too\n#gone\n\ntimeout: 7 # said\n# end' });
  assert.deepEqual([config.timeout, raw['mine'], sources.get('timeout')?.line], [7, '# kept\n\ntoo\n', 10]);
});

test('an unknown key is noted by how likely it is a mistake, and stays reachable', () => {
  const { warnings, raw } = master({ master: 'worker_thread: 3\nengines: []\nmysql.host: db1\n' });
  assert.deepEqual(
    warnings.map(({ level, line, message }) => [level, line, message.replace(/;.*(?=did)/, '; ')]),
    [
      ['warning', 1, 'worker_thread is no option; did you mean worker_threads?'],
      ['info', 2, 'engines is an option of Salt that tsalt does not provide; it has no effect.'],
      ['debug', 3, 'mysql.host is no option; it is kept for modules that ask for it.'],
    ],
  );
  assert.equal(raw['mysql.host'], 'db1');
});

test('root_dir goes before every path option, given or not', () => {
  const { config } = master({
    master: 'root_dir: /tmp/x\npki_dir: keys\ncachedir: /tmp/x/cache/\nlog_file: udp://host:514\npidfile: /run/m.pid\n',
  });
  assert.deepEqual(
    [config.pki_dir, config.cachedir, config.log_file, config.pidfile, config.key_logfile],
    ['/tmp/x/keys', '/tmp/x/cache', 'udp://host:514', '/tmp/x/run/m.pid', '/tmp/x/var/log/salt/key'],
  );
});

test('options that decide about others do so as in Salt', () => {
  const { config, warnings } = master({
    master: `cachedir: /c\nsock_dir: /${'s'.repeat(20)}\nkeep_jobs: 2\nfileserver_backend: [git, roots]\nlog_dir: /logs\nenvironment: prod\n`,
  });
  assert.equal(config.sock_dir, '/c/.salt-unix');
  assert.equal(config.token_dir, '/c/tokens');
  assert.equal(config.keep_jobs_seconds, 7200);
  assert.deepEqual(config.fileserver_backend, ['gitfs', 'roots']);
  assert.equal(config.log_file, '/logs/master');
  assert.equal(config.saltenv, 'prod');
  assert.match(warnings[0]?.message ?? '', /now called saltenv/);
});

test('secret values are listed for redaction', () => {
  assert.deepEqual(master({ master: 'key_pass: hunter2\nmysql.password: tiger\n' }).secrets, ['hunter2', 'tiger']);
});

test('keys from the prototype of objects are only keys', () => {
  const { config, raw } = master({ master: '__proto__: {timeout: 1}\nconstructor: 2\npeer: {__proto__: {a: b}}\n' });
  assert.equal(config.timeout, 5);
  assert.deepEqual(Object.keys(config.peer), ['__proto__']);
  assert.equal(raw['constructor'], 2);
  assert.equal(({} as Record<string, unknown>)['timeout'], undefined);
});

test('the configuration cannot be changed by who gets it', () => {
  const { config } = master({ master: 'peer: {a: [b]}\n' });
  assert.throws(() => Object.assign(config, { timeout: 1 }), TypeError);
  assert.throws(() => Object.assign(config.peer, { c: 1 }), TypeError);
});

test("a minion's id comes from its option, else from minion_id, and gets the domain it lacks", () => {
  const minion = (files: Record<string, string>) => loadMinionConfig({ configDir: directoryWith(files) });
  assert.equal(minion({ minion: 'id: 007x\n' }).config.id, '007x');
  assert.equal(minion({ minion: 'id: 12\n' }).config.id, '12');
  assert.equal(minion({ minion: 'id: a\nappend_domain: lan\n' }).config.id, 'a.lan');
  const remembered = minion({ minion: 'append_domain: lan\n', minion_id: '\uFEFFweb7.lan\nrest\n' });
  assert.deepEqual([remembered.config.id, remembered.idWasGuessed], ['web7.lan', true]);
  assert.notEqual(minion({ minion_id: 'localhost\n' }).config.id, '');
});

test('one master or several are a list', () => {
  const minion = (text: string) => loadMinionConfig({ configDir: directoryWith({ minion: `id: a\n${text}` }) }).config.master;
  assert.deepEqual(minion(''), ['salt']);
  assert.deepEqual(minion('master: m1\n'), ['m1']);
  assert.deepEqual(minion('master: [m1, "m2:4506"]\n'), ['m1', 'm2:4506']);
});
