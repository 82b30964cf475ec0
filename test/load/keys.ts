import { createPrivateKey } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { newKeyPair, publicPemOf } from '../../protocol/suites/salt/keys.ts';
import { signX931 } from '../../protocol/suites/salt/x931.ts';
import type { SimulatedKey } from './simulated-minion.ts';

const CACHE = resolve('node_modules/.cache');
const FILE = join(CACHE, 'simulated-minion-keys.json');

/** RSA key pairs for simulated minions. Making a hundred takes ten seconds, so they are kept for the next run. */
export async function simulatedKeys(count: number): Promise<readonly SimulatedKey[]> {
  const kept = readKept();
  const made = await Promise.all(Array.from({ length: Math.max(0, count - kept.length) }, async () => (await newKeyPair()).privatePem));
  const pems = [...kept, ...made];
  if (made.length > 0) keep(pems);
  return pems.slice(0, count).map(keyOf);
}

function keyOf(pem: string): SimulatedKey {
  const privateKey = createPrivateKey(pem);
  return { privateKey, publicPem: publicPemOf(privateKey), token: signX931(privateKey, Buffer.from('salt')) };
}

function readKept(): string[] {
  try {
    return JSON.parse(readFileSync(FILE, 'utf8')) as string[];
  } catch {
    return []; // the first run
  }
}

function keep(pems: readonly string[]): void {
  mkdirSync(CACHE, { recursive: true });
  const beside = `${FILE}.${process.pid}.new`;
  writeFileSync(beside, JSON.stringify(pems), { mode: 0o600 });
  renameSync(beside, FILE);
}
