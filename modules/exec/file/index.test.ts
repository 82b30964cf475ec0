import assert from 'node:assert/strict';
import {
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { invoke, witness } from '../../../test/support/ctx.ts';
import type { Returnable } from '../../define.ts';
import cmd from '../cmd/index.ts';
import file from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'file-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
const content = (name: string) => readFileSync(at(name), 'utf8');
const root = process.getuid?.() === 0;

beforeEach(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'd/e'), { recursive: true });
  writeFileSync(at('a'), 'one\ntwo\nthree\n', { mode: 0o640 });
  writeFileSync(at('c'), 'x=1\n#y=2\n  z\n');
  symlinkSync('a', at('l'));
});

const call = (name: string, args: Record<string, Returnable> = {}, rest: Returnable[] = [], extra: Record<string, Returnable> = {}) =>
  invoke(file, name, args, witness({ rest, extra, functions: { 'cmd.run_all': (words) => runAll(words[0] ?? []) } }));
const runAll = (words: Returnable): Promise<Returnable> => invoke(cmd, 'run_all', { cmd: words, python_shell: false });

test('stats tells what Salt tells, of a link what it points to', async () => {
  const stats = (await call('stats', { path: at('l'), hash_type: 'md5' })) as Record<string, Returnable>;
  const real = statSync(at('a'));
  assert.deepEqual(Object.keys(stats), 'inode uid gid group user atime mtime ctime size mode sum type target'.split(' '));
  assert.equal(stats['inode'], real.ino);
  assert.equal(stats['mode'], '0640');
  assert.equal(stats['sum'], 'deed54b823522e0525693b090363f9df');
  assert.equal(stats['target'], at('a'));
  assert.ok(Math.abs((stats['mtime'] as { value: number }).value - real.mtimeMs / 1000) < 1e-3);
  const itself = (await call('stats', { path: at('l'), follow_symlinks: false })) as Record<string, Returnable>;
  assert.equal(itself['type'], 'link');
  await assert.rejects(call('stats', { path: at('none') }), { message: `Path not found: ${at('none')}` });
});

test('modes are set and shown in octal, however YAML read them', async () => {
  assert.equal(await call('set_mode', { path: at('a'), mode: 644 }), '0644');
  assert.equal(await call('set_mode', { path: at('a'), mode: '0o600' }), '0600');
  assert.equal(await call('get_mode', { path: at('a') }), '0600');
  await assert.rejects(call('set_mode', { path: at('none'), mode: 644 }), { message: `${at('none')}: File not found` });
  await assert.rejects(call('set_mode', { path: at('a'), mode: '9' }), /Invalid Mode 9/);
});

test('owners are changed by name or number, and what does not exist is told', { skip: !root && 'needs root' }, async () => {
  assert.equal(await call('chown', { path: at('a'), user: 'daemon', group: 1 }), null);
  assert.deepEqual([statSync(at('a')).uid, statSync(at('a')).gid], [1, 1]);
  assert.equal(await call('get_user', { path: at('a') }), 'daemon');
  assert.equal(await call('chown', { path: at('a'), user: 'nosuch', group: 'nosuch' }), 'User does not exist\nGroup does not exist\n');
  assert.equal(await call('chown', { path: at('none'), user: 'root', group: 'root' }), 'File not found');
  assert.equal(await call('chgrp', { path: at('a'), group: 'root' }), null);
  assert.deepEqual([statSync(at('a')).uid, statSync(at('a')).gid], [1, 0]);
  assert.equal(await call('lchown', { path: at('l'), user: 1, group: 1 }), null);
  assert.deepEqual([lstatSync(at('l')).uid, statSync(at('a')).uid], [1, 1]);
});

test('names and numbers of users and groups are found', async () => {
  assert.equal(await call('uid_to_user', { uid: 0 }), 'root');
  assert.equal(await call('uid_to_user', { uid: 54321 }), 54321);
  assert.equal(await call('user_to_uid', { user: 'root' }), 0);
  assert.equal(await call('group_to_gid', { group: 'nosuchgroup' }), '');
  assert.equal(await call('gid_to_group', { gid: 0 }), 'root');
});

