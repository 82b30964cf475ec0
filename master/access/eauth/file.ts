import { createHash, getHashes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { TsaltError } from '../../../protocol/errors.ts';
import { type Backend, type Section, setting } from './backend.ts';
import { equal } from './equal.ts';
import { isHtpasswd } from './htpasswd.ts';

type Check = (lines: readonly string[], username: string, password: string, section: Section) => boolean | Promise<boolean>;

/** Names and passwords in a file: plain or hashed text, or one of Apache's (Salt's `auth/file.py`). */
export const file: Backend = {
  name: 'file',
  prove: async ({ username, password }, section) => {
    const path = setting(section, 'filename');
    if (path === undefined) throw new TsaltError('bad-config', 'external_auth:file:^filename is not set: name the file with the passwords');
    const type = (setting(section, 'filetype') ?? 'text').toLowerCase();
    const check = CHECKS[type];
    if (check === undefined) {
      const known = Object.keys(CHECKS).join(', ');
      throw new TsaltError('bad-config', `external_auth:file:^filetype: ${type} is not known; use one of ${known}`);
    }
    const lines = (await readFile(path, 'utf8')).split('\n').map((line) => line.trim());
    return (await check(lines, username, password, section)) ? {} : undefined;
  },
};

/** The first line of a user decides; a line too short for its fields ends the search, as in Salt. */
const text: Check = (lines, username, password, section) => {
  const separator = setting(section, 'field_separator') ?? ':';
  const [user, pass] = [Number(setting(section, 'username_field') ?? 1) - 1, Number(setting(section, 'password_field') ?? 2) - 1];
  for (const line of lines) {
    if (line === '') continue;
    const fields = line.split(separator);
    const [name, kept] = [fields[user], fields[pass]];
    if (name === undefined || kept === undefined) return false;
    if (name === username) return equal(kept, digest(password, setting(section, 'hashtype') ?? 'plaintext'));
  }
  return false;
};

function digest(password: string, type: string): string {
  if (type === 'plaintext') return password;
  if (!getHashes().includes(type)) throw new TsaltError('bad-config', `external_auth:file:^hashtype: ${type} is not known here`);
  return createHash(type).update(password).digest('hex');
}

const htpasswd: Check = async (lines, username, password) => {
  const line = lines.find((one) => one.startsWith(`${username}:`));
  return line !== undefined && (await isHtpasswd(password, line.slice(username.length + 1)));
};

const htdigest: Check = (lines, username, password, section) => {
  const realm = setting(section, 'realm');
  if (realm === undefined) throw new TsaltError('bad-config', 'external_auth:file:^realm is not set: htdigest files need it');
  const line = lines.find((one) => one.startsWith(`${username}:${realm}:`));
  const expected = createHash('md5').update(`${username}:${realm}:${password}`).digest('hex');
  return line !== undefined && !username.includes(':') && equal(line.slice(username.length + realm.length + 2), expected);
};

const CHECKS: Readonly<Record<string, Check>> = Object.assign(Object.create(null), { text, htpasswd, htdigest });
