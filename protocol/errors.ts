/**
 * The base of every error tsalt raises on purpose. `code` is stable and is what the wire, the exit
 * status and HTTP status are looked up by; the message says what was wrong, what was got, what to do.
 */
export class TsaltError extends Error {
  readonly code: string;
  /** Whether the same call may succeed later without anyone changing anything. */
  readonly retry: boolean;

  constructor(code: string, message: string, options: { cause?: unknown; retry?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retry = options.retry ?? false;
  }
}

/** Bytes from the network that fail a check: malformed, truncated, forged, replayed, for somebody else. */
export class BadFrame extends TsaltError {
  constructor(message: string, cause?: unknown) {
    super('bad-frame', message, { cause });
  }
}

/** The peer did not answer within the time given. */
export class TimedOut extends TsaltError {
  constructor(message: string) {
    super('timed-out', message, { retry: true });
  }
}

/** The master knows this key but has not accepted it, or has refused it. */
export class NotAccepted extends TsaltError {
  readonly verdict: 'pending' | 'rejected' | 'full';
  constructor(verdict: 'pending' | 'rejected' | 'full', message: string) {
    super(`key-${verdict}`, message, { retry: verdict !== 'rejected' });
    this.verdict = verdict;
  }
}

/** The peer proved to be someone else than the one we pinned. Never retried. */
export class WrongPeer extends TsaltError {
  constructor(message: string) {
    super('wrong-peer', message);
  }
}

/** What was thrown, as text, whatever was thrown. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
