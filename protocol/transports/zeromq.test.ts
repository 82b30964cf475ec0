import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Dealer } from 'zeromq';
import { TimedOut } from '../errors.ts';
import { zeromq } from './zeromq.ts';

const LOOPBACK = 'tcp://127.0.0.1:*';
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

test('a responder answers many requesters, each with its own answer', async () => {
  await using responder = await zeromq.responder({ address: LOOPBACK }, async (frame) => Buffer.from(`re:${text(frame)}`));
  await using requester = zeromq.requester({ address: responder.address, parallel: 4 });
  const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => requester.request(Buffer.from(String(i)), { timeoutMs: 5000 })));
  assert.deepEqual(
    answers.map(text),
    Array.from({ length: 50 }, (_, i) => `re:${i}`),
  );
});

test('a late answer never meets the next request', async () => {
  let release: (() => void) | undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await using responder = await zeromq.responder({ address: LOOPBACK }, async (frame) => {
    if (text(frame) === 'slow') await held;
    return frame;
  });
  await using requester = zeromq.requester({ address: responder.address, parallel: 1 });
  await assert.rejects(requester.request(Buffer.from('slow'), { timeoutMs: 50 }), TimedOut);
  release?.();
  assert.equal(text(await requester.request(Buffer.from('next'), { timeoutMs: 5000 })), 'next');
});

test('extra envelope frames, as a proxy adds them, go back as they came', async () => {
  await using responder = await zeromq.responder({ address: LOOPBACK }, async (frame) => frame);
  const dealer = new Dealer({ linger: 0 });
  dealer.connect(responder.address);
  await dealer.send(['hop', '', 'payload']);
  assert.deepEqual((await dealer.receive()).map(text), ['hop', '', 'payload']);
  dealer.close();
});

test('a handler that throws is reported and the next request is served', async () => {
  const errors: unknown[] = [];
  await using responder = await zeromq.responder({ address: LOOPBACK, onError: (error) => errors.push(error) }, async (frame) => {
    if (text(frame) === 'bad') throw new Error('no');
    return frame;
  });
  await using requester = zeromq.requester({ address: responder.address });
  await assert.rejects(requester.request(Buffer.from('bad'), { timeoutMs: 100 }), TimedOut);
  assert.equal(text(await requester.request(Buffer.from('good'), { timeoutMs: 5000 })), 'good');
  assert.equal(errors.length, 1);
});

test('a frame above the limit closes only the connection of its sender', async () => {
  await using responder = await zeromq.responder({ address: LOOPBACK, maxFrame: 1000 }, async (frame) => frame);
  await using big = zeromq.requester({ address: responder.address });
  await using small = zeromq.requester({ address: responder.address });
  await assert.rejects(big.request(Buffer.alloc(2000), { timeoutMs: 300 }), TimedOut);
  assert.equal(text(await small.request(Buffer.from('ok'), { timeoutMs: 5000 })), 'ok');
});

test('a subscriber gets its topics and single frames by their prefix', async () => {
  await using publisher = await zeromq.publisher({ address: LOOPBACK });
  const got: string[][] = [];
  let connected: (() => void) | undefined;
  const ready = new Promise<void>((resolve) => {
    connected = resolve;
  });
  await using _all = await zeromq.subscriber(
    { address: publisher.address, topics: ['mine'], ...(connected ? { onConnect: connected } : {}) },
    (frames) => got.push(frames.map(text)),
  );
  await ready;
  while (got.length === 0) {
    await publisher.publish(Buffer.from('for another'), 'other');
    await publisher.publish(Buffer.from('for me'), 'mine');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.ok(got.every((frames) => frames[0] === 'mine' && frames[1] === 'for me'));
});
