import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { MariadbServer, noMariadb } from '../../../test/support/mariadb.ts';
import { LoneMinion } from '../../../test/support/minion.ts';
import { until } from '../../../test/support/process.ts';
import { grantStatement, tokenizeGrant } from './grants.ts';
import { identifier, isAtLeast } from './names.ts';
import { splitStatements } from './statements.ts';

test('grants are taken to pieces as Salt takes them', () => {
  // What Salt 3008.3 answers to each.
  const cases: [string, string, string, string[], string][] = [
    ["GRANT SELECT, INSERT ON testdb.* TO 'testuser'@'localhost'", 'testuser', 'localhost', ['SELECT', 'INSERT'], 'testdb.*'],
    ['GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION', '`root`', '`localhost`', ['ALL PRIVILEGES'], '*.*'],
    [
      'GRANT SELECT (a, b), UPDATE, CREATE TEMPORARY TABLES ON `te\\_st`.`t``x` TO `u`@`%`',
      '`u`',
      '`%`',
      ['SELECT', 'SELECT.a', 'SELECT.b', 'UPDATE', 'CREATE TEMPORARY TABLES'],
      '`te\\_st`.`t``x`',
    ],
    ["GRANT USAGE ON *.* TO 'a b'@'10.0.%' IDENTIFIED BY PASSWORD '*AA'", 'a b', '10.0.%', ['USAGE'], '*.*'],
    ['GRANT SELECT, UPDATE (x), DELETE ON db.tab TO "u"@\'h\'', '"u"', 'h', ['SELECT', 'UPDATE', 'UPDATE.x', 'DELETE'], 'db.tab'],
  ];
  for (const [text, user, host, grant, database] of cases) assert.deepEqual(tokenizeGrant(text), { user, host, grant, database });
  assert.deepEqual(tokenizeGrant('no grant at all'), { user: '', host: '', grant: ['grant at all'], database: '' });
});

test('a grant is written with names in quotes, and only of privileges there are', () => {
  const asked = { grant: 'select,update (a)', database: 'my_db.*', user: 'u', host: 'h', grant_option: true, escape: true };
  assert.equal(grantStatement(asked).sql, 'GRANT SELECT, UPDATE (A) ON `my\\_db`.* TO ?@? WITH GRANT OPTION');
  const demands = grantStatement({ ...asked, grant_option: false, database: '*.*', ssl_option: [{ SSL: true }, { issuer: "it's" }] });
  assert.equal(demands.sql, "GRANT SELECT, UPDATE (A) ON *.* TO ?@? REQUIRE SSL AND ISSUER 'its'");
  assert.throws(() => grantStatement({ ...asked, grant: 'SELECT, FLY' }), /Invalid grant : ' FLY'/);
  assert.throws(() => grantStatement({ ...asked, grant: 'SELECT ON *.* TO x; --' }), /Invalid grant/);
  assert.throws(() => grantStatement({ ...asked, ssl_option: [{ nothing: 1 }] }), /Invalid SSL option : 'nothing'/);
});

test('a file is split into statements, without comments, and not at a semicolon in quotes', () => {
  assert.deepEqual(splitStatements("-- one\nSELECT ';', \"a;b\"; # two\n/* three; */ INSERT /*!40000 x */ `a;b`\n;;\nSELECT 'it''s'"), [
    'SELECT \';\', "a;b"',
    'INSERT /*!40000 x */ `a;b`',
    "SELECT 'it''s'",
  ]);
});

test('names are quoted and versions compared', () => {
  assert.equal(identifier('a`b_c', true), '`a``b\\_c`');
  assert.ok(isAtLeast('10.11.6-MariaDB-0+deb12u1', '10.4') && isAtLeast('8.0.11', '8.0.11') && !isAtLeast('5.7.44-log', '8.0'));
});

