import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { type Socket, connect as tcp } from 'node:net';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import fc from 'fast-check';
import { Dealer } from 'zeromq';
import { connect } from '../../master/client/connect.ts';
import type { Message } from '../../protocol/suites/suite.ts';
import { zeromq } from '../../protocol/transports/zeromq.ts';
import { encodeEnvelope } from '../../protocol/wire/envelope.ts';
import { encode } from '../../protocol/wire/msgpack.ts';
import { House } from '../support/house.ts';
import { until } from '../support/process.ts';
import { WireMinion } from '../support/wire-minion.ts';

/** An id on which a regular expression that goes back and forth would take for ever. */
const HONEST = 'a'.repeat(40);
const SECRET = 'nobody may read this';
const ANSWER_MS = 10_000;

const COMMANDS = [
  ...['_auth', '_return', '_syndic_return', '_job_state', '_job_output', '_heartbeat', '_goodbye', '_minion_event', '_group'],
  ...['_mine', '_mine_get', '_mine_delete', '_mine_flush', '_pillar', '_master_opts', '_master_tops', '_register_resources'],
  ...['_serve_file', '_serve_files', '_file_hash', '_file_hash_and_stat', '_file_find', '_file_list', '_dir_list', '_symlink_list'],
  ...['minion_pub', 'minion_publish', 'minion_runner', 'pub_ret', 'publish', 'runner', 'wheel', 'ping', 'mk_token', 'constructor', ''],
];
const FIELDS = [
  ...['id', 'jid', 'fun', 'arg', 'return', 'retcode', 'success', 'tgt', 'tgt_type', 'data', 'tag', 'pretag', 'events', 'path', 'saltenv'],
  ...[
    'loc',
    'gzip',
    'files',
    'grains',
    'pillar_override',
    'state',
    'pieces',
    'text',
    'since',
    'boot',
    'started',
    'running',
    'key',
    'kwarg',
  ],
  ...['nonce', 'ts', 'tok', 'pub', 'token', 'out', 'clear', 'resources', 'prefix', 'ext', '__proto__', 'constructor'],
];

