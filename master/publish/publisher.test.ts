import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BadTarget } from '../../kernel/targeting/target.ts';
import { TsaltError } from '../../protocol/errors.ts';
import { collect, returned, workHouse } from '../../test/support/work-house.ts';
import type { RunRequest } from '../client/contract.ts';

const IDS = ['db1', 'web1', 'web2', 'web3'];
const glob = (expression: string) => ({ kind: 'glob', expression });
const ping = (target: RunRequest['target'], more: Partial<RunRequest> = {}): RunRequest => ({
  target,
  fun: 'test.ping',
  args: [],
  ...more,
});
const withCode = (code: string) => (error: unknown) => error instanceof TsaltError && error.code === code;

describe('publishing', () => {
  it('sends to those a target matches, in the keys and order of Salt', async () => {
    await using house = await workHouse({ ids: IDS });
    const job = await house.work.publisher.publish(ping(glob('web*'), { returners: 'x', metadata: { a: 1 } }), 'root');
    assert.deepEqual(job?.job.expected, ['web1', 'web2', 'web3']);
    const [only] = house.sent;
    assert.deepEqual(only?.minions, ['web1', 'web2', 'web3']);
    assert.deepEqual(Object.keys(only?.publication ?? {}), ['fun', 'arg', 'tgt', 'jid', 'ret', 'tgt_type', 'metadata', 'user']);
    assert.deepEqual(
      house.events.map(({ tag }) => tag),
      [`salt/job/${job?.job.jid}/new`, `salt/job/${job?.job.jid}/publish`],
    );
  });

  it('names the returner of ext_job_cache beside those of the job, once, and not for its own questions', async () => {
    await using house = await workHouse({ ids: IDS, extJobCache: 'pgjsonb' });
    for (const more of [{}, { returners: 'carbon' }, { returners: 'pgjsonb' }])
      await house.work.publisher.publish(ping(glob('db1'), more), 'root');
    await house.work.publisher.publish(ping(glob('db1')), 'root', { internal: true });
    assert.deepEqual(
      house.sent.map(({ publication }) => publication['ret']),
      ['pgjsonb', 'carbon,pgjsonb', 'pgjsonb', ''],
    );
  });

  it('gives no job id and sends nothing when nobody matches', async () => {
    await using house = await workHouse({ ids: IDS });
    assert.equal(await house.work.publisher.publish(ping(glob('none*')), 'root'), undefined);
    assert.deepEqual([house.sent.length, house.events.length], [0, 0]);
  });

  it('tells at once that listed minions have no accepted key', async () => {
    await using house = await workHouse({ ids: IDS });
    const job = await house.work.publisher.publish(ping({ kind: 'list', expression: ['web1', 'ghost'] }), 'root');
    assert.deepEqual(job?.job.expected, ['ghost', 'web1']);
    assert.match(job?.parts.get('ghost')?.reason ?? '', /no key of this minion is accepted/);
    assert.deepEqual([...(job?.pending ?? [])], ['web1']);
    assert.deepEqual(house.sent[0]?.minions, ['web1']);
  });

  it('resolves node groups, which minions do not know', async () => {
    await using house = await workHouse({ ids: IDS, nodegroups: { front: 'web1 or L@web3', all: ['N@front', 'or', 'db1'] } });
    await house.work.publisher.publish(ping({ kind: 'nodegroup', expression: 'all' }), 'root');
    const [only] = house.sent;
    assert.deepEqual(only?.minions, ['db1', 'web1', 'web3']);
    assert.equal(only?.publication['tgt_type'], 'compound');
    assert.ok(!String(only?.publication['tgt']).includes('N@'));
  });

  it('picks a subset and names its members, so that no other minion takes the job', async () => {
    await using house = await workHouse({ ids: IDS });
    const job = await house.work.publisher.publish(ping(glob('*'), { subset: 2 }), 'root');
    assert.equal(job?.job.expected.length, 2);
    assert.deepEqual(house.sent[0]?.publication['tgt'], job?.job.expected);
    assert.equal(house.sent[0]?.publication['tgt_type'], 'list');
  });

  it('picks each member of a subset as often as any other', async () => {
    await using house = await workHouse({ ids: IDS, jobCache: false });
    const times = new Map(IDS.map((id) => [id, 0]));
    for (let round = 0; round < 800; round += 1) {
      const prepared = await house.work.publisher.prepare(ping(glob('*'), { subset: 1 }), 'root');
      const [id = ''] = prepared?.minions ?? [];
      times.set(id, (times.get(id) ?? 0) + 1);
    }
    // Each is expected 200 times with a deviation of 12: nine deviations away is no chance.
    for (const count of times.values()) assert.ok(count > 90 && count < 310, [...times].join(' '));
  });

  it('knows for sure whom ids mean, but not whom grains mean', async () => {
    await using house = await workHouse({ ids: IDS });
    house.fleet.learn('web1', { grains: { os: 'Debian' } });
    assert.equal((await house.work.publisher.publish(ping(glob('*')), 'root'))?.exact, true);
    assert.equal((await house.work.publisher.publish(ping({ kind: 'grain', expression: 'os:Debian' }), 'root'))?.exact, false);
  });

  it('refuses a target it cannot understand, a job id that is none, and one that is taken', async () => {
    await using house = await workHouse({ ids: IDS });
    const { publisher } = house.work;
    await assert.rejects(publisher.publish(ping({ kind: 'compound', expression: '( web1' }), 'root'), BadTarget);
    await assert.rejects(publisher.publish(ping(glob('*'), { jid: '../x' }), 'root'), withCode('bad-jid'));
    const jid = '20261124010203456789';
    await publisher.publish(ping(glob('*'), { jid }), 'root');
    await assert.rejects(publisher.publish(ping(glob('*'), { jid }), 'root'), withCode('jid-taken'));
    assert.equal(house.sent.length, 1);
  });

  it('keeps secrets among the arguments from the bus and the job store, not from the minions', async () => {
    await using house = await workHouse({ ids: IDS });
    const args = ['bob', { __kwarg__: true, password: 'hunter2' }];
    house.minions.set('web1', () => true);
    const events = await collect(house.work.run({ target: glob('web1'), fun: 'user.add', args }, 'root'));
    assert.deepEqual(returned(events), ['web1']);
    assert.match(JSON.stringify(house.sent[0]?.publication), /hunter2/);
    assert.doesNotMatch(JSON.stringify(house.events), /hunter2/);
    const [first] = events;
    const report = await house.jobs.job((first?.kind === 'published' ? first.jid : '') as never);
    assert.match(JSON.stringify(report), /"password":"\*+"/);
    assert.doesNotMatch(JSON.stringify(report), /hunter2/);
  });

  it('writes nothing with job_cache off', async () => {
    await using house = await workHouse({ ids: IDS, jobCache: false });
    house.minions.set('web1', () => true);
    assert.deepEqual(returned(await collect(house.work.run(ping(glob('web1')), 'root'))), ['web1']);
    for await (const job of house.jobs.list({})) assert.fail(`stored: ${job.jid}`);
    assert.ok(house.events.some(({ tag }) => tag.endsWith('/ret/web1')));
  });
});