test('lines are written, appended and prepended, each with an end', async () => {
  assert.equal(await call('write', { path: at('w') }, ['q', 1]), `Wrote 2 lines to "${at('w')}"`);
  assert.equal(await call('prepend', { path: at('w') }, ['z']), `Prepended 1 lines to "${at('w')}"`);
  writeFileSync(at('open'), 'no end');
  assert.equal(await call('append', { path: at('open') }, [], { args: ['x', true] }), `Wrote 2 lines to "${at('open')}"`);
  assert.equal(content('w'), 'z\nq\n1\n');
  assert.equal(content('open'), 'no end\nx\nTrue\n');
  await assert.rejects(call('append', { path: at('none') }, ['x']), /Unable to append.*no such file/i);
});

test('bytes are read and written in the middle, and cut off', async () => {
  assert.deepEqual(await call('seek_read', { path: at('a'), size: 3, offset: 1 }), Buffer.from('ne\n'));
  assert.equal(await call('seek_write', { path: at('a'), data: 'ONE', offset: 0 }), 3);
  await call('truncate', { path: at('a'), length: 5 });
  assert.equal(await call('read', { path: at('a') }), 'ONE\nt');
  assert.deepEqual(await call('read', { path: at('a'), binary: true }), Buffer.from('ONE\nt'));
});

test('content is found by text, expression and glob; a missing file holds nothing', async () => {
  assert.equal(await call('contains', { path: at('a'), text: ' two ' }), true);
  assert.equal(await call('contains', { path: at('none'), text: 'two' }), false);
  assert.equal(await call('contains_regex', { path: at('a'), regex: '^tw.$' }), true);
  assert.equal(await call('contains_regex', { path: at('c'), regex: '^y', lchar: '#' }), true);
  assert.equal(await call('contains_glob', { path: at('a'), glob_expr: '*two*' }), true);
  assert.equal(await call('search', { path: at('a'), pattern: '^tw.$' }), true);
  assert.equal(await call('search', { path: at('a'), pattern: 'TWO' }), false);
  assert.equal(await call('search', { path: at('a'), pattern: 'TWO', flags: 'IGNORECASE' }), true);
});

test('touch makes a file and sets its times', async () => {
  assert.equal(await call('touch', { name: at('t'), atime: 1700000000, mtime: '1600000000' }), true);
  assert.deepEqual([statSync(at('t')).atimeMs, statSync(at('t')).mtimeMs], [1700000000000, 1600000000000]);
  await assert.rejects(call('touch', { name: at('t'), mtime: 'x' }), { message: 'atime and mtime must be integers' });
});

test('directories are made with all that is above them, with the mode asked for', async () => {
  assert.equal(await call('mkdir', { dir_path: at('n/m'), mode: 750 }), true);
  assert.equal(statSync(at('n')).mode & 0o777, 0o750);
  assert.equal(await call('makedirs', { path: at('n2/m/file') }), null);
  assert.equal(await call('makedirs', { path: at('n2/m/file') }), `Directory '${at('n2/m')}' already exists`);
  assert.equal(await call('makedirs', { path: at('a/file') }), `The path '${at('a')}' already exists and is not a directory`);
  assert.equal(await call('makedirs_perms', { name: at('n3') }), null);
  assert.equal(statSync(at('n3')).mode & 0o777, 0o755);
  await assert.rejects(call('mkdir', { dir_path: at('a/b') }), /Unable to make directory/);
});

test('paths are copied, moved, renamed and removed', async () => {
  assert.equal(await call('copy', { src: at('a'), dst: at('b') }), true);
  assert.equal(statSync(at('b')).mode & 0o777, 0o640);
  assert.deepEqual(await call('move', { src: at('b'), dst: at('d') }), { result: true, comment: `'${at('b')}' moved to '${at('d')}'` });
  assert.equal(content('d/b'), content('a'));
  await assert.rejects(call('copy', { src: at('d'), dst: at('d2') }), /without recurse flag/);
  assert.equal(await call('copy', { src: at('d'), dst: at('d2'), recurse: true }), true);
  assert.equal(content('d2/b'), content('a'));
  assert.equal(await call('rename', { src: at('d2'), dst: at('d3') }), true);
  assert.equal(await call('remove', { path: at('d3') }), true);
  assert.equal(await call('remove', { path: at('d3') }), false);
  assert.equal(await call('remove', { path: at('l') }), true);
  assert.equal(await call('file_exists', { path: at('a') }), true);
  await assert.rejects(call('remove', { path: 'relative' }), { message: 'File path must be absolute: relative' });
  assert.equal(await call('rmdir', { path: at('d') }), false);
  assert.equal(await call('rmdir', { path: at('d/e') }), true);
});

