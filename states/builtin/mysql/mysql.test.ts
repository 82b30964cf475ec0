import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { MariadbServer, noMariadb } from '../../../test/support/mariadb.ts';
import { LoneMinion } from '../../../test/support/minion.ts';

// The words are those of saltext.mysql 1.1 beside Salt 3008.3; test/parity/states/mysql.json compares many more with it.

type Changes = Readonly<Record<string, unknown>>;
type Ended = readonly [result: boolean | null, comment: string, changes: Changes];

describe('states of a MariaDB server', { skip: noMariadb() }, () => {
  let server: MariadbServer;
  let minion: LoneMinion;
  before(async () => {
    server = await MariadbServer.start();
    minion = new LoneMinion({ 'mysql.unix_socket': server.socket, 'mysql.user': 'root' });
  });
  after(async () => {
    await minion[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const single = async (state: string, args: Readonly<Record<string, unknown>>): Promise<Ended> => {
    const [one] = Object.values(
      (await minion.call('state.single', [state], args)) as Readonly<
        Record<string, { result: boolean | null; comment: string; changes: Changes }>
      >,
    );
    assert.ok(one !== undefined);
    return [one.result, one.comment, one.changes];
  };
  /** Tried, done, and done again. */
  const thrice = async (state: string, args: Readonly<Record<string, unknown>>): Promise<Ended[]> => [
    await single(state, { ...args, test: true }),
    await single(state, args),
    await single(state, args),
  ];

  test('a user is added, gets another password, and is removed', async () => {
    const frank = { name: 'frank', password: 'hush' };
    assert.deepEqual(await thrice('mysql_user.present', frank), [
      [null, 'User frank@localhost is set to be added', {}],
      [true, 'The user frank@localhost has been added', { frank: 'Present' }],
      [true, 'User frank@localhost is already present with the desired password', {}],
    ]);
    assert.deepEqual(await thrice('mysql_user.present', { ...frank, password: "it's" }), [
      [null, 'Password for user frank@localhost is set to be changed', {}],
      [true, 'Password for user frank@localhost has been changed', { frank: 'Updated' }],
      [true, 'User frank@localhost is already present with the desired password', {}],
    ]);
    assert.deepEqual(await thrice('mysql_user.present', { name: 'frank', allow_passwordless: true }), [
      [null, 'Password for user frank@localhost is set to be cleared', {}],
      [true, 'Password for user frank@localhost has been cleared', { frank: 'Updated' }],
      [true, 'User frank@localhost is already present with passwordless login', {}],
    ]);
    assert.deepEqual(await thrice('mysql_user.absent', { name: 'frank' }), [
      [null, 'User frank@localhost is set to be removed', {}],
      [true, 'User frank@localhost has been removed', { frank: 'Absent' }],
      [true, 'User frank@localhost is not present, so it cannot be removed', {}],
    ]);
  });

  test('a user without a password is refused unless that is wanted, and one of the machine is known by its socket', async () => {
    assert.deepEqual(await single('mysql_user.present', { name: 'bare' }), [
      false,
      'Either password or password_hash must be specified, unless allow_passwordless is True',
      {},
    ]);
    const machine = { name: 'daemon', allow_passwordless: true, unix_socket: true };
    assert.deepEqual(await thrice('mysql_user.present', machine), [
      [null, 'User daemon@localhost is set to be added with passwordless login using unix_socket', {}],
      [true, 'The user daemon@localhost has been added with passwordless login using unix_socket', { daemon: 'Present' }],
      [true, 'User daemon@localhost is already present with passwordless login', {}],
    ]);
    const [result, comment] = await single('mysql_user.present', { ...machine, host: '10.0.0.1' });
    assert.deepEqual(
      [result, comment],
      [false, 'Failed to create user daemon@10.0.0.1 (Auth via unix_socket can be set only for host=localhost)'],
    );
  });

  test('a state tells why the server lets it not in', async () => {
    for (const [state, args] of [
      ['mysql_user.absent', {}],
      ['mysql_database.present', {}],
      ['mysql_grants.present', { grant: 'select', database: 'a.*', user: 'b' }],
      ['mysql_query.run', { database: 'a', query: 'SELECT 1' }],
    ] as const) {
      const [result, comment] = await single(state, { name: 'x', connection_user: 'nobody-here', connection_pass: 'wrong', ...args });
      assert.equal(result, false, state);
      assert.match(comment, /^MySQL Error (1045|1698): Access denied for user 'nobody-here'@'localhost'/, state);
    }
  });

  test('a database is created, gets another character set, and is removed', async () => {
    const shop = { name: 'shop', character_set: 'latin1', collate: 'latin1_bin' };
    assert.deepEqual(await thrice('mysql_database.present', shop), [
      [null, 'Database shop is not present and needs to be created', {}],
      [true, 'The database shop has been created', { shop: 'Present' }],
      [true, 'Database shop is already present', {}],
    ]);
    const comment =
      'Database character set utf8mb4 != latin1 needs to be updated\nDatabase collate utf8mb4_bin != latin1_bin needs to be updated';
    assert.deepEqual(await thrice('mysql_database.present', { ...shop, character_set: 'utf8mb4', collate: 'utf8mb4_bin' }), [
      [null, comment, {}],
      [true, comment, { collate: { before: 'latin1_bin', now: 'utf8mb4_bin' }, character_set: { before: 'latin1', now: 'utf8mb4' } }],
      [true, 'Database shop is already present', {}],
    ]);
    assert.deepEqual(await single('mysql_database.present', { name: 'shop', character_set: 'nosuch' }), [
      false,
      "Database character set nosuch != utf8mb4 needs to be updated (MySQL Error 1115: Unknown character set: 'nosuch')",
      {},
    ]);
    assert.deepEqual(await thrice('mysql_database.absent', { name: 'shop' }), [
      [null, 'Database shop is present and needs to be removed', {}],
      [true, 'Database shop has been removed', { shop: 'Absent' }],
      [true, 'Database shop is not present, so it cannot be removed', {}],
    ]);
    assert.deepEqual(await single('mysql_database.absent', { name: 'mysql' }), [false, 'Unable to remove database mysql', {}]);
  });

  test('a grant is given and taken, and what was there before only where that is asked for', async () => {
    server.sql('CREATE DATABASE g; CREATE TABLE g.t (a int); CREATE USER gina@localhost');
    const grants = (): string => server.sql('SHOW GRANTS FOR gina@localhost').split('\n').slice(1).join('; ');
    const reads = { name: 'gina reads', grant: 'select', database: 'g.*', user: 'gina' };
    assert.deepEqual(await thrice('mysql_grants.present', reads), [
      [null, 'MySQL grant gina reads is set to be created', {}],
      [true, 'Grant select on g.* to gina@localhost has been added', { 'gina reads': 'Present' }],
      [true, 'Grant select on g.* to gina@localhost is already present', {}],
    ]);
    const inserts = { ...reads, name: 'gina inserts', grant: 'insert' };
    server.sql('GRANT UPDATE ON g.* TO gina@localhost WITH GRANT OPTION; GRANT DELETE ON g.t TO gina@localhost');
    assert.deepEqual(await single('mysql_grants.present', { ...inserts, revoke_first: true, test: true }), [
      null,
      'MySQL grant gina inserts is set to be created',
      {},
    ]);
    assert.match(grants(), /SELECT, UPDATE ON `g`\.\* .* WITH GRANT OPTION/);
    assert.equal((await single('mysql_grants.present', { ...inserts, revoke_first: true }))[0], true);
    assert.equal(grants(), 'GRANT INSERT ON `g`.* TO `gina`@`localhost`; GRANT DELETE ON `g`.`t` TO `gina`@`localhost`');
    assert.deepEqual(await thrice('mysql_grants.absent', inserts), [
      [null, 'MySQL grant gina inserts is set to be revoked', {}],
      [true, 'Grant insert on g.* for gina@localhost has been revoked', { 'gina inserts': 'Absent' }],
      [true, 'Grant insert on g.* to gina@localhost is not present, so it cannot be revoked', {}],
    ]);
    assert.deepEqual(await single('mysql_grants.present', { ...reads, grant: 'fly' }), [
      false,
      'Failed to execute: "GRANT fly ON g.* TO gina@localhost"',
      {},
    ]);
  });

  test('a query is executed, and what it finds goes into a file or a grain once', async () => {
    server.sql("CREATE DATABASE q; CREATE TABLE q.t (a int, b text); INSERT INTO q.t VALUES (1, 'x'), (2, NULL)");
    const output = join(server.home, 'found');
    const all = { name: 'all', database: 'q', query: 'SELECT * FROM t', output, overwrite: false };
    assert.deepEqual(await single('mysql_query.run', { ...all, test: true }), [
      null,
      `Query would execute, storing result in file: ${output}`,
      {},
    ]);
    assert.equal(existsSync(output), false);
    const [result, comment, changes] = await single('mysql_query.run', all);
    assert.deepEqual([result, changes], [true, { query: `Executed. Output into ${output}` }]);
    assert.match(comment, /'results': \[\{'a': '1', 'b': 'x'\}, \{'a': '2', 'b': None\}\]/);
    assert.equal(readFileSync(output, 'utf8'), 'a:1\nb:x\na:2\nb:None\n');
    assert.deepEqual(await single('mysql_query.run', all), [true, `No execution needed. File ${output} already set`, {}]);
    const grain = { ...all, output: 'grain', grain: 'shop', key: 'rows' };
    assert.deepEqual((await single('mysql_query.run', grain))[2], { query: 'Executed. Output into grain: shop:rows' });
    assert.deepEqual(await single('mysql_query.run', grain), [true, 'No execution needed. Grain shop:rows already set', {}]);
    assert.deepEqual(await single('mysql_query.run', { ...all, database: 'nosuch' }), [null, 'Database all is not present', {}]);
    assert.match(
      (await single('mysql_query.run', { ...all, output: undefined, query: 'no sql' }))[1],
      /^The query was not executed \(MySQL Error 1064/,
    );
  });

  test('the statements of a file are executed, each with its rows', async () => {
    server.sql('CREATE DATABASE f; CREATE TABLE f.t (a int)');
    const [file, output] = [join(server.home, 'some.sql'), join(server.home, 'rows')];
    writeFileSync(file, 'INSERT INTO t VALUES (1), (2);\nSELECT a FROM t;\nSELECT 3 AS c;\n');
    const some = { name: 'some', database: 'f', query_file: file, output };
    assert.deepEqual((await single('mysql_query.run_file', some))[2], { query: `Executed. Output into ${output}` });
    assert.equal(readFileSync(output, 'utf8'), 'a:1\na:2\nc:3\n');
    assert.deepEqual(await single('mysql_query.run_file', { ...some, query_file: '/nosuch.sql' }), [
      false,
      'File /nosuch.sql does not exist',
      {},
    ]);
  });
});
