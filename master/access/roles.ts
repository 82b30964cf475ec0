import type { Right } from './person.ts';

/** An entry of the option `roles`. */
interface CustomRole {
  readonly permissions: readonly unknown[];
  readonly groups?: readonly string[];
  readonly members: readonly string[];
}

/** Roles that always are: everything, and everything that only reads. Entries of `roles` of these names add members and groups. */
export const ADMINISTRATOR = 'administrator';
export const WATCHER = 'watcher';

const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : typeof value === 'string' ? [value] : []);

function customRole(entry: unknown): CustomRole | undefined {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return undefined;
  const { permissions, groups, members } = entry as Readonly<Record<string, unknown>>;
  return {
    permissions: Array.isArray(permissions) ? permissions : [],
    members: texts(members),
    ...(groups === undefined || groups === null ? {} : { groups: texts(groups) }),
  };
}

/** Names of all roles there are. */
export const roleNames = (option: Readonly<Record<string, unknown>>): string[] => [
  ...new Set([ADMINISTRATOR, WATCHER, ...Object.keys(option)]),
];

/** Roles that the option gives to a user of an eauth: members are written `file:alice`, `ldap:admins%` for a group. */
export function rolesOf(option: Readonly<Record<string, unknown>>, eauth: string, user: string, groups: readonly string[]): string[] {
  const mine = new Set([`${eauth}:${user}`, ...groups.map((group) => `${eauth}:${group}%`)]);
  return Object.keys(option).filter((name) => customRole(option[name])?.members.some((member) => mine.has(member)));
}

/** What roles give. Names that are no roles give nothing. `limit`: groups of the user himself, which limit each of his roles. */
export function rightsOf(option: Readonly<Record<string, unknown>>, roles: readonly string[], limit: readonly string[]): Right[] {
  return roles.flatMap((name) => {
    const custom = customRole(option[name]);
    const more = { ...(custom?.groups === undefined ? {} : { groups: custom.groups }), ...(limit.length === 0 ? {} : { limit }) };
    if (name === ADMINISTRATOR) return [{ everything: true, permissions: [], ...more } as const];
    if (name === WATCHER) return [{ reads: true, permissions: [], ...more } as const];
    return custom === undefined ? [] : [{ permissions: custom.permissions, ...more }];
  });
}