test('links are made, left when right, and replaced only when that is asked for', async () => {
  assert.equal(await call('symlink', { src: 'a', path: at('l') }), true);
  await assert.rejects(call('symlink', { src: 'c', path: at('l') }), { message: `Found existing symlink: ${at('l')}` });
  await assert.rejects(call('symlink', { src: 'c', path: at('a') }), { message: `Existing path is not a symlink: ${at('a')}` });
  assert.equal(await call('symlink', { src: 'c', path: at('l'), force: true }), true);
  assert.equal(await call('symlink', { src: 'd', path: at('l'), atomic: true }), true);
  assert.equal(readlinkSync(at('l')), 'd');
  assert.equal(await call('readlink', { path: at('l') }), 'd');
  assert.equal(await call('readlink', { path: at('l'), canonicalize: true }), at('d'));
  assert.equal(await call('is_link', { path: at('l') }), true);
  assert.equal(await call('link', { src: at('a'), path: at('hard') }), true);
  assert.equal(await call('is_hardlink', { path: at('a') }), true);
});

test('what is there is told', async () => {
  assert.equal(await call('directory_exists', { path: at('d') }), true);
  assert.equal(await call('file_exists', { path: at('d') }), false);
  assert.equal(await call('path_exists_glob', { path: at('?') }), true);
  assert.equal(await call('path_exists_glob', { path: at('no*') }), false);
  assert.deepEqual(((await call('readdir', { path: folder })) as string[]).sort(), ['.', '..', 'a', 'c', 'd', 'l']);
  assert.equal(await call('access', { path: at('a'), mode: 'r' }), true);
  assert.equal(await call('is_chrdev', { name: '/dev/null' }), true);
  linkSync(at('a'), at('again'));
  // A file counts once, whatever its names.
  assert.equal(await call('diskusage', { path: folder }), 14 + 13);
});

test('digests are made and compared', async () => {
  const sum = 'deed54b823522e0525693b090363f9df';
  assert.equal(await call('get_hash', { path: at('a'), form: 'md5' }), sum);
  assert.equal(await call('check_hash', { path: at('a'), file_hash: `md5=${sum}` }), true);
  assert.equal(await call('check_hash', { path: at('a'), file_hash: sum }), true);
  assert.equal(await call('get_sum', { path: at('none') }), 'File not found');
  await assert.rejects(call('check_hash', { path: at('a'), file_hash: 'abc' }), /could not be matched to a supported hash type/);
});

test('parts of paths are those of Python', async () => {
  assert.equal(await call('basename', { path: '/a/b/' }), '');
  assert.equal(await call('dirname', { path: '/a/b/' }), '/a/b');
  assert.equal(await call('normpath', { path: '/a//b/../c/' }), '/a/c');
  assert.equal(await call('join', {}, ['/', 'usr', 'local']), '/usr/local');
  assert.equal(await call('join', {}, ['a', '/b']), '/b');
});

test('replace edits in place, keeps a backup with the mode, and returns the difference', async () => {
  const before = statSync(at('a')).ino;
  assert.equal(
    await call('replace', { path: at('l'), pattern: 't(.)', repl: 'T\\1' }),
    '--- \n+++ \n@@ -1,3 +1,3 @@\n one\n-two\n-three\n+Two\n+Three\n',
  );
  assert.deepEqual([statSync(at('a')).ino, statSync(at('a')).mode & 0o777], [before, 0o640]);
  assert.equal(content('a.bak'), 'one\ntwo\nthree\n');
  assert.equal(statSync(at('a.bak')).mode & 0o777, 0o640);
  assert.equal(readlinkSync(at('l.bak')), 'a.bak');
  assert.equal(await call('replace', { path: at('a'), pattern: 'nosuch', repl: 'x' }), '');
});

test('replace adds what is not found, once', async () => {
  const add = { path: at('a'), pattern: 'nope', repl: 'a.b', append_if_not_found: true, backup: false };
  assert.equal(await call('replace', add), '--- \n+++ \n@@ -1,3 +1,4 @@\n one\n two\n three\n+a.b\n');
  assert.equal(await call('replace', add), '');
  await call('replace', { ...add, append_if_not_found: false, prepend_if_not_found: true, repl: 'top', show_changes: false });
  assert.equal(content('a'), 'top\none\ntwo\nthree\na.b\n');
});

