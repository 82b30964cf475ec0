import { me } from './api.ts';

/**
 * Whether the server will likely allow this call, by Salt's language of permissions. Only to hide what would be
 * refused: the server decides, and what it refuses is shown as its sentence.
 */
export function may(client: 'run' | 'runner' | 'wheel', fun: string): boolean {
  const person = me.value;
  if (!person) return false;
  if (person.roles.includes('administrator')) return true;
  if (person.roles.includes('watcher') && reads(client, fun, person.groups.length > 0)) return true;
  return entries(person.perms).some((entry) => allows(entry, client, fun));
}

/** Runners that one who sees some groups may ask: they tell of these alone. */
const OF_GROUPS = /^(fleet|groups|jobs|manage|cache|plugins|metrics|doc)\./;

/** What the console uses that is marked as changing nothing, as far as the form of a call tells. */
function reads(client: 'run' | 'runner' | 'wheel', fun: string, limited: boolean): boolean {
  if (client === 'wheel') return /^key\.(list|list_all|finger|finger_all|print)$/.test(fun);
  if (client === 'runner') return !/^(jobs\.cancel|plan\.(apply|delete)|audit\.|users\.)/.test(fun) && (!limited || OF_GROUPS.test(fun));
  return fun === 'test.ping' || !/^state\./.test(fun);
}

const entries = (perms: unknown): readonly unknown[] => (Array.isArray(perms) ? perms : []);

function allows(entry: unknown, client: string, fun: string): boolean {
  if (typeof entry === 'string') return client === 'run' ? matches(entry, fun) : entry === `@${client}`;
  if (typeof entry !== 'object' || entry === null) return false;
  return Object.entries(entry).some(([key, value]) => {
    const wanted = key === `@${client}` || (client === 'run' && !key.startsWith('@'));
    return wanted && functionsOf(value).some((pattern) => matches(pattern, fun));
  });
}

function functionsOf(value: unknown): string[] {
  const list = Array.isArray(value) ? value : [value];
  return list.flatMap((item) => (typeof item === 'string' ? [item] : typeof item === 'object' && item !== null ? Object.keys(item) : []));
}

/** Permissions are regular expressions of whole names. */
function matches(pattern: string, fun: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`).test(fun);
  } catch {
    return pattern === fun;
  }
}
