import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { createBus } from '../../kernel/events/bus.ts';
import { TsaltError } from '../../protocol/errors.ts';
import { mailServer } from '../../test/support/smtp.ts';
import { Alerts } from './alerts.ts';
import { masked } from './channel.ts';
import { routineEnded } from './open.ts';
import { type Send, sendAlert, signatureOf } from './send.ts';
import { AlertStore } from './sqlite.ts';
import { lookAtMinions, watchKeys } from './watch.ts';

const HOUR = 3_600_000;
let dir: string;
let now: number;
let logged: string[];
let alerts: Alerts;
let heard: string[];
let deaf: boolean;
const bus = createBus((error) => assert.fail(String(error)));
const note = (text: string): void => void logged.push(text);

const listening: Send = async ({ name }, { subject, message }) => {
  if (deaf) throw new Error('no route');
  heard.push(`${name}: ${subject}: ${message}`);
};
const open = (send: Send = listening): Alerts =>
  new Alerts({
    id: 'cap_master',
    store: new AlertStore(join(dir, 'alerts.db'), note),
    send,
    bus,
    log: { debug: note, info: note, warn: note, error: note },
    now: () => now,
  });
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 30; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};
const tick = async (ms = 0): Promise<void> => {
  now += ms;
  alerts.tick();
  await settle();
};
const until = async (isTrue: () => boolean): Promise<void> => {
  for (const end = Date.now() + 10_000; !isTrue() && Date.now() < end; ) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(isTrue(), 'it never came true');
};
const hook = (name: string, more: Readonly<Record<string, unknown>> = {}): void =>
  void alerts.saveChannel({ name, kind: 'webhook', url: 'https://example.com/hook', repeat: 3600, ...more });
