import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { TsaltError } from '../../protocol/errors.ts';
import { type Parsed, UsageError } from '../options/parse.ts';
import type { Printer } from '../printer.ts';

/** `--gen-keys`: a key pair for a minion, which is kept when it is already there; prints its fingerprint. */
export async function generate(name: string, parsed: Parsed, printer: Printer): Promise<void> {
  const keysize = parsed.number('keysize') ?? 2048;
  if (keysize < 2048) throw new UsageError('The minimum value for keysize is 2048');
  if (keysize > 32768) throw new UsageError('The maximum value for keysize is 32768');
  if (!/^[^/\0]+$/.test(name)) throw new TsaltError('bad-name', `--gen-keys: '${name}' cannot be the name of a file`);
  const directory = resolve(parsed.text('gen_keys_dir') ?? '.');
  if (!existsSync(directory)) mkdirSync(directory, { recursive: true, mode: 0o700 });
  const { fingerprint } = await import('../../protocol/suites/salt/keys.ts');
  await printer.show({ return: fingerprint(await publicKeyAt(join(directory, name), keysize)) }, 'key');
}

/** Of the pair `<path>.pem` and `<path>.pub`, made when it is not there. */
async function publicKeyAt(path: string, keysize: number): Promise<string> {
  const { newKeyPair, privateKeyOf, publicPemOf } = await import('../../protocol/suites/salt/keys.ts');
  if (existsSync(`${path}.pem`)) return publicPemOf(privateKeyOf(readFileSync(`${path}.pem`, 'utf8')));
  const { privatePem, publicPem } = await newKeyPair(keysize);
  writeFileSync(`${path}.pem`, privatePem, { mode: 0o400, flag: 'wx' });
  writeFileSync(`${path}.pub`, `${publicPem.trim()}\n`, { mode: 0o644 });
  return publicPem;
}
