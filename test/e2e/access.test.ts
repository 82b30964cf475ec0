import assert from 'node:assert/strict';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { connect } from '../../master/client/connect.ts';
import { TsaltError } from '../../protocol/errors.ts';
import { House } from '../support/house.ts';

suite('persons at the command line', () => {
  let house: House;
  const tokens = (): string => join(house.home, 'token');
  before(async () => {
    house = await House.open('tsalt');
    const passwords = join(house.home, 'passwords');
    writeFileSync(passwords, 'alice:wonder\n');
    house.configure({
      publisher_acl: { 'nobod?': [{ 'web*': ['test.*'] }] },
      publisher_acl_blacklist: { modules: ['test.rand_*'] },
      external_auth: { file: { '^filename': passwords, alice: [{ 'web*': ['test.*'] }, { '@runner': ['manage.*'] }] } },
    });
    process.env['SALT_TOKEN_FILE'] = tokens();
    await house.startMaster();
    house.addMinion('tsalt', 'web1');
    house.addMinion('tsalt', 'db1');
    await house.answering('web1', 'db1');
  });
  after(async () => {
    delete process.env['SALT_TOKEN_FILE'];
    await house[Symbol.asyncDispose]();
  });

  const alice = ['-a', 'file', '--username', 'alice', '--password', 'wonder'];

  test('run what they may, and are refused in the words and with the exit code of Salt', async () => {
    const good = await house.cli(...alice, 'web*', 'test.ping', '--out=json', '--static');
    assert.deepEqual([JSON.parse(good.stdout), good.code], [{ web1: true }, 0]);
    const refused = await house.cli(...alice, '*', 'test.ping');
    assert.deepEqual([refused.stdout, refused.code], ['Authorization error occurred.\n', 1]);
    assert.match(refused.stderr, /alice may not run test\.ping on db1/);
    const wrong = await house.cli('-a', 'file', '--username', 'alice', '--password', 'x', 'web1', 'test.ping');
    assert.deepEqual([wrong.stdout, wrong.code], ['Authentication error occurred.\n', 1]);
    const up = await house.tool('run', [...alice, 'manage.up', '--out=json']);
    assert.deepEqual(JSON.parse(up.stdout), ['web1'], 'of the minions he may know');
    assert.equal((await house.tool('run', [...alice, 'jobs.list_jobs'])).stdout, 'Authorization error occurred.\n');
    assert.equal((await house.tool('key', ['--eauth', 'file', ...alice.slice(2), '-L'])).stdout, 'Authorization error occurred.\n');
  });

  test('keep a token with -T, and come by it without a password until it is revoked', async () => {
    const kept = await house.cli(...alice, '-T', 'web1', 'test.ping', '--out=json', '--static');
    assert.deepEqual(JSON.parse(kept.stdout), { web1: true });
    const token = readFileSync(tokens(), 'utf8');
    assert.match(token, /^[0-9a-f]{64}$/);
    assert.equal(statSync(tokens()).mode & 0o777, 0o600);
    const again = await house.cli('-a', 'file', 'web1', 'test.ping', '--out=json', '--static');
    assert.deepEqual(JSON.parse(again.stdout), { web1: true });
    await using client = await connect(house.client);
    await client.logout(token);
    const person = client.as({ token }, { door: 'cli' });
    await assert.rejects(
      person.preview({ kind: 'glob', expression: '*' }),
      (error: unknown) => error instanceof TsaltError && error.code === 'not-authenticated',
    );
    rmSync(tokens());
  });

  test('without a key may log in, and nothing else', async () => {
    await using stranger = await connect({ ...house.client, person: true });
    const refused = (error: unknown) => error instanceof TsaltError && error.code === 'not-authorised';
    await assert.rejects(stranger.preview({ kind: 'glob', expression: '*' }), refused);
    await assert.rejects(stranger.wheel('key.list_all', {}), refused);
    const { token, perms } = await stranger.login({ eauth: 'file', username: 'alice', password: 'wonder' }, { door: 'cli' });
    assert.deepEqual(JSON.parse(JSON.stringify(perms)), [{ 'web*': ['test.*'] }, { '@runner': ['manage.*'] }]);
    assert.deepEqual(await stranger.as({ token }, { door: 'cli' }).preview({ kind: 'glob', expression: '*' }), ['web1']);
  });

  test('of the system are limited by publisher_acl, each with a key of his own', {
    skip: process.getuid?.() !== 0 && 'only root gives keys to others',
  }, async () => {
    await using nobody = await connect({ ...house.client, user: 'nobody' });
    const ping = (expression: string, fun = 'test.ping') => nobody.run({ target: { kind: 'glob', expression }, fun, args: [] });
    const all = async (events: AsyncIterable<{ readonly kind: string }>): Promise<string[]> => {
      const kinds: string[] = [];
      for await (const { kind } of events) kinds.push(kind);
      return kinds;
    };
    const refused = (error: unknown) => error instanceof TsaltError && error.code === 'not-authorised';
    assert.deepEqual(await all(ping('web*')), ['published', 'return']);
    await assert.rejects(all(ping('*')), refused);
    await assert.rejects(all(ping('web*', 'cmd.run')), refused);
    await assert.rejects(all(ping('web*', 'test.rand_str')), refused);
    await assert.rejects(all(nobody.runner({ fun: 'manage.up', args: [], kwargs: {} })), refused);
    await assert.rejects(nobody.wheel('key.list_all', {}), refused);
    assert.deepEqual(await nobody.preview({ kind: 'glob', expression: '*' }), ['web1']);
    const barred = await house.cli('web1', 'test.rand_str');
    assert.match(barred.stderr, /publisher_acl_blacklist names it, for everybody/);
    assert.notEqual(barred.code, 0);
  });

  test('and the master: who did what is written down, also what root did', async () => {
    const made = await house.tool('run', ['wheel.user.save', 'name=ada', 'roles=administrator', '--out=json']);
    const { password } = JSON.parse(made.stdout) as { password: string };
    const ada = await house.cli('-a', 'local', '--username', 'ada', '--password', password, '*', 'test.ping', '--out=json', '--static');
    assert.deepEqual(JSON.parse(ada.stdout), { db1: true, web1: true });
    await house.cli('db1', 'test.echo', 'by root');
    const rows = await house.runner<Record<string, unknown>[]>('audit.list', 'limit=3');
    assert.deepEqual(
      rows.map(({ user, eauth, door, fun, target, count, outcome }) => [user, eauth, door, fun, target, count, outcome]),
      [
        [house.client.user, '', 'cli', 'test.echo', 'db1', 1, 'allowed'],
        ['ada', 'local', 'cli', 'test.ping', '*', 2, 'allowed'],
        [house.client.user, '', 'cli', 'user.save', '', 0, 'allowed'],
      ],
    );
    assert.equal((await house.runner<{ intact: boolean }>('audit.verify')).intact, true);
    assert.doesNotMatch(JSON.stringify(await house.runner('users.list')), /scrypt|password/);
  });
});
