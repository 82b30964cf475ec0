import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newJid } from '../../protocol/jid.ts';
import { createPresence } from '../fleet/presence.ts';
import type { Job } from '../jobs/store.ts';
import { follow } from './follow.ts';
import { createJobsUnderWay } from './under-way.ts';

const silence = { get: () => undefined, set: () => undefined, delete: () => undefined };

test('returns that arrive together are all told, also when the listener is slower than they are', async () => {
  const underWay = createJobsUnderWay();
  const presence = createPresence(silence);
  const minions = ['one', 'two', 'three'];
  for (const minion of minions) presence.seen(minion);
  const job: Job = {
    jid: newJid(),
    user: 'root',
    target: { kind: 'glob', expression: '*' },
    fun: 'test.ping',
    args: [],
    expected: minions,
  };
  const watched = underWay.begin(job, true);
  const parts = { presence, questions: { findJob: async () => undefined }, lose: async () => undefined };
  const events = follow(watched, { timeoutMs: 5000, gatherMs: 5000 }, parts);
  for (const minion of minions)
    underWay.returned({ jid: job.jid, minion, state: 'returned', retcode: 0, success: true, returnedAt: new Date() });
  const told: string[] = [];
  for await (const event of events) {
    if (event.kind === 'return') told.push(event.minion);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(told, minions);
});
