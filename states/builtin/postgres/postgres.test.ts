import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { debianPackages } from '../../../test/support/debian.ts';
import { LoneMinion } from '../../../test/support/minion.ts';
import { freePort } from '../../../test/support/ports.ts';
import { noPostgres, PostgresServer } from '../../../test/support/postgres.ts';

// What the real Salt gets wrong, so that it cannot be compared with: see `differs` in test/parity/states/postgres.json.

interface Result {
  readonly result: boolean | null;
  readonly comment: string;
  readonly changes: Readonly<Record<string, unknown>>;
}

/** Brings a state about and returns how it ended. */
async function single(minion: LoneMinion, state: string, args: Readonly<Record<string, unknown>>): Promise<Result> {
  const [result] = Object.values((await minion.call('state.single', [state], args)) as Readonly<Record<string, Result>>);
  assert.ok(result !== undefined);
  return result;
}
const ended = ({ result, comment, changes }: Result): readonly unknown[] => [result, comment.replace(/\s+/g, ' '), changes];

describe('states of a PostgreSQL server', { skip: noPostgres() }, () => {
  let server: PostgresServer;
  let minion: LoneMinion;
  before(async () => {
    server = await PostgresServer.start();
    minion = new LoneMinion({ 'postgres.host': '127.0.0.1', 'postgres.port': server.port, 'postgres.user': 'postgres' });
  });
  after(async () => {
    await minion[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  test('a tablespace gets its owner and its options, and with test=True nothing', async () => {
    const directory = join(server.home, 'space');
    execFileSync('runuser', ['-u', 'postgres', '--', 'mkdir', directory]);
    server.sql('CREATE ROLE keeper');
    server.sql(`CREATE TABLESPACE space LOCATION '${directory}' WITH (seq_page_cost = 3)`);
    const wanted = { name: 'space', directory, owner: 'keeper', options: { seq_page_cost: 1.5, random_page_cost: 2 } };
    const is = (): string => server.sql("SELECT pg_get_userbyid(spcowner), spcoptions FROM pg_tablespace WHERE spcname = 'space'");
    assert.deepEqual(ended(await single(minion, 'postgres_tablespace.present', { ...wanted, test: true })), [
      null,
      'Tablespace space options to be altered',
      {},
    ]);
    assert.equal(is(), 'postgres|{seq_page_cost=3}');
    assert.deepEqual(ended(await single(minion, 'postgres_tablespace.present', wanted)), [
      true,
      'Tablespace space opts changed',
      { space: { owner: 'keeper', options: { seq_page_cost: 1.5, random_page_cost: 2 } } },
    ]);
    assert.equal(is(), 'keeper|{seq_page_cost=1.5,random_page_cost=2}');
    assert.deepEqual(ended(await single(minion, 'postgres_tablespace.present', wanted)), [true, 'Tablespace space is already present', {}]);
    assert.deepEqual(ended(await single(minion, 'postgres_tablespace.present', { ...wanted, owner: 'nosuch' })), [
      false,
      'Failed to change owner of tablespace space',
      {},
    ]);
  });

  test('a tablespace that cannot be made or removed says so', async () => {
    assert.deepEqual(ended(await single(minion, 'postgres_tablespace.present', { name: 'other', directory: 'relative' })), [
      false,
      'Failed to create tablespace other',
      {},
    ]);
    assert.deepEqual(ended(await single(minion, 'postgres_tablespace.absent', { name: 'pg_default' })), [
      false,
      'Tablespace pg_default failed to be removed',
      {},
    ]);
  });

  test('a language is taken out of the database that is named, and of no other', async () => {
    for (const database of ['postgres', 'template1']) server.sql('CREATE LANGUAGE lingo HANDLER plpgsql_call_handler', database);
    const wanted = { name: 'lingo', maintenance_db: 'template1' };
    const has = (database: string): string => server.sql("SELECT count(*) FROM pg_language WHERE lanname = 'lingo'", database);
    assert.deepEqual(ended(await single(minion, 'postgres_language.absent', { ...wanted, test: true })), [
      null,
      'Language lingo is set to be removed',
      {},
    ]);
    assert.equal(has('template1'), '1');
    assert.deepEqual(ended(await single(minion, 'postgres_language.absent', wanted)), [
      true,
      'Language lingo has been removed',
      { lingo: 'Absent' },
    ]);
    assert.deepEqual([has('template1'), has('postgres')], ['0', '1']);
  });

  test('who has all privileges of a table has them on a server before MAINTAIN, too', async () => {
    server.sql('CREATE ROLE worker');
    server.sql('CREATE TABLE work (a int)');
    const all = { name: 'worker', object_name: 'work', object_type: 'table', privileges: ['ALL'] };
    assert.equal((await single(minion, 'postgres_privileges.present', all)).comment, 'The privilege(s): ALL have been granted to worker');
    assert.deepEqual(ended(await single(minion, 'postgres_privileges.present', all)), [
      true,
      'The requested privilege(s) are already set',
      {},
    ]);
    assert.deepEqual(ended(await single(minion, 'postgres_privileges.absent', all)), [
      true,
      'The privilege(s): ALL have been revoked from worker',
      { worker: 'Absent' },
    ]);
    assert.equal(server.sql("SELECT has_table_privilege('worker', 'work', 'SELECT')"), 'f');
  });

  test('a role and what is in it go to a new owner', async () => {
    server.sql('CREATE ROLE heir');
    server.sql('CREATE DATABASE shop');
    server.sql('CREATE TABLE goods (a int)', 'shop');
    assert.deepEqual(ended(await single(minion, 'postgres_database.present', { name: 'shop', owner: 'heir', owner_recurse: true })), [
      true,
      'Parameters for database shop have been changed',
      { shop: 'Parameters changed' },
    ]);
    assert.equal(server.sql("SELECT tableowner FROM pg_tables WHERE tablename = 'goods'", 'shop'), 'heir');
  });
});

describe('states of the clusters that Debian has', { skip: noPostgres() || debianPackages('postgresql-common') }, () => {
  const minion = new LoneMinion();
  after(() => minion[Symbol.asyncDispose]());

  test('a cluster is created, compared, and removed with its data', async () => {
    const version = readdirSync('/usr/lib/postgresql').sort().at(-1) ?? '';
    const name = `tsalt${process.pid}`;
    const id = `${version}/${name}`;
    const directory = join(minion.home, 'clusters');
    mkdirSync(directory);
    for (const path of [minion.home, directory]) chmodSync(path, 0o755);
    const datadir = join(directory, 'data');
    const wanted = { name, version, port: await freePort(), datadir, locale: 'C.UTF-8', data_checksums: true, wal_segsize: 1 };
    try {
      assert.deepEqual(ended(await single(minion, 'postgres_cluster.present', { ...wanted, test: true })), [
        null,
        `Cluster ${id} is set to be created`,
        {},
      ]);
      assert.equal(existsSync(datadir), false);
      assert.deepEqual(ended(await single(minion, 'postgres_cluster.present', wanted)), [
        true,
        `The cluster ${id} has been created`,
        { [id]: 'Present' },
      ]);
      assert.ok(((await minion.call('postgres.cluster_list')) as string[]).includes(id));
      const known = ((await minion.call('postgres.cluster_list', [], { verbose: true })) as Record<string, Record<string, unknown>>)[id];
      assert.deepEqual([known?.['port'], known?.['datadir'], known?.['status']], [wanted.port, datadir, 'down']);
      assert.deepEqual(ended(await single(minion, 'postgres_cluster.present', wanted)), [true, `Cluster ${id} is already present`, {}]);
      assert.deepEqual(ended(await single(minion, 'postgres_cluster.present', { ...wanted, port: 1 })), [
        false,
        `Cluster ${id} has wrong parameters which couldn't be changed on fly.`,
        {},
      ]);
      assert.equal(await minion.call('postgres.cluster_create', [version, name]), false);
      assert.deepEqual(ended(await single(minion, 'postgres_cluster.absent', { name, version })), [
        true,
        `Cluster ${id} has been removed`,
        { [name]: 'Absent' },
      ]);
      assert.deepEqual(ended(await single(minion, 'postgres_cluster.absent', { name, version })), [
        true,
        `Cluster ${id} is not present, so it cannot be removed`,
        {},
      ]);
      assert.equal(existsSync(datadir), false);
    } finally {
      rmSync(`/etc/postgresql/${version}/${name}`, { recursive: true, force: true });
    }
  });
});
