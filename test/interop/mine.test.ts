import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { House, type Make } from '../support/house.ts';
import { until } from '../support/process.ts';
import { realSalt } from '../support/salt.ts';

const skip = realSalt() === undefined ? 'the real Salt could not be installed' : false;

/** What each minion hands in: who it is, for all; a secret, for those whose role is db. */
const OPTIONS = (id: string, role: string) => ({
  grains: { role, place: { rack: id } },
  mine_functions: {
    'test.ping': [],
    who: [{ mine_function: 'test.echo' }, id],
    secret: { mine_function: 'test.echo', text: `of ${id}`, allow_tgt: 'G@role:db', allow_tgt_type: 'compound' },
  },
});
/** Targets with the minions of the house they mean: those of ours, and those of Salt. */
const KINDS: readonly (readonly [target: string, kind: string, of: (ids: readonly string[]) => readonly string[]])[] = [
  ['*', 'glob', (ids) => ids],
  ['real?', 'glob', () => ['real1']],
  ['(real|ours)1', 'pcre', (ids) => ids.filter((id) => /^(real|ours)1/.test(id))],
  ['real1,nobody', 'list', () => ['real1']],
  ['role:db', 'grain', (ids) => ids.filter((id) => id !== 'ours1')],
  ['place:rack:real1', 'grain', () => ['real1']],
  ['role:^d', 'grain_pcre', (ids) => ids.filter((id) => id !== 'ours1')],
  ['colour:blue', 'pillar', (ids) => ids],
  ['127.0.0.0/8', 'ipcidr', (ids) => ids],
  ['G@role:db and not real1', 'compound', (ids) => ids.filter((id) => id !== 'ours1' && id !== 'real1')],
];

for (const make of ['tsalt', 'salt'] as const) {
  suite(`the mine of a ${make}-master, with minions of both makes`, { skip }, () => {
    const minions: readonly (readonly [id: string, make: Make, role: string, suite: object])[] = [
      ['real1', 'salt', 'db', {}],
      ['ours1', 'tsalt', 'web', make === 'tsalt' ? { suite: 'native' } : {}],
      ['ours2', 'tsalt', 'db', { suite: 'salt' }],
    ];
    const ids = minions.map(([id]) => id).sort();
    let house: House;
    before(async () => {
      house = await House.open(make, {});
      house.servePillar('top.sls', 'base:\n  "*":\n    - all\n');
      house.servePillar('all.sls', 'colour: blue\n');
      await house.startMaster();
      for (const [id, of, role, more] of minions) house.addMinion(of, id, { ...OPTIONS(id, role), ...more });
      await house.answering(...ids);
      await until('every minion handed in its mine when it started', async () => {
        const found = await house.runner('mine.get', '*', 'who');
        return ids.every((id) => found[id] === id);
      });
    });
    after(() => house[Symbol.asyncDispose]());
    const who = (of: readonly string[]): object => Object.fromEntries([...of].sort().map((id) => [id, id]));

    // Who reads is what differs: that a salt-master finds the same for each kind needs no proof for all of them.
    for (const [target, kind, of] of make === 'tsalt' ? KINDS : KINDS.filter(([, kind]) => ['glob', 'grain', 'compound'].includes(kind))) {
      test(`${target} (${kind}) is the same for minions of both makes`, async () => {
        const found = await house.results('*', 'mine.get', target, 'who', `tgt_type=${kind}`);
        for (const id of ids) assert.deepEqual(found[id], who(of(ids)), id);
      });
    }

    test('several functions come by function and minion', async () => {
      const found = await house.results('*', 'mine.get', 'ours*', '["who", "test.ping"]');
      const expected = { who: { ours1: 'ours1', ours2: 'ours2' }, 'test.ping': { ours1: true, ours2: true } };
      for (const id of ids) assert.deepEqual(found[id], expected, id);
    });

    test('what only some may read, the others do not get', async () => {
      const found = await house.results('*', 'mine.get', '*', 'secret');
      const all = Object.fromEntries(ids.map((id) => [id, `of ${id}`]));
      assert.deepEqual(found, { real1: all, ours2: all, ours1: {} });
      assert.deepEqual(await house.runner('mine.get', '*', 'secret'), {}, 'the master is none of them');
    });

    test('send, delete, update and flush do the same on both', async () => {
      const get = async (fun: string): Promise<object> => await house.runner('mine.get', '*', fun);
      const all = (value: unknown): object => Object.fromEntries(ids.map((id) => [id, value]));
      assert.deepEqual(await house.results('*', 'mine.send', 'said', 'mine_function=test.echo', 'text=word'), all(true));
      assert.deepEqual(await get('said'), all('word'));
      assert.deepEqual(await house.results('*', 'mine.delete', 'said'), all(true));
      assert.deepEqual(await get('said'), {});
      assert.deepEqual(await house.results('*', 'mine.flush'), all(true));
      assert.deepEqual(await get('who'), {});
      assert.deepEqual(await house.results('*', 'mine.update'), all(true));
      assert.deepEqual(await get('who'), who(ids));
      const valid = await house.results('*', 'mine.valid');
      assert.deepEqual(valid['ours1'], {
        ...(valid['real1'] as object),
        who: { 'test.echo': ['ours1'] },
        secret: { 'test.echo': [{ text: 'of ours1' }] },
      });
    });

    test('the runner has them hand in anew', async () => {
      await house.results('*', 'mine.flush');
      assert.deepEqual(await house.runner('mine.update', 'ours*'), { ours1: true, ours2: true });
      assert.deepEqual(await house.runner('mine.get', '*', 'who'), { ours1: 'ours1', ours2: 'ours2' });
    });
  });
}
