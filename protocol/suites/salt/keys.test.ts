import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { keys } from '../../../test/vectors/salt-3008.ts';
import {
  cleanPem,
  fingerprint,
  loadOrCreateKeyPair,
  newKeyPair,
  privateKeyOf,
  publicPemOf,
  storedTextFingerprint,
  writeKeyPair,
} from './keys.ts';
import { rsaPublicKey } from './rsa.ts';

async function directory(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'tsalt-keys-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return join(path, 'pki');
}

const mode = async (file: string): Promise<number> => (await stat(file)).mode & 0o777;

test('a new pair has the forms of Salt: PKCS#1 private, SPKI public, 2048 bits, exponent 65537', async () => {
  const pair = await newKeyPair();
  assert.match(pair.privatePem, /^-----BEGIN RSA PRIVATE KEY-----\n/);
  assert.match(pair.publicPem, /^-----BEGIN PUBLIC KEY-----\n.*-----END PUBLIC KEY-----$/s);
  assert.deepStrictEqual(rsaPublicKey(pair.publicPem).asymmetricKeyDetails, { modulusLength: 2048, publicExponent: 65537n });
  assert.equal(publicPemOf(privateKeyOf(pair.privatePem)), pair.publicPem);
});

test('the fingerprint is the one that key.finger and master_finger use', () => {
  const expected = '09:6c:7d:84:9e:49:c4:36:40:ce:c4:2b:b0:2f:f1:e8:6c:86:e9:7e:ba:cd:87:dc:3f:fc:c8:5c:51:7f:70:52';
  for (const pem of [keys.minionPublic, `${keys.minionPublic}\n`, `\n${keys.minionPublic.replaceAll('\n', '\r\n')}\r\n\r\n`])
    assert.equal(fingerprint(pem), expected);
  assert.equal(fingerprint(keys.minionPublic, 'md5').length, 47);
  assert.throws(() => fingerprint(keys.minionPublic, 'sha257'), { code: 'bad-hash-type', message: /sha257/ });
});

test('the fingerprint that salt-key 3008 prints is that of the text as stored', () => {
  const printed = '4d:2c:ec:8f:54:1a:02:8d:bc:66:e9:7e:d7:44:bc:dc:a8:bd:ab:cd:50:97:5c:12:e8:4c:ca:c6:de:cf:68:19';
  assert.equal(storedTextFingerprint(keys.minionPublic), printed);
});

test('a pair is created once, in modes that keep the private half private, and read ever after', async (t) => {
  const pki = await directory(t);
  const made = await loadOrCreateKeyPair(pki, 'minion');
  assert.deepStrictEqual((await readdir(pki)).sort(), ['minion.pem', 'minion.pub']);
  assert.deepStrictEqual(
    [await mode(pki), await mode(join(pki, 'minion.pem')), await mode(join(pki, 'minion.pub'))],
    [0o700, 0o400, 0o644],
  );
  assert.equal(await readFile(join(pki, 'minion.pub'), 'utf8'), `${made.publicPem}\n`);
  assert.deepStrictEqual(await loadOrCreateKeyPair(pki, 'minion'), made);
});

test('a pair made by Salt is taken over as it is', async (t) => {
  const pki = await directory(t);
  await writeKeyPair(pki, 'master', { privatePem: keys.masterPrivate, publicPem: keys.masterPublic });
  const taken = await loadOrCreateKeyPair(pki, 'master');
  assert.equal(taken.publicPem, cleanPem(keys.masterPublic));
});

test('a private key that cannot be read is an error that names the file, and is not overwritten', async (t) => {
  const pki = await directory(t);
  await writeKeyPair(pki, 'minion', { privatePem: 'junk', publicPem: 'junk' });
  await assert.rejects(loadOrCreateKeyPair(pki, 'minion'), { code: 'bad-key', message: /minion\.pem/ });
  assert.equal(await readFile(join(pki, 'minion.pem'), 'utf8'), 'junk');
});
