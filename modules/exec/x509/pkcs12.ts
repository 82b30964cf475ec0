import type { KeyObject } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandFailed, type Ctx } from '../../define.ts';

export interface Bag {
  readonly key: KeyObject;
  /** The certificate of the key, and those above it, in PEM. */
  readonly certificate?: string;
  readonly chain?: readonly string[];
  readonly passphrase: string | undefined;
  readonly friendlyName?: string | undefined;
  /** Encrypted so that old systems can read it. */
  readonly compatible: boolean;
}

const COMPATIBLE = ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES', '-macalg', 'sha1', '-iter', '50000'];

/** Key and certificates in PKCS #12, by the program openssl. The secrets go by files only it can read. */
export async function pkcs12(ctx: Ctx, bag: Bag): Promise<Buffer> {
  const home = await mkdtemp(join(tmpdir(), 'pkcs12-'));
  const place = async (name: string, text: string): Promise<string> => {
    const path = join(home, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  try {
    const key = await place('key', String(bag.key.export({ type: 'pkcs8', format: 'pem' })));
    const words = ['openssl', 'pkcs12', '-export', '-inkey', key];
    words.push(...(bag.certificate === undefined ? ['-nocerts'] : ['-in', await place('certificate', bag.certificate)]));
    if (bag.chain && bag.chain.length > 0) words.push('-certfile', await place('chain', bag.chain.join('')));
    if (bag.friendlyName) words.push('-name', bag.friendlyName);
    if (bag.passphrase === undefined) words.push('-keypbe', 'NONE', '-certpbe', 'NONE', '-nomac', '-passout', 'pass:');
    else words.push('-passout', `file:${await place('passphrase', `${bag.passphrase}\n`)}`, ...(bag.compatible ? COMPATIBLE : []));
    const { code, stdout, stderr } = await ctx.spawn(words);
    if (code !== 0) throw new CommandFailed(`openssl did not write PKCS #12: ${stderr.toString('utf8').trim()}`);
    return stdout;
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
