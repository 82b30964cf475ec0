import { createHmac, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { From } from '../../../master/client/contract.ts';
import { TsaltError } from '../../../protocol/errors.ts';

/** The cookie holds the token of the login; a page's script cannot read it. With TLS its name binds it to this host. */
const nameOf = (secure: boolean): string => (secure ? '__Host-tsalt' : 'tsalt');
const TOKEN = /^[0-9a-f]{64}$/;

export function tokenOf(request: FastifyRequest, secure: boolean): string | undefined {
  const wanted = `${nameOf(secure)}=`;
  const cookie = (request.headers.cookie ?? '')
    .split(';')
    .map((part) => part.trim())
    .find((part) => part.startsWith(wanted));
  const value = cookie?.slice(wanted.length);
  return value !== undefined && TOKEN.test(value) ? value : undefined;
}

/** @throws TsaltError `not-authenticated` */
export function needToken(request: FastifyRequest, secure: boolean): string {
  const token = tokenOf(request, secure);
  if (token === undefined) throw new TsaltError('not-authenticated', 'Sign in first.');
  return token;
}

/** `seconds`: how long the browser keeps it; 0 makes it forget. */
export const cookieOf = (token: string, seconds: number, secure: boolean): string =>
  `${nameOf(secure)}=${token}; Path=/; Max-Age=${Math.max(0, Math.floor(seconds))}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;

/** Of one session; it tells nothing of the token. */
export const csrfOf = (token: string): string => createHmac('sha256', token).update('tsalt console').digest('hex');

/** A change must come from a page of this console: it shows what only such a page can know. @throws TsaltError */
export function checkCsrf(request: FastifyRequest, token: string): void {
  const [given, wanted] = [Buffer.from(String(request.headers['x-csrf-token'] ?? '')), Buffer.from(csrfOf(token))];
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted))
    throw new TsaltError('no-csrf-token', 'This request did not come from a page of this console. Load the page again.');
}

/** Browsers name the origin of a page that asks; others than our own get nothing. @throws TsaltError `foreign-origin` */
export function checkOrigin(request: FastifyRequest): void {
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const foreign = (origin !== undefined && hostOf(origin) !== host) || site === 'cross-site' || site === 'same-site';
  if (foreign) throw new TsaltError('foreign-origin', 'Pages of other sites may not use this console.');
}

const hostOf = (origin: string): string | undefined => (URL.canParse(origin) ? new URL(origin).host : undefined);

export const fromOf = (request: FastifyRequest): From => ({ door: 'console', address: request.ip });
