import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { aResult, returnerContract, returnersOf } from '../../test/contracts/returner.ts';
import { noPostgres, PostgresServer } from '../../test/support/postgres.ts';
import { until } from '../../test/support/process.ts';
import pgjsonb from './pgjsonb.ts';
import postgres from './postgres.ts';

/** As Salt's documentation of its two returners gives them; the types are all that differs. */
const schema = (type: 'text' | 'jsonb'): string => `
  CREATE TABLE jids (jid varchar(255) PRIMARY KEY, load ${type} NOT NULL);
  CREATE TABLE salt_returns (fun varchar(50) NOT NULL, jid varchar(255) NOT NULL, return ${type} NOT NULL, full_ret ${type},
    id varchar(255) NOT NULL, success varchar(10) NOT NULL, alter_time TIMESTAMP WITH TIME ZONE DEFAULT now());
  CREATE SEQUENCE seq_salt_events_id;
  CREATE TABLE salt_events (id BIGINT NOT NULL UNIQUE DEFAULT nextval('seq_salt_events_id'), tag varchar(255) NOT NULL,
    data ${type} NOT NULL, alter_time TIMESTAMP WITH TIME ZONE DEFAULT now(), master_id varchar(255) NOT NULL);`;

const absent = noPostgres();

async function query(server: PostgresServer, sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const client = new pg.Client({ host: '127.0.0.1', port: server.port, user: 'salt', database: 'salt' });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('returners into PostgreSQL', { skip: absent }, () => {
  let server: PostgresServer;
  before(async () => {
    server = await PostgresServer.start();
    server.sql('CREATE ROLE salt LOGIN SUPERUSER');
    server.sql('CREATE DATABASE salt OWNER salt');
  });
  after(() => server[Symbol.asyncDispose]());

  for (const [returner, type, password] of [
    [postgres, 'text', 'passwd'],
    [pgjsonb, 'jsonb', 'pass'],
  ] as const) {
    const { name } = returner;
    const config = () => ({ [`returner.${name}.host`]: '127.0.0.1', [`returner.${name}`]: { port: server.port, [password]: 'salt' } });
    const fresh = () => query(server, `DROP SCHEMA public CASCADE; CREATE SCHEMA public; ${schema(type)}`);
    const read = (column: unknown): unknown => (type === 'text' ? JSON.parse(String(column)) : column);

    returnerContract(name, async () => {
      await fresh();
      return {
        returner,
        config: config(),
        received: async () => {
          const rows = await query(server, 'SELECT id, return FROM salt_returns ORDER BY alter_time').catch(() => []);
          return new Map(rows.map((row) => [String(row['id']), read(row['return'])]));
        },
        away: async () => server.halt(),
        back: async () => server.resume(),
        [Symbol.asyncDispose]: async () => undefined,
      };
    });

    it(`${name} fills the columns as Salt does, and reads them back`, async () => {
      await fresh();
      const { returners, logged } = returnersOf({ returner, config: config() });
      const first = aResult('web1', { a: 1 }, { jid: '20261124010203456789', fun: 'a.b' });
      returners.hand([name], first);
      returners.hand([name], { ...first, id: 'web2', success: false });
      await returners.settle(20_000);
      const rows = await query(server, 'SELECT * FROM salt_returns ORDER BY id');
      assert.deepEqual(
        rows.map(({ return: value, full_ret, alter_time, ...row }) => ({ ...row, value: read(value), full: read(full_ret) })),
        [
          { fun: 'a.b', jid: first.jid, id: 'web1', success: 'true', value: { a: 1 }, full: first },
          { fun: 'a.b', jid: first.jid, id: 'web2', success: 'false', value: { a: 1 }, full: { ...first, id: 'web2', success: false } },
        ],
      );
      const later = aResult('web1', { a: 2 }, { fun: 'a.b' });
      returners.hand([name], later);
      await returners.settle(20_000);
      assert.deepEqual(await returners.ask(name, 'fun', 'a.b'), { web1: later, web2: { ...first, id: 'web2', success: false } });
      assert.deepEqual(Object.keys(Object(await returners.ask(name, 'jid', first.jid))).sort(), ['web1', 'web2']);
      assert.deepEqual([...((await returners.ask(name, 'minions', '')) as string[])].sort(), ['web1', 'web2']);
      await query(
        server,
        `INSERT INTO jids VALUES ('20261124010203456789', '{"fun": "a.b", "arg": [1], "tgt": "*", "tgt_type": "glob", "user": "ada"}')`,
      );
      assert.deepEqual(await returners.ask(name, 'jids', ''), {
        '20261124010203456789': {
          Function: 'a.b',
          Arguments: [1],
          Target: '*',
          'Target-type': 'glob',
          User: 'ada',
          StartTime: '2026, Nov 24 01:02:03.456789',
        },
      });
      await returners.close();
      assert.deepEqual(logged, []);
    });

    it(`${name} takes events of the master`, async () => {
      await fresh();
      const { returners } = returnersOf({ returner, config: config() });
      returners.events([name], [{ at: new Date(0), what: { tag: 'my/tag', data: { a: [1] } } }]);
      await returners.settle(20_000);
      const [row] = await query(server, 'SELECT tag, data, master_id, alter_time FROM salt_events');
      assert.deepEqual(
        { ...row, data: read(row?.['data']) },
        { tag: 'my/tag', data: { a: [1] }, master_id: 'm1', alter_time: new Date(0) },
      );
      await returners.close();
    });

    it(`${name} gives up a result that the tables cannot hold, and no other`, async () => {
      await fresh();
      const { returners, logged } = returnersOf({ returner, config: config() });
      for (const fun of ['a.b', 'x'.repeat(51), 'c.d']) returners.hand([name], aResult(fun.slice(0, 3), 1, { fun }));
      await returners.settle(20_000);
      const rows = await until('two are there', async () => {
        const found = await query(server, 'SELECT fun FROM salt_returns ORDER BY fun');
        return found.length === 2 ? found : undefined;
      });
      assert.deepEqual(
        rows.map(({ fun }) => fun),
        ['a.b', 'c.d'],
      );
      await returners.close();
      assert.deepEqual(logged, [`the returner ${name} failed, 1 result did not get there: value too long for type character varying(50)`]);
    });
  }

  it('say that they are not let in without telling the password', async () => {
    const wrong = { 'returner.postgres': { host: '127.0.0.1', port: server.port, user: 'nobody-here', passwd: 'a-secret' } };
    const { returners, logged } = returnersOf({ returner: postgres, config: wrong });
    returners.hand(['postgres'], aResult('a', 1));
    await returners.settle(20_000);
    await returners.close();
    assert.match(logged.join(), /role "nobody-here" does not exist/);
    assert.doesNotMatch(logged.join(), /a-secret/);
  });
});
