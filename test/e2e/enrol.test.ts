import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { connect } from '../../master/client/connect.ts';
import { House, program } from '../support/house.ts';
import { run, until } from '../support/process.ts';

interface Line {
  readonly line: string;
  readonly token: string;
  readonly finger: string;
  readonly expires: string;
}

suite('a machine is added by the line that was made for it', () => {
  let house: House;
  /** Process files of minions that the lines started. */
  const started: string[] = [];

  /** A machine: its own configuration, and a PATH on which `npm install -g` puts tsalt-minion. */
  const machine = (id: string): { readonly paste: (line: string) => ReturnType<typeof run>; readonly installed: string } => {
    const home = join(house.home, `machine-${id}`);
    const [etc, bin, root] = [join(home, 'etc'), join(home, 'bin'), join(home, 'root')];
    for (const directory of [etc, bin]) mkdirSync(directory, { recursive: true });
    // Below the root directory, or it would be put there.
    const pidfile = join(root, 'pid');
    started.push(pidfile);
    const options = { id, root_dir: root, pki_dir: join(root, 'pki'), cachedir: join(root, 'cache'), sock_dir: join(root, 'run') };
    const more = { log_file: join(home, 'log'), pidfile, acceptance_wait_time: 1, recon_default: 100, recon_max: 500 };
    const user = process.env['USER'] ?? (process.getuid?.() === 0 ? 'root' : 'nobody');
    writeFileSync(join(etc, 'minion'), JSON.stringify({ ...options, ...more, user }));
    const minion = `#!/bin/sh\nexec ${program('tsalt', 'minion').join(' ')} -c ${etc} "$@"\n`;
    writeFileSync(join(home, 'tsalt-minion'), minion);
    const installed = join(home, 'installed');
    writeFileSync(
      join(bin, 'npm'),
      `#!/bin/sh\necho "$@" >> ${installed}\ncp ${join(home, 'tsalt-minion')} ${bin}/tsalt-minion && chmod 755 ${bin}/tsalt-minion\n`,
    );
    chmodSync(join(bin, 'npm'), 0o755);
    return { paste: async (line) => await run(['env', `PATH=${bin}:/usr/bin:/bin`, 'sh', '-c', line], { seconds: 60 }), installed };
  };
  const wheel = async <T>(fun: string, kwargs: Readonly<Record<string, unknown>>): Promise<T> => {
    await using client = await connect(house.client);
    return (await client.wheel(fun, kwargs)) as T;
  };
  const keys = async () => await wheel<{ minions: string[]; minions_pre: string[] }>('key.list_all', {});
  const waiting = async () => await house.runner<unknown[]>('enrol.waiting');

  before(async () => {
    house = await House.open('tsalt', { auto_accept: false, enrol_package: 'tsalt-under-test' });
    await house.startMaster();
  });
  after(async () => {
    for (const file of started.filter((path) => existsSync(path))) {
      const pid = Number(readFileSync(file, 'utf8'));
      if (pid > 1) process.kill(pid, 'SIGTERM');
      await until('the minion ends', async () => !existsSync(`/proc/${pid}`));
    }
    await house[Symbol.asyncDispose]();
  });

  test('it is installed, started, accepted, in its group, and told of; its line works no second time', async () => {
    await using client = await connect(house.client);
    const told: { tag: string; data: unknown }[] = [];
    const listening = (async () => {
      for await (const event of client.events('tsalt/enrol/*')) told.push(event);
    })();
    const { line, token, finger } = await wheel<Line>('enrol.line', { group: 'shops', for: 'shop*', ttl: 600 });
    const listed = await waiting();
    assert.equal(listed.length, 1);
    assert.equal(JSON.stringify(listed).includes(token), false);
    assert.ok(line.includes(token) && line.includes(finger));

    const shop = machine('shop1');
    const { code, stderr } = await shop.paste(line);
    assert.equal(code, 0, stderr);
    assert.equal(readFileSync(shop.installed, 'utf8'), 'install -g tsalt-under-test\n');
    await house.answering('shop1');
    assert.deepEqual(await keys().then(({ minions, minions_pre }) => [minions, minions_pre]), [['shop1'], []]);
    assert.deepEqual(await house.results('-N', 'shops', 'test.ping'), { shop1: true });
    await until('it is told of', async () => told.length > 0);
    assert.deepEqual(
      told.map(({ tag, data }) => [tag, (data as { group: string }).group]),
      [['tsalt/enrol/shop1', 'shops']],
    );
    assert.deepEqual(await waiting(), []);

    await machine('shop2').paste(line);
    await until('the second one waits', async () => (await keys()).minions_pre.includes('shop2'));
    await client[Symbol.asyncDispose]();
    await listening.catch(() => undefined);
  });

  test('an expired line, one for other ids, and one that was revoked let nobody in', async () => {
    const expired = await wheel<Line>('enrol.line', { ttl: 1 });
    const other = await wheel<Line>('enrol.line', { for: 'db*' });
    const revoked = await wheel<Line>('enrol.line', {});
    const [first] = (await waiting()).filter((one) => (one as { for: string }).for === '*').slice(-1) as { id: string }[];
    await wheel('enrol.revoke', { id: first?.id });
    await until('it has expired', async () => Date.now() > Date.parse(expired.expires));
    const tried = { late1: expired.line, web1: other.line, void1: revoked.line };
    for (const [id, line] of Object.entries(tried)) await machine(id).paste(line);
    await until(
      'they wait',
      async () => Object.keys(tried).every((id) => started.length > 0 && id !== '') && (await keys()).minions_pre.length >= 4,
    );
    assert.deepEqual((await keys()).minions, ['shop1']);
  });

  test('a line for another master is refused by the minion, and one for a group that says itself who is in it is not made', async () => {
    const { line, finger } = await wheel<Line>('enrol.line', {});
    const posing = line.replace(
      finger,
      finger.replace(/^../, (two) => (two === '00' ? '11' : '00')),
    );
    // In the foreground, where it says why it ends.
    const { code, stderr } = await machine('posed1').paste(posing.replace(/ -d$/, ''));
    assert.notEqual(code, 0);
    assert.match(stderr, /not the one master_finger names/);
    const { minions, minions_pre } = await keys();
    assert.ok(![...minions, ...minions_pre].includes('posed1'));
    await wheel('group.save', { name: 'all', kind: 'glob', expression: '*' });
    await assert.rejects(wheel('enrol.line', { group: 'all' }), /is of the kind glob/);
    await assert.rejects(wheel('enrol.line', { ttl: -1 }), /ttl/);
  });
});
