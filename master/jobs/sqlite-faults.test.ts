import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { TsaltError } from '../../protocol/errors.ts';
import { type Jid, newJid } from '../../protocol/jid.ts';
import { encode } from '../../protocol/wire/msgpack.ts';
import { Packed } from '../../protocol/wire/packed.ts';
import { aJob, aReturn } from '../../test/contracts/job-store.ts';
import { openJobStore, type SqliteJobStore } from './sqlite.ts';
import type { Retention } from './store.ts';

interface House extends AsyncDisposable {
  readonly directory: string;
  readonly path: string;
  readonly warnings: string[];
  readonly gone: string[];
  open(retention?: Record<string, Retention>): Promise<SqliteJobStore>;
}

function house(): House {
  const directory = mkdtempSync(join(tmpdir(), 'tsalt-jobs-'));
  const warnings: string[] = [];
  const gone: string[] = [];
  const opened: SqliteJobStore[] = [];
  return {
    directory,
    path: join(directory, 'jobs.db'),
    warnings,
    gone,
    async open(retention = {}) {
      const warn = (message: string): number => warnings.push(message);
      const store = await openJobStore({ directory, retention, warn, onPruned: (jids) => gone.push(...jids) });
      opened.push(store);
      return store;
    },
    async [Symbol.asyncDispose]() {
      for (const store of opened) await store[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function fill(store: SqliteJobStore, jobs: number, minions: number, value: unknown = true): Promise<Jid[]> {
  const packed = new Packed(encode(value));
  const made: Jid[] = [];
  for (let j = 0; j < jobs; j += 1) {
    const job = aJob({ expected: Array.from({ length: minions }, (_, n) => `minion${n}`) });
    await store.open(job);
    await Promise.all(job.expected.map((minion) => store.record(aReturn(job.jid, minion, { value: packed }))));
    made.push(job.jid);
  }
  return made;
}

const until = async (true_: () => Promise<boolean> | boolean): Promise<void> => {
  for (const end = Date.now() + 5_000; !(await true_()) && Date.now() < end; ) await pause(20);
  assert.ok(await true_(), `it never came true: ${true_.toString()}`);
};

const aside = (directory: string): string[] =>
  readdirSync(directory).filter((name) => /^jobs\.db\.corrupt-\d{8}T\d{6}Z?(-\d+)?$/.test(name));

describe('job store files', () => {
  it('are three, and their owner’s alone', async () => {
    await using h = house();
    const store = await h.open();
    await fill(store, 2, 10);
    await store.counts();
    assert.deepEqual(readdirSync(h.directory).sort(), ['jobs.db', 'jobs.db-shm', 'jobs.db-wal']);
    for (const name of readdirSync(h.directory)) assert.equal(statSync(join(h.directory, name)).mode & 0o777, 0o600, name);
  });

  it('take less than 60 bytes for a trivial return', async () => {
    await using h = house();
    const store = await h.open();
    await fill(store, 20, 500);
    await store[Symbol.asyncDispose]();
    assert.ok(statSync(h.path).size / 10_000 < 60, `${statSync(h.path).size / 10_000} bytes`);
  });

  it('open with wrong permissions, which are mended', async () => {
    await using h = house();
    const first = await h.open();
    const [jid] = await fill(first, 1, 3);
    await first[Symbol.asyncDispose]();
    chmodSync(h.path, 0o444);
    const store = await h.open();
    assert.ok(jid);
    assert.equal((await store.job(jid))?.returns.length, 3);
    assert.equal(statSync(h.path).mode & 0o777, 0o600);
  });
});

describe('job store after damage', () => {
  for (const page of [0, 1, 2, 5, 9]) {
    it(`sets a database with a damaged page ${page} aside, tells it, and goes on with a new one`, async () => {
      await using h = house();
      const first = await h.open();
      await fill(first, 20, 200, 'some text that fills pages');
      await first[Symbol.asyncDispose]();
      const bytes = readFileSync(h.path);
      assert.ok(bytes.length > 10 * 4096);
      for (let at = page * 4096; at < page * 4096 + 16; at += 1) bytes[at] = (bytes[at] ?? 0) ^ 0xff;
      writeFileSync(h.path, bytes);
      const store = await h.open();
      assert.equal(aside(h.directory).length, 1, h.warnings.join('\n'));
      assert.match(h.warnings.join('\n'), /integrity_check.*set aside as .*jobs\.db\.corrupt-/s);
      const [jid] = await fill(store, 1, 5);
      assert.ok(jid);
      assert.equal((await store.job(jid))?.returns.length, 5);
    });
  }

  it('sets aside what is no database at all, twice in one second too', async () => {
    await using h = house();
    for (let n = 1; n <= 2; n += 1) {
      writeFileSync(h.path, 'this is no database, but it is long enough to look like one to a hurried reader'.repeat(100));
      const store = await h.open();
      await fill(store, 1, 1);
      await store[Symbol.asyncDispose]();
      assert.equal(aside(h.directory).length, n);
    }
  });

  it('finds damage while it runs, sets the file aside, and readers and writers go on', async () => {
    await using h = house();
    const store = await h.open();
    const [old] = await fill(store, 40, 200, 'some text that fills pages');
    assert.ok(old);
    assert.ok(await store.job(old));
    const other = new Database(h.path);
    other.pragma('wal_checkpoint(TRUNCATE)');
    const size = statSync(h.path).size;
    other.close();
    const bytes = readFileSync(h.path);
    bytes.fill(0x5a, 4096, size);
    writeFileSync(h.path, bytes);
    await until(async () => {
      await store.job(newJid()).catch(() => undefined);
      await store.open(aJob()).catch(() => undefined);
      await store.check().catch(() => undefined);
      return aside(h.directory).length > 0;
    });
    const [jid] = await fill(store, 1, 5);
    assert.ok(jid);
    assert.equal((await store.job(jid))?.returns.length, 5);
  });

  it('serves what came through when the log was cut anywhere', async () => {
    await using h = house();
    const first = await h.open();
    const jids = await fill(first, 8, 5);
    const wal = readFileSync(`${h.path}-wal`);
    const db = readFileSync(h.path);
    await first[Symbol.asyncDispose]();
    const frame = 4096 + 24;
    const frames = Math.floor((wal.length - 32) / frame);
    assert.ok(frames > 10);
    for (let at = 0; at <= frames; at += Math.ceil(frames / 8)) {
      for (const length of [32 + at * frame - 1, 32 + at * frame, 32 + at * frame + 1].filter((n) => n <= wal.length)) {
        writeFileSync(h.path, db);
        writeFileSync(`${h.path}-wal`, wal);
        truncateSync(`${h.path}-wal`, length);
        rmSync(`${h.path}-shm`, { force: true });
        const store = await h.open();
        const found = await Promise.all(jids.map(async (jid) => (await store.job(jid)) !== undefined));
        assert.deepEqual(
          found,
          [...found].sort((a, b) => Number(b) - Number(a)),
          'a later job is there and an earlier one is not',
        );
        assert.equal((await fill(store, 1, 1)).length, 1);
        await store[Symbol.asyncDispose]();
      }
    }
    assert.deepEqual(aside(h.directory), []);
  });

  it('has every acknowledged return after kill -9', async () => {
    await using h = house();
    const script = `
      import { openJobStore } from ${JSON.stringify(new URL('./sqlite.ts', import.meta.url).href)};
      import { aJob, aReturn } from ${JSON.stringify(new URL('../../test/contracts/job-store.ts', import.meta.url).href)};
      const store = await openJobStore({ directory: ${JSON.stringify(h.directory)}, retention: {}, warn: console.error });
      const job = aJob();
      await store.open(job);
      for (let n = 0; ; n += 1) {
        if (await store.record(aReturn(job.jid, 'minion' + n)) === 'stored') process.stdout.write(job.jid + ' minion' + n + '\\n');
      }`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let told = '';
    child.stdout.on('data', (chunk) => {
      told += String(chunk);
    });
    await until(() => told.split('\n').length > 50);
    child.kill('SIGKILL');
    await once(child, 'close');
    const lines = told
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split(' '));
    const store = await h.open();
    const report = await store.job(lines[0]?.[0] as Jid);
    const stored = new Set(report?.returns.map(({ minion }) => minion));
    assert.deepEqual(
      lines.map(([, minion]) => minion).filter((minion) => !stored.has(minion ?? '')),
      [],
    );
  });
});

describe('job store on a full disk', () => {
  /** Runs in a mount namespace of its own, where a file system of 1 MB can be made without being root. */
  const inSmallDisk = ['unshare', '-rm', 'sh', '-c', 'mount -t tmpfs -o size=1m tmpfs "$1" && shift && exec "$@"', 'sh'];

  it('refuses to store, tells why, and stores again when there is room', async (t) => {
    await using h = house();
    if (spawnSync(inSmallDisk[0] ?? '', ['-rm', 'true']).status !== 0) {
      t.skip('NOT TRIED: this system does not let its users make mount namespaces');
      return;
    }
    const script = `
      import { rmSync, writeFileSync } from 'node:fs';
      import { openJobStore } from ${JSON.stringify(new URL('./sqlite.ts', import.meta.url).href)};
      import { aJob, aReturn } from ${JSON.stringify(new URL('../../test/contracts/job-store.ts', import.meta.url).href)};
      const directory = ${JSON.stringify(h.directory)};
      const fill = () => { for (const size of [65536, 512]) try { for (;;) writeFileSync(directory + '/filler', Buffer.alloc(size), { flag: 'a' }); } catch {} };
      const outcome = (call) => call.then((done) => done ?? 'done', (error) => error.code);
      const tell = [];
      fill();
      const store = await openJobStore({ directory, retention: {}, warn: () => {} });
      const job = aJob();
      tell.push(await outcome(store.open(job)));
      rmSync(directory + '/filler');
      tell.push(await outcome(store.open(job)), await outcome(store.record(aReturn(job.jid, 'a'))));
      fill();
      tell.push(await outcome(Promise.all(Array.from({ length: 3000 }, (_, n) => store.record(aReturn(job.jid, 'minion' + n))))));
      tell.push((await store.job(job.jid)).returns.length);
      rmSync(directory + '/filler');
      tell.push(await outcome(store.record(aReturn(job.jid, 'b'))), (await store.job(job.jid)).returns.length);
      await store[Symbol.asyncDispose]();
      console.log(JSON.stringify(tell));`;
    const node = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', script];
    const [program = '', ...args] = [...inSmallDisk, h.directory, ...node];
    const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
    assert.equal(stdout.trim(), JSON.stringify(['store-full', 'done', 'stored', 'store-full', 1, 'stored', 2]), stderr);
  });
});

describe('job store retention', () => {
  const none: Retention = { seconds: 0, rows: 0, bytes: 0 };

  it('keeps no more returns than the bound of a class, the newest jobs of it, and other classes whole', async () => {
    await using h = house();
    const store = await h.open({ default: { ...none, rows: 50 }, audit: none });
    const kept = aJob({ keep: 'audit' });
    await store.open(kept);
    await store.record(aReturn(kept.jid, 'minion0'));
    const jids = await fill(store, 30, 10);
    await until(async () => (await store.counts()).returns === 51);
    const left = await Promise.all(jids.map(async (jid) => (await store.job(jid))?.returns.length ?? 0));
    assert.deepEqual(left, [...Array(25).fill(0), ...Array(5).fill(10)]);
    assert.equal((await store.job(kept.jid))?.returns.length, 1);
    assert.deepEqual(h.gone, jids.slice(0, 25));
  });

  it('keeps no more bytes than the bound, and gives the space back', async () => {
    await using h = house();
    const store = await h.open({ default: { ...none, bytes: 300_000 } });
    const noise = Uint8Array.from({ length: 20_000 }, (_, n) => (n * n * 31 + (n >> 3)) & 255).map(
      (byte, n) => byte ^ ((n * 2654435761) >>> 24),
    );
    await fill(store, 60, 10, noise);
    await until(async () => (await store.counts()).bytes <= 300_000);
    const database = new Database(h.path, { readonly: true });
    await until(() => Number(database.pragma('freelist_count', { simple: true })) < 256);
    assert.equal(database.prepare('SELECT count(*) FROM jobs WHERE doomed = 1').pluck().get(), 0);
    database.close();
  });

  it('never takes the job that is being written, however large it gets', async () => {
    await using h = house();
    const store = await h.open({ default: { ...none, rows: 10 } });
    const [jid] = await fill(store, 1, 100);
    assert.ok(jid);
    assert.equal((await store.job(jid))?.returns.length, 100);
  });

  it('forgets jobs older than their class allows when the next one is written', async () => {
    await using h = house();
    const store = await h.open({ default: { ...none, seconds: 0.2 } });
    const [old] = await fill(store, 1, 3);
    assert.ok(old);
    await pause(250);
    const [fresh] = await fill(store, 1, 3);
    assert.ok(fresh);
    await until(async () => (await store.job(old)) === undefined);
    assert.equal(await store.record(aReturn(old, 'late')), 'unknown');
  });

  it('applies a bound that became smaller when it is opened', async () => {
    await using h = house();
    const first = await h.open();
    await fill(first, 10, 10);
    await first[Symbol.asyncDispose]();
    const store = await h.open({ default: { ...none, rows: 30 } });
    await until(async () => (await store.counts()).returns === 30);
  });
});

describe('job store threads', () => {
  it('refuse calls after closing, having written what was handed in', async () => {
    await using h = house();
    const store = await h.open();
    const job = aJob();
    const pending = store.open(job);
    await store[Symbol.asyncDispose]();
    await pending;
    await assert.rejects(store.open(aJob()), /closed/);
    assert.ok(await (await h.open()).job(job.jid));
    assert.equal(existsSync(h.path), true);
  });

  it('that die reject what they were given, and are started again at the next call', async () => {
    await using h = house();
    const dying = `import { parentPort } from 'node:worker_threads';
      parentPort.postMessage({ kind: 'ready' });
      parentPort.on('message', () => { throw new Error('out of luck'); });`;
    const worker = new URL(`data:text/javascript,${encodeURIComponent(dying)}`);
    const store = await openJobStore({ directory: h.directory, retention: {}, warn: () => {}, worker });
    for (let n = 0; n < 3; n += 1)
      await assert.rejects(
        store.open(aJob()),
        (error) => error instanceof TsaltError && error.code === 'store-failed' && /out of luck/.test(error.message),
      );
  });

  it('write while somebody reads for long', async () => {
    await using h = house();
    const store = await h.open();
    await fill(store, 1, 10);
    const reader = new Database(h.path, { readonly: true });
    const rows = reader.prepare('SELECT * FROM returns').iterate();
    rows.next();
    const [jid] = await fill(store, 20, 50);
    rows.return?.();
    reader.close();
    assert.ok(jid);
    assert.equal((await store.job(jid))?.returns.length, 50);
  });
});
