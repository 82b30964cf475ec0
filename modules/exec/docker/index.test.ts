import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { debianPackages } from '../../../test/support/debian.ts';
import { DockerEngine, noDocker } from '../../../test/support/docker.ts';
import { LoneMinion } from '../../../test/support/minion.ts';
import { freePort } from '../../../test/support/ports.ts';
import { until } from '../../../test/support/process.ts';
import { excluder } from './ignored.ts';
import { containerBody } from './options.ts';
import { parsed, registryOf } from './registry.ts';
import { matcher } from './wildcard.ts';

const READING = { skip: undefined, ignoreCollisions: false, checkAddresses: true };

test('options of a container are read as users write them', () => {
  const options = {
    cmd: "sh -c 'echo a b'",
    env: [{ A: 1 }, { B: 'x y' }],
    publish: '8080:80,53:53/udp,127.0.0.1:90-91:90-91,70',
    binds: '/tmp:/mnt:ro',
    memory: '64m',
    restart: 'on-failure:5',
    ulimit: 'nofile=100:200',
    log_driver: 'json-file',
    log_opt: 'max-size=1m',
    label: ['a=b', 'c'],
    nonsense: 1,
  };
  const { body, unknown } = containerBody('box', options, READING);
  assert.deepEqual(unknown, ['nonsense']);
  const { HostConfig: host, ...top } = body;
  assert.deepEqual(top, {
    Image: 'box',
    Cmd: ['sh', '-c', 'echo a b'],
    Env: ['A=1', 'B=x y'],
    Labels: { a: 'b', c: '' },
    ExposedPorts: { '80/tcp': {}, '53/udp': {}, '90/tcp': {}, '91/tcp': {}, '70/tcp': {} },
    Volumes: { '/mnt': {} },
    AttachStdin: false,
    AttachStdout: true,
    AttachStderr: true,
    StdinOnce: false,
  });
  assert.deepEqual(host, {
    NetworkMode: 'default',
    PortBindings: {
      '80/tcp': [{ HostIp: '', HostPort: '8080' }],
      '53/udp': [{ HostIp: '', HostPort: '53' }],
      '90/tcp': [{ HostIp: '127.0.0.1', HostPort: '90' }],
      '91/tcp': [{ HostIp: '127.0.0.1', HostPort: '91' }],
      '70/tcp': [{ HostIp: '', HostPort: '' }],
    },
    Binds: ['/tmp:/mnt:ro'],
    Memory: 64 * 1024 * 1024,
    RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 5 },
    Ulimits: [{ Name: 'nofile', Soft: 100, Hard: 200 }],
    LogConfig: { Type: 'json-file', Config: { 'max-size': '1m' } },
  });
});

test('options that make no sense are refused, all in one message', () => {
  const odd = { dns: 'a.b', volumes: 'x', publish: '1-3:1-2', memory: 'much', restart: 'on-failure:often' };
  assert.throws(() => containerBody('box', odd, READING), /dns: 'a\.b' is not a valid IP[\s\S]*volumes: 'x' is not an absolute path/);
  assert.throws(
    () => containerBody('box', odd, READING),
    /Host port range \(1-3\)[\s\S]*restart_policy: Retry count 'often' is non-numeric/,
  );
  assert.throws(() => containerBody('box', { env: 'A=1', environment: 'B=1' }, READING), /'env' is an alias for 'environment'/);
  assert.deepEqual(containerBody('box', { dns: ['a.b'] }, { ...READING, skip: 'dns' }).body['HostConfig'], {
    Dns: ['a.b'],
    NetworkMode: 'default',
  });
});

test('names of images are taken to pieces', () => {
  assert.deepEqual(parsed('localhost:5000/a/b'), { repository: 'localhost:5000/a/b', tag: undefined });
  assert.deepEqual(parsed('localhost:5000/a/b:1.0'), { repository: 'localhost:5000/a/b', tag: '1.0' });
  assert.deepEqual(parsed('busybox@sha256:00ff'), { repository: 'busybox', tag: 'sha256:00ff' });
  assert.equal(registryOf('localhost:5000/a'), 'localhost:5000');
  assert.equal(registryOf('user/image'), 'https://index.docker.io/v1/');
});

test('rules of a .dockerignore: the last that fits says', () => {
  const isExcluded = excluder('# a comment\n*.log\n!keep.log\n**/cache\n/build/\n');
  assert.deepEqual(['a.log', 'keep.log', 'x/a.log', 'x/cache/y', 'cache', 'build/z', 'builds'].map(isExcluded), [
    true,
    false,
    false,
    true,
    true,
    true,
    false,
  ]);
});

