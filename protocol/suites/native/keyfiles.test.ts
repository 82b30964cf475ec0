import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { privateKeyObject } from './curves.ts';
import { rawOf } from './identity.ts';
import { BadKeyFile, loadOrCreateIdentity, pinMaster, readPinnedMaster } from './keyfiles.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tsalt-identity-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const file = (name: string): string => join(directory, 'pki', name);
const pki = (): string => join(directory, 'pki');

describe('identity files', () => {
  it('are made once, private to their owner, and read again', async () => {
    const made = await loadOrCreateIdentity(pki(), 'minion');
    assert.deepEqual((await readdir(pki())).sort(), ['minion_ed25519.pem', 'minion_ed25519.pub']);
    assert.equal((await stat(pki())).mode & 0o777, 0o700);
    assert.equal((await stat(file('minion_ed25519.pem'))).mode & 0o777, 0o400);
    assert.equal((await readFile(file('minion_ed25519.pub'), 'utf8')).trim(), made.publicKey);
    assert.match(await readFile(file('minion_ed25519.pem'), 'utf8'), /^-----BEGIN PRIVATE KEY-----/);
    const again = await loadOrCreateIdentity(pki(), 'minion');
    assert.equal(again.publicKey, made.publicKey);
    assert.deepEqual(Buffer.from(again.seed), Buffer.from(made.seed));
  });

  it('hold the key pair as node:crypto understands it', async () => {
    const { seed, raw, publicKey } = await loadOrCreateIdentity(pki(), 'master');
    assert.deepEqual(rawOf(publicKey), Buffer.from(raw));
    assert.equal(
      crypto
        .createPublicKey(privateKeyObject('ed25519', seed, raw))
        .export({ format: 'pem', type: 'spki' })
        .toString()
        .trim(),
      publicKey,
    );
  });

  it('are the same for processes that start at the same time', async () => {
    const identities = await Promise.all(Array.from({ length: 8 }, () => loadOrCreateIdentity(pki(), 'minion')));
    assert.equal(new Set(identities.map(({ publicKey }) => publicKey)).size, 1);
    assert.equal((await readdir(pki())).length, 2);
  });

  it('have their public half restored when it is missing or wrong', async () => {
    const { publicKey } = await loadOrCreateIdentity(pki(), 'minion');
    await rm(file('minion_ed25519.pub'));
    await loadOrCreateIdentity(pki(), 'minion');
    assert.equal((await readFile(file('minion_ed25519.pub'), 'utf8')).trim(), publicKey);
    await rm(file('minion_ed25519.pub'));
    await writeFile(file('minion_ed25519.pub'), 'something else');
    await loadOrCreateIdentity(pki(), 'minion');
    assert.equal((await readFile(file('minion_ed25519.pub'), 'utf8')).trim(), publicKey);
  });

  it('that hold another kind of key, or none, are refused by name and left alone', async () => {
    await loadOrCreateIdentity(pki(), 'minion');
    const rsa = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'pem', type: 'pkcs1' }).toString();
    for (const content of [rsa, '', 'garbage']) {
      await rm(file('minion_ed25519.pem'));
      await writeFile(file('minion_ed25519.pem'), content);
      await assert.rejects(
        loadOrCreateIdentity(pki(), 'minion'),
        (error) => error instanceof BadKeyFile && error.message.includes('minion_ed25519.pem'),
      );
      assert.equal(await readFile(file('minion_ed25519.pem'), 'utf8'), content);
    }
  });
});

describe('the pinned master', () => {
  it('is nobody before the first contact, and does not change after it', async () => {
    const { publicKey } = await loadOrCreateIdentity(pki(), 'master');
    const other = await loadOrCreateIdentity(join(directory, 'other'), 'master');
    assert.equal(await readPinnedMaster(pki()), undefined);
    await pinMaster(pki(), publicKey);
    await pinMaster(pki(), other.publicKey);
    assert.equal(await readPinnedMaster(pki()), publicKey);
  });

  it('is an error, not a first contact, when its file is damaged', async () => {
    await loadOrCreateIdentity(pki(), 'minion');
    await writeFile(file('minion_master_ed25519.pub'), '');
    await assert.rejects(readPinnedMaster(pki()), BadKeyFile);
  });
});
