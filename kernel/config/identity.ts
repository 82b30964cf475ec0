import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';

/** The options by which an id is made. */
export interface IdRules {
  readonly minion_id_caching: boolean;
  readonly minion_id_lowercase: boolean;
  /** True: cut at the first dot; a text: cut this domain. */
  readonly minion_id_remove_domain: unknown;
  /** Added unless the id ends with it or with a dot. */
  readonly append_domain: string | null;
}

/**
 * The id of this machine when none is configured: from the file `minion_id` beside the configuration, else
 * the fully qualified name, the host name, names of 127.* in /etc/hosts, an address, `localhost`.
 */
export function guessId(configDir: string, rules: IdRules): string {
  const remembered = rules.minion_id_caching ? rememberedId(configDir) : undefined;
  const id = remembered ?? shaped(nameOfThisHost(), rules);
  const isAddress = /^\d+(\.\d+){3}$/.test(id);
  return isAddress ? id : withDomain(id, rules.append_domain);
}

/** Keeps a guessed id in `minion_id`, so that a change of the host name does not change who the minion is. */
export function rememberId(configDir: string, id: string): void {
  const file = idFile(configDir);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, id);
}

export const withDomain = (id: string, domain: string | null): string =>
  !domain || id.endsWith(domain) || id.endsWith('.') ? id : `${id}.${domain}`;

const idFile = (configDir: string): string => join(configDir, 'minion_id');

function rememberedId(configDir: string): string | undefined {
  const line = textOf(idFile(configDir))
    .split('\n')[0]
    ?.replace(/^\uFEFF/, '')
    .trim();
  return line && line !== 'localhost' ? line : undefined;
}

function shaped(name: string, rules: IdRules): string {
  const id = rules.minion_id_lowercase ? name.toLowerCase() : name;
  const cut = rules.minion_id_remove_domain;
  if (cut === true) return id.split('.')[0] ?? id;
  if (typeof cut === 'string' && cut !== '' && id.toLowerCase().endsWith(`.${cut.toLowerCase()}`)) return id.slice(0, -cut.length - 1);
  return id;
}

/** Names every machine has, which tell nothing. */
const EVERYONES = /^(localhost|ip6-|127[.]\d|0\.0\.0\.0|::1|ipv6-|fe00::|fe02::|1.0.0.*.ip6.arpa)/;

function nameOfThisHost(): string {
  return namesOfThisHost().find((name) => name !== '' && !EVERYONES.test(name)) ?? 'localhost';
}

function namesOfThisHost(): string[] {
  return [qualifiedName(), hostname(), ...['/etc/hostname', '/etc/nodename', '/etc/hosts'].flatMap(namesIn), ...addresses()];
}

/** Node has no synchronous resolver; the system's own tool asks the same one as Salt does. */
function qualifiedName(): string {
  const { status, stdout } = spawnSync('hostname', ['-f'], { encoding: 'utf8', timeout: 5000 });
  return status === 0 ? stdout.trim() : '';
}

function namesIn(file: string): string[] {
  return textOf(file)
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim().split(/\s+/))
    .filter((words) => words.length === 1 || /^(127\.|::1)/.test(words[0] ?? ''))
    .flat();
}

const addresses = (): string[] =>
  Object.values(networkInterfaces()).flatMap((cards) =>
    (cards ?? []).filter((card) => card.family === 'IPv4' && !card.internal).map((card) => card.address),
  );

/** These files may be absent; then other sources are asked. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