const problem = (id: string, message = `${id} is away`) =>
  ({ key: `minion/${id}`, kind: 'minion', subject: `The minion ${id} is away`, message }) as const;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tsalt-alerts-'));
  [now, logged, heard, deaf] = [Date.UTC(2026, 10, 27), [], [], false];
  alerts = open();
});
afterEach(async () => {
  await alerts[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

suite('a problem', () => {
  test('is told once, again while it lasts, and when it is over; flapping is not told more often', async () => {
    hook('chat');
    for (let turn = 0; turn < 3; turn += 1) {
      alerts.raise(problem('web1'));
      await tick(1000);
    }
    assert.deepEqual(heard, ['chat: The minion web1 is away: web1 is away']);
    await tick(HOUR);
    assert.equal(heard.length, 2);
    alerts.recover('minion/web1', 'web1 is back');
    await tick(1000);
    assert.equal(heard[2], 'chat: Over: The minion web1 is away: web1 is back');
    for (let turn = 0; turn < 5; turn += 1) {
      alerts.raise(problem('web1'));
      await tick(1000);
      alerts.recover('minion/web1', 'web1 is back');
      await tick(1000);
    }
    assert.equal(heard.length, 3);
    alerts.raise(problem('web1'));
    await tick(HOUR);
    assert.equal(heard.length, 4, 'but one that lasts is told in the end');
  });

  test('is told to the channels that want its kind, and listed also if nobody does', async () => {
    hook('chat', { on: ['routine'] });
    alerts.raise(problem('web1'));
    await tick();
    await tick(HOUR);
    assert.deepEqual(heard, []);
    const [row, ...others] = alerts.list(10);
    assert.deepEqual([row?.subject, row?.deliveries.length, others.length], ['The minion web1 is away', 0, 0]);
  });

  test('many at once are told in one message', async () => {
    hook('chat');
    for (let n = 0; n < 60; n += 1) alerts.raise(problem(`web${n}`));
    await tick();
    assert.equal(heard.length, 1);
    assert.match(heard[0] ?? '', /60 times minion: web0 is away\n[\s\S]*and 10 more/);
    for (let n = 0; n < 60; n += 1) alerts.recover(`minion/web${n}`, 'back');
    await tick();
    assert.match(heard[1] ?? '', /60 times minion is over/);
  });

  test('that is dropped is not told as over, and told at once when it comes again later', async () => {
    hook('chat', { repeat: 0 });
    alerts.raise(problem('web1'));
    await tick();
    alerts.drop('minion/web1');
    await tick(HOUR);
    alerts.raise(problem('web1'));
    await tick();
    assert.equal(heard.length, 2);
  });
});

suite('what cannot be handed over', () => {
  test('waits, in its order, longer and longer, also over a restart, and is given up after a day', async () => {
    hook('chat');
    deaf = true;
    alerts.raise(problem('web1'));
    await tick();
    alerts.raise(problem('web2'));
    await tick(1000);
    assert.equal(alerts.list(1)[0]?.deliveries[0]?.state, 'waiting');
    await alerts[Symbol.asyncDispose]();
    alerts = open();
    deaf = false;
    await tick(1000);
    assert.deepEqual(heard, [], 'not before its time');
    await tick(10_000);
    assert.deepEqual(heard, ['chat: The minion web1 is away: web1 is away', 'chat: The minion web2 is away: web2 is away']);
    deaf = true;
    alerts.raise(problem('web3'));
    for (let turn = 0; turn < 150; turn += 1) await tick(900_000);
    const rows = alerts.list(1000).filter(({ subject }) => subject.includes('web3'));
    assert.equal(rows.at(-1)?.deliveries[0]?.state, 'failed');
    assert.match(rows.at(-1)?.deliveries[0]?.problem ?? '', /no route/);
  });
});

suite('a channel', () => {
  const refused = (named: RegExp) => (error: unknown) =>
    error instanceof TsaltError && error.code === 'bad-channel' && named.test(error.message);
  const mail = { name: 'ops', kind: 'mail', host: 'mail.example.com', from: 'tsalt@example.com', to: ['ops@example.com'] };

  test('that makes no sense is refused, naming the field, and no secret in it', () => {
    for (const [fields, named] of [
      [{ name: 'a b', kind: 'webhook', url: 'https://x.example' }, /^name/],
      [{ name: 'x', kind: 'chat' }, /^kind/],
      [{ name: 'x', kind: 'webhook', url: 'file:///etc/passwd' }, /^url/],
      [{ name: 'x', kind: 'webhook', url: 'gopher://x.example' }, /^url/],
      [{ name: 'x', kind: 'webhook', url: 'https://u:p@x.example/' }, /^url/],
      [{ name: 'x', kind: 'webhook', url: 'https://x.example', on: ['all'] }, /^on/],
      [{ ...mail, to: ['ops@example.com\r\nBcc: all@example.com'] }, /^to/],
      [{ ...mail, from: 'nobody' }, /^from/],
      [{ ...mail, to: [] }, /^to/],
      [{ ...mail, host: 'mail example' }, /^host/],
      [{ ...mail, security: 'none', password: 'hunter2' }, /^security/],
      [{ ...mail, port: 70000 }, /^port/],
    ] as const)
      assert.throws(() => alerts.saveChannel(fields), refused(named), JSON.stringify(fields));
  });

  test('shows its secrets as stars, which stand for them when they come back', () => {
    alerts.saveChannel({ ...mail, user: 'tsalt', password: 'hunter2' });
    const [channel] = alerts.channels();
    assert.ok(channel);
    assert.equal(JSON.stringify(masked(channel)).includes('hunter2'), false);
    const saved = alerts.saveChannel({ ...masked(channel), to: ['a@example.com', 'b@example.com'] });
    assert.equal(saved.kind === 'mail' && saved.password, 'hunter2');
    assert.equal(saved.kind === 'mail' && saved.to.length, 2);
    hook('chat', { url: 'https://chat.example.com/services/T0/hunter2' });
    const chat = alerts.channels().find(({ name }) => name === 'chat');
    assert.ok(chat);
    assert.equal(masked(chat)['url'], 'https://chat.example.com/**********');
    const again = alerts.saveChannel({ ...masked(chat), repeat: 60 });
    assert.equal(again.kind === 'webhook' && again.url, 'https://chat.example.com/services/T0/hunter2');
    alerts.deleteChannel('ops');
    assert.throws(() => alerts.deleteChannel('ops'), /there is no alert channel/);
  });
});

suite('a webhook', () => {
  test('is posted JSON that is signed, and not followed elsewhere; what it refuses is tried again', async () => {
    const got: { headers: Record<string, unknown>; body: string }[] = [];
    const answers = [302, 503, 200];
    const server = createHttp((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        got.push({ headers: request.headers, body });
        const status = answers.shift() ?? 200;
        response.writeHead(status, status === 302 ? { location: 'http://127.0.0.1:1/' } : {}).end('x'.repeat(100_000));
      });
    });
    await listen(server);
    await alerts[Symbol.asyncDispose]();
    alerts = open(sendAlert);
    hook('chat', { url: `http://127.0.0.1:${portOf(server)}/hook`, secret: 'top secret' });
    alerts.raise(problem('web1'));
    for (let tries = 1; tries <= 3; tries += 1) {
      await tick(20_000);
      await until(() => alerts.list(1)[0]?.deliveries[0]?.tries === tries);
    }
    assert.equal(alerts.list(1)[0]?.deliveries[0]?.state, 'sent');
    const last = got.at(-1);
    assert.equal(last?.headers['x-tsalt-signature-256'], signatureOf(last?.body ?? '', 'top secret'));
    const { id, master, kind, state, subject } = JSON.parse(last?.body ?? '') as Record<string, unknown>;
    assert.deepEqual([id, master, kind, state, subject], [1, 'cap_master', 'minion', 'problem', 'The minion web1 is away']);
    assert.equal(logged.join('\n').includes('top secret'), false);
    await alerts.test('chat');
    server.close();
    await assert.rejects(alerts.test('chat'), /the channel chat did not take it: .*ECONNREFUSED/);
  });
});

suite('a mail', () => {
  test('reaches a mail server, with the receivers and no line of ours as a header', async () => {
    await using server = await mailServer();
    const { lines, port } = server;
    await alerts[Symbol.asyncDispose]();
    alerts = open(sendAlert);
    alerts.saveChannel({
      name: 'ops',
      kind: 'mail',
      host: '127.0.0.1',
      port,
      security: 'none',
      from: 'tsalt@example.com',
      to: ['a@example.com', 'b@example.com'],
    });
    alerts.raise({ ...problem('web1'), subject: 'away\r\nBcc: evil@example.com' });
    await tick();
    await until(() => alerts.list(1)[0]?.deliveries[0]?.state === 'sent');
    assert.deepEqual(
      lines.filter((line) => line.startsWith('RCPT')),
      ['RCPT TO:<a@example.com>', 'RCPT TO:<b@example.com>'],
    );
    assert.ok(lines.includes('Subject: [cap_master] away Bcc: evil@example.com'));
    assert.ok(lines.some((line) => line.includes('web1 is away')));
  });
});

suite('what is watched', () => {
  test('minions that are away for long enough, and come back; one that is deleted is forgotten', () => {
    const told: string[] = [];
    const ids = ['a', 'b'];
    let a: object = { state: 'offline', since: new Date(now) };
    const desk = {
      raise: ({ key }: { key: string }) => told.push(key),
      recover: (key: string) => told.push(`over ${key}`),
      drop: (key: string) => told.push(`drop ${key}`),
      has: () => false,
    };
    const presence = { of: (id: string) => (id === 'a' ? a : { state: 'unknown', seen: new Date(0) }) };
    const look = lookAtMinions({ alerts: desk, fleet: { ids: () => ids, presence } as never, bus, downAfter: () => 300, now: () => now });
    look();
    now += 300_000;
    look();
    assert.deepEqual(told, ['minion/a']);
    a = { state: 'online', seen: new Date(now) };
    look();
    a = { state: 'offline', since: new Date(now - 300_000) };
    look();
    ids.shift();
    look();
    assert.deepEqual(told, ['minion/a', 'over minion/a', 'minion/a', 'drop minion/a']);
  });

  test('keys that wait, until they are decided on', async () => {
    hook('chat');
    const stop = watchKeys({ alerts, bus });
    for (let turn = 0; turn < 3; turn += 1) bus.fire('salt/auth', { id: 'new1', act: 'pend', result: true });
    await tick();
    bus.fire('salt/key', { id: 'new1', act: 'accept', result: true });
    await tick();
    stop();
    assert.equal(heard.length, 1);
    assert.match(heard[0] ?? '', /tsalt-key -a new1/);
    assert.equal(alerts.has('key/new1'), false);
  });

  test('routines that fail, and run well again', async () => {
    hook('chat');
    const ended = routineEnded(alerts);
    const routine = { name: 'backup', alerts: true } as Parameters<typeof ended>[0];
    const run = { slot: now, jid: '20261127000000000000' } as Parameters<typeof ended>[1];
    ended(routine, run, { outcome: 'partly', reason: 'db1: disk full' });
    await tick();
    ended(routine, run, { outcome: 'ok', reason: null });
    await tick();
    ended({ ...routine, alerts: false }, run, { outcome: 'failed', reason: 'x' });
    await tick(HOUR);
    assert.equal(heard.length, 2);
    assert.match(heard[0] ?? '', /The routine backup: partly: [\s\S]*db1: disk full/);
  });
});

const listen = async (server: Server): Promise<void> => await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
const portOf = (server: Server): number => (server.address() as AddressInfo).port;
