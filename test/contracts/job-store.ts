import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Job, JobReturn, JobStore } from '../../master/jobs/store.ts';
import { TsaltError } from '../../protocol/errors.ts';
import { type Jid, jid, newJid } from '../../protocol/jid.ts';
import { decode, encode } from '../../protocol/wire/msgpack.ts';
import { Packed } from '../../protocol/wire/packed.ts';

/** A store of one implementation; `reopen` closes it and opens what it left behind. */
export interface StoreHouse extends AsyncDisposable {
  store: JobStore;
  reopen(): Promise<void>;
}

export function aJob(parts: Partial<Job> = {}): Job {
  const target = { kind: 'glob', expression: 'web*' };
  return { jid: newJid(), user: 'root', target, fun: 'test.ping', args: [], expected: ['web1', 'web2'], ...parts };
}

export function aReturn(of: Jid, minion: string, parts: Partial<JobReturn> = {}): JobReturn {
  const value = new Packed(encode(true));
  return {
    jid: of,
    minion,
    state: 'returned',
    retcode: 0,
    success: true,
    value,
    fun: 'test.ping',
    funArgs: [],
    returnedAt: new Date(),
    ...parts,
  };
}

async function all<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of iterable) found.push(one);
  return found;
}

/** What every job store promises (see `master/jobs/store.ts`), run against houses made by `build`. */
export function jobStoreContract(name: string, build: () => Promise<StoreHouse>): void {
  const inHouse = (title: string, story: (house: StoreHouse) => Promise<void>): void => {
    it(title, async () => {
      await using house = await build();
      await story(house);
    });
  };

  describe(`job store ${name}`, () => {
    inHouse('gives back a job as it was opened', async (house) => {
      const job = aJob({
        target: { kind: 'list', expression: ['web2', 'web1'] },
        fun: ['test.ping', 'cmd.run'],
        args: [[], ['echo ä', { __kwarg__: true, cwd: '/' }]],
        metadata: { ticket: 7 },
        keep: 'hourly',
      });
      await house.store.open(job);
      const found = await house.store.job(job.jid);
      assert.deepEqual(plain(found), plain({ ...job, returns: [] }));
    });

    inHouse('lets a return take the place of a loss, and never the other way', async ({ store }) => {
      const job = aJob();
      await store.open(job);
      const lost: JobReturn = {
        jid: job.jid,
        minion: 'web1',
        state: 'lost',
        reason: 'restarted',
        retcode: 1,
        success: false,
        returnedAt: new Date(),
      };
      assert.equal(await store.record(lost), 'stored');
      assert.equal(await store.record(aReturn(job.jid, 'web1')), 'stored');
      assert.equal(await store.record(lost), 'repeat');
      assert.equal(await store.record(aReturn(job.jid, 'web1', { retcode: 7 })), 'repeat');
      const found = await store.job(job.jid);
      assert.deepEqual(
        found?.returns.map(({ state, reason, retcode }) => ({ state, reason, retcode })),
        [{ state: 'returned', reason: undefined, retcode: 0 }],
      );
    });

    inHouse('gives back a return with every part it had', async ({ store }) => {
      const job = aJob();
      await store.open(job);
      const whole = aReturn(job.jid, 'web1', {
        state: 'lost',
        reason: 'the minion was restarted',
        retcode: 254,
        success: false,
        out: 'highstate',
        fun: 'state.apply',
        funArgs: ['base'],
      });
      await store.record(whole);
      const bare: JobReturn = { jid: job.jid, minion: 'web2', state: 'expired', retcode: 1, success: false, returnedAt: new Date(0) };
      await store.record(bare);
      const found = await store.job(job.jid);
      assert.deepEqual(plain(found?.returns), plain([whole, bare]));
    });

    inHouse('gives back values byte for byte, short and long', async ({ store }) => {
      const job = aJob({ expected: ['a', 'b', 'c'] });
      await store.open(job);
      const values = [null, 'x'.repeat(200_000), Uint8Array.from({ length: 5_000 }, (_, n) => (n * 7919) % 251)];
      await Promise.all(values.map((value, n) => store.record(aReturn(job.jid, 'abc'.charAt(n), { value: new Packed(encode(value)) }))));
      const found = await store.job(job.jid);
      assert.deepEqual(
        found?.returns.map(({ value }) => Buffer.from(value?.bytes ?? [])),
        values.map((value) => Buffer.from(encode(value))),
      );
    });

    inHouse('refuses a second job with the same jid and keeps the first', async ({ store }) => {
      const job = aJob();
      await store.open(job);
      await assert.rejects(
        store.open(aJob({ jid: job.jid, user: 'eve' })),
        (error) => error instanceof TsaltError && error.code === 'jid-taken',
      );
      assert.equal((await store.job(job.jid))?.user, 'root');
    });

    inHouse('keeps the first return of a minion and calls every later one a repeat', async ({ store }) => {
      const job = aJob();
      await store.open(job);
      const tries = Array.from({ length: 5 }, (_, n) => store.record(aReturn(job.jid, 'web1', { retcode: n })));
      assert.deepEqual(await Promise.all(tries), ['stored', 'repeat', 'repeat', 'repeat', 'repeat']);
      assert.equal(await store.record(aReturn(job.jid, 'web1')), 'repeat');
      const found = await store.job(job.jid);
      assert.deepEqual(
        found?.returns.map(({ retcode }) => retcode),
        [0],
      );
    });

    inHouse('calls a return to a job it does not know unknown and stores nothing', async ({ store }) => {
      const id = newJid();
      assert.equal(await store.record(aReturn(id, 'web1')), 'unknown');
      assert.equal(await store.job(id), undefined);
    });

    inHouse('still has every acknowledged return after it was opened again', async (house) => {
      const job = aJob();
      await house.store.open(job);
      const minions = Array.from({ length: 300 }, (_, n) => `minion${String(n).padStart(3, '0')}`);
      await Promise.all(minions.map((minion) => house.store.record(aReturn(job.jid, minion))));
      await house.reopen();
      assert.deepEqual(
        (await house.store.job(job.jid))?.returns.map(({ minion }) => minion),
        minions,
      );
      assert.equal(await house.store.record(aReturn(job.jid, 'minion007')), 'repeat');
    });

    inHouse('lists jobs newest first, and page by page with after', async ({ store }) => {
      const jobs = Array.from({ length: 450 }, () => aJob());
      await Promise.all(jobs.map((job) => store.open(job)));
      const newestFirst = jobs.map((job) => job.jid).reverse();
      assert.deepEqual(
        (await all(store.list({}))).map((job) => job.jid),
        newestFirst,
      );
      assert.deepEqual(
        (await all(store.list({ limit: 3 }))).map((job) => job.jid),
        newestFirst.slice(0, 3),
      );
      const after = newestFirst[2];
      assert.ok(after);
      assert.deepEqual(
        (await all(store.list({ after, limit: 2 }))).map((job) => job.jid),
        newestFirst.slice(3, 5),
      );
    });

    inHouse('lists only the jobs a query asks for', async ({ store }) => {
      const day = (number: string): Jid => jid(`202601${number}120000000000`);
      await store.open(aJob({ jid: day('01'), user: 'ann', fun: 'pkg.install', metadata: { ticket: 1, note: { a: [1] } } }));
      await store.open(aJob({ jid: day('02'), target: { kind: 'list', expression: ['db1', 'db2'] }, expected: ['db1', 'db2'] }));
      await store.open(aJob({ jid: day('03'), fun: ['cmd.run', 'test.ping'], args: [[], []] }));
      await store.record(aReturn(day('03'), 'guest'));
      const days = async (query: Parameters<JobStore['list']>[0]): Promise<string[]> =>
        (await all(store.list(query))).map((job) => job.jid.slice(6, 8));
      assert.deepEqual(await days({ user: 'ann' }), ['01']);
      assert.deepEqual(await days({ user: 'nobody' }), []);
      assert.deepEqual(await days({ fun: ['pkg.*'] }), ['01']);
      assert.deepEqual(await days({ fun: ['nothing', 'test.*'] }), ['03', '02']);
      assert.deepEqual(await days({ target: ['db?'] }), ['02']);
      assert.deepEqual(await days({ minion: 'db2' }), ['02']);
      assert.deepEqual(await days({ minion: 'guest' }), ['03']);
      assert.deepEqual(await days({ minion: 'nobody' }), []);
      assert.deepEqual(await days({ since: new Date('2026-01-02T12:00:00Z') }), ['03', '02']);
      assert.deepEqual(await days({ until: new Date('2026-01-02T12:00:00Z') }), ['02', '01']);
      assert.deepEqual(await days({ metadata: { ticket: 1, other: 2 } }), ['01']);
      assert.deepEqual(await days({ metadata: { note: { a: [1] } } }), ['01']);
      assert.deepEqual(await days({ metadata: { note: { a: [2] } } }), []);
    });

    inHouse('pages through jobs with their minions counted, by what is asked for', async ({ store }) => {
      const day = (number: string): Jid => jid(`202601${number}120000000000`);
      await store.open(aJob({ jid: day('01'), user: 'ann', fun: 'pkg.install', args: ['tree'] }));
      await store.open(aJob({ jid: day('02'), target: { kind: 'list', expression: ['db1', 'db2'] }, expected: ['db1', 'db2'] }));
      await store.open(aJob({ jid: day('03'), fun: ['cmd.run', 'test.ping'], args: [[], []] }));
      await store.open(aJob({ jid: day('04'), fun: 'mine.update' }));
      await store.record(aReturn(day('01'), 'web1'));
      await store.record(aReturn(day('01'), 'web2', { state: 'failed', success: false, retcode: 2 }));
      await store.record(aReturn(day('02'), 'db1', { state: 'lost', success: false, retcode: 1, reason: 'gone' }));
      await store.record(aReturn(day('03'), 'web1', { state: 'lost', success: false, retcode: 1, reason: 'gone' }));
      await store.record(aReturn(day('03'), 'web1'));
      await store.record(aReturn(day('03'), 'web1'));
      const browse = async (query: Partial<Parameters<JobStore['browse']>[0]>): Promise<string[]> =>
        (await store.browse({ limit: 10, ...query })).rows.map((job) => job.jid.slice(6, 8));
      const [, third, second, first] = (await store.browse({ limit: 10 })).rows;
      assert.deepEqual(plain(first), {
        ...(plain(aJob({ jid: day('01'), user: 'ann', fun: 'pkg.install', args: ['tree'] })) as object),
        expected: 2,
        returned: 1,
        failed: 1,
        lost: 0,
      });
      assert.deepEqual([second?.returned, second?.failed, second?.lost], [0, 0, 1]);
      assert.deepEqual([third?.returned, third?.failed, third?.lost], [1, 0, 0]);
      assert.deepEqual(await browse({}), ['04', '03', '02', '01']);
      assert.deepEqual(await browse({ without: ['mine.update'] }), ['03', '02', '01']);
      assert.deepEqual(await browse({ user: 'ann' }), ['01']);
      assert.deepEqual(await browse({ user: 'nobody' }), []);
      assert.deepEqual(await browse({ fun: ['test.*', 'pkg.*'] }), ['03', '02', '01']);
      assert.deepEqual(await browse({ fun: ['test.*'], without: ['test.ping'] }), ['03']);
      assert.deepEqual(await browse({ troubled: true }), ['02', '01']);
      assert.deepEqual(await browse({ troubled: true, fun: ['pkg.*'] }), ['01']);
      assert.deepEqual(await browse({ minion: 'db2' }), ['02']);
      assert.deepEqual(await browse({ search: 'DB1' }), ['02']);
      assert.deepEqual(await browse({ search: '20260103' }), ['03']);
      assert.deepEqual(await browse({ since: new Date('2026-01-02T12:00:00Z'), until: new Date('2026-01-03T12:00:00Z') }), ['03', '02']);
      const page = await store.browse({ limit: 2, without: ['mine.update'] });
      assert.ok(page.next);
      assert.deepEqual([page.rows.length, await browse({ limit: 2, without: ['mine.update'], after: page.next })], [2, ['01']]);
      await store.prune(new Date(Date.now() + 60_000));
      assert.deepEqual(await browse({ troubled: true }), []);
    });

    inHouse('says how the part of each minion ended, and what some of them returned', async ({ store }) => {
      const job = aJob();
      await store.open(job);
      await store.record(aReturn(job.jid, 'web2', { state: 'failed', success: false, retcode: 2, out: 'txt' }));
      await store.record(aReturn(job.jid, 'guest'));
      const found = await store.standings(job.jid);
      assert.deepEqual(plain(found?.job), plain(job));
      assert.deepEqual(
        [...(found?.states ?? [])],
        [
          ['guest', 'returned'],
          ['web2', 'failed'],
        ],
      );
      const all = (await store.job(job.jid))?.returns;
      assert.deepEqual(plain(await store.returnsOf(job.jid, ['web2', 'web1', 'guest'])), plain([all?.[1], all?.[0]]));
      const unknown = newJid();
      assert.equal(await store.standings(unknown), undefined);
      assert.deepEqual(await store.returnsOf(unknown, ['web1']), []);
    });

    inHouse('forgets what ended before a time, with its returns, and says how much that was', async ({ store }) => {
      const old = aJob();
      const living = aJob();
      await store.open(old);
      await store.open(living);
      const later = new Date(Date.now() + 60_000);
      await store.record(aReturn(living.jid, 'web1', { returnedAt: new Date(later.getTime() + 1) }));
      assert.equal(await store.prune(later), 1);
      assert.equal(await store.job(old.jid), undefined);
      assert.equal(await store.record(aReturn(old.jid, 'web1')), 'unknown');
      assert.equal((await store.job(living.jid))?.returns.length, 1);
      assert.deepEqual(
        (await all(store.list({}))).map((job) => job.jid),
        [living.jid],
      );
    });

    inHouse('rejects arguments that cannot be packed without harming calls beside it', async ({ store }) => {
      const good = aJob();
      const bad = store.open(aJob({ args: [() => 1] }));
      const fine = store.open(good);
      await assert.rejects(bad, (error) => error instanceof TsaltError && error.code === 'not-packable');
      await fine;
      assert.ok(await store.job(good.jid));
    });

    inHouse('takes names of properties as ordinary text', async ({ store }) => {
      const job = aJob({
        expected: ['__proto__', 'constructor'],
        user: '__proto__',
        keep: 'constructor',
        metadata: JSON.parse('{"__proto__": 1}'),
      });
      await store.open(job);
      assert.equal(await store.record(aReturn(job.jid, '__proto__')), 'stored');
      const found = await store.job(job.jid);
      assert.deepEqual(
        found?.returns.map(({ minion }) => minion),
        ['__proto__'],
      );
      assert.deepEqual(found?.expected, ['__proto__', 'constructor']);
      assert.equal(Reflect.get({}, '1'), undefined);
    });
  });
}

/** Reports as comparable plain data: values decoded, maps without regard to their prototype. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, part) => (part instanceof Packed ? { packed: decode(part.bytes) } : part)) ?? 'null');
}
