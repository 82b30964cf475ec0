import { join } from 'node:path';
import type { Log, Returnable } from '../../modules/define.ts';
import { messageOf, TsaltError } from '../../protocol/errors.ts';
import type { From, Grant, Login, PersonClient, Proof } from '../client/contract.ts';
import type { OperationParts, Persons } from '../client/operations.ts';
import type { MasterConfig } from '../options.ts';
import { createBackends } from './eauth/index.ts';
import { guarded } from './guard.ts';
import { permissionsOf } from './permissions.ts';
import type { House, Person } from './person.ts';
import { rightsOf, rolesOf } from './roles.ts';
import { openAccessFile } from './sqlite.ts';
import { type TokenData, Tokens } from './sqlite-tokens.ts';

export interface AccessParts {
  readonly config: () => MasterConfig;
  readonly house: House;
  /** What calls that are allowed do. */
  readonly operations: () => OperationParts;
  readonly log: Log;
}

export type Access = Persons & AsyncDisposable;

const now = (): number => Date.now() / 1000;

/** Logins, tokens, and the door for persons. @throws TsaltError `store-full`, `store-newer`, `store-failed` */
export function openAccess({ config, house, operations, log }: AccessParts): Access {
  const path = join(config().cachedir, 'access.db');
  const db = openAccessFile(path, (text) => log.warn(text));
  const tokens = new Tokens(path, db, now);
  const backends = createBackends({ secret: () => config().sharedsecret });

  const sectionOf = (eauth: string): Readonly<Record<string, unknown>> | undefined => {
    const table = config().external_auth;
    const section = Object.hasOwn(table, eauth) ? table[eauth] : undefined;
    return typeof section === 'object' && section !== null && !Array.isArray(section) ? (section as Record<string, unknown>) : undefined;
  };

  const prove = async (login: Login): Promise<TokenData> => {
    const section = sectionOf(login.eauth);
    const backend = section === undefined ? undefined : backends.get(login.eauth);
    const proved = await backend?.prove(login, section ?? {}).catch((error: unknown) => {
      log.error(`eauth ${login.eauth} could not check a login: ${messageOf(error)}`);
      return undefined;
    });
    if (proved === undefined) throw new TsaltError('not-authenticated', 'Could not authenticate using provided credentials');
    const start = now();
    const kept = proved.acl ?? (config().keep_acl_in_token ? permissionsFor(login.eauth, login.username, proved.groups ?? []) : undefined);
    return {
      user: login.username,
      eauth: login.eauth,
      start,
      expire: start + config().token_expire,
      groups: proved.groups ?? [],
      ...(kept === undefined ? {} : { acl: kept }),
    };
  };

  const permissionsFor = (eauth: string, user: string, groups: readonly string[]): readonly unknown[] =>
    permissionsOf(sectionOf(eauth) ?? {}, user, groups, config().permissive_acl);

  /** With the rights of this moment: who lost a role lost it at once. */
  const personOf = (data: TokenData): Person => {
    const { roles } = config();
    const given = rolesOf(roles, data.eauth, data.user, data.groups);
    const permissions = data.acl ?? permissionsFor(data.eauth, data.user, data.groups);
    const own = permissions.length === 0 ? [] : [{ permissions }];
    return { user: data.user, eauth: data.eauth, roles: given, rights: [...own, ...rightsOf(roles, given, [])] };
  };

  const known = (token: string): TokenData => {
    const data = tokens.find(token);
    if (data === undefined || sectionOf(data.eauth) === undefined)
      throw new TsaltError('not-authenticated', 'this login has expired or was ended: log in again');
    return data;
  };

  const grantOf = (token: string, data: TokenData): Grant => {
    const person = personOf(data);
    return {
      token,
      user: data.user,
      eauth: data.eauth,
      start: data.start,
      expire: data.expire,
      perms: permsOf(person),
      roles: person.roles,
      groups: [...new Set(person.rights.flatMap((right) => right.groups ?? []))],
    };
  };

  return {
    login: async (login, _from) => {
      const data = await prove(login);
      return grantOf(tokens.issue(data), data);
    },
    logout: async (token) => tokens.revoke(token),
    grant: async (token) => {
      const data = tokens.find(token);
      return data === undefined || sectionOf(data.eauth) === undefined ? undefined : grantOf(token, data);
    },
    as: (proof: Proof, from: From): PersonClient => {
      let proved: Promise<TokenData> | undefined;
      const data = async (): Promise<TokenData> => {
        if ('token' in proof) return known(proof.token);
        proved ??= prove(proof);
        return await proved;
      };
      return guarded({ who: async () => personOf(await data()), from, house, operations, log });
    },
    [Symbol.asyncDispose]: async () => void db.close(),
  };
}

/** Salt's `perms`: texts first, then maps; `{}` for none. */
function permsOf(person: Person): Returnable {
  const all = person.rights.flatMap((right) => (right.everything === true ? ['.*', '@runner', '@wheel'] : right.permissions));
  if (all.length === 0) return {};
  const texts = [...new Set(all.filter((entry) => typeof entry === 'string'))].sort();
  return [...texts, ...all.filter((entry) => typeof entry !== 'string')] as Returnable;
}
