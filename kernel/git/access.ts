import { randomUUID } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Options of Salt by which a remote is reached. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
  readonly privkey: string;
  readonly passphrase: string;
  /** Send a password also where the connection is not encrypted. */
  readonly insecureAuth: boolean;
  readonly sslVerify: boolean;
  readonly proxy: string;
}

/** How a remote is reached: nothing secret is in `url` and `settings`, which other processes can see. */
export interface Access {
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
  /** Settings of git, as `name=value`. */
  readonly settings: readonly string[];
  redact(text: string): string;
}

const SCHEMES = ['file:', 'git:', 'http:', 'https:', 'ssh:'];
/** `git@host:path`, as git's own way to write ssh. */
const SCP = /^([^@:/]+)@([^:/]+):(.+)$/;

/** What is wrong with the URL of a remote, undefined if nothing is. */
export function wrongUrl(url: string): string | undefined {
  if (SCP.test(url)) return undefined;
  if (!URL.canParse(url)) return 'is no URL; write https://, ssh://, git://, file:/// or user@host:path';
  const { protocol } = new URL(url);
  return SCHEMES.includes(protocol) ? undefined : `has the scheme ${protocol}// which is not provided`;
}

/** The URL without user and password: what may be shown. */
export function shownUrl(url: string): string {
  if (SCP.test(url) || !URL.canParse(url)) return url;
  const parsed = new URL(url);
  if (parsed.password === '' && !/^https?:$/.test(parsed.protocol)) return url;
  if (parsed.username === '' && parsed.password === '') return url;
  parsed.password = '';
  if (/^https?:$/.test(parsed.protocol)) parsed.username = '';
  return parsed.href;
}

/**
 * @param helper the program of `writeHelper`
 * @throws RangeError where a password would travel in the clear and `insecure_auth` does not allow it
 */
export function accessTo(url: string, given: Credentials, helper: string): Access {
  const parsed = SCP.test(url) || !URL.canParse(url) ? undefined : new URL(url);
  const user = given.user || decodeURIComponent(parsed?.username ?? '');
  const password = given.password || decodeURIComponent(parsed?.password ?? '');
  const web = /^https?:$/.test(parsed?.protocol ?? '');
  if (parsed?.protocol === 'http:' && password !== '' && !given.insecureAuth)
    throw new RangeError('a password would travel unencrypted over http; use https, or set insecure_auth: True');
  const secrets = [password, given.passphrase].filter((secret) => secret !== '');
  return {
    url: shownUrl(url),
    env: {
      ...(web && password !== '' ? { GIT_ASKPASS: helper, TSALT_GIT_USER: user, TSALT_GIT_PASSWORD: password } : {}),
      ...(given.sslVerify ? {} : { GIT_SSL_NO_VERIFY: 'true' }),
      ...(given.proxy === '' ? {} : { http_proxy: given.proxy, https_proxy: given.proxy }),
      ...sshEnvironment(given, helper),
    },
    settings: web && password !== '' ? ['credential.helper='] : [],
    redact: (text) =>
      [...secrets, ...secrets.map(encodeURIComponent)].reduce((clean, secret) => clean.replaceAll(secret, '**********'), text),
  };
}

/** An unknown host is refused, as ssh does without a terminal: its key belongs into known_hosts. */
function sshEnvironment({ privkey, passphrase }: Credentials, helper: string): Record<string, string> {
  const words = ['ssh', '-o', 'ConnectTimeout=30', '-o', 'ServerAliveInterval=15'];
  if (privkey !== '') words.push('-i', quoted(privkey), '-o', 'IdentitiesOnly=yes');
  if (passphrase === '') return { GIT_SSH_COMMAND: [...words, '-o', 'BatchMode=yes'].join(' ') };
  const asks = { SSH_ASKPASS: helper, SSH_ASKPASS_REQUIRE: 'force', DISPLAY: ':none', TSALT_GIT_PASSPHRASE: passphrase };
  return { GIT_SSH_COMMAND: [...words, '-o', 'NumberOfPasswordPrompts=1'].join(' '), ...asks };
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** Answers git's and ssh's questions from its environment, which no other account can read. */
const HELPER = `#!/bin/sh
case "$1" in
  Username*) printf '%s\\n' "$TSALT_GIT_USER" ;;
  Password*) printf '%s\\n' "$TSALT_GIT_PASSWORD" ;;
  *passphrase*) printf '%s\\n' "$TSALT_GIT_PASSPHRASE" ;;
  *) exit 1 ;;
esac
`;

/** Writes the program that hands credentials to git; answers its path. */
export async function writeHelper(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, 'askpass');
  const draft = `${path}.${randomUUID()}`; // several mirrors write it at once
  await writeFile(draft, HELPER, { mode: 0o700 });
  await rename(draft, path);
  return path;
}
