import { isItem } from '../../kernel/schedule/item.ts';
import { TsaltError } from '../../protocol/errors.ts';
import { STARS } from '../publish/secrets.ts';

export const ALERT_KINDS = ['routine', 'threshold', 'minion', 'key'] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

interface Common {
  readonly name: string;
  readonly enabled: boolean;
  /** Of which kinds it is told. */
  readonly on: readonly AlertKind[];
  /** Seconds after which a problem that lasts is told again; 0: once. */
  readonly repeat: number;
}

export interface WebhookChannel extends Common {
  readonly kind: 'webhook';
  readonly url: string;
  /** By which the body is signed (HMAC-SHA256); empty: it is not. */
  readonly secret: string;
}

export interface MailChannel extends Common {
  readonly kind: 'mail';
  readonly host: string;
  readonly port: number;
  readonly security: 'starttls' | 'tls' | 'none';
  readonly user: string;
  readonly password: string;
  readonly from: string;
  readonly to: readonly string[];
}

/** Where alerts are told. */
export type Channel = WebhookChannel | MailChannel;

const NAME = /^[A-Za-z0-9_][\w.-]{0,63}$/;
const ADDRESS = /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$/;
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|[0-9A-Fa-f:.]{2,45})$/;
const SECURITY = ['starttls', 'tls', 'none'] as const;
const SECRETS = ['secret', 'password'] as const;
const REPEAT = 4 * 3600;
const MOST_RECEIVERS = 100;
const TEXT_MOST = 2000;

type Given = Readonly<Record<string, unknown>>;

/**
 * A channel from unchecked fields; those that are undefined, and secrets that came back as stars, are those of `before`.
 * @throws TsaltError `bad-channel` naming the field and what it must be
 */
export function readChannel(fields: Given, before?: Channel): Channel {
  const known: Given = before === undefined ? {} : { ...before };
  const given: Given = { ...known, ...Object.fromEntries(Object.entries(fields).filter(([key, value]) => !isLeftOut(key, value))) };
  const common: Common = {
    name: matching(given, 'name', NAME, 'letters, digits and _.- are allowed, up to 64'),
    enabled: given['enabled'] !== false,
    on: kinds(given['on']),
    repeat: whole(given['repeat'] ?? REPEAT, 'repeat', 0, 31 * 86_400),
  };
  if (given['kind'] === 'webhook') return { ...common, kind: 'webhook', url: webAddress(given['url']), secret: text(given, 'secret') };
  if (given['kind'] === 'mail') return { ...common, kind: 'mail', ...mail(given) };
  throw bad('kind', 'webhook or mail is required', given['kind']);
}

function mail(given: Given): Omit<MailChannel, keyof Common | 'kind'> {
  const security = SECURITY.find((word) => word === (given['security'] ?? 'starttls'));
  if (security === undefined) throw bad('security', `one of ${SECURITY.join(', ')} is required`, given['security']);
  const to = Array.isArray(given['to']) ? given['to'] : typeof given['to'] === 'string' ? given['to'].split(/[\s,]+/) : [];
  const receivers = to.filter((one) => one !== '').map((one) => address('to', one));
  if (receivers.length === 0 || receivers.length > MOST_RECEIVERS)
    throw bad('to', `1 to ${MOST_RECEIVERS} mail addresses are required`, given['to']);
  const [user, password] = [text(given, 'user'), text(given, 'password')];
  if (security === 'none' && password !== '') throw bad('security', 'a password is not sent without TLS: use starttls or tls', security);
  return {
    host: matching(given, 'host', HOST, 'the name or address of a mail server is required'),
    port: whole(given['port'] ?? (security === 'tls' ? 465 : 587), 'port', 1, 65_535),
    security,
    user,
    password,
    from: address('from', given['from']),
    to: receivers,
  };
}

/** A channel as it may be shown. Who knows the path of an address may often post there, so that is a secret, too. */
export function masked(channel: Channel): Given {
  const shown: Record<string, unknown> = { ...channel };
  if (channel.kind === 'webhook') {
    const { origin, pathname, search } = new URL(channel.url);
    shown['url'] = pathname === '/' && search === '' ? channel.url : `${origin}/${STARS}`;
  }
  for (const key of SECRETS) if (typeof shown[key] === 'string' && shown[key] !== '') shown[key] = STARS;
  return shown;
}

const isLeftOut = (key: string, value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (value === STARS && SECRETS.some((secret) => secret === key)) ||
  (key === 'url' && typeof value === 'string' && value.endsWith(`/${STARS}`));

function webAddress(value: unknown): string {
  const url = typeof value === 'string' && value.length <= TEXT_MOST && URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw bad('url', 'an http or https address is required', value);
  if (url.username !== '' || url.password !== '') throw bad('url', 'user and password do not belong in it', 'one with them');
  return url.href;
}

function kinds(value: unknown): readonly AlertKind[] {
  if (value === undefined || value === null) return ALERT_KINDS;
  if (!Array.isArray(value)) throw bad('on', 'a list is required', value);
  return value.map((one) => ALERT_KINDS.find((kind) => kind === one) ?? refuseKind(one));
}

const refuseKind = (value: unknown): never => {
  throw bad('on', `${ALERT_KINDS.join(', ')} are known`, value);
};

function address(field: string, value: unknown): string {
  if (typeof value !== 'string' || !ADDRESS.test(value)) throw bad(field, 'a mail address as ops@example.com is required', value);
  return value;
}

function matching(given: Given, key: string, pattern: RegExp, why: string): string {
  const value = given[key];
  if (typeof value !== 'string' || !pattern.test(value)) throw bad(key, why, value);
  return value;
}

function text(given: Given, key: string): string {
  const value = given[key] ?? '';
  if (typeof value !== 'string' || value.length > TEXT_MOST) throw bad(key, `a text of at most ${TEXT_MOST} characters is required`, STARS);
  return value;
}

function whole(value: unknown, key: string, least: number, most: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most)
    throw bad(key, `a whole number from ${least} to ${most} is required`, value);
  return value;
}

const bad = (key: string, why: string, got: unknown): TsaltError =>
  new TsaltError('bad-channel', `${key}: ${why}; got ${(JSON.stringify(got) ?? 'nothing').slice(0, 100)}`);

/** What was kept, where it still is a channel. */
export const storedChannel = (value: unknown): Channel | undefined => {
  try {
    return isItem(value) ? readChannel(value) : undefined;
  } catch {
    return undefined; // written by hand, or by another version: whoever lists the channels misses it
  }
};
