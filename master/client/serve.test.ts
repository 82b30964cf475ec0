import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, it } from 'node:test';
import { createBus } from '../../kernel/events/bus.ts';
import { TsaltError } from '../../protocol/errors.ts';
import { nobody } from '../../test/support/nobody.ts';
import { issueUserKeys } from '../access/local-users.ts';
import { connect } from './connect.ts';
import type { MasterClient, RunEvent } from './contract.ts';
import { SOCKET_NAME } from './framing.ts';
import { type OperationParts, operations } from './operations.ts';
import { serveClients } from './serve.ts';

let dir: string;
let door: AsyncDisposable;
let logged: string[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tsalt-door-'));
  logged = [];
});
afterEach(async () => {
  await door[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

const bus = createBus((error) => logged.push(String(error)));
const nothing = async function* <T>(): AsyncIterable<T> {};

async function client(parts: Partial<OperationParts> = {}): Promise<MasterClient> {
  const note = (text: string): void => void logged.push(text);
  const all = { run: () => nothing<RunEvent>(), preview: () => [], runner: () => nothing<never>(), wheel: async () => null, bus, ...parts };
  const log = { debug: note, info: note, warn: note, error: note };
  const userOf = issueUserKeys({ cachedir: dir, user: 'root', publisher_acl: {}, publisher_acl_blacklist: {}, sudo_acl: false }, log);
  door = await serveClients({ sockDir: dir, operations: operations(all, nobody), userOf, open: false, log });
  return await connect({ sockDir: dir, cachedir: dir, user: 'root' });
}

const until = async (true_: () => boolean): Promise<void> => {
  for (const end = Date.now() + 5000; !true_() && Date.now() < end; ) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(true_(), 'it never came true');
};
const code = (wanted: string) => (error: unknown) => error instanceof TsaltError && error.code === wanted;
const take = async <T>(iterable: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const one of iterable) all.push(one);
  return all;
};
const ping = { target: { kind: 'glob', expression: '*' }, fun: 'test.ping', args: [] };

it('only the owner may use the socket and read the key', async () => {
  await using _client = await client();
  assert.equal(statSync(join(dir, SOCKET_NAME)).mode & 0o777, 0o600);
  assert.equal(statSync(join(dir, '.root_key')).mode & 0o777, 0o600);
  assert.match(readFileSync(join(dir, '.root_key'), 'utf8'), /^[A-Za-z0-9+/]{76}$/);
});

it('a wrong key, or none, is turned away before anything is done', async () => {
  let ran = 0;
  await using good = await client({
    wheel: async () => {
      ran += 1;
      return null;
    },
  });
  await good.wheel('key.list_all', {});
  writeFileSync(join(dir, '.root_key'), 'x'.repeat(76));
  await using bad = await connect({ sockDir: dir, cachedir: dir, user: 'root' });
  await assert.rejects(bad.wheel('key.accept', {}), code('master-unreachable'));
  assert.equal(ran, 1);
  assert.match(logged.join('\n'), /wrong key/);
  const mute = createConnection(join(dir, SOCKET_NAME));
  mute.write(Buffer.from([0, 0, 0, 1, 0xc1]));
  await new Promise((resolve) => mute.once('close', resolve));
});

it('without a key file, or without a master, the error says what to look at', async () => {
  await using _client = await client();
  await assert.rejects(connect({ sockDir: dir, cachedir: '/nonexistent', user: 'root' }), /is the master running/);
  await assert.rejects(connect({ sockDir: '/nonexistent', cachedir: dir, user: 'root' }), code('master-unreachable'));
});

it('events of a run arrive as they come, calls of one connection side by side', async () => {
  let go = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const run: OperationParts['run'] = async function* (request) {
    yield { kind: 'published', jid: '1', minions: ['a'] };
    if (request.fun === 'test.sleep') await gate;
    yield { kind: 'return', jid: '1', minion: 'a', value: request.fun, retcode: 0, success: true };
  };
  await using door_ = await client({ run });
  const slow = take(door_.run({ ...ping, fun: 'test.sleep' }));
  assert.equal((await take(door_.run(ping))).length, 2);
  go();
  assert.equal((await slow).length, 2);
});

it('what the master refuses comes back as the same error', async () => {
  await using door_ = await client({
    wheel: async () => {
      throw new TsaltError('unknown-function', 'there is no wheel function x');
    },
    preview: () => {
      throw new TypeError('a bug');
    },
  });
  await assert.rejects(door_.wheel('x', {}), code('unknown-function'));
  await assert.rejects(door_.preview(ping.target), code('internal'));
  assert.match(logged.join('\n'), /a bug/);
});

it('malformed requests are refused, field by field', async () => {
  await using door_ = await client();
  const odd = [
    { ...ping, fun: 5 },
    { ...ping, args: 'x' },
    { ...ping, target: 'x' },
    { ...ping, target: { kind: 'glob', expression: 5 } },
    { ...ping, timeout: 'soon' },
    { ...ping, metadata: [] },
    { ...ping, batch: {} },
  ];
  for (const request of odd) await assert.rejects(take(door_.run(request as never)), code('bad-request'), JSON.stringify(request));
});

it('a caller that breaks off, or vanishes, ends its call at the master', async () => {
  let ended = 0;
  const run: OperationParts['run'] = async function* () {
    try {
      for (;;) {
        yield { kind: 'published', jid: '1', minions: [] };
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      ended += 1;
    }
  };
  const first = await client({ run });
  for await (const _event of first.run(ping)) break;
  await until(() => ended === 1);
  const second = first.run(ping)[Symbol.asyncIterator]();
  await second.next();
  await first[Symbol.asyncDispose]();
  await until(() => ended === 2);
});

it('a listener gets the events whose tag fits, and loses its subscription with its connection', async () => {
  await using door_ = await client();
  const events = door_.events('salt/job/*/new')[Symbol.asyncIterator]();
  const first = events.next();
  const firing = setInterval(() => {
    bus.fire('salt/key', { id: 'x' });
    bus.fire('salt/job/1/new', { jid: '1' });
  }, 5);
  const { value } = await first;
  clearInterval(firing);
  assert.equal((value as { tag: string }).tag, 'salt/job/1/new');
});

it('a listener that takes nothing is cut off before it fills the memory', async () => {
  const [made] = [
    operations({ run: () => nothing<RunEvent>(), preview: () => [], runner: () => nothing<never>(), wheel: async () => null, bus }, nobody),
  ];
  door = { [Symbol.asyncDispose]: async () => undefined };
  const queue = made['events']?.(Object.assign(Object.create(null), { tag: '*' }), 'root');
  assert.ok(queue !== undefined);
  for (let i = 0; i < 10_500; i += 1) bus.fire('x', { i });
  let taken = 0;
  await assert.rejects(async () => {
    for await (const _event of queue) taken += 1;
  }, code('too-slow'));
  assert.equal(taken, 10_000);
});

it('a caller that does not read holds up its own call, not the memory of the master', async () => {
  let made = 0;
  const run: OperationParts['run'] = async function* () {
    for (let i = 0; i < 2000; i += 1) {
      made += 1;
      yield { kind: 'output', minion: 'a', stream: 'stdout', text: 'x'.repeat(100_000) };
    }
  };
  await using door_ = await client({ run });
  await door_.wheel('x', {});
  const key = readFileSync(join(dir, '.root_key'), 'utf8');
  const { encode } = await import('../../protocol/wire/msgpack.ts');
  const socket = createConnection(join(dir, SOCKET_NAME));
  for (const message of [
    { hello: 1, user: 'root', key },
    { id: 1, op: 'run', request: ping },
  ]) {
    const body = encode(message);
    const head = Buffer.alloc(4);
    head.writeUInt32BE(body.length);
    socket.write(Buffer.concat([head, body]));
  }
  await until(() => made > 0);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const before = made;
  assert.ok(before < 200, `${before} pieces of 100 kB were made for one who reads nothing`);
  socket.resume();
  await until(() => made === 2000);
  socket.destroy();
});
