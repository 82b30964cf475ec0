import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Twister } from './twister.ts';

test('a seed gives the numbers that Python gives for it', () => {
  // random.seed(1); [random.randrange(100) for _ in range(5)]
  const numbers = new Twister(1);
  assert.deepEqual(
    Array.from({ length: 5 }, () => numbers.below(100)),
    [17, 72, 97, 8, 32],
  );
});

test('a sample holds each item at most once', () => {
  const picked = new Twister('seed').sample(
    Array.from({ length: 1000 }, (_, index) => index),
    100,
  );
  assert.equal(new Set(picked).size, 100);
});
