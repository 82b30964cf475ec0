import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, it } from 'node:test';
import { ownCertificate } from './own.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'tsalt-tls-'));
});
afterEach(() => rmSync(home, { recursive: true }));

it('a client that trusts the authority is served over TLS, one that does not is not', async () => {
  const { cert, key, authorityFile } = ownCertificate(home);
  const server = createServer({ cert, key }, (_request, response) => response.end('fine'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const get = (ca?: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const asked = request({ host: 'localhost', port, ...(ca === undefined ? {} : { ca }) }, (answer) => {
        answer.on('data', (chunk: Buffer) => resolve(chunk.toString()));
      });
      asked.on('error', reject);
      asked.end();
    });
  try {
    assert.equal(await get(readFileSync(authorityFile, 'utf8')), 'fine');
    await assert.rejects(get(), /self.signed|unable to (verify|get)/i);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

it('the authority signs itself and stays; private keys are for their owner alone', () => {
  const first = ownCertificate(home);
  const again = ownCertificate(home);
  assert.ok(first.fresh && !again.fresh);
  assert.equal(first.cert, again.cert);
  const authority = new X509Certificate(readFileSync(first.authorityFile));
  assert.ok(authority.ca && authority.verify(authority.publicKey));
  for (const name of ['ca.key', 'server.key']) assert.equal(statSync(join(home, 'web', name)).mode & 0o777, 0o400);
});

it('a certificate that is lost or damaged in its names is made anew by the same authority', () => {
  const { authorityFile } = ownCertificate(home);
  const authority = readFileSync(authorityFile, 'utf8');
  rmSync(join(home, 'web/server.crt'));
  const { cert } = ownCertificate(home);
  assert.ok(cert.includes(authority));
  assert.ok(new X509Certificate(cert).verify(new X509Certificate(authority).publicKey));
});
