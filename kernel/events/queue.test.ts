import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { AsyncQueue } from './queue.ts';

const all = async <T>(queue: AsyncQueue<T>): Promise<T[]> => {
  const items: T[] = [];
  for await (const item of queue) items.push(item);
  return items;
};

it('everything pushed arrives once and in order, whoever is faster', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 200 }), async (pauses) => {
      const queue = new AsyncQueue<number>();
      const taken = all(queue);
      for (const [index, pause] of pauses.entries()) {
        queue.push(index);
        if (pause) await Promise.resolve();
      }
      queue.end();
      assert.deepEqual(await taken, [...pauses.keys()]);
    }),
  );
});

it('many thousands do not make it slow or long', async () => {
  const queue = new AsyncQueue<number>();
  for (let i = 0; i < 100_000; i += 1) queue.push(i);
  assert.equal(queue.length, 100_000);
  queue.end();
  assert.equal((await all(queue)).length, 100_000);
  assert.equal(queue.length, 0);
});

it('a failure comes after what was pushed before it, once', async () => {
  const queue = new AsyncQueue<number>();
  queue.push(1);
  queue.fail(new Error('first'));
  queue.fail(new Error('second'));
  queue.push(2);
  assert.deepEqual(await queue.next(), { value: 1, done: false });
  await assert.rejects(queue.next(), /first/);
  assert.deepEqual(await queue.next(), { value: undefined, done: true });
});

it('a failure reaches one who waits', async () => {
  const queue = new AsyncQueue<number>();
  const waiting = queue.next();
  queue.fail(new Error('over'));
  await assert.rejects(waiting, /over/);
});

it('breaking off tells the producer, frees who waits, and takes nothing more', async () => {
  let told = 0;
  const queue = new AsyncQueue<number>(() => {
    told += 1;
  });
  const waiting = queue.next();
  await queue.return();
  assert.deepEqual(await waiting, { value: undefined, done: true });
  queue.push(1);
  assert.deepEqual([told, queue.length], [1, 0]);
});
