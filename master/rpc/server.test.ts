import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { MasterSuite, Message } from '../../protocol/suites/suite.ts';
import { decode, encode } from '../../protocol/wire/msgpack.ts';
import { joined, saltMaster } from '../../test/support/salt-pair.ts';
import { keys } from '../../test/vectors/salt-3008.ts';
import type { Command } from './command.ts';
import { createRpc, type RpcParts } from './server.ts';

const noSuite = { open: async () => ({ kind: 'answer', frame: encode('not native') }) } as unknown as MasterSuite;

/** A request port with a real salt suite, and what it noted. */
function port(commands: readonly Command[] = [], more: Partial<RpcParts> = {}) {
  const master = saltMaster();
  const [seen, logged]: [string[], string[]] = [[], []];
  const note = (text: string): void => void logged.push(text);
  const log = { debug: note, info: note, warn: note, error: note };
  const clear = async (load: Message): Promise<unknown> => (load['cmd'] === 'ping' ? load : {});
  const answer = createRpc({
    salt: master.suite,
    native: noSuite,
    commands,
    clear,
    seen: (id) => seen.push(id),
    clearMax: 4096,
    log,
    ...more,
  });
  const say = async (value: unknown): Promise<unknown> => decode(await answer(encode(value)));
  return { master, answer, say, seen, logged };
}

const echo: Command = { name: 'echo', run: (minion, load) => ({ minion, id: load['id'] ?? null }) };
const bad: Command = {
  name: 'bad',
  run: () => {
    throw new Error('out of order');
  },
};

describe('what is no request is answered as Salt answers it', () => {
  it('nothing, and what is no msgpack', async () => {
    const { answer } = port();
    for (const frame of [[], [0xc1], [0x81], [0x81, 0xa3, 0x65], [0xdb, 0xff, 0xff, 0xff, 0xff]]) {
      assert.deepEqual({ ...(decode(await answer(Uint8Array.from(frame))) as object) }, { error: 'Routing error' }, String(frame));
    }
  });

  it('values that are no envelope', async () => {
    const { say } = port();
    for (const value of [1, 'text', [], null, {}, { enc: 'clear' }, { load: {} }, { enc: 'pub', load: {} }, { enc: 5, load: {} }]) {
      assert.equal(await say(value), 'bad load', JSON.stringify(value));
    }
    assert.equal(await say({ enc: 'aes', load: 'x' }), 'bad load');
  });

  it('a clear load that is no map, and clear commands that are not known', async () => {
    const { say } = port();
    assert.equal(await say({ enc: 'clear', load: 'text', version: 3 }), 'payload and load must be a dict');
    for (const cmd of ['echo', '_return', '__proto__', 'constructor', 5, null]) {
      assert.deepEqual({ ...((await say({ enc: 'clear', load: { cmd } })) as object) }, {}, String(cmd));
    }
  });

  it('a clear frame larger than one who proved nothing may send', async () => {
    assert.equal(await port().say({ enc: 'clear', load: { cmd: 'ping', pad: 'x'.repeat(5000) } }), 'bad load');
  });
});

describe('requests of minions', () => {
  it('reach their command with the identity that was proved', async () => {
    const { master, answer, seen } = port([echo]);
    const session = await joined(master);
    const sealed = session.seal({ cmd: 'echo', id: keys.minionId });
    const got = sealed.open(await answer(sealed.frame)) as Message;
    assert.equal(got['minion'], keys.minionId);
    assert.deepEqual(seen, [keys.minionId]);
  });

  it('an unknown command is answered with an empty map, a failed one with an empty text and a line in the log', async () => {
    const { master, answer, logged } = port([bad]);
    const session = await joined(master);
    for (const [cmd, expected] of [
      ['_ext_nodes', {}],
      ['toString', {}],
      ['bad', ''],
    ] as const) {
      const sealed = session.seal({ cmd });
      const got = sealed.open(await answer(sealed.frame));
      assert.deepEqual(typeof got === 'object' ? { ...got } : got, expected, cmd);
    }
    assert.match(logged.join('\n'), /bad of .* failed: out of order/);
  });

  it('whoever does not say its id is not served more than files', async () => {
    const from = (commands: readonly Command[]) =>
      port(commands, {
        salt: {
          open: async () => ({
            kind: 'request',
            minion: '',
            load: { cmd: 'echo' },
            reply: (value: unknown) => encode(value),
            replyPrivate: (value: unknown) => encode(value),
          }),
        } as unknown as MasterSuite,
      });
    assert.deepEqual({ ...((await from([echo]).say({ enc: 'aes', load: 'x' })) as object) }, {});
    assert.equal(((await from([{ ...echo, anonymous: true }]).say({ enc: 'aes', load: 'x' })) as Message)['minion'], '');
  });
});

it('an exception on the way is answered, too', async () => {
  const failing = port([], {
    clear: async () => {
      throw new Error('broken');
    },
  });
  assert.equal(await failing.say({ enc: 'clear', load: { cmd: 'publish' } }), 'Some exception handling minion payload');
  assert.match(failing.logged.join('\n'), /broken/);
});

it('any bytes and any envelope get an answer, and an ordinary request is served after them', async () => {
  const { master, answer, say } = port([echo]);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      decode(await answer(bytes));
    }),
    { numRuns: 300 },
  );
  const field = fc.oneof(
    fc.constantFrom('clear', 'aes', 'native', '_auth', 'ping', 'publish', '__proto__'),
    fc.integer(),
    fc.constant(null),
  );
  const value = fc.oneof(
    field,
    fc.uint8Array({ maxLength: 64 }),
    fc.dictionary(fc.constantFrom('cmd', 'id', 'nonce', 'pub', 'token', 'tgt'), field),
  );
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.constantFrom('enc', 'load', 'version', 'id', 'sig_algo', 'enc_algo'), value), async (envelope) => {
      await say(envelope);
    }),
    { numRuns: 500 },
  );
  const session = await joined(master);
  const sealed = session.seal({ cmd: 'echo' });
  assert.equal((sealed.open(await answer(sealed.frame)) as Message)['minion'], keys.minionId);
});
