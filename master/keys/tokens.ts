import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { globMatcher } from '../../kernel/targeting/glob.ts';
import { messageOf, TsaltError } from '../../protocol/errors.ts';

const FILE = 'enrolment_tokens.json';
const TOKEN = /^[A-Za-z0-9_-]{43}$/;
const DAY = 86_400;
const TTL_MAX = 30 * DAY;
const TOKENS_MAX = 10_000;

interface StoredToken {
  readonly sha256: string;
  readonly for: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
  /** The group that who comes with it joins. */
  readonly group?: string;
}

/** A token that nobody has used yet, without what would let somebody in. */
export interface WaitingToken {
  /** The beginning of its hash. */
  readonly id: string;
  readonly for: string;
  readonly group: string | null;
  readonly expires: Date;
}

export interface TokenRequest {
  /** Glob on minion ids; `*` when absent. */
  readonly for?: string;
  /** Seconds; a day when absent, 30 days at most. */
  readonly ttl?: number;
  readonly group?: string;
}

/**
 * One-time enrolment tokens: 256 random bits, shown once, kept as a hash with an expiry in
 * `pki_dir/enrolment_tokens.json`. Read from the file at each use: `tsalt-key` may write it while a master runs.
 */
export class EnrolmentTokens {
  readonly #path: string;
  readonly #now: () => number;
  /** Hashes used up here: another process that writes the file meanwhile must not bring them back. */
  readonly #used = new Set<string>();

  constructor(pkiDir: string, now: () => number = Date.now) {
    this.#path = join(pkiDir, FILE);
    this.#now = now;
  }

  /** @throws TsaltError `bad-token-request`, `tokens-unreadable` */
  create(request: TokenRequest = {}): { token: string; expires: Date } {
    const ttl = request.ttl ?? DAY;
    if (!Number.isFinite(ttl) || ttl <= 0 || ttl > TTL_MAX)
      throw new TsaltError('bad-token-request', `ttl: ${String(request.ttl)} is not between 1 and ${TTL_MAX} seconds`);
    if (request.for === '') throw new TsaltError('bad-token-request', 'for: an empty pattern matches no minion; give a glob on minion ids');
    const living = this.#living();
    if (living.length >= TOKENS_MAX)
      throw new TsaltError('bad-token-request', `there are ${TOKENS_MAX} unused tokens; wait until some expire`);
    const token = randomBytes(32).toString('base64url');
    const expires = this.#now() + ttl * 1_000;
    this.#write([...living, { sha256: hashOf(token).toString('hex'), for: request.for ?? '*', expires, ...groupOf(request) }]);
    return { token, expires: new Date(expires) };
  }

  /** What `token` was made for, if it was for this id, has not expired and was not used; it is used up by that. */
  redeem(token: string, id: string): Pick<TokenRequest, 'group'> | undefined {
    if (!TOKEN.test(token)) return undefined;
    const living = this.#living();
    const hash = hashOf(token);
    let found: StoredToken | undefined;
    for (const one of living) if (timingSafeEqual(Buffer.from(one.sha256, 'hex'), hash)) found = one;
    if (found === undefined || !globMatcher(found.for)(id)) return undefined;
    this.#used.add(found.sha256);
    this.#write(living.filter((one) => one !== found));
    return groupOf(found);
  }

  /** Those that can still be used, the first to expire first. @throws TsaltError `tokens-unreadable` */
  waiting(): WaitingToken[] {
    return this.#living()
      .sort((a, b) => a.expires - b.expires)
      .map(({ sha256, for: pattern, group, expires }) => ({
        id: sha256.slice(0, 12),
        for: pattern,
        group: group ?? null,
        expires: new Date(expires),
      }));
  }

  /** Makes a token void, by its id. Says whether there was one. @throws TsaltError `tokens-unreadable` */
  revoke(id: string): boolean {
    const living = this.#living();
    const found = living.find(({ sha256 }) => sha256.slice(0, 12) === id);
    if (found === undefined) return false;
    this.#used.add(found.sha256);
    this.#write(living.filter((one) => one !== found));
    return true;
  }

  #living(): StoredToken[] {
    return this.#read().filter((one) => one.expires > this.#now() && !this.#used.has(one.sha256));
  }

  #read(): StoredToken[] {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
      throw this.#unreadable(cause);
    }
    try {
      return tokensIn(JSON.parse(text));
    } catch (cause) {
      throw this.#unreadable(cause);
    }
  }

  #unreadable(cause: unknown): TsaltError {
    return new TsaltError('tokens-unreadable', `${this.#path}: ${messageOf(cause)}; remove it, unused tokens are then void`, { cause });
  }

  #write(tokens: readonly StoredToken[]): void {
    const beside = `${this.#path}.${process.pid}.new`;
    rmSync(beside, { force: true });
    writeFileSync(beside, JSON.stringify({ tokens }, null, 1), { mode: 0o600, flag: 'wx', flush: true });
    renameSync(beside, this.#path);
  }
}

/** @throws TsaltError `tokens-unreadable` */
function tokensIn(file: unknown): StoredToken[] {
  const tokens: unknown = typeof file === 'object' && file !== null && 'tokens' in file ? file.tokens : undefined;
  if (Array.isArray(tokens) && tokens.length <= TOKENS_MAX && tokens.every(isStored)) return tokens;
  throw new TsaltError('tokens-unreadable', 'it does not hold a list of tokens');
}

function isStored(value: unknown): value is StoredToken {
  if (typeof value !== 'object' || value === null) return false;
  const { sha256, for: pattern, expires, group } = value as Readonly<Record<string, unknown>>;
  const isPattern = typeof pattern === 'string' && pattern.length <= 1_000;
  return (
    typeof sha256 === 'string' &&
    /^[0-9a-f]{64}$/.test(sha256) &&
    isPattern &&
    Number.isFinite(expires) &&
    (group === undefined || typeof group === 'string')
  );
}

const groupOf = ({ group }: Pick<TokenRequest, 'group'>): Pick<TokenRequest, 'group'> => (group === undefined ? {} : { group });

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();
