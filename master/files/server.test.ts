import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { type RootsOptions, rootsBackend } from './backends/roots.ts';
import { createFileServer, type FileServer } from './server.ts';

let dir: string;
let warnings: string[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tsalt-files-'));
  warnings = [];
  put('srv/top.sls', 'base: {}\n');
  put('srv/web/init.sls', 'web: true\n');
  put('outside/secret', 'not for minions');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), text);
}

function serverOf(options: Partial<RootsOptions> = {}): FileServer {
  const log = { debug: () => undefined, info: () => undefined, warn: (text: string) => void warnings.push(text), error: () => undefined };
  const roots = { base: [join(dir, 'srv')] };
  const all = { roots, followLinks: true, ignoreLinks: false, linkTargets: [], ignored: () => false, listingMs: 0, log, ...options };
  return createFileServer([rootsBackend(all)], 'sha256');
}

const textOf = async (server: FileServer, path: string, saltenv = 'base'): Promise<string | undefined> => {
  const file = await server.find(path, saltenv);
  return file === undefined ? undefined : (await server.read(file, 0, file.size)).toString();
};

describe('what is served', () => {
  it('files of an environment by their path, and nothing of another', async () => {
    put('dev/only.sls', 'dev\n');
    const server = serverOf({ roots: { base: [join(dir, 'srv')], dev: [join(dir, 'dev')] } });
    assert.deepEqual(await server.envs(), ['base', 'dev']);
    assert.equal(await textOf(server, 'web/init.sls'), 'web: true\n');
    assert.equal(await textOf(server, 'only.sls', 'dev'), 'dev\n');
    for (const env of ['base', 'prod', '__proto__', 'constructor', '', '..'])
      assert.equal(await textOf(server, 'only.sls', env), undefined, env);
    assert.deepEqual((await server.list('constructor')).files, []);
  });

  it('of several roots the first that has the file', async () => {
    put('over/top.sls', 'over\n');
    const server = serverOf({ roots: { base: [join(dir, 'over'), join(dir, 'srv')] } });
    assert.equal(await textOf(server, 'top.sls'), 'over\n');
    assert.deepEqual((await server.list('base')).files, ['top.sls', 'web/init.sls']);
  });

  it('any environment, where a root names it by __env__', async () => {
    put('envs/qa/x.sls', 'qa\n');
    const server = serverOf({ roots: { base: [join(dir, 'srv')], __env__: [join(dir, 'envs/__env__')] } });
    assert.equal(await textOf(server, 'x.sls', 'qa'), 'qa\n');
    assert.equal(await textOf(server, 'secret', '../outside'), undefined);
    assert.equal(await textOf(server, 'secret', '..'), undefined);
  });

  it('directories and empty directories are listed, but are no files', async () => {
    mkdirSync(join(dir, 'srv/empty'));
    const listing = await serverOf().list('base');
    assert.deepEqual(listing.dirs, ['empty', 'web']);
    assert.deepEqual(listing.emptyDirs, ['empty']);
    assert.equal(await textOf(serverOf(), 'web'), undefined);
  });

  it('what is to be ignored is neither listed nor served, however its path is written', async () => {
    put('srv/web/key.pem', 'secret');
    const server = serverOf({ ignored: (path) => /^web\/key/.test(path) });
    assert.deepEqual((await server.list('base')).files, ['top.sls', 'web/init.sls']);
    for (const path of ['web/key.pem', './web/key.pem', 'web//key.pem', 'web/./key.pem'])
      assert.equal(await textOf(server, path), undefined, path);
  });
});

describe('links', () => {
  beforeEach(() => {
    symlinkSync(join(dir, 'outside/secret'), join(dir, 'srv/out'));
    symlinkSync(join(dir, 'outside'), join(dir, 'srv/outdir'));
    symlinkSync('web/init.sls', join(dir, 'srv/in'));
  });

  it('those that lead out of the roots are not served, and the log says why', async () => {
    const server = serverOf();
    assert.equal(await textOf(server, 'out'), undefined);
    assert.equal(await textOf(server, 'outdir/secret'), undefined);
    assert.match(warnings.join('\n'), /fileserver_symlink_targets/);
    assert.deepEqual((await server.list('base')).files, ['in', 'top.sls', 'web/init.sls']);
  });

  it('those that stay inside are served', async () => {
    assert.equal(await textOf(serverOf(), 'in'), 'web: true\n');
  });

  it('those to an allowed directory are served, unless links are not followed at all', async () => {
    const linkTargets = [join(dir, 'outside')];
    assert.equal(await textOf(serverOf({ linkTargets }), 'outdir/secret'), 'not for minions');
    assert.equal(await textOf(serverOf({ linkTargets, followLinks: false }), 'outdir/secret'), undefined);
    assert.equal(await textOf(serverOf({ followLinks: false }), 'in'), undefined);
  });

  it('can be left out altogether', async () => {
    const server = serverOf({ ignoreLinks: true });
    assert.equal(await textOf(server, 'in'), undefined);
    assert.deepEqual(Object.keys((await server.list('base')).links), []);
  });

  it('a root that is a link itself is served', async () => {
    symlinkSync(join(dir, 'srv'), join(dir, 'alias'));
    assert.equal(await textOf(serverOf({ roots: { base: [join(dir, 'alias')] }, followLinks: false }), 'top.sls'), 'base: {}\n');
  });

  it('a circle of links ends the listing', async () => {
    symlinkSync('..', join(dir, 'srv/web/up'));
    symlinkSync('.', join(dir, 'srv/web/self'));
    assert.ok((await serverOf().list('base')).files.includes('web/init.sls'));
  });
});

it('no path reaches a file outside the roots', async () => {
  const server = serverOf();
  const part = fc.constantFrom('..', '.', '', 'web', 'outside', 'secret', '/', '~', '%2e%2e', '\\', '\0', 'srv');
  await fc.assert(
    fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 8 }), async (parts) => {
      assert.notEqual(await textOf(server, parts.join('/')), 'not for minions');
    }),
    { numRuns: 300 },
  );
});

it('a hash is that of the content, also after the file changed', async () => {
  const server = serverOf();
  const hashOf = async (): Promise<string> => {
    const file = await server.find('top.sls', 'base');
    assert.ok(file !== undefined);
    return await server.hash(file);
  };
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
  assert.equal(await hashOf(), sha256('base: {}\n'));
  put('srv/top.sls', 'base: []\n');
  utimesSync(join(dir, 'srv/top.sls'), 1, 1);
  assert.equal(await hashOf(), sha256('base: []\n'));
});

it('reads stay within the file', async () => {
  const server = serverOf();
  const file = await server.find('top.sls', 'base');
  assert.ok(file !== undefined);
  assert.equal((await server.read(file, 6, 100)).toString(), '{}\n');
  assert.equal((await server.read(file, 9, 100)).length, 0);
  assert.equal((await server.read(file, 1e9, 100)).length, 0);
});
