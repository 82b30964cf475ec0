import assert from 'node:assert/strict';
import { test } from 'node:test';
import { excess } from './retention.ts';

const NOW = 1_000_000_000;
const sizes = [1, 2, 3].map((n) => ({ jid: String(n), started: NOW - (4 - n) * 1000, rows: 10, bytes: 100 }));
const config = (own: object = {}, retention: Record<string, unknown> = {}) => ({
  keep_jobs_seconds: 0,
  keep_jobs_rows: 0,
  keep_jobs_bytes: 0,
  retention,
  ...own,
});

test('orchestrations are kept for ever where jobs are', () => assert.deepEqual(excess(sizes, config(), NOW), []));

test('those that are too old go, and the oldest while there are too many', () => {
  assert.deepEqual(excess(sizes, config({ keep_jobs_seconds: 2.5 }), NOW), ['1']);
  assert.deepEqual(excess(sizes, config({ keep_jobs_rows: 15 }), NOW), ['1', '2']);
  assert.deepEqual(excess(sizes, config({ keep_jobs_bytes: 200 }), NOW), ['1']);
});

test('bounds of their own take the place of those of jobs', () => {
  assert.deepEqual(excess(sizes, config({ keep_jobs_rows: 1 }, { orchestrate: { seconds: 1.5 } }), NOW), ['1', '2']);
});