const odd = fc.oneof(
  fc.jsonValue(),
  fc.uint8Array({ maxLength: 64 }),
  fc.double(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  fc.constantFrom('../../etc/passwd', 'a\0b', '*', 'x'.repeat(5000), HONEST, '20260101000000000000', 'E@(a+)+$', '{{7*7}}'),
);
const load = fc.dictionary(fc.constantFrom(...FIELDS), odd, { maxKeys: 8, noNullPrototype: false });

suite('somebody attacks the ports of the master', () => {
  let house: House;
  let salt: WireMinion;
  let native: WireMinion;
  before(async () => {
    house = await House.open('tsalt', { auto_accept: true, request_max_size: 1_000_000 });
    writeFileSync(join(house.home, 'secret.txt'), SECRET);
    house.serve('open.txt', 'everybody may read this');
    await house.startMaster();
    house.addMinion('tsalt', HONEST);
    [salt, native] = await Promise.all([
      WireMinion.join(house.ports.request, 'wire-salt', 'salt'),
      WireMinion.join(house.ports.request, 'wire-native', 'native'),
    ]);
    await house.answering(HONEST);
    pid = house.master.pid;
  });
  after(async () => {
    await salt[Symbol.asyncDispose]();
    await native[Symbol.asyncDispose]();
    await house[Symbol.asyncDispose]();
  });

  let pid = 0;
  let words = 0;
  /** What anybody may ask for is done as ever. */
  const ordinary = async (): Promise<void> => {
    words += 1;
    assert.deepEqual(await house.results(HONEST, 'test.echo', `word${words}`), { [HONEST]: `word${words}` });
    for (const minion of [salt, native]) assert.deepEqual(await minion.ask({ cmd: '_file_envs' }), ['base'], minion.id);
    assert.equal(house.master.running && house.master.pid === pid, true, 'the master is the same process');
  };
  const requester = () => zeromq.requester({ address: `tcp://127.0.0.1:${house.ports.request}` });
  /** Sends each frame and wants some answer to it: none may be left without one, or the sender would hang. */
  const answered = async <T>(frames: fc.Arbitrary<T>, frameOf: (value: T) => Uint8Array, runs: number): Promise<void> => {
    const wire = requester();
    try {
      const property = fc.asyncProperty(frames, async (value) => {
        assert.ok((await wire.request(frameOf(value), { timeoutMs: ANSWER_MS })).length > 0);
      });
      await fc.assert(property, { numRuns: runs });
    } finally {
      await wire[Symbol.asyncDispose]();
    }
  };

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
      for (const port of [house.ports.request, house.ports.publish]) {
        for (let i = 0; i < 20; i += 1) {
          const socket = tcp(port, '127.0.0.1');
          socket.on('error', () => undefined);
          await new Promise((resolve) => socket.once('connect', resolve));
          socket.write(bytes);
          sockets.push(socket);
        }
      }
      await ordinary();
      for (const socket of sockets) socket.destroy();
      await ordinary();
    });
  }

  test('messages of odd parts are dropped or answered', async () => {
    const many = Array.from({ length: 1000 }, () => Buffer.alloc(0));
    for (const parts of [['', '', ''], ['x'], ['', 'x', 'y', 'z'], ['not empty', encode({ enc: 'clear' })], many]) {
      const dealer = new Dealer({ linger: 0 });
      dealer.connect(`tcp://127.0.0.1:${house.ports.request}`);
      await dealer.send(parts);
      await ordinary();
      dealer.close();
    }
  });

  test('a message beyond request_max_size costs its sender the connection', async () => {
    const dealer = new Dealer({ linger: 0 });
    dealer.connect(`tcp://127.0.0.1:${house.ports.request}`);
    await dealer.send(['', encode({ enc: 'clear', load: Buffer.alloc(2_000_000) })]);
    await ordinary();
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
      await answered(fc.constant(frame), (bytes) => bytes, 1);
      await ordinary();
    }
  });

  test('random bytes are answered', async () => {
    await answered(fc.uint8Array({ minLength: 1, maxLength: 300 }), (bytes) => bytes, 300);
    await ordinary();
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
    await answered(envelope, (message) => encodeEnvelope(message as Message), 400);
    await ordinary();
  });

  test('random clear requests are answered, and none of them does anything', async () => {
    const request = fc.tuple(fc.constantFrom(...COMMANDS), load);
    await answered(request, ([cmd, rest]) => encode({ enc: 'clear', version: 3, load: { ...rest, cmd } }), 300);
    await ordinary();
    const { stdout } = await house.tool('key', ['-L', '--out=json']);
    const known = JSON.parse(stdout) as { minions: string[] };
    assert.deepEqual(known.minions.sort(), [HONEST, 'wire-native', 'wire-salt'].sort());
  });

  for (const kind of ['salt', 'native'] as const) {
    const attacker = (): WireMinion => (kind === 'salt' ? salt : native);

    test(`random requests of a minion are answered (suite ${kind})`, async () => {
      const property = fc.asyncProperty(fc.constantFrom(...COMMANDS), load, async (cmd, rest) => {
        assert.ok((await attacker().send(attacker().seal({ ...rest, cmd }).frame)).length > 0);
      });
      await fc.assert(property, {
        numRuns: 300,
        examples: [
          ['_return', {}],
          ['_minion_event', { events: [null] }],
        ],
      });
      await ordinary();
    });

    test(`a request with one bit changed, cut or longer, does nothing else than the request (suite ${kind})`, async () => {
      const data = { kept: 'as it was' };
      const property = fc.asyncProperty(fc.nat(), fc.nat(7), fc.constantFrom('flip', 'cut', 'grow'), async (at, bit, how) => {
        const { frame } = attacker().seal({ cmd: '_mine', data, id: attacker().id });
        assert.ok((await attacker().send(damaged(frame, at, bit, how))).length > 0);
      });
      await fc.assert(property, { numRuns: 150 });
      const found = await attacker().ask({ cmd: '_mine_get', tgt: '*', fun: 'kept', tgt_type: 'glob' });
      for (const value of Object.values(found as object)) assert.equal(value, 'as it was');
      await ordinary();
    });

    test(`a request that is sent twice is done once (suite ${kind})`, async () => {
      const first = attacker().seal({ cmd: '_mine', data: { turn: 'first' } });
      const second = attacker().seal({ cmd: '_mine', data: { turn: 'second' } });
      for (const { frame } of [first, second, first, first]) await attacker().send(frame);
      const mine = (await attacker().ask({ cmd: '_mine_get', tgt: attacker().id, fun: 'turn', tgt_type: 'glob' })) as Message;
      assert.equal(mine[attacker().id], 'second');
      await ordinary();
    });

    test(`a minion that says it is another stays itself (suite ${kind})`, async () => {
      await attacker().ask({ cmd: '_mine', id: HONEST, data: { 'test.forged': 'forged' } });
      const mine = (await attacker().ask({ cmd: '_mine_get', id: HONEST, tgt: '*', fun: 'test.forged', tgt_type: 'glob' })) as Message;
      assert.equal(HONEST in mine, false);
      const jid = await house.start(HONEST, 'test.sleep', '3');
      await attacker().ask({ cmd: '_return', id: HONEST, jid, fun: 'test.sleep', return: 'forged', retcode: 0, success: true });
      const result = await until('the honest return is there', async () => {
        const found = await house.runner<{ Result: Record<string, { return: unknown }> }>('jobs.list_job', jid);
        return Object.keys(found.Result).length > 0 && found.Result;
      });
      assert.deepEqual(Object.keys(result), [HONEST]);
      assert.equal(result[HONEST]?.return, true);
      await ordinary();
    });

    test(`a return for no job that is known, or of a minion it was not sent to, leaves no trace (suite ${kind})`, async () => {
      const unknown = '20260101000000000000';
      await attacker().ask({ cmd: '_return', id: attacker().id, jid: unknown, fun: 'test.ping', return: 'forged', retcode: 0 });
      assert.deepEqual(await house.runner('jobs.lookup_jid', unknown), {});
      const jid = await house.start(HONEST, 'test.echo', 'honest');
      for (const odd of [jid, `${jid}/../x`, '../../x', 'req\0', '', null, 7])
        await attacker().send(attacker().seal({ cmd: '_return', id: attacker().id, jid: odd, fun: 'test.echo', return: 'forged' }).frame);
      await until('the honest return is there', async () => HONEST in (await house.runner('jobs.lookup_jid', jid)));
      assert.deepEqual(await house.runner('jobs.lookup_jid', jid), { [HONEST]: 'honest' });
      await ordinary();
    });

    test(`events that only the master may fire are dropped (suite ${kind})`, async () => {
      const owned = ['salt/key', 'salt/auth', 'salt/run/20260101000000000000/ret', `salt/job/20260101000000000000/ret/${HONEST}`];
      owned.push('salt/wheel/x', 'salt/presence/change', `salt/minion/${HONEST}/start`, `minion/refresh/${HONEST}`, 'salt/job/1/new');
      await using client = await connect(house.client);
      const marker = `over/${kind}`;
      const tags: string[] = [];
      const listening = (async () => {
        for await (const { tag } of client.events('*')) {
          tags.push(tag);
          if (tag === marker) return;
        }
      })();
      await until('events are heard', async () => {
        await attacker().ask({ cmd: '_minion_event', tag: 'are/you/there', data: {} });
        return tags.includes('are/you/there');
      });
      for (const tag of owned) {
        await attacker().ask({ cmd: '_minion_event', tag, data: { act: 'accept', id: HONEST } });
        await attacker().ask({ cmd: '_minion_event', events: [{ tag, data: {} }] });
        const [pretag = '', ...rest] = tag.split('/');
        await attacker().ask({ cmd: '_minion_event', pretag, events: [{ tag: rest.join('/'), data: {} }] });
      }
      await attacker().ask({ cmd: '_minion_event', tag: marker, data: {} });
      await listening;
      assert.deepEqual(
        tags.filter((tag) => owned.includes(tag)),
        [],
      );
      await ordinary();
    });

    test(`no path leads out of the file roots (suite ${kind})`, async () => {
      const paths = ['../secret.txt', 'x/../../secret.txt', '/../secret.txt', './../secret.txt', '....//secret.txt', '..\\secret.txt'];
      paths.push(join(house.home, 'secret.txt'), `//${house.home}/secret.txt`, 'open.txt\0../secret.txt', '../master/root/pki/master.pem');
      paths.push('%2e%2e/secret.txt', '|../secret.txt', 'open.txt/../../secret.txt', 'salt://../secret.txt', '~/secret.txt', '');
      for (const path of paths) {
        for (const saltenv of ['base', '..', '../..', '__env__', '/', house.home]) {
          for (const cmd of ['_serve_file', '_file_hash', '_file_hash_and_stat', '_file_find', '_file_list', '_serve_files']) {
            const answer = await attacker().ask({ cmd, path, saltenv, loc: 0, prefix: path, files: [{ path }] });
            const text = Buffer.from(encode(answer)).toString('latin1');
            assert.equal(text.includes(SECRET) || text.includes('PRIVATE KEY'), false, `${cmd} ${path} ${saltenv}`);
            if (cmd === '_file_find') assert.equal((answer as Message)['path'], '', path);
          }
        }
      }
      const honest = (await attacker().ask({ cmd: '_serve_file', path: 'open.txt', saltenv: 'base', loc: 0 })) as Message;
      assert.match(Buffer.from(honest['data'] as Uint8Array).toString(), /everybody/);
      await ordinary();
    });

    test(`no target or pattern takes long (suite ${kind})`, async () => {
      const evil = ['(a+)+$', '(a|a)*b', '(a*)*b', '^(([a-z])+.)+[A-Z]([a-z])+$', '(.*a){30}b', 'a{1,1000}{1,1000}', `${'('.repeat(5000)}`];
      for (const pattern of evil) {
        await attacker().ask({ cmd: '_mine_get', tgt: pattern, fun: 'x', tgt_type: 'pcre' });
        await attacker().ask({ cmd: '_mine_get', tgt: `E@${pattern}`, fun: 'x', tgt_type: 'compound' });
        await attacker().ask({ cmd: '_mine_get', tgt: `id:${pattern}`, fun: 'x', tgt_type: 'grain_pcre' });
      }
      for (const pattern of [`${'*a'.repeat(30)}b`, '['.repeat(10_000), '{a,b}'.repeat(500)])
        await attacker().ask({ cmd: '_mine_get', tgt: pattern, fun: 'x', tgt_type: 'glob' });
      await attacker().ask({ cmd: '_mine_get', tgt: `${'( '.repeat(20_000)}`, fun: 'x', tgt_type: 'compound' });
      await attacker().ask({ cmd: '_mine_get', tgt: 'not '.repeat(20_000), fun: 'x', tgt_type: 'compound' });
      await ordinary();
    });
  }

  test('a minion under the session key of its own cannot speak in the envelope of another', async () => {
    const own = salt.seal({ cmd: '_file_envs' });
    const wire = requester();
    const { decode } = await import('../../protocol/wire/msgpack.ts');
    const envelope = decode(own.frame, { bytesAt: ['load'] }) as Message;
    const answer = decode(await wire.request(encodeEnvelope({ ...envelope, id: HONEST }), { timeoutMs: ANSWER_MS }));
    await wire[Symbol.asyncDispose]();
    assert.equal(answer, 'bad load');
    await ordinary();
  });
});

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i += 1) value = [value];
  return value;
}

function damaged(frame: Uint8Array, at: number, bit: number, how: string): Uint8Array {
  const place = at % frame.length;
  if (how === 'cut') return frame.slice(0, Math.max(1, place));
  if (how === 'grow') return Buffer.concat([frame, Buffer.alloc(1 + (at % 50), at % 256)]);
  const changed = Uint8Array.from(frame);
  changed[place] = (changed[place] ?? 0) ^ (1 << bit);
  return changed;
}
