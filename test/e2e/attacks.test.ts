import assert from 'node:assert/strict';
import { type Socket, connect as tcp } from 'node:net';
import { after, before, suite, test } from 'node:test';
import fc from 'fast-check';
import { Dealer } from 'zeromq';
import type { Message } from '../../protocol/suites/suite.ts';
import { encodeEnvelope } from '../../protocol/wire/envelope.ts';
import { encode } from '../../protocol/wire/msgpack.ts';
import { AttackedHouse } from '../support/attacked-house.ts';
import { COMMANDS, HONEST, load, nested, odd } from '../support/hostile.ts';

suite('somebody who may not join attacks the ports of the master', () => {
  let under: AttackedHouse;
  before(async () => {
    under = await AttackedHouse.open();
  });
  after(() => under[Symbol.asyncDispose]());

  const GREETING = Buffer.concat([Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0]), Buffer.from('NULL'), Buffer.alloc(48)]);
  const READY = Buffer.from('\x04\x26\x05READY\x0bSocket-Type\x00\x00\x00\x03REQ\x08Identity\x00\x00\x00\x00', 'latin1');
  for (const [name, bytes] of Object.entries({
    'no greeting at all': Buffer.alloc(0),
    'half a greeting': GREETING.subarray(0, 20),
    'random bytes': Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256)),
    'another protocol': Buffer.from('GET / HTTP/1.1\r\nHost: master\r\n\r\n'),
    'a frame of 2^62 bytes': Buffer.concat([GREETING, READY, Buffer.from([2, 0x40, 0, 0, 0, 0, 0, 0, 0]), Buffer.alloc(1000)]),
    'a command of 2^63 bytes': Buffer.concat([GREETING, Buffer.from([6, 0x80, 0, 0, 0, 0, 0, 0, 0]), Buffer.alloc(1000)]),
    'frames with flags that do not exist': Buffer.concat([GREETING, READY, Buffer.from([0xf8, 4, 1, 2, 3, 4])]),
  })) {
    test(`${name} on a bare socket disturb nobody, on either port`, async () => {
      const sockets: Socket[] = [];
      for (const port of [under.house.ports.request, under.house.ports.publish]) {
        for (let i = 0; i < 20; i += 1) {
          const socket = tcp(port, '127.0.0.1');
          socket.on('error', () => undefined);
          await new Promise((resolve) => socket.once('connect', resolve));
          socket.write(bytes);
          sockets.push(socket);
        }
      }
      await under.ordinary();
      for (const socket of sockets) socket.destroy();
      await under.ordinary();
    });
  }

  test('messages of odd parts are dropped or answered', async () => {
    const many = Array.from({ length: 1000 }, () => Buffer.alloc(0));
    for (const parts of [['', '', ''], ['x'], ['', 'x', 'y', 'z'], ['not empty', encode({ enc: 'clear' })], many]) {
      const dealer = new Dealer({ linger: 0 });
      dealer.connect(`tcp://127.0.0.1:${under.house.ports.request}`);
      await dealer.send(parts);
      await under.ordinary();
      dealer.close();
    }
  });

  test('a message beyond request_max_size costs its sender the connection', async () => {
    const dealer = new Dealer({ linger: 0 });
    dealer.connect(`tcp://127.0.0.1:${under.house.ports.request}`);
    await dealer.send(['', encode({ enc: 'clear', load: Buffer.alloc(2_000_000) })]);
    await under.ordinary();
    dealer.close();
  });

  test('msgpack that lies about its size or its depth is answered', async () => {
    const frames = [
      Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff]),
      Buffer.from([0xdf, 0xff, 0xff, 0xff, 0xff, 0xa1, 0x61]),
      Buffer.from([0xc6, 0xff, 0xff, 0xff, 0xff, 1]),
      Buffer.from([0xc9, 0xff, 0xff, 0xff, 0xff, 78]),
      Buffer.alloc(500_000, 0x91),
      Buffer.alloc(500_000, 0x81),
      Buffer.concat([Buffer.from([0x81, 0xa4]), Buffer.from('load'), Buffer.alloc(200_000, 0x91)]),
      encode({ enc: 'clear', load: { cmd: '_auth', id: 'deep', pub: nested(400) } }),
    ];
    for (const frame of frames) {
      assert.ok((await under.send(frame)).length > 0);
      await under.ordinary();
    }
  });

  test('random bytes are answered', async () => {
    await under.answered(fc.uint8Array({ minLength: 1, maxLength: 300 }), (bytes) => bytes, 300);
    await under.ordinary();
  });

  test('random values in every field of the envelope are answered', async () => {
    const envelope = fc.record(
      {
        enc: fc.oneof(fc.constantFrom('clear', 'aes', 'native', 'pub'), odd),
        load: fc.oneof(load, odd, fc.uint8Array({ maxLength: 400 })),
        version: fc.oneof(fc.constantFrom(0, 1, 2, 3, 4, 2 ** 40), odd),
        id: fc.oneof(fc.constantFrom(HONEST, 'wire-salt', '__proto__'), odd),
        sig: odd,
        enc_algo: odd,
        sig_algo: odd,
      },
      { requiredKeys: [] },
    );
    await under.answered(envelope, (message) => encodeEnvelope(message as Message), 400);
    await under.ordinary();
  });

  test('random clear requests are answered, and none of them does anything', async () => {
    const request = fc.tuple(fc.constantFrom(...COMMANDS), load);
    await under.answered(request, ([cmd, rest]) => encode({ enc: 'clear', version: 3, load: { ...rest, cmd } }), 300);
    await under.ordinary();
    const { stdout } = await under.house.tool('key', ['-L', '--out=json']);
    const known = JSON.parse(stdout) as { minions: string[] };
    assert.deepEqual(known.minions.sort(), [HONEST, 'wire-native', 'wire-salt'].sort());
  });
});
