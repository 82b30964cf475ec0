import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { openSqlite } from '../../state/sqlite-file.ts';
import { AuditStore, type Deed } from './sqlite-audit.ts';

function opened(t: TestContext): { readonly path: string; readonly store: AuditStore } {
  const dir = mkdtempSync(join(tmpdir(), 'tsalt-audit-'));
  const path = join(dir, 'audit.db');
  const store = new AuditStore(path, (text) => assert.fail(text));
  t.after(() => {
    store.close();
    rmSync(dir, { recursive: true, force: true });
  });
  return { path, store };
}

const day = (n: number): string => new Date(Date.UTC(2026, 0, n)).toISOString();
const deed = (n: number, more: Partial<Deed> = {}): Deed => ({
  at: day(n),
  user: `user${n % 3}`,
  eauth: 'file',
  door: 'api',
  address: '192.0.2.1',
  action: 'job',
  fun: n % 2 === 0 ? 'test.ping' : 'cmd.run',
  target: '*',
  count: n,
  args: '[]',
  jid: '',
  outcome: 'allowed',
  reason: '',
  ...more,
});
const fill = (store: AuditStore, count: number, oldest = ''): void => {
  for (let n = 1; n <= count; n += 1) store.add(deed(n), oldest);
};

/** Does something to the file as a stranger with a second connection would. */
function tamper(path: string, ...statements: string[]): void {
  const db = openSqlite(path, { schema: '', version: 1, synchronous: 'NORMAL', checkUpTo: 0 }, (text) => assert.fail(text));
  for (const statement of statements) db.exec(statement);
  db.close();
}

it('rows are found newest first, by user, function and outcome, page by page', (t) => {
  const { store } = opened(t);
  fill(store, 9);
  store.add(deed(10, { outcome: 'refused', reason: 'no' }), '');
  const numbers = (search: Parameters<AuditStore['search']>[0]): number[] => store.search(search).map(({ n }) => n);
  assert.deepEqual(numbers({ limit: 3 }), [10, 9, 8]);
  assert.deepEqual(numbers({ limit: 3, before: 8 }), [7, 6, 5]);
  assert.deepEqual(numbers({ limit: 9, user: 'user0' }), [9, 6, 3]);
  assert.deepEqual(numbers({ limit: 9, fun: 'cmd.*' }), [9, 7, 5, 3, 1]);
  assert.deepEqual(numbers({ limit: 9, outcome: 'refused' }), [10]);
});

it('the file itself refuses to change or remove rows', (t) => {
  const { path, store } = opened(t);
  fill(store, 3);
  assert.throws(() => tamper(path, "UPDATE audit SET user = 'mallory' WHERE n = 2"), /rows of the audit are not changed/);
  assert.throws(() => tamper(path, 'DELETE FROM audit WHERE n = 2'), /rows of the audit are not removed/);
  assert.equal(store.verify().broken, undefined);
});

it('who gets around that is found: the row that was changed, the place where one is missing, the end that was cut off', (t) => {
  const without = ['DROP TRIGGER audit_kept', 'DROP TRIGGER audit_stays'];
  const cases: [string[], { n: number; why: RegExp }][] = [
    [["UPDATE audit SET user = 'mallory' WHERE n = 5"], { n: 5, why: /was changed/ }],
    [['UPDATE audit SET count = 0 WHERE n = 1'], { n: 1, why: /was changed/ }],
    [['DELETE FROM audit WHERE n = 5'], { n: 6, why: /row 5 is missing/ }],
    [['DELETE FROM audit WHERE n = 9'], { n: 9, why: /rows 9 to 9 were removed/ }],
    [['DELETE FROM audit WHERE n = 1'], { n: 2, why: /row 1 is missing/ }],
    [
      [
        "INSERT INTO audit SELECT 10, at, 'x', eauth, door, address, action, fun, target, count, args, jid, outcome, reason, hash FROM audit WHERE n = 9",
      ],
      { n: 10, why: /was changed/ },
    ],
  ];
  for (const [statements, { n, why }] of cases) {
    const { path, store } = opened(t);
    fill(store, 9);
    assert.deepEqual([store.verify().rows, store.verify().broken], [9, undefined]);
    tamper(path, ...without, ...statements);
    const { broken } = store.verify();
    assert.equal(broken?.n, n, statements[0]);
    assert.match(broken?.why ?? '', why);
  }
});

it('old rows go, and the chain still holds from the first that is left', (t) => {
  const { path, store } = opened(t);
  fill(store, 9);
  const { head } = store.verify();
  store.add(deed(10), day(6));
  const { rows, first, last, broken, head: after } = store.verify();
  assert.deepEqual([rows, first, last, broken], [5, 6, 10, undefined]);
  assert.notEqual(after, head);
  tamper(path, 'DROP TRIGGER audit_kept', "UPDATE audit SET reason = 'x' WHERE n = 6");
  assert.equal(store.verify().broken?.n, 6);
  assert.throws(() => tamper(path, 'UPDATE anchor SET n = 0'), /only moves on/);
});

it('a store that is opened again goes on with the chain', (t) => {
  const { path, store } = opened(t);
  fill(store, 2);
  const again = new AuditStore(path, (text) => assert.fail(text));
  again.add(deed(3), '');
  assert.deepEqual([again.verify().rows, again.verify().broken], [3, undefined]);
  again.close();
});
