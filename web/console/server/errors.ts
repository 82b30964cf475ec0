import { TooManyLogins } from '../../../master/client/errors.ts';
import { messageOf, TsaltError } from '../../../protocol/errors.ts';
import type { Log } from '../../parts.ts';

export interface Failure {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** Seconds. */
  readonly retryAfter?: number;
}

/** HTTP status by the code of an error; any other that was raised on purpose is 422: understood, and not done. */
const STATUS: Readonly<Record<string, number>> = {
  'not-authenticated': 401,
  'not-authorised': 403,
  'foreign-origin': 403,
  'no-csrf-token': 403,
  'bad-request': 400,
  'bad-arguments': 400,
  'bad-target': 400,
  'unknown-keywords': 400,
  'unknown-function': 404,
  'not-available': 404,
  'too-many-logins': 429,
  'master-unreachable': 503,
};

/** What is told of an error. The text of one that nobody raised on purpose stays in the log. */
export function failureOf(error: unknown, log: Pick<Log, 'error'>): Failure {
  if (error instanceof TsaltError) {
    const { code, message } = error;
    return { status: STATUS[code] ?? 422, code, message, ...(error instanceof TooManyLogins ? { retryAfter: error.retryAfter } : {}) };
  }
  const status = (error as { statusCode?: unknown } | undefined)?.statusCode;
  if (typeof status === 'number' && status >= 400 && status < 500) return { status, code: 'bad-request', message: messageOf(error) };
  log.error(`the console could not answer: ${error instanceof Error ? error.stack : messageOf(error)}`);
  return { status: 500, code: 'internal', message: 'The server could not answer this; its log says why.' };
}
