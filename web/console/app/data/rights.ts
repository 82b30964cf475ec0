import { me } from './api.ts';

/**
 * Whether the server will likely allow this call, by Salt's language of permissions. Only to hide what would be
 * refused: the server decides, and what it refuses is shown as its sentence.
 */
export function may(client: 'run' | 'runner' | 'wheel', fun: string): boolean {
  const person = me.value;
  if (!person) return false;
  if (person.roles.includes('administrator')) return true;
  return entries(person.perms).some((entry) => allows(entry, client, fun));
}

export const isAdministrator = (): boolean => me.value?.roles.includes('administrator') ?? false;

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
