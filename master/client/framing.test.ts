import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { it } from 'node:test';
import fc from 'fast-check';
import type { Message } from '../../protocol/suites/suite.ts';
import { encode } from '../../protocol/wire/msgpack.ts';
import { receive } from './framing.ts';

const framed = (value: unknown): Buffer => {
  const body = encode(value);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  return Buffer.concat([head, body]);
};

/** Feeds chunks to a receiver; resolves when it has taken them or gave up. */
async function fed(chunks: readonly Uint8Array[]): Promise<{ got: Message[]; error: Error | undefined }> {
  const stream = new PassThrough();
  const got: Message[] = [];
  let error: Error | undefined;
  stream.on('error', (why) => {
    error = why;
  });
  receive(stream as unknown as Socket, (message) => got.push(message));
  for (const chunk of chunks) if (!stream.destroyed) stream.write(chunk);
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  return { got, error };
}

it('messages arrive whole and in order, wherever the stream is cut', async () => {
  const texts = fc.array(fc.string({ maxLength: 300 }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(texts, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), async (values, cuts) => {
      const all = Buffer.concat(values.map((text) => framed({ text })));
      const chunks: Buffer[] = [];
      for (let at = 0, i = 0; at < all.length; i += 1) {
        const size = cuts[i % cuts.length] ?? 1;
        chunks.push(all.subarray(at, at + size));
        at += size;
      }
      const { got, error } = await fed(chunks);
      assert.equal(error, undefined);
      assert.deepEqual(
        got.map(({ text }) => text),
        values,
      );
    }),
    { numRuns: 100 },
  );
});

it('a message that claims to be larger than any is not waited for', async () => {
  const { error } = await fed([Buffer.from([0xff, 0xff, 0xff, 0xff])]);
  assert.match(String(error), /beyond the bound/);
  assert.match(String((await fed([framed({ a: 1 }), Buffer.from([0x7f, 0, 0, 0, 1])])).error), /beyond the bound/);
});

it('what is no map, or no msgpack, ends the connection with an error', async () => {
  assert.match(String((await fed([framed('text')])).error), /a map was expected/);
  const broken = await fed([Buffer.from([0, 0, 0, 1, 0xc1])]);
  assert.ok(broken.error !== undefined);
  assert.deepEqual((await fed([framed({ a: 1 }), framed([])])).got.length, 1);
});
