import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { TsaltError } from '../../protocol/errors.ts';
import { type Jid, newJid } from '../../protocol/jid.ts';
import type { Message } from '../../protocol/suites/suite.ts';
import { decode } from '../../protocol/wire/msgpack.ts';
import { returnOf, type WorkHouse, workHouse } from '../../test/support/work-house.ts';
import type { JobStore } from '../jobs/store.ts';

const IDS = ['web1', 'web2'];
const open = async (
  house: WorkHouse,
  target: { kind: string; expression: string | string[] } = { kind: 'glob', expression: 'web1' },
): Promise<Message> => {
  await house.work.publisher.publish({ target, fun: 'test.ping', args: [] }, 'root');
  return house.sent.at(-1)?.publication ?? {};
};
const verdict = async (house: WorkHouse, minion: string, load: Message): Promise<string> =>
  (await house.work.returns.take(minion, load)).verdict;
const rets = (house: WorkHouse): string[] => house.events.flatMap(({ tag }) => /\/ret\/(.*)$/.exec(tag)?.[1] ?? []);

it('a return is stored once and told once, however often it comes', async () => {
  await using house = await workHouse({ ids: IDS });
  const job = await open(house);
  assert.equal(await verdict(house, 'web1', returnOf(job, 'first')), 'stored');
  assert.equal(await verdict(house, 'web1', returnOf(job, 'second')), 'repeat');
  const report = await house.jobs.job(job['jid'] as Jid);
  assert.deepEqual(
    report?.returns.map(({ value }) => decode(value?.bytes ?? new Uint8Array())),
    ['first'],
  );
  assert.deepEqual(rets(house), ['web1']);
});

it('a return belongs to the minion that sent it, whatever it says', async () => {
  await using house = await workHouse({ ids: IDS });
  const job = await open(house, { kind: 'glob', expression: '*' });
  await house.work.returns.take('web1', returnOf(job, true, { id: 'web2' }));
  assert.deepEqual(rets(house), ['web1']);
  assert.equal(house.events.at(-1)?.data['id'], 'web1');
});

it('returns for jobs that are not known, or no jobs, leave no trace', async () => {
  await using house = await workHouse({ ids: IDS });
  for (const jid of ['20200101000000000000', '../../etc/passwd', '', 5, null, undefined, '20261124010203456789/../x']) {
    assert.equal(await verdict(house, 'web1', returnOf({ jid, fun: 'test.ping' }, true)), 'refused', String(jid));
  }
  assert.deepEqual(rets(house), []);
  for await (const job of house.jobs.list({})) assert.fail(`stored: ${job.jid}`);
});

it('a minion that was not meant may not return', async () => {
  await using house = await workHouse({ ids: IDS });
  assert.equal(await verdict(house, 'web2', returnOf(await open(house), true)), 'refused');
  assert.deepEqual(rets(house), []);
});

it('one whose grains were newer than those the master knew may', async () => {
  await using house = await workHouse({ ids: IDS });
  house.fleet.learn('web1', { grains: { os: 'Debian' } });
  assert.equal(await verdict(house, 'web2', returnOf(await open(house, { kind: 'grain', expression: 'os:Debian' }), true)), 'stored');
});

it('return codes and success of several functions count by the worst', async () => {
  await using house = await workHouse({ ids: IDS });
  const job = await open(house);
  const load = returnOf(
    { ...job, fun: ['a.b', 'c.d'] },
    { 'a.b': 1, 'c.d': 2 },
    { retcode: { 'a.b': 0, 'c.d': 3 }, success: { 'a.b': true, 'c.d': false } },
  );
  await house.work.returns.take('web1', load);
  const [result] = (await house.jobs.job(job['jid'] as Jid))?.returns ?? [];
  assert.deepEqual([result?.state, result?.retcode, result?.success], ['failed', 3, false]);
});

