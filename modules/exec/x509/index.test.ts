import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { LoneMinion } from '../../../test/support/minion.ts';
import { certificateOf } from './certificate.ts';
import { decode, integer, integerOf, oid, oidOf } from './der.ts';
import { nameOf, rfc4514 } from './names.ts';

const openssl = (...words: readonly string[]): string =>
  execFileSync('openssl', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

test('numbers come back from their encoding as they went in', () => {
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: 2n ** 200n }), (value) => integerOf(decode(integer(value)).content) === value));
  for (const number of ['1.2.840.113549.1.1.11', '2.5.29.19', '2.999.3', '0.9.2342.19200300.100.1.1'])
    assert.equal(oidOf(decode(oid(number)).content), number);
});

test('a name keeps its commas, quotes and blanks through RFC 4514', () => {
  for (const text of ['CN=a\\, b,O=c', 'CN=\\ x\\ ,C=DE', 'CN=\\#1\\+2,OU=ö']) assert.equal(rfc4514(nameOf(text)), text);
});

test('bytes that are no certificate are refused, whatever they are', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assert.throws(() => certificateOf(bytes), { name: 'SaltInvocationError' });
    }),
  );
});

describe('x509 next to openssl', () => {
  const home = mkdtempSync(join(tmpdir(), 'tsalt-x509-'));
  const at = (name: string): string => join(home, name);
  let minion: LoneMinion;
  before(() => {
    const policies = {
      www: {
        signing_private_key: at('ca.key'),
        signing_cert: at('ca.crt'),
        minions: 'web*',
        days_valid: 5,
        keyUsage: 'critical, digitalSignature',
        O: 'Policy',
      },
    };
    minion = new LoneMinion({ x509_signing_policies: policies });
  });
  after(async () => {
    await minion[Symbol.asyncDispose]();
    rmSync(home, { recursive: true, force: true });
  });
  const call = (fun: string, args: readonly unknown[] = [], kwargs: Readonly<Record<string, unknown>> = {}): Promise<unknown> =>
    minion.call(`x509.${fun}`, args, kwargs);

  test('an authority is made, signs a certificate and revokes it, and openssl believes all of it', async () => {
    await call('create_private_key', [], { path: at('ca.key'), algo: 'ec' });
    await call('create_private_key', [], { path: at('my.key') });
    const authority = {
      CN: 'CA',
      basicConstraints: 'critical, CA:true',
      keyUsage: 'critical, keyCertSign, cRLSign',
      subjectKeyIdentifier: 'hash',
    };
    await call('create_certificate', [], { signing_private_key: at('ca.key'), path: at('ca.crt'), ...authority });
    const signing = { signing_private_key: at('ca.key'), signing_cert: at('ca.crt') };
    const names = { CN: 'www.example.org', subjectAltName: 'DNS:www.example.org, IP:10.0.0.1', authorityKeyIdentifier: 'keyid:always' };
    await call('create_certificate', [], { private_key: at('my.key'), ...signing, ...names, days_valid: 10, path: at('my.crt') });
    assert.match(openssl('verify', '-x509_strict', '-CAfile', at('ca.crt'), at('my.crt')), /: OK/);
    assert.match(openssl('x509', '-in', at('my.crt'), '-noout', '-checkhost', 'www.example.org'), /does match/);
    assert.equal(await call('verify_signature', [at('my.crt')], { signing_pub_key: at('ca.crt') }), true);
    assert.equal(
      await call('will_expire', [at('my.crt')], { days: 11 }).then((told) => (told as Record<string, unknown>)['will_expire']),
      true,
    );

    await call('create_crl', [], {
      ...signing,
      revoked: [{ certificate: at('my.crt'), extensions: { CRLReason: 'keyCompromise' } }],
      path: at('ca.crl'),
      extensions: { cRLNumber: 1 },
    });
    assert.match(openssl('crl', '-in', at('ca.crl'), '-noout', '-text'), /Key Compromise/);
    assert.equal(await call('verify_crl', [at('ca.crl'), at('ca.crt')]), true);
    assert.throws(
      () => openssl('verify', '-crl_check', '-CAfile', at('ca.crt'), '-CRLfile', at('ca.crl'), at('my.crt')),
      /certificate revoked/,
    );
  });

  test('a request carries its extensions into the certificate', async () => {
    await call('create_csr', [at('my.key')], { CN: 'asked', subjectAltName: 'DNS:asked.org', path: at('my.csr') });
    assert.match(openssl('req', '-in', at('my.csr'), '-noout', '-verify', '-text'), /DNS:asked.org/);
    const made = await call('create_certificate', [], {
      csr: at('my.csr'),
      CN: 'given',
      signing_private_key: at('ca.key'),
      signing_cert: at('ca.crt'),
    });
    const told = (await call('read_certificate', [made])) as Record<string, unknown>;
    assert.deepEqual(told['subject'], { CN: 'given' });
    assert.deepEqual((told['extensions'] as Record<string, unknown>)['subjectAltName'], { critical: false, value: ['DNS:asked.org'] });
  });

  test('PKCS #12 holds key, certificate and chain behind its password', async () => {
    await call('create_certificate', [], {
      private_key: at('my.key'),
      signing_private_key: at('ca.key'),
      signing_cert: at('ca.crt'),
      CN: 'bag',
      encoding: 'pkcs12',
      append_certs: [at('ca.crt')],
      pkcs12_passphrase: 'open sesame',
      pkcs12_friendlyname: 'my bag',
      path: at('my.p12'),
    });
    const inside = openssl('pkcs12', '-in', at('my.p12'), '-passin', 'pass:open sesame', '-nodes');
    assert.equal(inside.match(/BEGIN CERTIFICATE/g)?.length, 2);
    assert.match(inside, /friendlyName: my bag/);
    assert.match(inside, /BEGIN PRIVATE KEY/);
    assert.throws(() => openssl('pkcs12', '-in', at('my.p12'), '-passin', 'pass:wrong', '-nodes'));
  });

  test('a policy decides for whom a certificate is signed, and what is in it; its key stays', async () => {
    writeFileSync(at('my.pub'), String(await call('get_public_key', [at('my.key')])));
    const wishes = { CN: 'w', public_key: at('my.pub'), O: 'Mine', days_valid: 500 };
    const answer = (await call('sign_remote_certificate', ['www', wishes], { __pub_id: 'web1' })) as { data: Uint8Array; errors: string[] };
    assert.deepEqual(answer.errors, []);
    const told = (await call('read_certificate', [answer.data])) as Record<string, unknown>;
    assert.deepEqual(told['subject'], { CN: 'w', O: 'Policy' });
    assert.deepEqual(await call('will_expire', [answer.data], { days: 6 }), { check_days: 6, cn: 'w', will_expire: true });
    const refused = (await call('sign_remote_certificate', ['www', wishes], { __pub_id: 'db1' })) as { errors: string[] };
    assert.deepEqual(refused.errors, ['minion not permitted to use specified signing policy']);
    const shown = (await call('sign_remote_certificate', ['www', {}, true], { __pub_id: 'web1' })) as { data: Record<string, unknown> };
    assert.ok(!('signing_private_key' in shown.data) && 'signing_cert' in shown.data);
  });

  test('a private key is written for its owner alone, and a wrong password is told as such', async () => {
    await call('create_private_key', [], { path: at('secret.key'), passphrase: 'right', algo: 'ed25519' });
    assert.equal(execFileSync('stat', ['-c', '%a', at('secret.key')], { encoding: 'utf8' }).trim(), '600');
    assert.match(readFileSync(at('secret.key'), 'utf8'), /BEGIN ENCRYPTED PRIVATE KEY/);
    assert.equal(await call('get_private_key_size', [at('secret.key')], { passphrase: 'right' }), null);
    await assert.rejects(call('get_private_key_size', [at('secret.key')], { passphrase: 'wrong' }), /Bad decrypt/);
    await assert.rejects(call('get_private_key_size', [at('secret.key')]), /Please provide a password/);
  });
});
