import { TsaltError } from '../../protocol/errors.ts';
import { hashPassword, newPassword } from './passwords.ts';
import { roleNames } from './roles.ts';
import type { Tokens } from './sqlite-tokens.ts';
import type { User, Users } from './sqlite-users.ts';

export interface UserChange {
  readonly name: string;
  readonly password?: string;
  readonly roles?: readonly string[];
  readonly groups?: readonly string[];
}

/** Users of the master's own, for the wheel and the runner. */
export interface UserBook {
  list(): readonly User[];
  /** All roles there are. */
  roles(): readonly string[];
  /** @returns the password that was made for a new user without one, else undefined. @throws TsaltError `bad-user` */
  save(change: UserChange): Promise<string | undefined>;
  /** @throws TsaltError `bad-user` */
  delete(name: string): void;
}

export interface UserBookParts {
  readonly users: Users;
  readonly tokens: Pick<Tokens, 'revokeAll'>;
  readonly roles: () => Readonly<Record<string, unknown>>;
  readonly hasGroup: (name: string) => boolean;
}

const NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_.@-]{0,63}$/u;
const SHORTEST = 10;
const LONGEST = 1024;

const bad = (text: string): TsaltError => new TsaltError('bad-user', text);

export function userBook({ users, tokens, roles, hasGroup }: UserBookParts): UserBook {
  const known = (): readonly string[] => roleNames(roles());
  const check = ({ name, password, roles: given = [], groups = [] }: UserChange): void => {
    if (!NAME.test(name)) throw bad(`${JSON.stringify(name)} cannot name a user: letters, digits, _ . @ and -, at most 64`);
    if (password !== undefined && (password.length < SHORTEST || password.length > LONGEST))
      throw bad(`the password has ${password.length} characters: from ${SHORTEST} to ${LONGEST} are taken`);
    const role = given.find((one) => !known().includes(one));
    if (role !== undefined) throw bad(`there is no role ${role}: use one of ${known().join(', ')}`);
    const group = groups.find((one) => !hasGroup(one));
    if (group !== undefined) throw bad(`there is no group ${group}: make it first (group.save)`);
  };
  return {
    list: () => users.list(),
    roles: known,
    save: async (change) => {
      check(change);
      const old = users.find(change.name);
      const made = change.password === undefined && old === undefined ? newPassword() : undefined;
      const password = change.password ?? made;
      const hash = password === undefined ? users.password(change.name) : await hashPassword(password);
      if (hash === undefined) throw bad(`the user ${change.name} was removed meanwhile`);
      users.save(
        {
          name: change.name,
          roles: change.roles ?? old?.roles ?? [],
          groups: change.groups ?? old?.groups ?? [],
          changed: Date.now() / 1000,
        },
        hash,
      );
      if (password !== undefined) tokens.revokeAll('local', change.name);
      return made;
    },
    delete: (name) => {
      if (users.find(name) === undefined) throw bad(`there is no user ${name}`);
      users.delete(name);
      tokens.revokeAll('local', name);
    },
  };
}
