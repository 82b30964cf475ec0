import { TsaltError } from '../../protocol/errors.ts';

/** Ends a request with a status and a sentence for the one who asked. */
export class HttpProblem extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

export const NO_PERMISSION = 'No permission -- see authorization schemes';

/** What the master refused, as HTTP says it. Other errors stay what they are. */
export function problemOf(error: unknown): HttpProblem | undefined {
  if (error instanceof HttpProblem) return error;
  if (!(error instanceof TsaltError)) return clientProblem(error);
  switch (error.code) {
    case 'not-authenticated':
      return new HttpProblem(401, NO_PERMISSION);
    case 'not-authorised':
      return new HttpProblem(401, error.message);
    case 'too-many-logins':
      return new HttpProblem(429, error.message, { 'retry-after': String(retryAfter(error)) });
    case 'master-unreachable':
    case 'not-ready':
      return new HttpProblem(503, 'Salt Master is not available.', { 'retry-after': '5' });
    case 'timed-out':
      return new HttpProblem(504, error.message);
    default:
      return undefined;
  }
}

/** Whole seconds, at least one. */
function retryAfter(error: TsaltError): number {
  const seconds = 'retryAfter' in error ? Number(error.retryAfter) : Number.NaN;
  return Number.isFinite(seconds) ? Math.max(1, Math.ceil(seconds)) : 60;
}

/** What the HTTP library says of a malformed request. */
function clientProblem(error: unknown): HttpProblem | undefined {
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined;
  const status = Number(error.statusCode);
  if (status === 413) return new HttpProblem(413, 'The entity sent with the request exceeds the maximum allowed bytes.');
  if (status === 415) return new HttpProblem(406, 'Content type not supported');
  return status >= 400 && status < 500 ? new HttpProblem(status, error.message) : undefined;
}
