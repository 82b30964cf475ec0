import type { Login } from '../../client/contract.ts';

/** What stands under the name of the backend in `external_auth`. */
export type Section = Readonly<Record<string, unknown>>;

/** What a backend found about one who proved who he is. */
export interface Proved {
  /** Groups he is in, for `group%` entries. */
  readonly groups?: readonly string[];
}

/** One way to prove who one is: Salt's `eauth`. */
export interface Backend {
  readonly name: string;
  /** Undefined when the proof fails. Errors of the backend itself are thrown; the caller logs them and refuses. */
  prove(login: Login, section: Section): Promise<Proved | undefined>;
  /** His permissions, where the backend and not the configuration says them; undefined: it has none for him. Kept with the token. */
  acl?(login: Login, section: Section): Promise<readonly unknown[] | undefined>;
  /** Entries of permissions as they are meant now: `ldap(OU=..)` becomes the machines in it. */
  expand?(permissions: readonly unknown[]): Promise<readonly unknown[]>;
}

/** An entry of a section that stands under `^name`: a setting of the backend, not a user. */
export function setting(section: Section, name: string): string | undefined {
  const value = section[`^${name}`];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