test('replace keeps bytes that are not UTF-8, and refuses what is binary', async () => {
  writeFileSync(at('bytes'), Buffer.from('caf\xe9 here and more text\n', 'latin1'));
  await call('replace', { path: at('bytes'), pattern: 'here', repl: 'thère' });
  assert.deepEqual(readFileSync(at('bytes')), Buffer.concat([Buffer.from('caf\xe9 ', 'latin1'), Buffer.from('thère and more text\n')]));
  writeFileSync(at('binary'), Buffer.from([1, 0, 2]));
  await assert.rejects(
    call('replace', { path: at('binary'), pattern: 'a', repl: 'b' }),
    /Cannot perform string replacements on a binary file/,
  );
  await assert.rejects(call('replace', { path: at('none'), pattern: 'a', repl: 'b' }), { message: `File not found: ${at('none')}` });
  assert.equal(await call('replace', { path: at('none'), pattern: 'a', repl: 'b', ignore_if_missing: true }), false);
});

test('a dry run changes nothing and still tells the difference', async () => {
  assert.match(String(await call('replace', { path: at('a'), pattern: 'two', repl: '2', dry_run: true })), /\+2\n/);
  assert.equal(await call('replace', { path: at('a'), pattern: 'two', repl: '', search_only: true }), true);
  assert.equal(content('a'), 'one\ntwo\nthree\n');
});

/** What the arguments of file.line make of the lines; from Salt 3008. */
const LINES: readonly (readonly [string, Record<string, Returnable>, string])[] = [
  ['one\ntwo\n', { content: 'mid', after: 'one', mode: 'ensure' }, 'one\nmid\ntwo\n'],
  ['one\nmid\ntwo\n', { content: 'mid', after: 'one', mode: 'ensure' }, 'one\nmid\ntwo\n'],
  ['one\n  two\n', { content: 'x', before: 'two', mode: 'insert' }, 'one\n  x\n  two\n'],
  ['one\n  two\n', { content: 'x', before: 'two', mode: 'insert', indent: false }, 'one\nx\n  two\n'],
  ['one\ntwo\n', { content: 'x', location: 'end', mode: 'insert' }, 'one\ntwo\n\nx'],
  ['one\ntwo\n', { content: 'x', after: 'two', mode: 'insert' }, 'one\ntwo\nx\n'],
  ['one\ntwo\n', { content: 'x', location: 'start', mode: 'insert' }, 'x\none\ntwo\n'],
  ['one\n  two\n', { content: '2', match: 't.o', mode: 'replace' }, 'one\n  2\n'],
  ['one\ntwo\n', { match: 'one', mode: 'delete' }, 'two\n'],
  ['one\ntwo\nthree\n', { content: 'x', after: 'one', before: 'two', mode: 'ensure' }, 'one\nx\ntwo\nthree\n'],
  ['', { content: 'x', location: 'end', mode: 'insert' }, 'x'],
];
for (const [text, args, made] of LINES) {
  test(`line makes ${JSON.stringify(made)} of ${JSON.stringify(text)} by ${JSON.stringify(args)}`, async () => {
    writeFileSync(at('line'), text);
    await call('line', { path: at('line'), ...args });
    assert.equal(content('line'), made);
  });
}

test('line tells what is wrong with its arguments', async () => {
  await assert.rejects(call('line', { path: at('none'), content: 'x', mode: 'insert' }), /does not exists or is not a file/);
  assert.equal(await call('line', { path: at('none'), content: 'x', mode: 'insert', quiet: true }), false);
  await assert.rejects(call('line', { path: at('a'), content: 'x' }), /Mode was not defined/);
  await assert.rejects(call('line', { path: at('a'), content: 'x', mode: 'nope' }), /Unknown mode: "nope"/);
  await assert.rejects(
    call('line', { path: at('a'), content: 'x', mode: 'ensure', after: 'o' }),
    /Found more than expected occurrences in "after"/,
  );
});

test('lines are commented and uncommented', async () => {
  assert.equal(await call('comment', { path: at('c'), regex: '^x' }), '--- \n+++ \n@@ -1 +1 @@\n-x=1\n+#x=1\n');
  assert.equal(await call('uncomment', { path: at('c'), regex: '^y' }), '--- \n+++ \n@@ -1 +1 @@\n-#y=2\n+y=2\n');
  assert.equal(content('c'), '#x=1\ny=2\n  z\n');
  assert.equal(await call('comment', { path: at('c'), regex: 'nosuch' }), false);
});

