import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { CallRefused, CommandFailed, type Returnable } from '../../define.ts';
import { pem, pemEntry } from './sources.ts';

/** Throws CommandFailed for an encoding that is not among these. */
export function checkEncoding(encoding: string, known: readonly string[]): void {
  if (!known.includes(encoding)) throw new CommandFailed(`Invalid value '${encoding}' for encoding. Valid: ${known.join(', ')}`);
}

/** Bytes as a call returns them: text in PEM, base64 for what is binary, or the bytes themselves if they are asked for. */
export function shown(type: string, bytes: Buffer, encoding: string, raw: boolean): Returnable {
  const text = encoding.endsWith('pem') ? pem(type, bytes) : undefined;
  if (raw) return text === undefined ? bytes : Buffer.from(text);
  return text ?? bytes.toString('base64');
}

/** Writes bytes that only the minion's user may read. */
export const writeSecret = async (path: string, bytes: string | Uint8Array): Promise<void> => await writeFile(path, bytes, { mode: 0o600 });

/**
 * Writes an entry in PEM. Of a certificate's file that is there, `overwrite` off keeps the private key and the parameters
 * it holds.
 */
export async function writePem(text: Returnable, path: string, overwrite: boolean, type?: string): Promise<string> {
  const entry = pemEntry(text, type);
  const keep = type === 'CERTIFICATE' && !overwrite && existsSync(path);
  const before = keep ? await readFile(path, 'utf8') : '';
  await writeSecret(path, `${part(before, '(?:RSA )?PRIVATE KEY')}${entry}${part(before, 'DH PARAMETERS')}`);
  return `PEM written to ${path}`;
}

function part(text: string, type: string): string {
  if (text === '') return '';
  try {
    return pemEntry(Buffer.from(text), type);
  } catch (error) {
    // The file holds no such entry.
    if (error instanceof CallRefused) return '';
    throw error;
  }
}
