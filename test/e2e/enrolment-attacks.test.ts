import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { newIdentity } from '../../protocol/suites/native/identity.ts';
import { createNativeMinionSuite } from '../../protocol/suites/native/minion.ts';
import { newKeyPair } from '../../protocol/suites/salt/keys.ts';
import type { Requester } from '../../protocol/transports/transport.ts';
import { zeromq } from '../../protocol/transports/zeromq.ts';
import { encode } from '../../protocol/wire/msgpack.ts';
import { House } from '../support/house.ts';
import { until } from '../support/process.ts';

const PENDING_MAX = 20;

suite('somebody misuses enrolment', () => {
  let house: House;
  let wire: Requester;
  let goodPem: string;
  before(async () => {
    house = await House.open('tsalt', { auto_accept: false, pending_keys_max: PENDING_MAX });
    await house.startMaster();
    wire = zeromq.requester({ address: `tcp://127.0.0.1:${house.ports.request}` });
    goodPem = (await newKeyPair()).publicPem;
    house.addMinion('tsalt', 'honest');
    await until('the honest key waits', async () => (await keys()).minions_pre.includes('honest'));
    await house.tool('key', ['-y', '-a', 'honest']);
    await house.answering('honest');
    known = await keys();
  });
  after(async () => {
    await wire[Symbol.asyncDispose]();
    await house[Symbol.asyncDispose]();
  });

  type Keys = {
    readonly minions: string[];
    readonly minions_pre: string[];
    readonly minions_denied: string[];
    readonly minions_rejected: string[];
  };
  let known: Keys;
  const keys = async (): Promise<Keys> => JSON.parse((await house.tool('key', ['-L', '--out=json'])).stdout) as Keys;
  const ordinary = async (): Promise<void> => assert.deepEqual(await house.results('*', 'test.ping'), { honest: true });
  const introduce = async (load: Readonly<Record<string, unknown>>): Promise<Uint8Array> => {
    const whole = { cmd: '_auth', nonce: '0'.repeat(32), enc_algo: 'OAEP-SHA1', sig_algo: 'PKCS1v15-SHA1', pub: goodPem, ...load };
    return await wire.request(encode({ enc: 'clear', version: 3, load: whole }), { timeoutMs: 10_000 });
  };

  test('ids that are none touch no disk and no list', async () => {
    const hostile = [
      '../evil',
      '../../evil',
      'a/b',
      'a\\b',
      '',
      '.',
      '..',
      '.hidden',
      'a\0b',
      'x'.repeat(300),
      '-rf',
      'a b',
      'a\nb',
      '\ud83d\ude00',
    ];
    for (const id of [...hostile, null, 7, true, ['a'], { a: 1 }, Buffer.from([0xff, 0xfe])]) {
      assert.ok((await introduce({ id })).length > 0, JSON.stringify(id));
    }
    assert.deepEqual(await keys(), known);
    for (const place of [house.home, join(house.etc, 'root'), join(house.etc, 'root/pki')])
      assert.equal(existsSync(join(place, 'evil')), false);
    await ordinary();
  });

  test('an id that is a word of JavaScript is an id like any other', async () => {
    for (const id of ['__proto__', 'constructor', 'toString']) await introduce({ id });
    assert.deepEqual((await keys()).minions_pre.sort(), ['__proto__', 'constructor', 'toString']);
    await ordinary();
    await house.tool('key', ['-y', '-d', '__proto__,constructor,toString']);
    assert.deepEqual(await keys(), known);
  });

  test('weak keys, keys of other kinds and what is no key are not stored', async () => {
    const pem = (key: { export(options: { type: 'spki'; format: 'pem' }): string | Buffer }): string =>
      key.export({ type: 'spki', format: 'pem' }).toString().trim();
    const offered: readonly unknown[] = [
      pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey),
      pem(generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).publicKey),
      pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey),
      pem(generateKeyPairSync('ed25519').publicKey),
      generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
      goodPem.slice(0, 200),
      `${goodPem}\n${'x'.repeat(500_000)}`,
      '-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----',
      'no key',
      '',
      ...[null, 7, [], {}, Buffer.alloc(100)],
    ];
    for (const [number, pub] of offered.entries()) {
      const answer = await introduce({ id: `weak${number}`, pub });
      assert.ok(answer.length > 0);
    }
    assert.deepEqual(await keys(), known);
    await ordinary();
  });

  test('another key for an accepted id does not replace it', async () => {
    await introduce({ id: 'honest' });
    await native('honest');
    const now = await keys();
    assert.deepEqual([now.minions, now.minions_denied], [['honest'], ['honest']]);
    await ordinary();
    assert.match((await house.tool('key', ['-y', '-d', 'honest'])).stdout, /honest/);
    await until('the honest minion asks again', async () => (await keys()).minions_pre.includes('honest'), 60);
    await house.tool('key', ['-y', '-a', 'honest']);
    await house.answering('honest');
  });

  test('a flood of keys stays within the bound, and drops no accepted one', async () => {
    for (let i = 0; i < 3 * PENDING_MAX; i += 1) await introduce({ id: `flood-salt-${i}` });
    for (let i = 0; i < 2 * PENDING_MAX; i += 1) await native(`flood-native-${i}`);
    const now = await keys();
    assert.equal(now.minions_pre.length, PENDING_MAX);
    assert.deepEqual(now.minions, ['honest']);
    assert.equal(readdirSync(join(house.etc, 'root/pki/minions_pre')).length, PENDING_MAX);
    await ordinary();
  });

  const native = async (id: string): Promise<void> => {
    const minion = createNativeMinionSuite({ id, identity: newIdentity() });
    const admission = await minion.join((frame) => wire.request(frame, { timeoutMs: 10_000 }));
    assert.notEqual(admission.verdict, 'accepted');
  };
});
