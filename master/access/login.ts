import { randomInt } from 'node:crypto';
import type { Log } from '../../modules/define.ts';
import { messageOf, TsaltError } from '../../protocol/errors.ts';
import type { From, Login } from '../client/contract.ts';
import type { MasterConfig } from '../options.ts';
import type { Audit } from './audit/audit.ts';
import type { Backend, Proved, Section } from './eauth/backend.ts';
import { permissionsOf } from './permissions.ts';
import type { TokenData } from './sqlite-tokens.ts';
import { Throttle } from './throttle.ts';

export interface LoginParts {
  readonly config: () => MasterConfig;
  readonly backends: ReadonlyMap<string, Backend>;
  readonly audit: Pick<Audit, 'record'>;
  readonly log: Log;
  /** Ms. */
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<unknown>;
}

/** Proves people by name and password. */
export interface Logins {
  /** @throws TsaltError `not-authenticated`; TooManyLogins */
  prove(login: Login, from: From): Promise<TokenData>;
  /** The section of an eauth, if there is one: what is not configured lets nobody in. */
  section(eauth: string): Section | undefined;
  /** What the configuration gives a user. */
  permissions(eauth: string, user: string, groups: readonly string[]): Promise<readonly unknown[]>;
}

const LONGEST = 1024;
/** A failed login is told after about a second, as Salt's `time_auth`, whatever it was that failed. */
const FAILURE_MS = [750, 1250] as const;

export function createLogins(parts: LoginParts): Logins {
  const { config, backends, audit } = parts;
  const throttle = new Throttle(() => ({ failures: config().login_failures, lockout: config().login_lockout }), parts.now);

  const section = (eauth: string): Section | undefined => {
    const table = config().external_auth;
    const found = Object.hasOwn(table, eauth) ? table[eauth] : undefined;
    if (typeof found === 'object' && found !== null && !Array.isArray(found)) return found as Section;
    return eauth === 'local' || found === null ? {} : undefined;
  };
  const permissions = async (eauth: string, user: string, groups: readonly string[]): Promise<readonly unknown[]> => {
    const found = permissionsOf(section(eauth) ?? {}, user, groups, config().permissive_acl);
    return (await backends.get(eauth)?.expand?.(found)) ?? found;
  };

  const check = async (login: Login): Promise<{ readonly proved: Proved; readonly acl: readonly unknown[] | undefined } | undefined> => {
    const [own, backend] = [section(login.eauth), backends.get(login.eauth)];
    if (
      own === undefined ||
      backend === undefined ||
      login.username === '' ||
      login.username.length > LONGEST ||
      login.password.length > LONGEST
    )
      return undefined;
    try {
      const proved = await backend.prove(login, own);
      if (proved === undefined) return undefined;
      const asked = config().eauth_acl_module || login.eauth;
      const acl = await backends.get(asked)?.acl?.(login, section(asked) ?? {});
      return {
        proved,
        acl: acl ?? (config().keep_acl_in_token ? await permissions(login.eauth, login.username, proved.groups ?? []) : undefined),
      };
    } catch (error) {
      parts.log.error(`eauth ${login.eauth} could not check a login: ${messageOf(error)}`);
      return undefined;
    }
  };

  const prove = async (login: Login, from: From): Promise<TokenData> => {
    const began = parts.now();
    const told = { user: login.username, eauth: login.eauth, from, action: 'login' } as const;
    const passed = await throttle
      .attempt(`${login.eauth}:${login.username}`, from.address ?? from.door, () => check(login))
      .catch((error: unknown) => {
        audit.record({ ...told, outcome: 'refused', reason: messageOf(error) });
        throw error;
      });
    if (passed === undefined) {
      audit.record({ ...told, outcome: 'refused', reason: 'wrong name or password, or this way to log in is not configured' });
      parts.log.warn(`a login by eauth ${JSON.stringify(login.eauth)} failed (${from.door}, ${from.address ?? 'local'})`);
      await parts.pause(Math.max(0, began + randomInt(...FAILURE_MS) - parts.now()));
      throw new TsaltError('not-authenticated', 'Could not authenticate using provided credentials');
    }
    const start = parts.now() / 1000;
    return {
      user: login.username,
      eauth: login.eauth,
      start,
      expire: start + lifetime(login, config()),
      groups: passed.proved.groups ?? [],
      ...(passed.acl === undefined ? {} : { acl: passed.acl }),
    };
  };
  return { prove, section, permissions };
}

/** Seconds: as configured, or as the user asks if he may (`token_expire_user_override`: True, or names by eauth). */
function lifetime({ eauth, username, tokenExpire }: Login, { token_expire, token_expire_user_override: override }: MasterConfig): number {
  if (tokenExpire === undefined || !Number.isFinite(tokenExpire) || tokenExpire <= 0) return token_expire;
  if (override === true) return tokenExpire;
  const names =
    typeof override === 'object' && override !== null && Object.hasOwn(override, eauth) ? (override as Section)[eauth] : undefined;
  return Array.isArray(names) && names.includes(username) ? tokenExpire : token_expire;
}
