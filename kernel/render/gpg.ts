import { spawn } from 'node:child_process';
import { RenderError } from './errors.ts';
import type { Renderer } from './pipeline.ts';
import { type Data, type Dict, isDict } from './python/value.ts';

export interface GpgOptions {
  /** The folder of the keys: `gpg_keydir`. */
  readonly keydir: string;
  /** `gpg_decrypt_must_succeed`: what cannot be decrypted is an error; else it stays as it is. */
  readonly mustSucceed: boolean;
}

const CIPHER = /-----BEGIN PGP MESSAGE-----[\s\S]*?-----END PGP MESSAGE-----/g;

/** The renderer `gpg`: every PGP message in texts of the data is replaced by what it holds, as the program gpg says. */
export const gpgRenderer =
  (options: GpgOptions): Renderer =>
  async (input) =>
    await decrypted(input, options);

async function decrypted(value: Data, options: GpgOptions): Promise<Data> {
  if (typeof value === 'string') return await decryptText(value, options);
  if (Array.isArray(value)) {
    const items: Data[] = [];
    for (const item of value) items.push(await decrypted(item, options));
    return items;
  }
  if (!isDict(value)) return value;
  const dict: Dict = new Map();
  for (const [key, item] of value as Dict) dict.set(key, await decrypted(item, options));
  return dict;
}

/** A message that a block of YAML holds brings its line end along, which is not meant. */
async function decryptText(text: string, options: GpgOptions): Promise<Data> {
  const parts: Buffer[] = [];
  let at = 0;
  for (const { 0: cipher, index } of text.matchAll(CIPHER)) {
    parts.push(Buffer.from(text.slice(at, index)), await decrypt(cipher.replaceAll('\\n', '\n'), options));
    at = index + cipher.length;
  }
  if (at === 0) return text;
  const whole = Buffer.concat([...parts, Buffer.from(text.slice(at))]);
  const end = whole.length - (/\n*$/.exec(whole.toString('latin1'))?.[0].length ?? 0);
  return textOrBytes(whole.subarray(0, end));
}

function textOrBytes(bytes: Buffer): Data {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return new Uint8Array(bytes);
  }
}

async function decrypt(cipher: string, { keydir, mustSucceed }: GpgOptions): Promise<Buffer> {
  const { plain, complaints } = await runGpg(['--homedir', keydir, '--status-fd', '2', '--no-tty', '-d'], cipher);
  if (plain.length > 0) return plain;
  if (mustSucceed) throw new RenderError(`Could not decrypt a PGP message with the keys of ${keydir}: ${complaints.trim()}`);
  return Buffer.from(cipher);
}

const runGpg = (argv: readonly string[], input: string): Promise<{ readonly plain: Buffer; readonly complaints: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn('gpg', argv, { stdio: ['pipe', 'pipe', 'pipe'] });
    const [plain, complaints]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (chunk: Buffer) => plain.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
    child.once('error', () => reject(new RenderError('GPG unavailable')));
    child.once('close', () => resolve({ plain: Buffer.concat(plain), complaints: Buffer.concat(complaints).toString() }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
