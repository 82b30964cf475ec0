import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Loss } from '../../master/keys/key-events.ts';
import { type KeyStore, type KeyStoreOptions, openKeyStore } from '../../master/keys/store.ts';
import type { KeyOffer } from '../../protocol/suites/suite.ts';

export const ed25519 = (): string => generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString().trim();
export const rsa = (bits = 2048, publicExponent = 65537): string =>
  generateKeyPairSync('rsa', { modulusLength: bits, publicExponent }).publicKey.export({ type: 'spki', format: 'pem' }).toString().trim();

export const ONE = ed25519();
export const TWO = ed25519();
export const RSA = rsa();

export const offer = (id: string, publicKey = ONE, parts: Partial<KeyOffer> = {}): KeyOffer => ({
  id,
  publicKey,
  suite: publicKey === RSA ? 'salt' : 'native',
  ...parts,
});

export interface House extends AsyncDisposable {
  readonly dir: string;
  readonly keys: KeyStore;
  readonly events: { tag: string; data: Readonly<Record<string, unknown>> }[];
  readonly lost: [id: string, why: Loss][];
  readonly warnings: string[];
  acts(): string[];
  file(...parts: string[]): string;
}

export async function house(options: Partial<KeyStoreOptions> = {}, prepare: (dir: string) => void = () => {}): Promise<House> {
  const dir = mkdtempSync(join(tmpdir(), 'tsalt-keys-'));
  prepare(dir);
  const events: House['events'] = [];
  const lost: House['lost'] = [];
  const warnings: string[] = [];
  const keys = await openKeyStore({
    pkiDir: dir,
    emit: (tag, data) => events.push({ tag, data }),
    warn: (message) => warnings.push(message),
    onRemoved: (id, why) => lost.push([id, why]),
    ...options,
  });
  return {
    dir,
    keys,
    events,
    lost,
    warnings,
    acts: () => events.map(({ tag, data }) => `${tag} ${String(data['act'])} ${String(data['result'])}`),
    file: (...parts) => readFileSync(join(dir, ...parts), 'utf8'),
    async [Symbol.asyncDispose]() {
      await keys[Symbol.asyncDispose]();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** A directory as a Salt 3008 master leaves it. */
export function saltTree(dir: string): void {
  for (const folder of ['minions', 'minions_pre', 'minions_rejected', 'minions_denied', 'minions_autosign']) mkdirSync(join(dir, folder));
  writeFileSync(join(dir, 'capmaster.pem'), 'private');
  writeFileSync(join(dir, 'capmaster.pub'), `${RSA}\n`);
  symlinkSync(join(dir, 'capmaster.pem'), join(dir, 'master.pem'));
  symlinkSync(join(dir, 'capmaster.pub'), join(dir, 'master.pub'));
  writeFileSync(join(dir, 'minions', 'web1'), RSA);
  writeFileSync(join(dir, 'minions', 'Web0'), `${RSA.replaceAll('\n', '\r\n')}\r\n`);
  writeFileSync(join(dir, 'minions', 'an old name'), RSA);
  writeFileSync(join(dir, 'minions', '.key_cache'), 'cache');
  symlinkSync('/etc/hostname', join(dir, 'minions', 'link'));
  writeFileSync(join(dir, 'minions_pre', 'web2'), RSA);
  writeFileSync(join(dir, 'minions_rejected', 'evil'), RSA);
  writeFileSync(join(dir, 'minions_denied', 'web1'), rsa());
}

export const until = async (true_: () => boolean): Promise<void> => {
  for (const end = Date.now() + 5_000; !true_() && Date.now() < end; ) await pause(20);
  assert.ok(true_(), `it never came true: ${true_.toString()}`);
};
