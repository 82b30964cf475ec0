import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { BadConfig } from '../../../../kernel/config/errors.ts';
import { Repository } from '../../../../test/support/repository.ts';
import { createFileServer, type FileServer } from '../../server.ts';
import { gitBackend } from './index.ts';

let dir: string;
let repository: Repository;
let logged: string[];
const open: FileServer[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tsalt-gitfs-'));
  logged = [];
  repository = new Repository(join(dir, 'repository'));
  repository.commit({ 'top.sls': 'base: {}\n', 'web/init.sls': 'web: true\n' });
});
afterEach(async () => {
  for (const server of open.splice(0)) await server[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

function serverOf(options: Readonly<Record<string, unknown>> = {}): FileServer {
  const note = (text: string): void => void logged.push(text);
  const log = { debug: note, info: note, warn: note, error: note };
  const all = { cachedir: join(dir, 'cache'), gitfs_remotes: [repository.url], gitfs_update_interval: 0, ...options };
  const server = createFileServer([gitBackend(all, () => false, log)], 'sha256');
  open.push(server);
  return server;
}

/** Git over http, by git's own CGI program. */
function serveGit(root: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, search } = new URL(request.url ?? '', 'http://x');
  const variables = {
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_INFO: pathname,
    QUERY_STRING: search.slice(1),
    REQUEST_METHOD: request.method ?? '',
    CONTENT_TYPE: request.headers['content-type'] ?? '',
    HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
    GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
  };
  const child = spawn('git', ['http-backend'], { env: { ...process.env, ...variables }, stdio: ['pipe', 'pipe', 'inherit'] });
  request.pipe(child.stdin);
  const pieces: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
  child.stdout.on('end', () => {
    const all = Buffer.concat(pieces);
    const end = all.indexOf('\r\n\r\n');
    for (const line of all.subarray(0, end).toString().split('\r\n'))
      response.setHeader(line.split(': ')[0] ?? '', line.split(': ')[1] ?? '');
    response.end(all.subarray(end + 4));
  });
}

const fetched = async (server: FileServer): Promise<void> => await server.backends[0]?.upkeep?.update(undefined);

async function textOf(server: FileServer, path: string, env = 'base'): Promise<string | undefined> {
  const file = await server.find(path, env);
  return file === undefined ? undefined : (await server.read(file, 0, file.size)).toString();
}

async function served(options: Readonly<Record<string, unknown>> = {}): Promise<FileServer> {
  const server = serverOf(options);
  await fetched(server);
  return server;
}

describe('environments', () => {
  it('are branches and tags, and the base branch is base', async () => {
    repository.git('tag', '-a', 'v1', '-m', 'annotated');
    repository.git('checkout', '-q', '-b', 'dev');
    repository.commit({ 'web/init.sls': 'web: dev\n' });
    const server = await served();
    assert.deepEqual(await server.envs(), ['base', 'dev', 'v1']);
    assert.equal(await textOf(server, 'web/init.sls'), 'web: true\n');
    assert.equal(await textOf(server, 'web/init.sls', 'dev'), 'web: dev\n');
    assert.equal(await textOf(server, 'web/init.sls', 'v1'), 'web: true\n');
    assert.equal(await textOf(server, 'web/init.sls', 'master'), undefined);
    assert.equal(await textOf(server, 'web/init.sls', 'nowhere'), undefined);
  });

  it('are commits too, also those of the past', async () => {
    const first = repository.git('rev-parse', 'HEAD');
    repository.commit({ 'web/init.sls': 'web: later\n' });
    const server = await served();
    assert.equal(await textOf(server, 'web/init.sls', first), 'web: true\n');
    assert.equal(await textOf(server, 'web/init.sls', first.slice(0, 10)), 'web: true\n');
    assert.equal(await textOf(server, 'web/init.sls', 'f'.repeat(40)), undefined);
    assert.equal(await textOf(await served({ gitfs_ref_types: ['branch'] }), 'web/init.sls', first), undefined);
  });

  it('go by what the options map, allow and bar', async () => {
    for (const branch of ['dev', 'qa', 'feature/x']) repository.git('branch', branch);
    repository.git('checkout', '-q', 'dev');
    repository.commit({ 'formula/a.sls': 'a: dev\n' });
    const mapped = { gitfs_remotes: [{ [repository.url]: [{ saltenv: [{ test: [{ ref: 'dev' }, { root: 'formula' }] }] }] }] };
    const server = await served(mapped);
    assert.deepEqual(await server.envs(), ['base', 'feature/x', 'qa', 'test']);
    assert.equal(await textOf(server, 'a.sls', 'test'), 'a: dev\n');
    assert.deepEqual(await (await served({ ...mapped, gitfs_disable_saltenv_mapping: true })).envs(), ['base', 'test']);
    assert.deepEqual(await (await served({ gitfs_saltenv_whitelist: ['base', 'd.*'] })).envs(), ['base', 'dev']);
    const barred = await served({ gitfs_saltenv_blacklist: ['feature/*', 'qa'] });
    assert.deepEqual(await barred.envs(), ['base', 'dev']);
    assert.equal(await textOf(barred, 'top.sls', 'qa'), undefined);
  });

  it('without a branch get the fallback, or the branch of all_saltenvs', async () => {
    repository.git('branch', 'main');
    assert.equal(await textOf(await served({ gitfs_fallback: 'main' }), 'top.sls', 'anything'), 'base: {}\n');
    const all = { gitfs_remotes: [{ [repository.url]: [{ all_saltenvs: 'main' }] }], gitfs_saltenv: [{ qa: [{ ref: 'qa' }] }] };
    assert.equal(await textOf(await served(all), 'top.sls', 'qa'), 'base: {}\n');
  });
});

describe('files', () => {
  it('of several remotes come from the first that has them', async () => {
    const other = new Repository(join(dir, 'other'));
    other.commit({ 'top.sls': 'other\n', 'other.sls': 'other\n' });
    const server = await served({ gitfs_remotes: [other.url, repository.url] });
    assert.equal(await textOf(server, 'top.sls'), 'other\n');
    assert.deepEqual((await server.list('base')).files, ['other.sls', 'top.sls', 'web/init.sls']);
  });

  it('appear below the mountpoint, from below the root', async () => {
    repository.commit({ 'files/etc/motd': 'hello\n' });
    const server = await served({ gitfs_remotes: [{ [repository.url]: [{ root: 'files' }, { mountpoint: 'salt://site/' }] }] });
    const { files, dirs } = await server.list('base');
    assert.deepEqual([files, dirs], [['site/etc/motd'], ['site', 'site/etc']]);
    assert.equal(await textOf(server, 'site/etc/motd'), 'hello\n');
    for (const path of ['etc/motd', 'files/etc/motd', 'site/../top.sls', 'siteetc/motd'])
      assert.equal(await textOf(server, path), undefined, path);
  });

  it('keep their executable bit; links lead to files of the repository alone', async () => {
    repository.commit({ run: '#!/bin/sh\n' });
    chmodSync(join(repository.directory, 'run'), 0o755);
    symlinkSync('../run', join(repository.directory, 'web/link'));
    symlinkSync('/etc/passwd', join(repository.directory, 'out'));
    symlinkSync('../../../../../../etc/passwd', join(repository.directory, 'up'));
    symlinkSync('circle', join(repository.directory, 'circle'));
    repository.commit({});
    const server = await served();
    assert.deepEqual((await server.find('run', 'base'))?.stat, [0o100755]);
    assert.equal(await textOf(server, 'web/link'), '#!/bin/sh\n');
    for (const path of ['out', 'up', 'circle']) assert.equal(await textOf(server, path), undefined, path);
    const { files, links } = await server.list('base');
    assert.deepEqual(files, ['circle', 'out', 'run', 'top.sls', 'up', 'web/init.sls', 'web/link']);
    assert.deepEqual({ ...links }, { circle: 'circle', out: '/etc/passwd', up: '../../../../../../etc/passwd', 'web/link': '../run' });
  });

  it('are served byte for byte, whatever attributes the repository sets', async () => {
    repository.commit({ 'unix.txt': 'a\nb\n' });
    repository.commit({ '.gitattributes': '* text eol=crlf ident\n' });
    assert.equal(await textOf(await served(), 'unix.txt'), 'a\nb\n');
  });

  it('of submodules are left out', async () => {
    const inner = new Repository(join(dir, 'inner'));
    inner.commit({ x: 'x' });
    repository.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner.url, 'sub');
    repository.commit({});
    const { files, dirs } = await (await served()).list('base');
    assert.deepEqual([files, dirs], [['.gitmodules', 'top.sls', 'web/init.sls'], ['web']]);
  });

  it('change with the next fetch, and branches that are gone go', async () => {
    repository.git('branch', 'dev');
    const server = await served();
    assert.deepEqual((await server.list('base')).files, ['top.sls', 'web/init.sls']);
    repository.git('branch', '-D', 'dev');
    repository.commit({ 'web/init.sls': 'web: new\n', 'top.sls': null });
    await fetched(server);
    assert.deepEqual(await server.envs(), ['base']);
    assert.equal(await textOf(server, 'web/init.sls'), 'web: new\n');
    assert.deepEqual((await server.list('base')).files, ['web/init.sls']);
  });

  it('are followed also where history was rewritten', async () => {
    const server = await served();
    repository.git('commit', '--quiet', '--amend', '-m', 'other');
    repository.commit({ 'top.sls': 'rewritten\n' });
    await fetched(server);
    assert.equal(await textOf(server, 'top.sls'), 'rewritten\n');
  });
});

describe('a remote that is away', () => {
  it('is served from what it brought last, also after a restart', async () => {
    await served();
    renameSync(repository.directory, join(dir, 'moved'));
    const server = await served();
    assert.equal(await textOf(server, 'top.sls'), 'base: {}\n');
    assert.match(logged.join('\n'), /was not fetched, what it brought last is served on: git fetch: .*repository/);
  });

  it('and never answers does not hold up any request', async () => {
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => sockets.add(socket));
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
    const { port } = silent.address() as AddressInfo;
    const connected = new Promise((resolve) => silent.once('connection', resolve));
    const server = serverOf({ gitfs_remotes: [`http://127.0.0.1:${port}/silent.git`, repository.url] });
    await connected;
    // Only the second remote is waited for; the first hangs all the time.
    await server.backends[0]?.upkeep?.update([repository.url]);
    assert.equal(await textOf(server, 'top.sls'), 'base: {}\n');
    assert.deepEqual((await server.list('base')).files, ['top.sls', 'web/init.sls']);
    assert.deepEqual(await server.envs(), ['base']);
    for (const socket of sockets) socket.destroy();
    await new Promise((done) => silent.close(done));
  });

  it('that is locked is not fetched until the lock is cleared', async () => {
    const server = await served();
    const upkeep = server.backends[0]?.upkeep;
    assert.equal((await upkeep?.lock('*nothing*'))?.good.length, 0);
    assert.match((await upkeep?.lock(undefined))?.good.join() ?? '', /^Set update lock for gitfs remote 'file:/);
    repository.commit({ 'top.sls': 'new\n' });
    await fetched(server);
    assert.equal(await textOf(server, 'top.sls'), 'base: {}\n');
    assert.match((await upkeep?.clearLock('file:*'))?.good.join() ?? '', /^Removed update lock/);
    await fetched(server);
    assert.equal(await textOf(server, 'top.sls'), 'new\n');
  });

  it('can be forgotten and fetched anew', async () => {
    const server = await served();
    assert.deepEqual(await server.backends[0]?.upkeep?.clearCache(), []);
    assert.equal(await textOf(server, 'top.sls'), undefined);
    await fetched(server);
    assert.equal(await textOf(server, 'top.sls'), 'base: {}\n');
  });
});

describe('credentials', () => {
  let web: Server;
  let seen: (string | undefined)[];
  beforeEach(async () => {
    seen = [];
    web = createHttpServer((request, response) => {
      seen.push(request.headers.authorization);
      const asked = request.headers.authorization === undefined;
      response.writeHead(asked ? 401 : 403, asked ? { 'WWW-Authenticate': 'Basic realm="git"' } : {}).end();
    });
    await new Promise<void>((done) => web.listen(0, '127.0.0.1', done));
  });
  afterEach(() => new Promise((done) => web.close(done)));
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

  it('reach the remote, and nothing else', async () => {
    const { port } = web.address() as AddressInfo;
    const remote = `http://127.0.0.1:${port}/r.git`;
    await served({ gitfs_remotes: [{ [remote]: [{ user: 'me' }, { password: 'top:s3cret' }, { insecure_auth: true }] }] });
    assert.ok(seen.includes(basic('me:top:s3cret')), String(seen));
    assert.doesNotMatch(logged.join('\n'), /s3cret/);
    assert.match(logged.join('\n'), /403/);
  });

  it('open a repository that asks for them', async () => {
    web.removeAllListeners('request');
    web.on('request', (request, response) => {
      if (request.headers.authorization === basic('me:s3cret')) serveGit(dir, request, response);
      else response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="git"' }).end();
    });
    const { port } = web.address() as AddressInfo;
    const remote = `http://127.0.0.1:${port}/repository/.git`;
    const options = [{ user: 'me' }, { password: 's3cret' }, { insecure_auth: true }];
    assert.equal(await textOf(await served({ gitfs_remotes: [{ [remote]: options }] }), 'top.sls'), 'base: {}\n');
    const kept = readdirSync(join(dir, 'cache'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    for (const { parentPath, name } of kept) assert.ok(!readFileSync(join(parentPath, name)).includes('s3cret'), name);
  });

  it('of a URL are taken out of it first', async () => {
    const { port } = web.address() as AddressInfo;
    await served({ gitfs_remotes: [`http://you:s3cret@127.0.0.1:${port}/r.git`], gitfs_insecure_auth: true });
    assert.ok(seen.includes(basic('you:s3cret')), String(seen));
    assert.doesNotMatch(logged.join('\n'), /s3cret/);
  });

  it('do not travel over plain http unless that is allowed', async () => {
    const { port } = web.address() as AddressInfo;
    await served({ gitfs_remotes: [`http://you:s3cret@127.0.0.1:${port}/r.git`] });
    assert.deepEqual(seen, []);
    assert.match(logged.join('\n'), /insecure_auth/);
  });

  it('for ssh are a key and its passphrase, handed over without being seen in the command', async () => {
    const fake = join(dir, 'bin');
    mkdirSync(fake);
    const script = `#!/bin/sh\n{ printf '%s\\n' "$@"; "$SSH_ASKPASS" "Enter passphrase for key"; } > ${dir}/ssh.out 2>&1\nexit 1\n`;
    writeFileSync(join(fake, 'ssh'), script, { mode: 0o755 });
    const path = process.env['PATH'];
    process.env['PATH'] = `${fake}:${path}`;
    try {
      const options = [{ privkey: '/root/it s.key' }, { passphrase: 'opensesame' }];
      await served({ gitfs_remotes: [{ 'git@git.example.org:site/salt.git': options }] });
    } finally {
      process.env['PATH'] = path;
    }
    const said = readFileSync(join(dir, 'ssh.out'), 'utf8').split('\n');
    assert.ok(said.includes('/root/it s.key') && said.includes('git@git.example.org'), String(said));
    assert.equal(said.indexOf('opensesame'), said.length - 2);
    assert.doesNotMatch(logged.join('\n'), /opensesame/);
  });
});

it('options that make no sense are refused at start, by name', () => {
  const refused = (gitfs_remotes: unknown, words: RegExp): void =>
    assert.throws(
      () => serverOf({ gitfs_remotes }),
      (error) => error instanceof BadConfig && words.test(error.message),
    );
  refused([{ [repository.url]: null }], /ends in a colon/);
  refused([{ [repository.url]: [{ rooot: 'x' }] }], /'rooot' of remote 'file:.*' is no option of a remote/);
  refused([{ [repository.url]: [{ ref_types: ['branch', 'note'] }] }], /note; there are branch, tag, sha/);
  refused(['ext::sh -c touch% /tmp/x'], /ext:/);
  refused(['/srv/repository'], /is no URL/);
  refused('x', /no list/);
});