test('a name fits a pattern of the shell', () => {
  assert.deepEqual(['web1', 'web', 'aweb1', 'web.1'].map(matcher('web[0-9]')), [true, false, false, false]);
  assert.ok(matcher('80/*')('80/tcp') && !matcher('80/*')('8080/tcp'));
});

test('an engine that does not answer is named, with the remedy', async () => {
  await using minion = new LoneMinion({ 'docker.url': 'unix:///nonexistent/docker.sock' });
  await assert.rejects(minion.call('docker.ps'), /Docker cannot be asked at unix:\/\/\/nonexistent\/docker.sock .*ENOENT/);
});

describe('docker on an engine', { skip: noDocker() }, () => {
  let engine: DockerEngine;
  let minion: LoneMinion;
  let work: string;
  const call = async (fun: string, args: readonly unknown[] = [], kwargs: Readonly<Record<string, unknown>> = {}): Promise<unknown> =>
    await minion.call(`docker.${fun}`, args, kwargs);
  const callMap = async (
    fun: string,
    args: readonly unknown[] = [],
    kwargs: Readonly<Record<string, unknown>> = {},
  ): Promise<Record<string, unknown>> => (await call(fun, args, kwargs)) as Record<string, unknown>;
  const sleeping = { cmd: 'sleep 1000', start: true };

  before(async () => {
    engine = await DockerEngine.start();
    work = mkdtempSync(join(tmpdir(), 'tsalt-docker-work-'));
    process.env['DOCKER_CONFIG'] = join(work, 'account');
    minion = new LoneMinion({
      'docker.url': engine.url,
      'docker.update_mine': false,
      'docker-registries': { 'wrong.example': { username: 'u' } },
    });
  });
  beforeEach(() => engine.removeContainers());
  after(async () => {
    delete process.env['DOCKER_CONFIG'];
    await minion[Symbol.asyncDispose]();
    await engine[Symbol.asyncDispose]();
    rmSync(work, { recursive: true, force: true });
  });

  test('a container is made, started, looked at, paused, stopped and removed', async () => {
    const made = await callMap('create', ['box:1', 'web'], { ...sleeping, env: 'A=1', hostname: 'inside', labels: 'role=web' });
    assert.equal(made['Name'], 'web');
    assert.equal(made['Started'], true);
    const id = String(made['Id']);
    assert.equal(await call('state', ['web']), 'running');
    assert.equal(await call('exists', ['web']), true);
    assert.equal(await call('exists', ['other']), false);
    assert.deepEqual(await call('list_containers'), ['web']);
    assert.deepEqual(Object.keys(await callMap('ps', [], { filters: { label: 'role=web' } })), [id]);
    assert.deepEqual(await call('ps', [], { filters: { label: 'role=db' } }), {});
    assert.equal(readFileSync(`/proc/${await call('pid', ['web'])}/cmdline`, 'utf8'), 'sleep\u00001000\u0000');
    assert.match(JSON.stringify(await call('top', ['web'])), /"CMD":"sleep 1000"/);
    const told = (await callMap('inspect', ['web']))['Config'] as Record<string, unknown>;
    assert.deepEqual([told['Hostname'], told['Env'], told['Cmd']], ['inside', ['A=1'], ['sleep', '1000']]);
    assert.deepEqual(await call('pause', ['web']), { result: true, state: { old: 'running', new: 'paused' } });
    assert.match(String((await callMap('stop', ['web']))['comment']), /is paused, run with unpause=True/);
    assert.deepEqual(await call('stop', ['web'], { unpause: true, timeout: 0 }), {
      result: true,
      state: { old: 'paused', new: 'stopped' },
    });
    assert.equal((await callMap('start', ['web']))['result'], true);
    assert.equal((await callMap('start', ['web']))['comment'], "Container 'web' already running");
    assert.equal((await callMap('restart', ['web'], { timeout: 0 }))['restarted'], true);
    assert.deepEqual(await call('kill', ['web']), { result: true, state: { old: 'running', new: 'stopped' } });
    assert.equal(await call('rename', ['web', 'old']), true);
    assert.deepEqual(await call('list_containers', [], { all: true }), ['old']);
    assert.deepEqual(await call('rm', ['old']), [id]);
    await assert.rejects(call('state', ['old']), /Error 404: No such container: old/);
  });

  test('a container runs to its end: what it wrote and how it ended; a running one is only replaced by force', async () => {
    const ran = await callMap('run_container', ['box:1', 'job'], { cmd: "sh -c 'echo out; sleep 0.2; echo err >&2; exit 3'" });
    assert.deepEqual([ran['Logs'], ran['ExitCode']], ['out\nerr\n', 3]);
    assert.equal(await call('logs', ['job'], { stderr: false }), 'out\n');
    assert.deepEqual((await callMap('wait', ['job']))['comment'], "Container 'job' already stopped");
    await assert.rejects(call('run_container', ['box:1', 'job'], { cmd: 'true' }), /exists\. Run with replace=True/);
    const again = await callMap('run_container', ['box:1', 'job'], { replace: true, cmd: 'sleep 1000', bg: true });
    assert.deepEqual(again['Replaces'], [ran['Id']]);
    await assert.rejects(call('run_container', ['box:1', 'job'], { replace: true }), /is running\. Run with replace=True and force=True/);
    await assert.rejects(call('rm', ['job']), /is running, use force=True/);
    setTimeout(() => void call('signal', ['job', 'KILL']), 300);
    assert.deepEqual(await call('wait', ['job']), { result: true, state: { old: 'running', new: 'stopped' }, exit_status: 137 });
  });

  test('commands and scripts run in a container', async () => {
    await call('create', ['box:1', 'cc'], sleeping);
    assert.equal(await call('run', ['cc', 'ls / | wc -l']), await call('run', ['cc', "sh -c 'ls / | wc -l'"]));
    assert.equal(await call('run', ['cc', 'cat'], { stdin: 'fed\n' }), 'fed');
    const { pid, ...done } = await callMap('run_all', ['cc', 'echo out; echo err >&2; exit 4']);
    assert.deepEqual(done, { retcode: 4, stdout: 'out', stderr: 'err' });
    assert.ok(Number(pid) > 0);
    assert.equal(await call('run', ['cc', 'env']), 'PATH=/bin:/usr/bin:/sbin:/usr/sbin:/opt/bin:/usr/local/bin:/usr/local/sbin');
    assert.match(String(await call('run', ['cc', 'env'], { keep_env: true })), /HOSTNAME=/);
    assert.equal(await call('retcode', ['cc', 'false']), 1);
    assert.match(String(await call('run', ['absent', 'true'])), /Error response from daemon: No such container: absent/);
    writeFileSync(join(minion.home, 'srv/s.sh'), '#!/bin/sh\necho "$# $2"\nexit 5\n');
    const script = await callMap('script', ['cc', 'salt://s.sh'], { args: "1 'two words'" });
    assert.deepEqual([script['retcode'], script['stdout']], [5, '2 two words']);
    assert.equal(await call('script_retcode', ['cc', 'salt://s.sh']), 5);
    assert.equal(await call('run', ['cc', 'ls /tmp']), '');
  });

  test('files go in and out of a container, large ones whole', async () => {
    await call('create', ['box:1', 'cc'], sleeping);
    const file = join(work, 'large');
    writeFileSync(file, Buffer.alloc(5_000_000, 'abcdefg'));
    assert.equal(await call('copy_to', ['cc', file, '/tmp/a/b'], { makedirs: true }), true);
    await assert.rejects(call('copy_to', ['cc', file, '/tmp/a/b']), /already exists\. Use overwrite=True/);
    await assert.rejects(call('copy_to', ['cc', file, '/none/b']), /Directory \/none does not exist on docker container 'cc'/);
    assert.equal(await call('copy_from', ['cc', '/tmp/a/b', join(work, 'back')]), true);
    assert.ok(readFileSync(join(work, 'back')).equals(readFileSync(file)));
    await assert.rejects(call('copy_from', ['cc', '/tmp/none', work]), /Source file \/tmp\/none does not exist/);
    assert.deepEqual(await call('diff', ['cc']), { Changed: ['/tmp'], Added: ['/tmp/a', '/tmp/a/b'] });
  });

  test('images are built, named, saved, loaded, imported, committed and removed', async () => {
    const context = join(work, 'context');
    mkdirSync(context);
    writeFileSync(join(context, 'Dockerfile'), 'FROM box:1\nARG WORD=none\nCOPY . /all/\nRUN echo $WORD > /word\n');
    writeFileSync(join(context, 'kept.txt'), 'kept');
    writeFileSync(join(context, 'left.log'), 'left');
    writeFileSync(join(context, '.dockerignore'), '*.log\n');
    const built = await callMap('build', [context, 'built', 'a'], { buildargs: { WORD: 'said' } });
    assert.deepEqual(built['Image'], ['built:a']);
    const seen = await callMap('run_container', ['built:a'], { cmd: "sh -c 'ls /all; cat /word'" });
    assert.equal(seen['Logs'], 'Dockerfile\nkept.txt\nsaid\n');
    assert.deepEqual(((await call('history', ['built:a', true])) as string[]).at(-1), '|1 WORD=said /bin/sh -c echo $WORD > /word');
    writeFileSync(join(context, 'Dockerfile'), 'FROM box:1\nRUN exit 7\n');
    await assert.rejects(call('build', [context, 'bad', 'a']), /Build failed for .*returned a non-zero code: 7/s);

    assert.equal(await call('tag', ['built:a', 'built', 'b']), true);
    const inUse = await callMap('rmi', ['box:1']);
    assert.match(JSON.stringify(inUse['Errors']), /Image is in use by .*image\(s\)/);
    engine.removeContainers();
    const saved = join(work, 'built.tar.gz');
    await call('save', ['built:a', saved]);
    assert.deepEqual([...readFileSync(saved).subarray(0, 2)], [0x1f, 0x8b]);
    assert.deepEqual((await callMap('rmi', ['built:a'], { force: true }))['Tags'], ['built:a', 'built:b']);
    const loaded = await callMap('load', [saved], { repository: 'again', tag: 'c' });
    assert.equal(loaded['Image'], 'again:c');
    assert.deepEqual(await call('list_tags'), ['again:c', 'box:1', 'built:a']);
    assert.equal(await call('resolve_tag', ['again:c']), 'again:c');
    assert.equal(await call('resolve_image_id', ['none:x']), false);

    await call('create', ['box:1', 'cc'], sleeping);
    await call('run', ['cc', 'echo mine > /mine']);
    await call('commit', ['cc', 'committed', 1]);
    assert.equal((await callMap('run_container', ['committed:1'], { cmd: 'cat /mine' }))['Logs'], 'mine\n');
    const exported = join(work, 'exported.tar.xz');
    await call('export', ['cc', exported]);
    const imported = await callMap('import', [exported, 'imported']);
    assert.equal(imported['Image'], 'imported:latest');
    assert.equal((await callMap('run_container', ['imported'], { cmd: 'cat /mine' }))['Logs'], 'mine\n');
  });

  test('networks and volumes are made, used and removed', async () => {
    await call('create_network', ['net'], { subnet: '10.99.7.0/24', gateway: '10.99.7.1', internal: true, labels: 'a=b' });
    const [network] = (await call('networks', [], { names: 'net' })) as Record<string, unknown>[];
    assert.deepEqual([network?.['Internal'], network?.['Labels']], [true, { a: 'b' }]);
    await assert.rejects(call('create_network', ['odd'], { gateway: '10.99.7.1' }), /A subnet is required in each IPAM pool/);
    await call('create', ['box:1', 'cc'], { cmd: 'sleep 1000', network_mode: 'none', binds: 'data:/data' });
    await call('disconnect_container_from_network', ['cc', 'none']);
    assert.equal(await call('connect_container_to_network', ['cc', 'net'], { ipv4_address: '10.99.7.9', aliases: 'alias' }), true);
    await call('start', ['cc']);
    assert.deepEqual(await call('connected', ['net']), ['cc']);
    assert.equal(((await callMap('connected', ['net', true]))['cc'] as Record<string, unknown>)['IPv4Address'], '10.99.7.9/24');
    assert.deepEqual(await call('disconnect_all_containers_from_network', ['net']), ['cc']);
    assert.equal(await call('remove_network', ['net']), true);
    await assert.rejects(call('inspect_network', ['net']), /Error 404/);
    assert.equal((await callMap('inspect_volume', ['data']))['Driver'], 'local');
    await assert.rejects(call('remove_volume', ['data']), /Error 409: .*volume is in use/);
    await call('rm', ['cc'], { force: true });
    assert.equal(await call('remove_volume', ['data']), true);
  });

  test('two containers are compared', async () => {
    await call('create', ['box:1', 'aa'], { cmd: 'sleep 1', hostname: 'h', env: 'A=1,B=2' });
    await call('create', ['box:1', 'bb'], { cmd: 'sleep 2', hostname: 'h', env: 'B=2,A=1', memory: '32m' });
    const found = await callMap('compare_containers', ['aa', 'bb']);
    assert.deepEqual(found['Config'], { Cmd: { old: ['sleep', '1'], new: ['sleep', '2'] } });
    assert.deepEqual((found['HostConfig'] as Record<string, unknown>)['Memory'], { old: 0, new: 32 * 1024 * 1024 });
    assert.deepEqual(await call('compare_containers', ['aa', 'bb'], { ignore: 'Cmd,Memory,MemorySwap' }), {});
  });

  test('ports are told, of one container and of those that fit a pattern', async () => {
    const port = await freePort();
    engine.docker('network', 'create', '--opt', 'com.docker.network.bridge.name=tsalt0', 'ported');
    try {
      await call('create', ['box:1', 'web1'], { ...sleeping, network_mode: 'ported', publish: `127.0.0.1:${port}:80` });
      assert.deepEqual(await call('port', ['web1']), { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }] });
      assert.deepEqual(await call('port', ['web*', '81/tcp']), { web1: {} });
      await assert.rejects(call('port', ['web1', 'http']), /Invalid private_port 'http'/);
    } finally {
      engine.docker('rm', '--force', 'web1');
      engine.docker('network', 'rm', 'ported');
    }
  });

  test('accounts without a password are told, and no registry is asked', async () => {
    assert.deepEqual(await call('login', ['wrong.example', 'other.example']), {
      retcode: 1,
      Errors: ["Missing 'password' for registry 'wrong.example'", "No match found for registry 'other.example'"],
      Results: { 'wrong.example': false },
    });
  });

  test('what nothing uses is pruned', async () => {
    const { Id: id } = await callMap('create', ['box:1', 'cc'], { cmd: 'true' });
    engine.docker('network', 'create', 'unused');
    const done = await callMap('prune', [], { containers: true, networks: true });
    assert.deepEqual((done['containers'] as Record<string, unknown>)['ContainersDeleted'], [id]);
    assert.deepEqual(done['networks'], { NetworksDeleted: ['unused'] });
    assert.deepEqual(Object.keys(done), ['containers', 'networks']);
  });

  describe('with a registry', { skip: debianPackages('docker-registry', 'apache2-utils') }, () => {
    test('an image is pushed and pulled by who is logged in, and the password is kept from others', async () => {
      const port = await freePort();
      const registry = `127.0.0.1:${port}`;
      const users = execFileSync('htpasswd', ['-Bbn', 'ann', 'a secret'], { encoding: 'utf8' });
      writeFileSync(join(work, 'users'), users);
      const config = {
        version: '0.1',
        storage: { filesystem: { rootdirectory: join(work, 'registry') } },
        http: { addr: registry },
        auth: { htpasswd: { realm: 'test', path: join(work, 'users') } },
      };
      writeFileSync(join(work, 'registry.yml'), JSON.stringify(config));
      const server = spawn('docker-registry', ['serve', join(work, 'registry.yml')], { stdio: 'ignore' });
      await using known = new LoneMinion({
        'docker.url': engine.url,
        'docker-registries': { [registry]: { username: 'ann', password: 'a secret' } },
      });
      try {
        await until(
          'the registry did not start',
          async () => (await fetch(`http://${registry}/v2/`).catch(() => undefined))?.status === 401,
        );
        await call('tag', ['box:1', `${registry}/box`, 'pushed']);
        const refused = await callMap('push', [`${registry}/box:pushed`]);
        assert.match(JSON.stringify(refused['Errors']), /no basic auth credentials/);
        assert.deepEqual(await known.call('docker.login'), { retcode: 0, Errors: [], Results: { [registry]: true } });
        assert.equal(statSync(join(work, 'account/config.json')).mode & 0o777, 0o600);
        const pushed = (await callMap('push', [`${registry}/box:pushed`])) as { retcode: number; Layers: { Pushed: string[] } };
        assert.deepEqual([pushed.retcode, pushed.Layers.Pushed.length], [0, 1]);
        await call('rmi', [`${registry}/box:pushed`]);
        const pulled = await callMap('pull', [`${registry}/box:pushed`]);
        assert.match(String(pulled['Status']), /Downloaded newer image for|Image is up to date/);
        assert.ok(((await call('list_tags')) as string[]).includes(`${registry}/box:pushed`));
        await known.call('docker.logout');
        const gone = await callMap('pull', [`${registry}/box:pushed`]).catch((error: Error) => ({ error: error.message }));
        assert.match(JSON.stringify(gone), /no basic auth credentials/);
      } finally {
        server.kill();
      }
    });
  });
});
