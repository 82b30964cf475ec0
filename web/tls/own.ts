import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { makeAuthority, makeServer } from './certificate.ts';

const AUTHORITY = 'tsalt web authority';
const AUTHORITY_DAYS = 3650;
/** Browsers take no longer ones; a new one is made at a start in the last month. */
const SERVER_DAYS = 397;
const RENEW_MS = 30 * 86_400_000;

export interface OwnCertificate {
  readonly cert: string;
  readonly key: string;
  /** The file of the authority, for browsers and programs to trust. */
  readonly authorityFile: string;
  /** Whether the authority was made just now. */
  readonly fresh: boolean;
}

/**
 * The certificate of this server by an authority of its own, both kept in `pki_dir/web` and made when they are missing.
 * The server's is made anew when it is about to expire or this machine has other names.
 */
export function ownCertificate(pkiDir: string): OwnCertificate {
  const directory = join(pkiDir, 'web');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = (name: string): string => join(directory, name);
  const fresh = !existsSync(file('ca.crt')) || !existsSync(file('ca.key'));
  if (fresh) {
    const { key, certPem } = makeAuthority(AUTHORITY, AUTHORITY_DAYS);
    keep(file('ca.key'), pem(key), 0o400);
    keep(file('ca.crt'), certPem, 0o644);
  }
  const names = ownNames();
  if (fresh || !isGood(file('server.crt'), file('server.key'), names)) {
    const key = createPrivateKey(readFileSync(file('ca.key')));
    const issued = makeServer({ name: AUTHORITY, key, publicKey: createPublicKey(key) }, names, SERVER_DAYS);
    keep(file('server.key'), pem(issued.key), 0o400);
    keep(file('server.crt'), issued.certPem, 0o644);
  }
  const read = (name: string): string => readFileSync(file(name), 'utf8');
  return { cert: read('server.crt') + read('ca.crt'), key: read('server.key'), authorityFile: file('ca.crt'), fresh };
}

const pem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

function keep(path: string, text: string, mode: number): void {
  if (existsSync(path)) chmodSync(path, 0o600);
  writeFileSync(path, text, { mode: 0o600 });
  chmodSync(path, mode);
}

function isGood(cert: string, key: string, names: readonly string[]): boolean {
  if (!existsSync(cert) || !existsSync(key)) return false;
  const known = new X509Certificate(readFileSync(cert));
  const lasts = Date.parse(known.validTo) - Date.now() > RENEW_MS;
  return lasts && names.every((name) => (/^[\d.:]+$/.test(name) ? known.checkIP(name) : known.checkHost(name)) !== undefined);
}

/** What this machine may be called by: its host name, loopback, and its IPv4 addresses. */
function ownNames(): readonly string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((all) =>
    (all ?? []).flatMap(({ address, family }) => (family === 'IPv4' ? [address] : [])),
  );
  return [...new Set([hostname(), 'localhost', '127.0.0.1', '::1', ...addresses])];
}
