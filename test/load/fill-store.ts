import { mkdirSync } from 'node:fs';
import { openJobStore } from '../../master/jobs/sqlite.ts';
import { type Jid, newJid } from '../../protocol/jid.ts';
import { encode } from '../../protocol/wire/msgpack.ts';
import { Packed } from '../../protocol/wire/packed.ts';

/** What the process that filled a store tells. */
export interface FilledStore {
  /** Some of its jobs, of 1,000 returns each. */
  readonly jids: readonly string[];
  /** Of looking jobs up, one after the other, in ms. */
  readonly lookupMs: readonly number[];
}

/*
 * `fill-store.ts DIRECTORY RETURNS`: a job store with as many trivial returns, in jobs of 1,000. Run as a process of
 * its own, so that its memory is not in any measurement.
 */
const PER_JOB = 1000;
const [directory = '', returns = '0'] = process.argv.slice(2);
const minions = Array.from({ length: PER_JOB }, (_, at) => `minion-${String(at).padStart(5, '0')}`);
const value = new Packed(encode(true));
const count = Math.max(1, Math.round(Number(returns) / PER_JOB));

mkdirSync(directory, { recursive: true, mode: 0o700 });
const store = await openJobStore({ directory, retention: {}, warn: (text) => process.stderr.write(`${text}\n`) });
const jids: Jid[] = [];
for (let at = 0; at < count; at += 1) {
  const jid = newJid();
  jids.push(jid);
  await store.open({ jid, user: 'root', target: { kind: 'glob', expression: '*' }, fun: 'test.ping', args: [], expected: minions });
  const result = {
    jid,
    state: 'returned',
    retcode: 0,
    success: true,
    value,
    fun: 'test.ping',
    funArgs: [],
    returnedAt: new Date(),
  } as const;
  await Promise.all(minions.map((minion) => store.record({ ...result, minion })));
}
const some = [0.5, 0.1, 0.3, 0.7, 0.9].flatMap((part) => jids[Math.floor(part * count)] ?? []);
await store.counts(); // the reader's thread starts with the first question
const lookupMs = [];
for (const jid of some) {
  const began = performance.now();
  const report = await store.job(jid);
  if (report?.returns.length !== PER_JOB) throw new Error(`job ${jid} has ${report?.returns.length} returns`);
  lookupMs.push(performance.now() - began);
}
await store[Symbol.asyncDispose]();
process.send?.({ jids: some, lookupMs } satisfies FilledStore);
process.disconnect?.();
