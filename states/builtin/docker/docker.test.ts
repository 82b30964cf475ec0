import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { DockerEngine, noDocker } from '../../../test/support/docker.ts';
import { LoneMinion } from '../../../test/support/minion.ts';

// The words are those of saltext.dockermod 0.1 beside Salt 3008.3; test/parity/states/docker.json compares many more with it.

type Fields = Readonly<Record<string, unknown>>;
type Ended = readonly [result: boolean | null, comment: string, changes: Fields];

describe('states of a Docker Engine', { skip: noDocker() }, () => {
  let engine: DockerEngine;
  let minion: LoneMinion;
  let work: string;
  before(async () => {
    engine = await DockerEngine.start();
    // The engine has no bridge of its own: this stands for it.
    engine.docker('network', 'create', '--subnet', '10.231.6.0/24', 'base');
    work = mkdtempSync(join(tmpdir(), 'tsalt-docker-states-'));
    minion = new LoneMinion({ 'docker.url': engine.url, 'docker.update_mine': false });
  });
  beforeEach(() => engine.removeContainers());
  after(async () => {
    await minion[Symbol.asyncDispose]();
    engine.removeContainers();
    engine.docker('network', 'rm', 'base');
    await engine[Symbol.asyncDispose]();
    rmSync(work, { recursive: true, force: true });
  });

  const single = async (state: string, args: Fields): Promise<Ended> => {
    const [one] = Object.values(
      (await minion.call('state.single', [state], args)) as Readonly<
        Record<string, { result: boolean | null; comment: string; changes: Fields }>
      >,
    );
    assert.ok(one !== undefined);
    return [one.result, one.comment, one.changes];
  };
  const keysOf = ([result, comment, changes]: Ended): readonly unknown[] => [result, comment, Object.keys(changes)];
  const inspect = (format: string, name: string): string => engine.docker('inspect', '-f', format, name);
  const web = { name: 'web', image: 'box:1', cmd: 'sleep 1000', network_mode: 'base' };
  /** The container as it is wanted; Docker's own client would say more of it. */
  const makeWeb = async (start: boolean): Promise<void> => {
    await minion.call('docker.create', ['box:1'], { name: 'web', cmd: web.cmd, network_mode: 'base', start });
  };

  test('a container is created and started, is left alone as long as it is as wanted, and replaced when it is not', async () => {
    assert.deepEqual(keysOf(await single('docker_container.running', { ...web, test: true })), [
      null,
      "Container 'web' would be created",
      ['image'],
    ]);
    assert.equal(engine.docker('ps', '-aq'), '');
    const [result, comment, changes] = await single('docker_container.running', web);
    assert.deepEqual([result, comment, changes['state']], [true, "Created container 'web'", { old: null, new: 'running' }]);
    const id = inspect('{{.Id}}', 'web');
    assert.deepEqual(changes['container_id'], { added: id });
    assert.deepEqual(await single('docker_container.running', web), [true, "Container 'web' is already configured as specified", {}]);
    assert.equal(inspect('{{.Id}}', 'web'), id);

    const other = { ...web, env: ['A=1'], shutdown_timeout: 1 };
    assert.deepEqual(await single('docker_container.running', { ...other, test: true }), [
      null,
      "Container 'web' would be replaced",
      { container: { Config: { Env: { old: null, new: ['A=1'] } } } },
    ]);
    assert.equal(inspect('{{.Id}}', 'web'), id);
    const replaced = await single('docker_container.running', other);
    assert.deepEqual(replaced.slice(0, 2), [true, "Replaced container 'web'"]);
    assert.deepEqual(replaced[2]['container_id'], { removed: [id], added: inspect('{{.Id}}', 'web') });
    // Nothing that was made to compare with is left.
    assert.equal(engine.docker('ps', '-a', '--format', '{{.Names}}'), 'web');
  });

  test('a container that stands still is started, one that cannot run is told, and options that make no sense too', async () => {
    await makeWeb(false);
    const starts = "Container 'web' is already configured as specified. ";
    assert.deepEqual(await single('docker_container.running', { ...web, test: true }), [null, `${starts}Container would be started.`, {}]);
    assert.deepEqual(await single('docker_container.running', web), [
      true,
      `${starts}State changed from 'stopped' to 'running'.`,
      { state: { old: 'stopped', new: 'running' } },
    ]);
    assert.match((await single('docker_container.running', { ...web, name: 'bad', cmd: 'nosuch' }))[1], /Failed to start container 'bad'/);
    assert.match((await single('docker_container.running', { ...web, dns: 'a.b' }))[1], /dns: 'a\.b' is not a valid IP/);
    const odd = await single('docker_container.running', { ...web, env: ['A=1', { B: 2, C: [3] }] });
    assert.deepEqual(odd.slice(0, 2), [false, 'Failed to translate input:\nenvironment: \'{"B":2,"C":[3]}\' is not a key=value pair']);
    assert.deepEqual(await single('docker_container.running', { name: 'web' }), [false, "The 'image' argument is required", {}]);
    assert.deepEqual(await single('docker_container.running', { ...web, networks: 'nosuch' }), [
      false,
      'The following networks are not present: nosuch',
      {},
    ]);
  });

  test('a container is put into networks, without being replaced', async () => {
    engine.docker('network', 'create', '--subnet', '10.231.7.0/24', 'front');
    try {
      await makeWeb(true);
      const id = inspect('{{.Id}}', 'web');
      const wanted = { ...web, networks: ['base', { front: [{ ipv4_address: '10.231.7.7' }] }] };
      const [result, comment] = await single('docker_container.running', { ...wanted, test: true });
      assert.deepEqual(
        [result, comment],
        [null, "Container 'web' is already configured as specified. Network configuration would be updated."],
      );
      assert.match((await single('docker_container.running', wanted))[1], /Connected to network 'front'/);
      assert.equal(inspect('{{.NetworkSettings.Networks.front.IPAddress}} {{.Id}}', 'web'), `10.231.7.7 ${id}`);
      assert.deepEqual(await single('docker_container.running', wanted), [true, "Container 'web' is already configured as specified", {}]);
    } finally {
      engine.removeContainers();
      engine.docker('network', 'rm', 'front');
    }
  });

  test('containers are stopped and removed', async () => {
    assert.deepEqual(await single('docker_container.stopped', { name: 'web' }), [false, 'The following container(s) are absent: web', {}]);
    await makeWeb(true);
    assert.deepEqual(await single('docker_container.absent', { name: 'web' }), [
      false,
      'Container is running, set force to True to forcibly remove it',
      {},
    ]);
    const stop = { name: 'web', shutdown_timeout: 1 };
    assert.deepEqual(await single('docker_container.stopped', { ...stop, test: true }), [
      null,
      'The following container(s) will be stopped: web',
      {},
    ]);
    assert.deepEqual(await single('docker_container.stopped', stop), [
      true,
      'The following container(s) were stopped: web',
      { web: { result: true, state: { old: 'running', new: 'stopped' } } },
    ]);
    assert.deepEqual(await single('docker_container.stopped', stop), [true, "Container 'web' is not running", {}]);
    const id = inspect('{{.Id}}', 'web');
    assert.deepEqual(await single('docker_container.absent', { name: 'web', test: true }), [null, "Container 'web' will be removed", {}]);
    assert.deepEqual(await single('docker_container.absent', { name: 'web' }), [
      true,
      "Successfully removed container 'web'",
      { removed: [id] },
    ]);
    assert.deepEqual(await single('docker_container.absent', { name: 'web' }), [true, "Container 'web' does not exist", {}]);
  });

  test('a container runs to its end, and its exit code counts', async () => {
    const once = { name: 'once', image: 'box:1', cmd: 'echo hello', network_mode: 'base', rm: true };
    assert.deepEqual(await single('docker_container.run', { ...once, test: true }), [null, 'Container would be run', {}]);
    const [result, comment, changes] = await single('docker_container.run', once);
    assert.deepEqual([result, comment, changes['Logs']], [true, 'Container ran and exited with a return code of 0', 'hello\n']);
    assert.equal(engine.docker('ps', '-aq'), '');
    const failing = { ...once, cmd: 'false' };
    assert.equal((await single('docker_container.run', failing))[0], false);
    assert.equal((await single('docker_container.run', { ...failing, failhard: false }))[0], true);
  });

  test('an image is built once, and removed', async () => {
    writeFileSync(join(work, 'Dockerfile'), 'FROM box:1\nENV A=1\n');
    const app = { name: 'app', tag: '1', build: work };
    assert.deepEqual(await single('docker_image.present', { ...app, test: true }), [null, 'Image app:1 will be built', {}]);
    assert.deepEqual((await single('docker_image.present', app)).slice(0, 2), [true, "Image 'app:1' was built"]);
    assert.deepEqual(await single('docker_image.present', app), [true, 'Image app:1 already present', {}]);
    assert.deepEqual(await single('docker_image.present', { name: 'app', build: work }), [
      false,
      "The 'tag' argument is required if any one of 'build', 'load', or 'sls' is used.",
      {},
    ]);
    assert.deepEqual(await single('docker_image.absent', { name: 'app:1', test: true }), [null, 'Image app:1 will be removed', {}]);
    assert.deepEqual((await single('docker_image.absent', { name: 'app:1' })).slice(0, 2), [true, 'Image app:1 was removed']);
    assert.deepEqual(await single('docker_image.absent', { name: 'app:1' }), [true, 'Image app:1 is not present', {}]);
  });

  test('a network is created, made anew with its containers when it is other, and removed', async () => {
    const back = { name: 'back', subnet: '10.231.8.0/24' };
    const names = (): string[] => engine.docker('network', 'ls', '--filter', 'type=custom', '--format', '{{.Name}}').split('\n').sort();
    assert.deepEqual(await single('docker_network.present', { ...back, test: true }), [null, 'Network will be created', {}]);
    assert.deepEqual(await single('docker_network.present', back), [true, "Network 'back' created", { created: true }]);
    assert.deepEqual(await single('docker_network.present', back), [
      true,
      "Network 'back' already exists, and is configured as specified",
      {},
    ]);
    engine.docker('run', '-d', '--name', 'web', '--network', 'back', 'box:1', 'sleep', '1000');
    const other = { ...back, subnet: '10.231.9.0/24' };
    assert.deepEqual(keysOf(await single('docker_network.present', { ...other, test: true })), [
      null,
      'Network would be recreated with new config',
      ['back'],
    ]);
    assert.equal(inspect('{{range .IPAM.Config}}{{.Subnet}}{{end}}', 'back'), '10.231.8.0/24');
    const [result, comment, changes] = await single('docker_network.present', other);
    assert.deepEqual(
      [result, comment, changes['recreated'], changes['reconnected']],
      [true, "Network 'back' was replaced with updated config", true, ['web']],
    );
    // What was made to compare with is gone.
    assert.deepEqual(names(), ['back', 'base']);
    assert.deepEqual(await single('docker_network.absent', { name: 'back', test: true }), [null, "Network 'back' will be removed", {}]);
    assert.deepEqual(await single('docker_network.absent', { name: 'back' }), [
      true,
      "Removed network 'back'",
      { disconnected: ['web'], removed: true },
    ]);
    assert.deepEqual(await single('docker_network.absent', { name: 'back' }), [true, "Network 'back' already absent", {}]);
  });

  test('a volume is created and removed, and not with test=True', async () => {
    assert.deepEqual(await single('docker_volume.present', { name: 'data', test: true }), [null, "The volume 'data' will be created", {}]);
    assert.equal((await single('docker_volume.present', { name: 'data' }))[0], true);
    assert.deepEqual(await single('docker_volume.present', { name: 'data' }), [true, "Volume 'data' already exists.", {}]);
    assert.deepEqual(await single('docker_volume.present', { name: 'data', driver: 'other' }), [
      false,
      "Driver for existing volume 'data' ('local') does not match specified driver ('other') and force is False",
      {},
    ]);
    assert.deepEqual(await single('docker_volume.absent', { name: 'data', test: true }), [null, "The volume 'data' will be removed", {}]);
    assert.equal(engine.docker('volume', 'ls', '-q'), 'data');
    assert.deepEqual(await single('docker_volume.absent', { name: 'data' }), [true, '', { removed: true }]);
    assert.deepEqual(await single('docker_volume.absent', { name: 'data' }), [true, "Volume 'data' already absent", {}]);
  });

  test('a container that watches something that has changed is made anew, or gets a signal', async () => {
    const sls = (action: string): string =>
      `changes:\n  test.succeed_with_changes\nweb:\n  docker_container.running:\n    - image: box:1\n    - cmd: sleep 1000\n    - network_mode: base\n    - shutdown_timeout: 1\n    - watch_action: ${action}\n    - watch: [{test: changes}]\n`;
    await makeWeb(true);
    const id = inspect('{{.Id}}', 'web');
    const comment = async (action: string): Promise<string> => {
      writeFileSync(join(minion.home, 'srv', `${action}.sls`), sls(action));
      const results = (await minion.call('state.apply', [action])) as Readonly<Record<string, { comment: string }>>;
      return results['docker_container_|-web_|-web_|-running']?.comment ?? '';
    };
    assert.equal(await comment('SIGHUP'), 'Sent signal SIGHUP to container');
    assert.equal(inspect('{{.Id}}', 'web'), id);
    assert.equal(await comment('force'), "Replaced container 'web'");
    assert.notEqual(inspect('{{.Id}}', 'web'), id);
  });
});
