import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { LoneMinion } from '../../../test/support/minion.ts';
import { noPostgres, PostgresServer } from '../../../test/support/postgres.ts';
import { parseAcl } from './acl.ts';
import { parseCsv } from './csv.ts';
import { isOlder } from './loose.ts';
import { arrayOf, named, word } from './quote.ts';

test('rows of COPY are read with commas, quotes and line breaks in their values', () => {
  assert.deepEqual(parseCsv('a,b\n1,"x, ""y"""\n2,"two\nlines"\n,\n'), [
    ['a', 'b'],
    ['1', 'x, "y"'],
    ['2', 'two\nlines'],
    ['', ''],
  ]);
  assert.deepEqual(parseCsv(''), []);
  assert.deepEqual(parseCsv('a\n\n""'), [['a'], ['']]);
});

test('an access control list is read with names in quotes and privileges that may be passed on', () => {
  assert.deepEqual(parseAcl('{postgres=a*r/postgres,=r/postgres,"\\"my, role\\"=w/postgres"}'), {
    postgres: { INSERT: true, SELECT: false },
    public: { SELECT: false },
    'my, role': { UPDATE: false },
  });
});

test('arrays, names and versions are read and written as PostgreSQL has them', () => {
  assert.deepEqual(arrayOf('{a,"b c","d\\"e"}'), ['a', 'b c', 'd"e']);
  assert.equal(named('a"b'), '"a""b"');
  assert.deepEqual(['plain', 'a-b', '"own"'].map(word), ['plain', '"a-b"', '"own"']);
  assert.ok(isOlder('1.9', '1.10') && isOlder('9.4.1', '9.5') && isOlder('1.0', '1.0.1'));
  assert.ok(!isOlder('15.4 (Debian 15.4-1)', '15') && !isOlder('17', '17') && !isOlder('1.1', '1.0unpackaged'));
});

describe('postgres on a server that asks for passwords', { skip: noPostgres() }, () => {
  let server: PostgresServer;
  let minion: LoneMinion;
  before(async () => {
    server = await PostgresServer.start('scram-sha-256');
    server.sql("ALTER ROLE postgres PASSWORD 'su:per\\secret'");
    const bins = join(server.home, 'bins');
    mkdirSync(bins);
    // psql that also writes down with which words it was started.
    writeFileSync(join(bins, 'psql'), `#!/bin/sh\necho "$@" >> ${server.home}/words\nexec ${server.programs}/psql "$@"\n`, { mode: 0o755 });
    minion = new LoneMinion({
      'postgres.host': '127.0.0.1',
      'postgres.port': server.port,
      'postgres.user': 'postgres',
      'postgres.pass': 'su:per\\secret',
      'postgres.bins_dir': bins,
    });
  });
  after(async () => {
    await minion[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  test('the login comes from the configuration, its password in a file that is gone afterwards', async () => {
    assert.equal(await minion.call('postgres.db_exists', ['postgres']), true);
    assert.equal(await minion.call('postgres.db_exists', ['postgres'], { password: 'wrong' }), false);
    assert.deepEqual(
      readdirSync(tmpdir()).filter((name) => name.startsWith('pgpass-')),
      [],
    );
  });

  for (const password of ['plain', "it's", 'a\\nb: c', 'pa\u00a0ss\u00ad\u2168 \u00fc', '\u200etext']) {
    test(`a role that is given the password ${JSON.stringify(password)} gets in by it`, async () => {
      assert.equal(await minion.call('postgres.user_create', ['alice'], { rolepassword: password, encrypted: 'scram-sha-256' }), true);
      assert.equal(server.admits('alice', password), true);
      assert.equal(server.admits('alice', `${password}x`), false);
      assert.equal(await minion.call('postgres.user_remove', ['alice']), true);
    });
  }

  test('no password is ever among the words that psql is started with', async () => {
    await minion.call('postgres.user_create', ['bob'], { rolepassword: 'hush-hush', encrypted: 'scram-sha-256' });
    await minion.call('postgres.user_update', ['bob'], { rolepassword: 'hush-hush-2', encrypted: 'md5' });
    const words = readFileSync(join(server.home, 'words'), 'utf8');
    assert.match(words, /--username postgres/);
    assert.doesNotMatch(words, /secret|hush|SCRAM|md5/);
    assert.match(server.sql("SELECT rolpassword FROM pg_authid WHERE rolname = 'bob'"), /^md5[0-9a-f]{32}$/);
    await minion.call('postgres.user_remove', ['bob']);
  });

  test('a role with quotes in its name is created, found and removed, and nothing else', async () => {
    const name = 'x"; DROP DATABASE template1; --';
    assert.equal(await minion.call('postgres.user_create', [name], { groups: ['pg_monitor'] }), true);
    assert.deepEqual(((await minion.call('postgres.role_get', [name])) as Record<string, unknown>)['groups'], ['pg_monitor']);
    assert.equal(await minion.call('postgres.user_remove', [name]), true);
    assert.equal(await minion.call('postgres.db_exists', ['template1']), true);
  });

  test('an owner gets all that is in a database, functions and aggregates too', async () => {
    server.sql('CREATE ROLE carol');
    server.sql('CREATE DATABASE shop');
    for (const statement of [
      'CREATE SCHEMA sales',
      'CREATE TABLE sales."Order" (id serial, note text)',
      'CREATE VIEW sales.v AS SELECT 1',
      'CREATE SEQUENCE sales.alone',
      "CREATE FUNCTION sales.f(int) RETURNS int LANGUAGE sql AS 'SELECT $1'",
      'CREATE AGGREGATE sales.total(int) (SFUNC = int4pl, STYPE = int)',
    ])
      server.sql(statement, 'shop');
    const { retcode, stderr } = (await minion.call('postgres.owner_to', ['shop', 'carol'])) as { retcode: number; stderr: string };
    assert.deepEqual([retcode, stderr], [0, '']);
    const owners = `SELECT string_agg(DISTINCT pg_get_userbyid(owner), ',') FROM (SELECT relowner AS owner FROM pg_class WHERE relnamespace = 'sales'::regnamespace
      UNION SELECT proowner FROM pg_proc WHERE pronamespace = 'sales'::regnamespace UNION SELECT nspowner FROM pg_namespace WHERE nspname IN ('sales', 'public')
      UNION SELECT datdba FROM pg_database WHERE datname = 'shop') AS all_of_it`;
    assert.equal(server.sql(owners, 'shop'), 'carol');
  });

  test('a data directory is made, with its superuser and password, and not twice', async () => {
    const directory = join(server.home, 'made');
    const options = { user: 'boss', password: 'hush', auth: 'scram-sha-256', checksums: true, runas: 'postgres' };
    const bins = new LoneMinion({ 'postgres.bins_dir': server.programs });
    try {
      assert.equal(await bins.call('postgres.datadir_init', [directory], options), true);
      assert.equal(await bins.call('postgres.datadir_exists', [directory]), true);
      assert.equal(await bins.call('postgres.datadir_init', [directory], options), false);
      assert.match(readFileSync(join(directory, 'pg_hba.conf'), 'utf8'), /scram-sha-256/);
      assert.ok(existsSync(join(directory, 'PG_VERSION')));
    } finally {
      await bins[Symbol.asyncDispose]();
    }
  });
});
