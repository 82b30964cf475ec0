import { mkdirSync, rmSync } from 'node:fs';
import { openJobStore } from '../../master/jobs/sqlite.ts';
import type { JobBrowse, JobReturn } from '../../master/jobs/store.ts';
import { jid } from '../../protocol/jid.ts';
import { encode } from '../../protocol/wire/msgpack.ts';
import { Packed } from '../../protocol/wire/packed.ts';

/*
 * `jobs-page.ts DIRECTORY [JOBS]`: fills a job store (a million jobs of 20 functions and 5 users, on 3 of 2,000 minions,
 * one in a thousand failed, nine in ten of them noise) and prints how long pages of it take, in ms.
 */
const [directory = '', count = '1000000'] = process.argv.slice(2);
const JOBS = Number(count);
const AT_ONCE = 4000;
const START = Date.UTC(2026, 0, 1);

rmSync(directory, { recursive: true, force: true });
mkdirSync(directory, { recursive: true, mode: 0o700 });
const store = await openJobStore({ directory, retention: {}, warn: (text) => process.stderr.write(`${text}\n`) });
const value = new Packed(encode(true));

const jidOf = (at: number) => jid(`${new Date(START + at * 1000).toISOString().replace(/[-:T]/g, '').slice(0, 14)}000000`);
const minionOf = (at: number): string => `minion-${String(at % 2000).padStart(4, '0')}`;
const funOf = (at: number): string => (at % 10 === 0 ? `module${(at / 10) % 19}.run` : 'mine.update');

async function add(at: number): Promise<void> {
  const id = jidOf(at);
  const expected = [minionOf(at), minionOf(at + 1), minionOf(at + 2)];
  const user = at % 50_000 === 0 ? 'eve' : `user${at % 4}`;
  await store.open({ jid: id, user, target: { kind: 'list', expression: expected }, fun: funOf(at), args: [], expected });
  const good = at % 1000 !== 0;
  const result = {
    jid: id,
    state: good ? 'returned' : 'failed',
    retcode: good ? 0 : 1,
    success: good,
    value,
    returnedAt: new Date(),
  } as const;
  await Promise.all(expected.map((minion) => store.record({ ...result, minion } satisfies JobReturn)));
}

for (let at = 0; at < JOBS; at += AT_ONCE) await Promise.all(Array.from({ length: Math.min(AT_ONCE, JOBS - at) }, (_, n) => add(at + n)));
await store.counts(); // the reader's thread starts with the first question

const without = ['mine.update'];
const middle = jidOf(Math.floor(JOBS / 2));
const queries: Readonly<Record<string, JobBrowse>> = {
  'the newest': { limit: 50 },
  'without noise': { limit: 50, without },
  'without noise, from the middle on': { limit: 50, without, after: middle },
  'of a user who has 20': { limit: 50, user: 'eve' },
  'of one function': { limit: 50, fun: ['module7.*'] },
  'failed ones': { limit: 50, troubled: true },
  'of a minion': { limit: 50, minion: minionOf(77) },
  'of a minion, without noise': { limit: 50, without, minion: minionOf(77) },
  'with a text in them': { limit: 50, without, search: 'minion-0077' },
  'with a text that nothing has': { limit: 50, search: 'nowhere' },
};
for (const [name, query] of Object.entries(queries)) {
  const times: number[] = [];
  let rows = 0;
  for (let round = 0; round < 5; round += 1) {
    const began = performance.now();
    rows = (await store.browse(query)).rows.length;
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  process.stdout.write(`${name}: ${rows} rows, ${times[2]?.toFixed(1)} ms (worst ${times[4]?.toFixed(1)})\n`);
}
await store[Symbol.asyncDispose]();
