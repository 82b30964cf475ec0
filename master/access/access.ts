import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log, Returnable } from '../../modules/define.ts';
import { TsaltError } from '../../protocol/errors.ts';
import type { Grant } from '../client/contract.ts';
import type { LocalUser, OperationParts, Persons } from '../client/operations.ts';
import type { MasterConfig } from '../options.ts';
import type { Audit } from './audit/audit.ts';
import { createBackends } from './eauth/index.ts';
import { guarded, type Started } from './guard.ts';
import { localPermissions } from './local-users.ts';
import { createLogins, type Logins } from './login.ts';
import type { House, Person } from './person.ts';
import { rightsOf, rolesOf, WATCHER } from './roles.ts';
import { openAccessFile } from './sqlite.ts';
import { type TokenData, Tokens } from './sqlite-tokens.ts';
import { Users } from './sqlite-users.ts';
import { type UserBook, userBook } from './user-book.ts';

export interface AccessParts {
  readonly config: () => MasterConfig;
  /** An option that is not in the table of options: `auth.ldap.server`, ... */
  readonly setting: (name: string) => unknown;
  readonly hasGroup: (name: string) => boolean;
  /** Groups of minions that name one of these as a watcher. */
  readonly watchedBy: (names: readonly string[]) => readonly string[];
  readonly audit: Audit;
  readonly log: Log;
  /** Ms since 1970; for tests. */
  readonly now?: () => number;
  /** How failed logins are held up; for tests. */
  readonly pause?: (ms: number) => Promise<unknown>;
}

/** What calls that are allowed do, and what decides whether they are. */
export interface Doors {
  readonly house: House;
  readonly operations: () => OperationParts;
}

export interface Access extends AsyncDisposable {
  readonly users: UserBook;
  /** Logins, and the door for persons. */
  persons(doors: Doors): Persons;
  /** The door of a local user who is not the master's own (`publisher_acl`). */
  local(doors: Doors): LocalUser;
}

/** Users, tokens and logins of a master. @throws TsaltError `store-full`, `store-newer`, `store-failed` */
export function openAccess(parts: AccessParts): Access {
  const { config, audit, log, now = Date.now, pause = sleep } = parts;
  const path = join(config().cachedir, 'access.db');
  const db = openAccessFile(path, (text) => log.warn(text));
  const tokens = new Tokens(path, db, () => now() / 1000);
  const users = new Users(path, db);
  const backends = createBackends({ secret: () => config().sharedsecret, users, setting: parts.setting });
  const logins = createLogins({ config, backends, audit, log, now, pause });
  const people = { config, watchedBy: parts.watchedBy, tokens, users, logins, audit, started: startedJobs() };
  return {
    users: userBook({ users, tokens, roles: () => config().roles, hasGroup: parts.hasGroup }),
    persons: (doors) => persons(people, doors),
    local: (doors) => (user) => {
      if (localPermissions(config(), user) === undefined) return undefined;
      const who = async (): Promise<Person> => ({
        user,
        eauth: '',
        roles: [],
        rights: [{ permissions: localPermissions(config(), user) ?? [] }],
      });
      return guarded({ who, from: { door: 'cli' }, ...doors, started: people.started, audit });
    },
    [Symbol.asyncDispose]: async () => void db.close(),
  };
}

interface People {
  readonly config: () => MasterConfig;
  readonly watchedBy: AccessParts['watchedBy'];
  readonly tokens: Tokens;
  readonly users: Users;
  readonly logins: Logins;
  readonly audit: Audit;
  readonly started: Started;
}

function persons(people: People, { house, operations }: Doors): Persons {
  const { tokens, logins, audit, started } = people;
  return {
    login: async (login, from) => {
      const data = await logins.prove(login, from);
      audit.record({ user: data.user, eauth: data.eauth, from, action: 'login', outcome: 'allowed' });
      return grantOf(tokens.issue(data), data, await personOf(people, data));
    },
    logout: async (token) => {
      const data = tokens.find(token);
      tokens.revoke(token);
      if (data !== undefined)
        audit.record({ user: data.user, eauth: data.eauth, from: { door: 'api' }, action: 'logout', outcome: 'allowed' });
    },
    grant: async (token) => {
      const data = living(people, token);
      return data === undefined ? undefined : grantOf(token, data, await personOf(people, data));
    },
    as: (proof, from) => {
      let proved: Promise<TokenData> | undefined;
      const data = async (): Promise<TokenData> => {
        if (!('token' in proof)) {
          proved ??= logins.prove(proof, from);
          return await proved;
        }
        const found = living(people, proof.token);
        if (found === undefined) throw new TsaltError('not-authenticated', 'this login has expired or was ended: log in again');
        return found;
      };
      return guarded({ who: async () => await personOf(people, await data()), from, house, started, audit, operations });
    },
  };
}

/** What a token says, if it is still good: one whose eauth is not configured any more is not. */
function living({ tokens, logins }: People, token: string): TokenData | undefined {
  const data = tokens.find(token);
  return data === undefined || logins.section(data.eauth) === undefined ? undefined : data;
}

/** With the rights of this moment: who lost a role has lost it at once. */
async function personOf({ config, watchedBy, users, logins }: People, data: TokenData): Promise<Person> {
  const { roles } = config();
  const record = data.eauth === 'local' ? users.find(data.user) : undefined;
  const given = [...new Set([...(record?.roles ?? []), ...rolesOf(roles, data.eauth, data.user, data.groups)])];
  const permissions = data.acl ?? (await logins.permissions(data.eauth, data.user, data.groups));
  const own = permissions.length === 0 ? [] : [{ permissions }];
  const name = `${data.eauth}:${data.user}`;
  const watched = watchedBy(data.eauth === 'local' ? [data.user, name] : [name]);
  return {
    user: data.user,
    eauth: data.eauth,
    roles: watched.length === 0 || given.includes(WATCHER) ? given : [...given, WATCHER],
    rights: [
      ...own,
      ...rightsOf(roles, given, record?.groups ?? []),
      ...(watched.length === 0 ? [] : [{ reads: true, permissions: [], groups: watched } as const]),
    ],
  };
}

const grantOf = (token: string, { user, eauth, start, expire }: TokenData, person: Person): Grant => ({
  token,
  user,
  eauth,
  start,
  expire,
  perms: permsOf(person),
  roles: person.roles,
  groups: [...new Set(person.rights.flatMap(({ groups = [], limit = [] }) => [...groups, ...limit]))],
});

/** Salt's `perms`: texts first, then maps; `{}` for none. */
function permsOf(person: Person): Returnable {
  const all = person.rights.flatMap((right) => (right.everything === true ? ['.*', '@runner', '@wheel'] : right.permissions));
  if (all.length === 0) return {};
  const texts = [...new Set(all.filter((entry) => typeof entry === 'string'))].sort();
  return [...texts, ...all.filter((entry) => typeof entry !== 'string')] as Returnable;
}

/** Jobs of each person that are remembered; the oldest go first. */
const MOST_STARTED = 20_000;

function startedJobs(): Started {
  const jobs = new Map<string, string>();
  const nameOf = ({ eauth, user }: Person): string => `${eauth}:${user}`;
  return {
    add: (person, jid) => {
      if (jobs.has(jid)) return;
      jobs.set(jid, nameOf(person));
      const oldest = jobs.keys().next();
      if (jobs.size > MOST_STARTED && oldest.done !== true) jobs.delete(oldest.value);
    },
    has: (person, jid) => jobs.get(jid) === nameOf(person),
  };
}
