import { messageOf } from '../../../protocol/errors.ts';
import { CommandFailed, type Returnable } from '../../define.ts';
import { NoAnswer, type Reply } from './exchange.ts';

/** Errors of the system as Python words them. */
const SYSTEM: Readonly<Record<string, string>> = {
  ECONNREFUSED: '[Errno 111] Connection refused',
  EHOSTUNREACH: '[Errno 113] No route to host',
  ENETUNREACH: '[Errno 101] Network is unreachable',
  ETIMEDOUT: '[Errno 110] Connection timed out',
  ENOTFOUND: '[Errno -2] Name or service not known',
  EAI_AGAIN: '[Errno -3] Temporary failure in name resolution',
};

/** What went wrong, in Python's words where it has some. */
const worded = (thrown: unknown): string => {
  // Several addresses of one name were tried: the last one tells.
  const error = thrown instanceof AggregateError ? thrown.errors.at(-1) : thrown;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const message = messageOf(error);
  if (/^(ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code))
    return `[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: ${message}`;
  return SYSTEM[code] ?? message;
};

type Answer = Record<string, Returnable>;
/** How one of Salt's three HTTP libraries tells of a failure. */
export interface Backend {
  /** A status that is not good; undefined if it is taken as an answer like any other. */
  refused(reply: Reply, body: Returnable): Answer | undefined;
  /** No answer at all. */
  absent(thrown: unknown, url: string): Answer;
}

const tornado = (status: boolean, raise: boolean): Backend => ({
  refused: (reply, body) =>
    raise && (reply.status < 200 || reply.status >= 300)
      ? { status: reply.status, error: `HTTP ${reply.status}: ${reply.reason}`, body }
      : undefined,
  absent(thrown) {
    if (thrown instanceof NoAnswer) return { status: 599, error: thrown.message };
    return { ...(status ? { status: 0 } : {}), error: worded(thrown) };
  },
});
const requests: Backend = {
  refused(reply) {
    if (reply.status < 400) return undefined;
    const side = reply.status < 500 ? 'Client' : 'Server';
    throw new CommandFailed(`${reply.status} ${side} Error: ${reply.reason} for url: ${reply.url}`);
  },
  absent(thrown, url) {
    throw new CommandFailed(`${url} cannot be reached: ${worded(thrown)}`);
  },
};
const urllib2: Backend = {
  refused: (reply) => (reply.status < 300 ? undefined : { Error: `HTTP Error ${reply.status}: ${reply.reason}` }),
  absent: (thrown) => ({ Error: `<urlopen error ${worded(thrown)}>` }),
};

/** Salt's name of a library; any other is tornado. */
export const backendOf = (name: string, status: boolean, raise: boolean): Backend =>
  name === 'requests' ? requests : name === 'urllib2' ? urllib2 : tornado(status, raise);
