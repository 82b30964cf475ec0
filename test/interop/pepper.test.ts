import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { type ApiHouse, apiHouse } from '../support/api-house.ts';
import { type Daemon, type Result, run, until } from '../support/process.ts';
import { pepperPrograms } from '../support/salt.ts';

const bin = pepperPrograms();
const skip = bin === undefined ? 'pepper is not here' : false;
let api: ApiHouse;
let server: Daemon;

before(async () => {
  if (skip !== false) return;
  api = await apiHouse(undefined, { api_in_master: false });
  server = api.apart();
  server.start();
  await api.ready();
  await api.house.startMaster();
  for (const id of ['m1', 'm2']) api.house.addMinion('tsalt', id);
  await api.house.answering('m1', 'm2');
});
after(async () => {
  await server?.stop();
  await api?.[Symbol.asyncDispose]();
});

/** Its home is ours: it looks for a configuration there. */
const called = async (...args: readonly string[]): Promise<Result> =>
  await run(['env', `HOME=${api.house.home}`, join(bin ?? '', 'pepper'), '-u', api.url, '-a', 'file', ...args]);
const pepper = async (...args: readonly string[]): Promise<Result> => await called('--username', 'admin', '--password', 'adminpw', ...args);
const parsed = async (...args: readonly string[]): Promise<unknown> => {
  const { stdout, stderr } = await pepper(...args);
  try {
    return JSON.parse(stdout) as unknown;
  } catch {
    throw new Error(`no JSON came of pepper ${args.join(' ')}: ${stdout}${stderr}`);
  }
};

it('a ping answers for every minion, in full', { skip }, async () => {
  const {
    return: [all],
  } = (await parsed('*', 'test.ping')) as { return: [Record<string, { ret: unknown; retcode: number; jid: string }>] };
  assert.deepEqual(Object.keys(all).sort(), ['m1', 'm2']);
  assert.equal(all['m1']?.ret, true);
  assert.equal(all['m1']?.retcode, 0);
  assert.match(all['m1']?.jid ?? '', /^\d{20}$/);
});

it('texts stay texts, keywords are found, lists and compound targets meant as they are given', { skip }, async () => {
  const {
    return: [listed],
  } = (await parsed('-L', 'm1,m2', 'test.arg', '1', 'two=2')) as {
    return: [Record<string, { ret: { args: unknown[]; kwargs: Record<string, unknown> } }>];
  };
  assert.deepEqual(Object.keys(listed).sort(), ['m1', 'm2']);
  assert.deepEqual(listed['m1']?.ret.args, ['1']);
  assert.equal(listed['m1']?.ret.kwargs['two'], 2);
  const {
    return: [compound],
  } = (await parsed('-C', 'm1 or m9', 'test.ping')) as { return: [Record<string, unknown>] };
  assert.deepEqual(Object.keys(compound), ['m1']);
});

it('--fail-if-incomplete follows the job until each minion has answered', { skip }, async () => {
  const { code, stdout, stderr } = await pepper('--fail-if-incomplete', '*', 'test.sleep', '1');
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /m1/);
  assert.match(stdout, /m2/);
});

it('runners and wheels are called', { skip }, async () => {
  const up = (await parsed('--client=runner', 'manage.up')) as { return: unknown[] };
  assert.match(JSON.stringify(up.return[0]), /m1/);
  const keys = (await parsed('--client=wheel', 'key.list_all')) as { return: [{ data: { return: { minions: string[] } } }] };
  assert.deepEqual(keys.return[0].data.return.minions.sort(), ['m1', 'm2']);
});

it('-T keeps the login for the next call, and -r uses tokens of the master', { skip }, async () => {
  await parsed('-T', '-x', join(api.house.home, 'peppercache'), 'm1', 'test.ping');
  const kept = join(api.house.home, 'peppercache');
  assert.ok(existsSync(kept));
  assert.match(readFileSync(kept, 'utf8'), /[0-9a-f]{40}/);
  const again = await called('-T', '-x', kept, 'm1', 'test.ping');
  assert.match(again.stdout, /"m1"/, again.stderr);
  const raw = (await parsed('-r', '-x', join(api.house.home, 'rawcache'), 'm1', 'test.ping')) as { return: [Record<string, unknown>] };
  assert.deepEqual(Object.keys(raw.return[0]), ['m1']);
});

it('a wrong password is refused, and a master that is away is told', { skip }, async () => {
  const wrong = await called('--username', 'admin', '--password', 'x', '*', 'test.ping');
  assert.notEqual(wrong.code, 0);
  assert.match(wrong.stdout + wrong.stderr, /authentication|401/i);
  await api.house.master.stop();
  const body = JSON.stringify({ username: 'admin', password: 'adminpw', eauth: 'file' });
  const login = async (): Promise<number> =>
    (await fetch(`${api.url}/login`, { method: 'POST', body, headers: { 'content-type': 'application/json' } })).status;
  assert.equal(await login(), 503);
  await api.house.startMaster();
  await until('the API has found the master again', async () => (await login()) === 200);
});
