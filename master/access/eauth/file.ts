import { createHash, getHashes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { TsaltError } from '../../../protocol/errors.ts';
import { type Backend, type Section, setting } from './backend.ts';
import { equal } from './equal.ts';

/** Names and passwords in a file: plain or hashed text (Salt's `auth/file.py`). */
export const file: Backend = {
  name: 'file',
  prove: async ({ username, password }, section) => {
    const path = setting(section, 'filename');
    if (path === undefined) throw new TsaltError('bad-config', 'external_auth:file:^filename is not set: name the file with the passwords');
    const lines = (await readFile(path, 'utf8')).split('\n');
    const type = (setting(section, 'filetype') ?? 'text').toLowerCase();
    if (type !== 'text') throw new TsaltError('bad-config', `external_auth:file:^filetype: ${type} is not known; use text`);
    return text(lines, username, password, section) ? {} : undefined;
  },
};

/** The first line of a user decides; a line too short for its fields ends the search, as in Salt. */
function text(lines: readonly string[], username: string, password: string, section: Section): boolean {
  const separator = setting(section, 'field_separator') ?? ':';
  const [user, pass] = [Number(setting(section, 'username_field') ?? 1) - 1, Number(setting(section, 'password_field') ?? 2) - 1];
  for (const line of lines) {
    if (line.trim() === '') continue;
    const fields = line.trim().split(separator);
    const [name, kept] = [fields[user], fields[pass]];
    if (name === undefined || kept === undefined) return false;
    if (name === username) return equal(kept, digest(password, setting(section, 'hashtype') ?? 'plaintext'));
  }
  return false;
}

function digest(password: string, type: string): string {
  if (type === 'plaintext') return password;
  if (!getHashes().includes(type)) throw new TsaltError('bad-config', `external_auth:file:^hashtype: ${type} is not known here`);
  return createHash(type).update(password).digest('hex');
}