it('a call on the minion itself becomes a job of its own, and not more than so many in a minute', async () => {
  let clock = 1_000_000;
  await using house = await workHouse({ ids: IDS, now: () => clock });
  const load = returnOf({ jid: 'req', fun: 'test.arg', arg: ['x', { __kwarg__: true, password: 'hunter2' }] }, true);
  const verdicts = new Map<string, number>();
  for (let i = 0; i < 125; i += 1) {
    const { verdict: got } = await house.work.returns.take('web1', load);
    verdicts.set(got, (verdicts.get(got) ?? 0) + 1);
  }
  assert.deepEqual(
    [...verdicts],
    [
      ['stored', 120],
      ['unstored', 5],
    ],
  );
  assert.equal(await verdict(house, 'web2', load), 'stored');
  clock += 60_000;
  assert.equal(await verdict(house, 'web1', load), 'stored');
  assert.doesNotMatch(JSON.stringify(house.events), /hunter2/);
});

it('a return of a schedule becomes a job of its own, once, of the class it names; with nocache nothing is kept', async () => {
  await using house = await workHouse({ ids: IDS });
  const scheduled = (jid: string, more: Message): Message =>
    returnOf({ jid, fun: 'test.ping', arg: [] }, true, { schedule: 'tick', retention: 'short', ...more });
  const [kept, passed] = [newJid(), newJid()];
  assert.equal(await verdict(house, 'web1', scheduled(kept, {})), 'stored');
  assert.equal(await verdict(house, 'web1', scheduled(kept, {})), 'repeat');
  assert.equal(await verdict(house, 'web2', scheduled(kept, {})), 'refused', 'another minion may not return for it');
  assert.equal(await verdict(house, 'web1', scheduled(passed, { nocache: true })), 'stored');
  const job = await house.jobs.job(kept);
  assert.deepEqual([job?.keep, job?.returns.map(({ minion }) => minion)], ['short', ['web1']]);
  assert.equal(await house.jobs.job(passed), undefined);
  const returns = house.events.filter(({ tag }) => tag.endsWith('/ret/web1')).map(({ data }) => [data['jid'], data['schedule']]);
  assert.deepEqual(returns, [
    [kept, 'tick'],
    [passed, 'tick'],
  ]);
});

it('a return that cannot be stored is told, with the reason, and not acknowledged', async () => {
  const full = (store: JobStore): JobStore =>
    Object.assign(Object.create(store) as JobStore, {
      open: (job: Parameters<JobStore['open']>[0]) => store.open(job),
      record: async () => {
        throw new TsaltError('store-full', 'the disk is full');
      },
    });
  await using house = await workHouse({ ids: IDS, jobs: full });
  const job = await open(house);
  const problems: (string | undefined)[] = [];
  house.work.underWay.get(String(job['jid']))?.listen((news) => news.kind === 'return' && problems.push(news.problem));
  assert.equal(await verdict(house, 'web1', returnOf(job, true)), 'unstored');
  assert.deepEqual(problems, ['the disk is full']);
});

it('a return that was due before the master restarted is taken, and completes its job', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'tsalt-restart-'));
  try {
    let job: Message = {};
    {
      await using before = await workHouse({ ids: IDS, dir });
      job = await open(before, { kind: 'glob', expression: '*' });
      await before.work.returns.take('web1', returnOf(job, 1));
    }
    await using after = await workHouse({ ids: IDS, dir });
    const [late, again, foreign] = await Promise.all([
      verdict(after, 'web2', returnOf(job, 2)),
      verdict(after, 'web1', returnOf(job, 1)),
      verdict(after, 'db1', returnOf(job, 3)),
    ]);
    assert.deepEqual([late, again, foreign], ['stored', 'repeat', 'refused']);
    assert.equal((await after.jobs.job(job['jid'] as Jid))?.returns.length, 2);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

it('a late return takes the place of a loss', async () => {
  await using house = await workHouse({ ids: IDS });
  const job = await open(house);
  const jid = job['jid'] as Jid;
  await house.work.returns.lose(jid, 'web1', 'it was restarted');
  assert.equal((await house.jobs.job(jid))?.returns[0]?.state, 'lost');
  assert.equal(await verdict(house, 'web1', returnOf(job, 'late')), 'stored');
  assert.equal((await house.jobs.job(jid))?.returns[0]?.state, 'returned');
});
