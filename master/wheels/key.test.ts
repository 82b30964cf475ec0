import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { TsaltError } from '../../protocol/errors.ts';
import { cleanPem, fingerprint, newKeyPair } from '../../protocol/suites/salt/keys.ts';
import { type KeyStore, openKeyStore } from '../keys/store.ts';
import { keyWheel, type WheelFunction } from './key.ts';

describe('wheel key.*', () => {
  let dir = '';
  let keys: KeyStore;
  let wheel: Readonly<Record<string, WheelFunction>>;
  let pem = '';
  const call = async (fun: string, kwargs: Readonly<Record<string, unknown>> = {}): Promise<unknown> =>
    JSON.parse(JSON.stringify(await wheel[fun]?.(kwargs)));

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'tsalt-wheel-'));
    pem = (await newKeyPair()).publicPem;
    keys = await openKeyStore({ pkiDir: dir, emit: () => {}, warn: () => {} });
    const joinFinger = (): string => 'ab:cd';
    wheel = keyWheel({ keys, pkiDir: dir, hashType: 'sha256', masterId: 'cap', joinAddress: 'salt.example.com', joinFinger });
    for (const id of ['web1', 'web2']) await keys.judge({ id, publicKey: pem, suite: 'salt' });
  });
  after(async () => {
    await keys[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true, force: true });
  });

  it('lists keys by status with the beginnings of words Salt knows', async () => {
    assert.deepEqual(await call('key.list_all'), {
      minions_pre: ['web1', 'web2'],
      minions_rejected: [],
      minions: [],
      minions_denied: [],
      local: [],
    });
    for (const word of ['pre', 'un', 'unaccepted'])
      assert.deepEqual(await call('key.list', { match: word }), { minions_pre: ['web1', 'web2'] });
    assert.deepEqual(await call('key.list', { match: 'accepted' }), { minions: [] });
    assert.deepEqual(await call('key.list', { match: 'rubbish' }), {});
  });

  it('accepts, rejects and deletes with the results of Salt', async () => {
    assert.deepEqual(await call('key.accept', { match: 'web1' }), { minions: ['web1'] });
    assert.deepEqual(await call('key.accept_dict', { match: [{ minions_pre: ['web2'] }] }), { minions: ['web2'] });
    assert.deepEqual(await call('key.reject', { match: 'web2', include_accepted: true }), { minions_rejected: ['web2'] });
    assert.deepEqual(await call('key.accept', { match: 'web2' }), { minions_rejected: ['web2'] });
    assert.deepEqual(await call('key.delete_dict', { match: { minions_rejected: ['web2'], minions_pre: ['web1'] } }), {
      minions: ['web1'],
    });
    assert.deepEqual(await call('key.glob_match', { match: 'web*,db*' }), { minions: ['web1'] });
  });

  it('prints keys and their fingerprints', async () => {
    assert.deepEqual(await call('key.print', { match: '*' }), { minions: { web1: pem } });
    assert.deepEqual(await call('key.finger', { match: 'web1' }), { minions: { web1: fingerprint(pem) } });
    assert.deepEqual(await call('key.finger', { match: 'web1', hash_type: 'md5' }), { minions: { web1: fingerprint(pem, 'md5') } });
  });

  it('says what to do when there is no master key yet, and prints it when there is', async () => {
    await assert.rejects(call('key.finger_master'), (error) => error instanceof TsaltError && error.code === 'no-master-key');
    writeFileSync(join(dir, 'master.pub'), `${pem}\n`);
    assert.deepEqual(await call('key.finger_master'), { local: { 'master.pub': fingerprint(pem) } });
    assert.deepEqual(await call('key.master_key_str'), { local: { 'cap.pub': pem } });
    assert.deepEqual(await call('key.finger_all'), { local: { 'master.pub': fingerprint(pem) }, minions: { web1: fingerprint(pem) } });
  });

  it('makes pairs, and accepts the public half only of an id without a key', async () => {
    const pair = (await call('key.gen', { keysize: 1024 })) as { priv: string; pub: string };
    assert.match(pair.priv, /^-----BEGIN RSA PRIVATE KEY-----/);
    assert.equal(createPublicKey(pair.pub).asymmetricKeyDetails?.modulusLength, 2048);
    assert.equal(cleanPem(createPublicKey(createPrivateKey(pair.priv)).export({ type: 'spki', format: 'pem' }).toString()), pair.pub);
    const made = (await call('key.gen_accept', { id_: 'new1' })) as { pub: string };
    assert.equal(keys.accepted('new1'), made.pub);
    assert.deepEqual(await call('key.gen_accept', { id_: 'new1' }), {});
    await assert.rejects(call('key.gen_accept', { id_: '../x' }), (error) => error instanceof TsaltError && error.code === 'bad-minion-id');
  });

  it('gives a token with the line to paste, which lets one minion in', async () => {
    const { token, line } = (await call('key.token', { for: 'db*', ttl: 60 })) as { token: string; line: string };
    assert.equal(line, `tsalt-minion --join salt.example.com --token ${token} --finger ab:cd`);
    assert.equal(await keys.judge({ id: 'db1', publicKey: pem, suite: 'salt', token }), 'accepted');
  });

  it('names the argument that is wrong', async () => {
    for (const [fun, kwargs, named] of [
      ['key.accept', {}, /key\.accept: match/],
      ['key.accept', { match: 'x', include_denied: 'yes' }, /include_denied/],
      ['key.delete_dict', { match: { elsewhere: ['x'] } }, /key\.delete_dict: match/],
      ['key.token', { ttl: -1 }, /ttl/],
    ] as const)
      await assert.rejects(call(fun, kwargs), (error) => error instanceof TsaltError && named.test(error.message), fun);
  });
});
