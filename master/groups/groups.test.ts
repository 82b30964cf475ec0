import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { TsaltError } from '../../protocol/errors.ts';
import { workHouse } from '../../test/support/work-house.ts';
import type { Group } from './groups.ts';

const group = (name: string, kind: string, expression: string): Omit<Group, 'source'> => ({
  name,
  kind,
  expression,
  description: '',
  plugins: [],
  watchers: [],
});
const refused = (text: RegExp) => (error: unknown) => error instanceof TsaltError && error.code === 'bad-group' && text.test(error.message);
const IDS = ['db1', 'web1', 'web2', 'webx'];

it('a saved group is a node group, of each kind, alone and within others', async () => {
  await using house = await workHouse({ ids: IDS, nodegroups: { fixed: 'db1' } });
  const { groups, fleet } = house;
  fleet.learn('web2', { grains: { os: 'Debian' } });
  const means = (name: string): readonly string[] => fleet.match({ kind: 'nodegroup', expression: name }).minions;
  const cases: readonly [kind: string, expression: string, expected: readonly string[]][] = [
    ['glob', 'web?', ['web1', 'web2', 'webx']],
    ['glob', 'web1', ['web1']],
    ['list', 'web1, db1', ['db1', 'web1']],
    ['pcre', 'web\\d', ['web1', 'web2']],
    ['grain', 'os:Deb*', ['web2']],
    ['compound', 'web* and not web1', ['web2', 'webx']],
    ['nodegroup', 'fixed', ['db1']],
  ];
  for (const [kind, expression, expected] of cases) {
    groups.save(group('g', kind, expression));
    assert.deepEqual(means('g'), expected, `${kind} ${expression}`);
    assert.deepEqual(
      fleet.match({ kind: 'compound', expression: 'not N@g' }).minions,
      IDS.filter((id) => !expected.includes(id)),
    );
  }
});

it('what is sent to minions names no group', async () => {
  await using house = await workHouse({ ids: IDS });
  house.groups.save(group('web', 'glob', 'web?'));
  assert.deepEqual(house.fleet.match({ kind: 'nodegroup', expression: 'web' }).wire, { tgt: '( ( web? ) )', tgt_type: 'compound' });
});

it('refuses names, kinds, circles and what is not understood, and then changes nothing', async () => {
  await using house = await workHouse({ ids: IDS, nodegroups: { fixed: 'db1' } });
  const { groups } = house;
  groups.save(group('a', 'glob', 'web*'));
  groups.save(group('b', 'compound', 'N@a or db1'));
  const before = groups.list();
  const save =
    (...of: [string, string, string]) =>
    () =>
      groups.save(group(...of));
  assert.throws(save('a', 'compound', 'N@b'), refused(/contains itself \(a > b > a\)/));
  assert.throws(save('../x', 'glob', '*'), refused(/cannot name a group/));
  assert.throws(save('x', 'pillar_exact', 'a:b'), refused(/cannot be a kind of group; use one of compound, glob/));
  assert.throws(save('x', 'grain', 'os:De bian'), refused(/cannot hold blanks/));
  assert.throws(save('x', 'compound', 'N@y'), refused(/"y" is not defined/));
  assert.throws(save('x', 'compound', 'web* and'), refused(/a term is missing/));
  assert.throws(save('fixed', 'glob', '*'), refused(/option nodegroups/));
  assert.throws(() => groups.remove('fixed'), refused(/option nodegroups/));
  assert.throws(() => groups.remove('a'), refused(/b refers to a/));
  assert.throws(() => groups.remove('x'), refused(/no group x/));
  assert.deepEqual(groups.list(), before);
});

it('groups outlive the master, are told when they change, and can be forgotten', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'tsalt-groups-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  await using first = await workHouse({ ids: IDS, dir });
  first.groups.save(group('web', 'glob', 'web*'));
  await using second = await workHouse({ ids: IDS, dir: first.dir, nodegroups: { db: 'db1' } });
  assert.deepEqual(
    second.groups.list().map(({ name, source }) => [name, source]),
    [
      ['db', 'config'],
      ['web', 'saved'],
    ],
  );
  second.groups.remove('web');
  assert.equal(second.groups.get('web'), undefined);
  assert.deepEqual(
    second.events.map(({ tag, data }) => [tag, data['name']]),
    [['tsalt/groups/changed', 'web']],
  );
});
