import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { House } from '../support/house.ts';
import { realSalt } from '../support/salt.ts';

const real = realSalt() === undefined ? [] : ['real'];
let house: House;
before(async () => {
  house = await House.open('tsalt', { nodegroups: { fixed: 'L@other' } });
  house.servePillar('top.sls', 'base:\n  shops:\n    - match: nodegroup\n    - shop\n');
  house.servePillar('shop.sls', 'sells: apples\n');
  await house.startMaster();
  for (const id of ['ours', 'other']) house.addMinion('tsalt', id);
  for (const id of real) house.addMinion('salt', id);
  await house.answering('ours', 'other', ...real);
});
after(async () => await house[Symbol.asyncDispose]());

const wheel = async (...args: readonly string[]) => await house.tool('run', ['--out=json', ...args]);
const sorted = (results: Readonly<Record<string, unknown>>): string[] => Object.keys(results).sort();

test('a saved group is targeted from the command line, alone and within others, also on a real minion', async () => {
  const saved = await wheel('wheel.group.save', 'name=shops', 'kind=compound', 'expression=L@ours,real', 'description=where we sell');
  assert.equal(saved.code, 0, saved.stderr);
  assert.deepEqual(sorted(await house.results('-N', 'shops', 'test.ping')), ['ours', ...real]);
  assert.deepEqual(sorted(await house.results('-C', 'not N@shops', 'test.ping')), ['other']);
  await wheel('wheel.group.save', 'name=all', 'kind=compound', 'expression=N@shops or N@fixed');
  assert.deepEqual(sorted(await house.results('-N', 'all', 'test.ping')), ['other', 'ours', ...real]);
});

test('its members are counted, and the groups of the configuration are shown beside it', async () => {
  const list = await house.runner<{ name: string; members: number; online: number; source: string }[]>('groups.list');
  const brief = list.map(({ name, members, online, source }) => [name, members, online, source]);
  const size = 1 + real.length;
  assert.deepEqual(brief, [
    ['all', size + 1, size + 1, 'saved'],
    ['fixed', 1, 1, 'config'],
    ['shops', size, size, 'saved'],
  ]);
  const page = await house.runner<{ rows: { id: string; groups: string[] }[] }>('fleet.page', 'group=shops');
  assert.deepEqual(
    page.rows.map(({ id, groups }) => [id, groups]),
    ['ours', ...real].map((id) => [id, ['all', 'shops']]),
  );
});

test('the top file of the pillar knows it', async () => {
  await house.cli('*', 'saltutil.refresh_pillar', 'wait=True');
  const keys = await house.results('*', 'pillar.ls');
  assert.deepEqual(keys, Object.fromEntries([...['ours', ...real].map((id) => [id, ['sells']]), ['other', []]]));
});

test('a circle, a group of the configuration and an unknown one are refused in a sentence', async () => {
  const refusal = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await wheel(...args);
    assert.notEqual(code, 0);
    return stdout + stderr;
  };
  assert.match(
    await refusal('wheel.group.save', 'name=shops', 'kind=compound', 'expression=N@all'),
    /contains itself \(shops > all > shops\)/,
  );
  assert.match(await refusal('wheel.group.delete', 'name=fixed'), /can only be changed there/);
  assert.match(await refusal('wheel.group.delete', 'name=shops'), /all refers to shops/);
  assert.match(await refusal('wheel.group.delete', 'name=nobody'), /There is no group nobody/);
});

test('it outlives the master, and a deleted one is unknown at once', async () => {
  await house.master.stop();
  await house.startMaster();
  await house.answering('ours', 'other');
  assert.deepEqual(sorted(await house.results('-C', 'N@shops and ours', 'test.ping')), ['ours']);
  assert.equal((await wheel('wheel.group.delete', 'name=all')).code, 0);
  const { stdout, stderr } = await house.cli('-N', 'all', 'test.ping');
  assert.match(stdout + stderr, /"all" is not defined/);
});