describe('mysql on a MariaDB server', { skip: noMariadb() }, () => {
  let server: MariadbServer;
  let minion: LoneMinion;
  const call = (fun: string, args: readonly unknown[] = [], kwargs: Readonly<Record<string, unknown>> = {}): Promise<unknown> =>
    minion.call(`mysql.${fun}`, args, kwargs);

  before(async () => {
    server = await MariadbServer.start('--log-bin', '--server-id=1');
    minion = new LoneMinion({ 'mysql.unix_socket': server.socket, 'mysql.user': 'root' });
  });
  after(async () => {
    await minion[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  test('databases are created, described, changed and removed', async () => {
    assert.equal(await call('db_create', ['shop'], { character_set: 'latin1', collate: 'latin1_bin' }), true);
    assert.equal(await call('db_create', ['shop']), false);
    assert.deepEqual(await call('db_get', ['shop']), { character_set: 'latin1', collate: 'latin1_bin' });
    assert.equal(await call('alter_db', ['shop'], { character_set: 'utf8mb4', collate: 'utf8mb4_bin' }), true);
    assert.deepEqual(await call('db_get', ['shop']), { character_set: 'utf8mb4', collate: 'utf8mb4_bin' });
    assert.deepEqual(await call('db_get', ['nosuch']), {});
    assert.ok(((await call('db_list')) as string[]).includes('shop'));
    assert.equal(await call('db_exists', ['sho_']), false);
    assert.equal(await call('db_remove', ['shop']), true);
    assert.equal(await call('db_remove', ['shop']), false);
    assert.equal(await call('db_remove', ['mysql']), false);
  });

  test('a database whose name has quotes and wildcards is no other', async () => {
    const name = 'a`b%c_d"e\'f';
    assert.equal(await call('db_create', [name]), true);
    assert.equal(await call('db_exists', [name]), true);
    assert.equal((await call('query', [name, 'CREATE TABLE t (a int)'])) !== false, true);
    assert.deepEqual(await call('db_tables', [name]), ['t']);
    assert.equal(await call('db_remove', [name]), true);
  });

  test('a query returns columns and rows as texts, a change the number of its rows, a wrong one an error', async () => {
    server.sql(
      "CREATE DATABASE q; CREATE TABLE q.t (id int, name text, price decimal(9,2), at datetime, raw blob); INSERT INTO q.t VALUES (1, 'ö', 1.50, '2020-01-02 03:04:05', 0xff00), (2, NULL, NULL, NULL, 'x')",
    );
    const found = (await call('query', ['q', 'SELECT * FROM t ORDER BY id'])) as Record<string, unknown>;
    assert.deepEqual(found['columns'], ['id', 'name', 'price', 'at', 'raw']);
    assert.deepEqual(found['results'], [
      ['1', 'ö', '1.50', '2020-01-02 03:04:05', Buffer.from([0xff, 0])],
      ['2', null, null, null, 'x'],
    ]);
    assert.equal(found['rows returned'], 2);
    const time = found['query time'] as Record<string, string>;
    assert.match(time['human'] ?? '', /^[\d.]+m?s$/);
    assert.match(time['raw'] ?? '', /^\d+\.\d+(e-\d+)?$/);
    const changed = (await call('query', ['q', "UPDATE t SET name = 'x' WHERE id > 0"])) as Record<string, unknown>;
    assert.equal(changed['rows affected'], 2);
    assert.equal(((await call('query', ['q', "UPDATE t SET name = 'x'"])) as Record<string, unknown>)['rows affected'], 0);
    await assert.rejects(call('query', ['q', 'SELEC 1']), /MySQL Error 1064: You have an error/);
    assert.equal(await call('query', ['q', 'SELECT nothing FROM t']), false);
    assert.deepEqual(await call('query', ['nosuch', 'SELECT 1']), {});
    assert.deepEqual(await call('query', ['q', 'SELECT 1'], { connection_user: 'nobody-here' }), {});
    server.sql('DROP DATABASE q');
  });

  test('the statements of a file are run in one go, and what they came to is added up', async () => {
    server.sql('CREATE DATABASE f');
    const file = join(server.home, 'some.sql');
    writeFileSync(
      file,
      "-- a table\nCREATE TABLE t (a text);\nINSERT INTO t VALUES\n  ('x;y'),\n  ('z');\nSELECT a FROM t ORDER BY a;\nSELECT 1;\n",
    );
    const { 'query time': time, ...found } = (await call('file_query', ['f'], { file_name: file })) as Record<string, unknown>;
    assert.deepEqual(found, { 'rows returned': 3, columns: [['a'], ['1']], results: [[['x;y'], ['z']], [['1']]], 'rows affected': 2 });
    assert.match((time as Record<string, string>)['human'] ?? '', /s$/);
    assert.equal(await call('file_query', ['f'], { file_name: '/no/such' }), false);
    assert.equal(((await call('db_check', ['f', 't'])) as Record<string, unknown>[])[0]?.['Msg_text'], 'OK');
    assert.equal(((await call('db_repair', ['f'])) as unknown[]).length, 1);
    assert.equal(((await call('db_optimize', ['f'])) as unknown[]).length, 1);
    server.sql('DROP DATABASE f');
  });

  test('an account is created, gets in by its password, changes it and is removed', async () => {
    const over = { connection_host: '127.0.0.1', connection_port: server.port, connection_unix_socket: null };
    assert.equal(await call('user_create', ['frank', 'localhost', "it's"]), true);
    assert.equal(await call('user_create', ['frank', 'localhost', 'x']), false);
    assert.equal(await call('verify_login', ['frank', "it's"], over), true);
    assert.equal(await call('verify_login', ['frank', 'wrong'], over), false);
    assert.equal(await call('user_exists', ['frank', 'localhost', "it's"]), true);
    assert.equal(await call('user_exists', ['frank', 'localhost', 'wrong']), false);
    assert.equal(await call('user_exists', ['frank', '%']), false);
    assert.equal(await call('user_chpass', ['frank', 'localhost', 'other']), true);
    assert.equal(await call('verify_login', ['frank', 'other'], over), true);
    const hash = server.sql("SELECT PASSWORD('hashed')");
    assert.equal(await call('user_chpass', ['frank'], { password_hash: hash }), true);
    assert.equal(await call('user_exists', ['frank'], { password_hash: hash }), true);
    assert.equal(await call('verify_login', ['frank', 'hashed'], over), true);
    assert.equal(await call('user_chpass', ['frank']), false);
    assert.equal(await call('user_chpass', ['frank'], { allow_passwordless: true }), true);
    assert.equal(await call('user_exists', ['frank'], { passwordless: true }), true);
    assert.equal(await call('user_chpass', ['frank'], { allow_passwordless: true, unix_socket: true }), true);
    assert.equal(await call('user_exists', ['frank'], { passwordless: true, unix_socket: true }), true);
    assert.equal(((await call('user_info', ['frank'])) as Record<string, unknown>)['plugin'], 'unix_socket');
    assert.equal(await call('user_remove', ['frank']), true);
    assert.equal(await call('user_remove', ['frank']), false);
    assert.equal(await call('user_info', ['frank']), null);
    assert.equal(await call('user_create', ['gina']), false);
    assert.equal(await call('user_create', ['gina', 'localhost'], { unix_socket: true }), true);
    assert.equal(await call('user_create', ['hugo', '%'], { allow_passwordless: true }), true);
    const listed = (await call('user_list')) as Record<string, string>[];
    assert.ok(listed.some((row) => row['User'] === 'hugo' && row['Host'] === '%'));
    server.sql("DROP USER gina@localhost, hugo@'%'");
  });

  test('privileges are given, found and taken away, and those that there are not are refused', async () => {
    server.sql("CREATE DATABASE my_db; CREATE TABLE my_db.t (name text); CREATE USER ida@localhost IDENTIFIED BY 'x'");
    assert.equal(await call('grant_exists', ['SELECT', 'my_db.*', 'ida']), false);
    assert.equal(await call('grant_add', ['select, INSERT', 'my_db.*', 'ida']), true);
    assert.equal(await call('grant_exists', ['INSERT,SELECT', 'my_db.*', 'ida']), true);
    assert.equal(await call('grant_exists', ['DELETE', 'my_db.*', 'ida']), false);
    const grants = (await call('user_grants', ['ida'])) as string[];
    assert.deepEqual(grants, ['GRANT USAGE ON *.* TO `ida`@`localhost`', 'GRANT SELECT, INSERT ON `my\\_db`.* TO `ida`@`localhost`']);
    assert.equal(await call('grant_add', ['UPDATE (name)', 'my_db.t', 'ida'], { grant_option: true }), true);
    assert.equal(await call('grant_add', ['REPLICATION CLIENT', '*.*', 'ida'], { ssl_option: [{ SSL: true }] }), true);
    assert.equal(((await call('user_grants', ['ida'])) as string[])[0], 'GRANT BINLOG MONITOR ON *.* TO `ida`@`localhost`');
    assert.match(server.sql('SHOW GRANTS FOR ida@localhost'), /BINLOG MONITOR.* REQUIRE SSL\n/);
    assert.equal(await call('grant_add', ['ALL', 'my_db.*', 'ida']), true);
    assert.equal(await call('grant_revoke', ['ALL', 'my_db.*', 'ida']), true);
    assert.equal(await call('grant_exists', ['SELECT', 'my_db.*', 'ida']), false);
    assert.equal(await call('grant_add', ['FLY', 'my_db.*', 'ida']), false);
    assert.equal(await call('user_grants', ['nobody']), false);
    server.sql('DROP DATABASE my_db; DROP USER ida@localhost');
  });

  test('the server tells of itself: version, counters, variables, processes, plugins', async () => {
    assert.match(String(await call('version')), /MariaDB/);
    assert.ok('Uptime' in ((await call('status')) as object));
    for (const fun of ['showvariables', 'showglobal']) {
      const rows = (await call(fun)) as Record<string, unknown>[];
      assert.equal(rows.find((row) => row['Variable_name'] === 'socket')?.['Value'], server.socket);
    }
    assert.equal(((await call('processlist')) as Record<string, unknown>[])[0]?.['Info'], 'SHOW FULL PROCESSLIST');
    assert.ok(
      ((await call('plugins_list')) as Record<string, unknown>[]).some(({ name, status }) => name === 'InnoDB' && status === 'ACTIVE'),
    );
    assert.equal(await call('plugin_status', ['blackhole']), '');
    assert.equal(await call('plugin_add', ['blackhole'], { soname: 'ha_blackhole' }), true);
    assert.equal(await call('plugin_status', ['blackhole']), 'ACTIVE');
    assert.equal(await call('plugin_remove', ['blackhole']), true);
    assert.equal(await call('plugin_add', ['nosuch']), false);
    await assert.rejects(call('plugin_add', ['x; DROP']), /is no name of a plugin/);
  });

  test('an option file says how to log in, and nothing of the configuration counts then', async () => {
    server.sql("CREATE USER karl@localhost IDENTIFIED BY 'a#b c'");
    const file = join(server.home, 'my.cnf');
    writeFileSync(file, `[mysqld]\nuser = mysql\n[client]\nuser = karl # him\npassword = "a#b c"\nsocket=${server.socket}\n`);
    const found = (await call('query', ['', 'SELECT USER()'], { connection_default_file: file })) as Record<string, unknown>;
    assert.deepEqual(found['results'], [['karl@localhost']]);
    await assert.rejects(call('version', [], { connection_default_file: '/no/such' }), /option file \/no\/such cannot be read/);
    server.sql('DROP USER karl@localhost');
  });

  test('a server that is not there answers as none, with the reason in the log', async () => {
    const nowhere = { connection_unix_socket: '/no/such/socket' };
    assert.equal(await call('version', [], nowhere), '');
    assert.deepEqual(await call('status', [], nowhere), {});
    assert.deepEqual(await call('db_list', [], nowhere), []);
    assert.equal(await call('slave_lag', [], nowhere), -3);
  });

  test('a replica tells how far it is behind, and becomes a server of its own', async () => {
    assert.equal(await call('slave_lag'), -1);
    assert.deepEqual(await call('get_slave_status'), []);
    assert.match(String(((await call('get_master_status')) as Record<string, unknown>)['File']), /-bin\.0/);
    await assert.rejects(call('free_slave'), /is no replica/);
    server.sql("CREATE USER 'repl'@'%' IDENTIFIED BY 'r'; GRANT ALL ON *.* TO 'repl'@'%'");
    const replica = await MariadbServer.start('--server-id=2');
    try {
      replica.sql(
        `CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=${server.port}, MASTER_USER='repl', MASTER_PASSWORD='r'; START SLAVE`,
      );
      const there = { connection_unix_socket: replica.socket };
      await until('the replica follows', async () => (await call('slave_lag', [], there)) === 0);
      assert.equal(((await call('get_slave_status', [], there)) as Record<string, unknown>)['Slave_SQL_Running'], 'Yes');
      replica.sql("CREATE USER IF NOT EXISTS 'repl'@'localhost' IDENTIFIED BY 'r'; GRANT ALL ON *.* TO 'repl'@'localhost'");
      const both = { ...there, connection_user: 'repl', connection_pass: 'r' };
      assert.equal(await call('free_slave', [], both), 'promoted');
      assert.equal(await call('slave_lag', [], there), -1);
    } finally {
      await replica[Symbol.asyncDispose]();
    }
  });
});