test('a marked block is added, filled, left alone and refused when it has no end', async () => {
  const block = { path: at('c'), marker_start: '# START', marker_end: '# END', append_if_not_found: true };
  assert.equal(
    await call('blockreplace', { ...block, content: 'a\nb\n' }),
    '--- \n+++ \n@@ -1,3 +1,7 @@\n x=1\n #y=2\n   z\n+# START\n+a\n+b\n+# END\n',
  );
  assert.equal(await call('blockreplace', { ...block, content: 'a\nb\n' }), '');
  assert.equal(await call('blockreplace', { ...block, content: 'c', append_newline: true, show_changes: false }), true);
  assert.equal(content('c'), 'x=1\n#y=2\n  z\n# START\nc\n# END\n');
  await assert.rejects(call('blockreplace', { path: at('a') }), /Markers were not found in file/);
  await call('blockreplace', { path: at('a'), content: 'c\n', insert_after_match: '^one', marker_start: '<', marker_end: '>' });
  assert.equal(content('a'), 'one\n<\nc\n>\ntwo\nthree\n');
  writeFileSync(at('open'), '# START\nx\n');
  await assert.rejects(call('blockreplace', { ...block, path: at('open') }), /Unterminated marked block/);
});

test('sed, psed and grep do what the programs do', async () => {
  const sed = (await call('sed', { path: at('a'), before: 'two', after: '2' })) as Record<string, Returnable>;
  assert.equal(sed['retcode'], 0);
  assert.equal(content('a'), 'one\n2\nthree\n');
  assert.equal(await call('sed_contains', { path: at('a'), text: 'th.ee' }), true);
  await call('psed', { path: at('a'), before: 'o(n)e', after: '\\1' });
  assert.equal(content('a'), 'n\n2\nthree\n');
  const grep = (await call('grep', { path: at('[ac]'), pattern: 'E' }, ['-i', '-h'])) as Record<string, Returnable>;
  assert.equal(grep['stdout'], 'three');
  await assert.rejects(call('grep', { path: at('a'), pattern: 'E' }, ['-i -h']), /not supported/);
});

test('find gives paths by criteria, sorted, and tells a wrong option as a result', async () => {
  const find = (extra: Record<string, Returnable>, rest: Returnable[] = []) => call('find', { path: folder }, rest, extra);
  assert.deepEqual(await find({ name: '*' }), [folder, ...['a', 'c', 'd', 'd/e', 'l'].map(at)]);
  assert.deepEqual(await find({ type: 'd', mindepth: 1 }), ['d', 'd/e'].map(at));
  assert.deepEqual(await find({ type: 'd', maxdepth: 1, mindepth: 1 }), [at('d')]);
  assert.deepEqual(await find({ grep: 'thre+', print: 'name,size,mode,type' }), [
    ['a', 14, 0o640, 'f'],
    ['l', 14, 0o640, 'f'],
  ]);
  assert.deepEqual(await find({ size: '-13b', type: 'f' }), [at('c')]);
  assert.deepEqual(await find({ mtime: '-1h', regex: '^[ac]$' }), ['a', 'c'].map(at));
  assert.deepEqual(await find({ mtime: '+1h' }), []);
  assert.equal(await find({ size: 'x' }), 'error: invalid size: "x"');
  assert.equal(await find({ nope: 'x' }), 'error: invalid option "nope"');
  assert.deepEqual(await find({ name: 'c' }, ['delete']), [at('c')]);
  assert.equal(await call('file_exists', { path: at('c') }), false);
  assert.deepEqual(await find({ name: 'a', exec: 'cat {}' }), [`cat ${at('a')}:\none\ntwo\nthree\n\n`]);
});

test('what the system refuses is told in the words Salt has for it', async () => {
  const absent = at('absent');
  await assert.rejects(call('read', { path: absent }), { message: `Unable to read: [Errno 2] No such file or directory: '${absent}'` });
  await assert.rejects(call('get_hash', { path: absent }), { message: `Unable to read: [Errno 2] No such file or directory: '${absent}'` });
  await assert.rejects(call('get_hash', { path: folder }), { message: `Unable to read: [Errno 21] Is a directory: '${folder}'` });
});
