import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { TsaltError } from '../../protocol/errors.ts';
import { type Behaviour, type WorkHouse, workHouse } from '../../test/support/work-house.ts';
import type { Grant, PersonClient, RunEvent } from '../client/contract.ts';
import { loadMasterConfig, type MasterConfig } from '../options.ts';
import { type Access, openAccess } from './access.ts';
import { houseOf } from './house.ts';

let house: WorkHouse;
let access: Access;
let config: MasterConfig;
const ran: unknown[] = [];

const code = (wanted: string) => (error: unknown) => error instanceof TsaltError && error.code === wanted;
const take = async <T>(iterable: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const one of iterable) all.push(one);
  return all;
};
const echo: Behaviour = ({ fun }) => fun;
const FROM = { door: 'api', address: '192.0.2.1' } as const;
const job = (expression: string, fun: string | string[], args: unknown[] = [], kind = 'glob') => ({
  target: { kind, expression },
  fun,
  args,
});
const answered = (events: readonly RunEvent[]): string[] =>
  events.flatMap((event) => (event.kind === 'return' ? [event.minion] : [])).sort();

function settle(external_auth: Record<string, unknown>, more: Record<string, unknown> = {}): void {
  const overrides = { external_auth, cachedir: house.dir, sharedsecret: 'open sesame', ...more };
  config = loadMasterConfig({ configDir: house.dir, overrides }).config;
}

beforeEach(async () => {
  house = await workHouse({ ids: ['db1', 'web1', 'web2'], nodegroups: { web: 'web*' } });
  for (const id of ['web1', 'web2', 'db1']) house.minions.set(id, echo);
  writeFileSync(join(house.dir, 'passwords'), 'alice:wonder\nbob:builder\n');
  settle({});
  ran.length = 0;
  access = openAccess({
    config: () => config,
    house: houseOf(house.fleet),
    operations: () => ({
      run: house.work.run,
      preview: house.work.publisher.preview,
      runner: async function* runner(request, user) {
        ran.push([request.fun, user]);
        yield { kind: 'result', value: true, success: true, retcode: 0 };
      },
      wheel: async (fun, _kwargs, user) => void ran.push([fun, user]),
      bus: { fire: () => undefined, listen: () => () => undefined },
    }),
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
  });
});
afterEach(async () => {
  await access[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

const fileSection = (users: Record<string, unknown>) => ({ file: { '^filename': join(house.dir, 'passwords'), ...users } });
const login = (username: string, password: string, eauth = 'file'): Promise<Grant> => access.login({ eauth, username, password }, FROM);
const alice = async (...entries: unknown[]): Promise<PersonClient> => {
  settle(fileSection({ alice: entries }));
  return access.as({ token: (await login('alice', 'wonder')).token }, FROM);
};

describe('logging in', () => {
  it('gives a token of 64 hexadecimal digits with permissions as Salt lists them, and the file keeps none that could be used', async () => {
    settle(fileSection({ alice: [{ 'web*': ['test.*'] }, 'test.ping', '@jobs'] }));
    const grant = await login('alice', 'wonder');
    assert.match(grant.token, /^[0-9a-f]{64}$/);
    assert.deepEqual(grant.perms, ['@jobs', 'test.ping', { 'web*': ['test.*'] }]);
    assert.equal(grant.expire - grant.start, 43200);
    assert.deepEqual((await access.grant(grant.token))?.user, 'alice');
    for (const file of ['access.db', 'access.db-wal'])
      assert.equal(readFileSync(join(house.dir, file), 'latin1').includes(grant.token), false, file);
  });

  it('is refused for a wrong password, an unknown user, a backend that is not configured, and an empty secret', async () => {
    settle(fileSection({ '*': ['.*'] }));
    await assert.rejects(login('alice', 'builder'), code('not-authenticated'));
    await assert.rejects(login('carol', ''), code('not-authenticated'));
    await assert.rejects(login('alice', 'x', 'auto'), code('not-authenticated'));
    await assert.rejects(login('alice', 'open sesame', 'sharedsecret'), code('not-authenticated'));
    settle({ sharedsecret: { alice: ['.*'] } }, { sharedsecret: '' });
    await assert.rejects(login('alice', '', 'sharedsecret'), code('not-authenticated'));
    settle({ sharedsecret: { alice: ['.*'] } });
    assert.equal((await login('alice', 'open sesame', 'sharedsecret')).user, 'alice');
  });

  it('ends by logging out, by expiry, and when its backend is taken out of the configuration', async () => {
    settle(fileSection({ alice: ['.*'] }));
    const [first, second] = [await login('alice', 'wonder'), await login('alice', 'wonder')];
    await access.logout(first.token);
    assert.equal(await access.grant(first.token), undefined);
    await assert.rejects(take(access.as({ token: first.token }, FROM).run(job('*', 'test.ping'))), code('not-authenticated'));
    assert.equal((await access.grant(second.token))?.user, 'alice');
    settle({});
    assert.equal(await access.grant(second.token), undefined);
    for (const token of ['', 'x', '0'.repeat(64), `${second.token} `, "' OR 1=1 --"]) assert.equal(await access.grant(token), undefined);
  });
});

describe('a person', () => {
  it('runs what he may, on the minions he may, and is told in one sentence what he may not', async () => {
    const person = await alice({ 'web*': ['test.*'] });
    assert.deepEqual(answered(await take(person.run(job('web*', 'test.ping')))), ['web1', 'web2']);
    await assert.rejects(take(person.run(job('*', 'test.ping'))), (error: unknown) => {
      assert.ok(error instanceof TsaltError && error.code === 'not-authorised');
      assert.match(error.message, /^alice may not run test\.ping on db1, web1, web2: /);
      return true;
    });
    await assert.rejects(take(person.run(job('web1', 'cmd.run', ['id']))), code('not-authorised'));
    await assert.rejects(take(person.runner({ fun: 'jobs.list_jobs', args: [], kwargs: {} })), code('not-authorised'));
    await assert.rejects(person.wheel('key.accept', { match: '*' }), code('not-authorised'));
    assert.deepEqual(await person.preview({ kind: 'glob', expression: '*' }), ['web1', 'web2']);
  });

  it('is checked anew at each call, so that what is taken from him is gone at once', async () => {
    const person = await alice('.*');
    await take(person.run(job('*', 'test.ping')));
    settle(fileSection({ alice: [] }));
    await assert.rejects(take(person.run(job('*', 'test.ping'))), code('not-authorised'));
  });

  it('of minions named one by one reaches those by their ids, whatever a minion makes of the target', async () => {
    const person = await alice({ 'web*': ['test.*'] });
    await take(person.run(job('web', 'test.ping', [], 'nodegroup')));
    assert.deepEqual(house.sent.at(-1)?.publication['tgt'], ['web1', 'web2']);
    assert.equal(house.sent.at(-1)?.publication['tgt_type'], 'list');
  });
});
