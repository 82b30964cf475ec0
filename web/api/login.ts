import { isIP } from 'node:net';
import type { Grant, Login } from '../../master/client/contract.ts';
import { TsaltError } from '../../protocol/errors.ts';
import type { WebParts } from '../parts.ts';
import type { Session } from '../sessions.ts';
import { addressList } from './addresses.ts';
import { type Chunk, isMap, lowstateOf } from './body.ts';
import { HttpProblem } from './problem.ts';
import { type Call, fromOf, type Route } from './route.ts';

const BAD_LOGIN = 'Could not authenticate using provided credentials';

/** `ended` is told a token that is worth nothing any more. */
export const loginRoutes = (ended: (token: string) => void): readonly Route[] => [
  {
    method: 'GET',
    path: '/login',
    auth: 'none',
    summary: 'Say how to log in',
    handle: ({ reply }) => {
      reply.header('www-authenticate', 'Session');
      return { status: null, return: 'Please log in' };
    },
  },
  { method: 'POST', path: '/login', auth: 'none', takes: 'login', summary: 'Log in and begin a session', handle: login },
  {
    method: 'POST',
    path: '/logout',
    auth: 'session',
    takes: 'any',
    summary: 'End the session and revoke its token',
    handle: (call) => logout(call, ended),
  },
];

/** `enable_sessions: False` leaves this one. */
export const tokenRoute: Route = {
  method: 'POST',
  path: '/token',
  auth: 'none',
  takes: 'login',
  summary: "Give tokens of the master's own, for /run",
  handle: tokens,
};

async function login(call: Call): Promise<unknown> {
  const data = call.body();
  const creds = Array.isArray(data) ? data[0] : data;
  const { parts, request, reply } = call;
  const asked = loginOf(isMap(creds) ? creds : {});
  if (!mayLogIn(parts.options.api_acl, asked.username, request.ip)) throw new HttpProblem(401, BAD_LOGIN);
  const grant = await granted(call, asked);
  const session = parts.sessions.open({ token: grant.token, user: grant.user, expire: grant.expire });
  reply.header('x-auth-token', session.id);
  setCookie(call, session);
  const { expire, start, user, eauth, perms } = grant;
  return { return: [{ token: session.id, expire, start, user, eauth, perms }] };
}

/** @throws HttpProblem 401 */
async function granted({ parts, request }: Call, asked: Login, refusal = BAD_LOGIN): Promise<Grant> {
  try {
    return await parts.client.login(asked, fromOf(request));
  } catch (error) {
    if (error instanceof TsaltError && error.code === 'not-authenticated') throw new HttpProblem(401, refusal);
    throw error;
  }
}

/** @throws HttpProblem 400 */
function loginOf(creds: Chunk): Login {
  const { username, password, eauth, token_expire: expire } = creds;
  if (username === undefined || password === undefined || eauth === undefined)
    throw new HttpProblem(400, 'username, password and eauth are required');
  const seconds = Number(expire ?? Number.NaN);
  return {
    username: String(username),
    password: String(password),
    eauth: String(eauth),
    ...(Number.isFinite(seconds) ? { tokenExpire: seconds } : {}),
  };
}

async function logout({ parts, session, reply }: Call, ended: (token: string) => void): Promise<unknown> {
  if (session !== undefined) {
    parts.sessions.close(session.id);
    await parts.client.logout(session.token);
    ended(session.token);
  }
  reply.header('set-cookie', cookie(parts, '', 0));
  return { return: 'Your token has been cleared' };
}

async function tokens(call: Call): Promise<unknown> {
  const all: unknown[] = [];
  for (const creds of lowstateOf(call.body())) {
    if (['username', 'password', 'eauth'].some((key) => creds[key] === undefined))
      throw new HttpProblem(400, 'Require "username", "password", and "eauth" params');
    const asked = loginOf(creds);
    const refusal = `Authentication failure of type "eauth" occurred for user ${asked.username}.`;
    const { token, start, expire, user, eauth } = await granted(call, asked, refusal);
    all.push({ start, expire, name: user, eauth, token });
  }
  return all;
}

export function setCookie({ parts, reply }: Pick<Call, 'parts' | 'reply'>, session: Session): void {
  const seconds = Math.max(0, Math.round(session.expire - Date.now() / 1000));
  reply.header('set-cookie', cookie(parts, session.id, seconds));
}

/** Scripts of pages do not see it, and foreign sites do not send it. */
const cookie = ({ secure }: WebParts, id: string, seconds: number): string =>
  `session_id=${id}; expires=${new Date(Date.now() + seconds * 1000).toUTCString()}; Max-Age=${seconds}; Path=/; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;

/** `api_acl: {users: {name or *: [address, network or *]}}`, as salt-api reads it; without it everybody may. */
function mayLogIn(acl: Chunk, user: string, address: string): boolean {
  const users = acl['users'];
  if (!isMap(users)) return true;
  const own = Object.hasOwn(users, user) ? users[user] : users['*'];
  if (own === undefined) return true;
  const allowed = (Array.isArray(own) ? own : [own]).map(String);
  return allowed.includes('*') || (isIP(address) !== 0 && addressList(allowed)(address));
}
