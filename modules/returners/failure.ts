import { ReturnerAway } from '../define.ts';

/** What the network says when the other side is not there, or went away. */
const AWAY = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'EAI_AGAIN',
  'ENOTFOUND',
  'ENOENT',
  'UND_ERR_SOCKET',
]);

/** The error as `ReturnerAway` when it is one that passes by itself, else as it is. `at` says where it happened. */
export function orAway(error: unknown, at: string): Error {
  const thrown = error instanceof Error ? error : new Error(String(error));
  const code = codeOf(thrown);
  // fetch says no more than that it failed, and keeps the reason as the cause.
  const text = `${at}: ${(thrown.cause instanceof Error ? thrown.cause.message : thrown.message) || (code ?? thrown.name)}`;
  return code !== undefined && AWAY.has(code) ? new ReturnerAway(text) : new Error(text);
}

/** The code of an error, of its cause (`fetch`), or of the first of several (a name with several addresses). */
function codeOf(error: Error & { readonly code?: unknown; readonly errors?: readonly unknown[] }): string | undefined {
  if (typeof error.code === 'string') return error.code;
  const inner = error.cause ?? error.errors?.[0];
  return inner instanceof Error ? codeOf(inner) : undefined;
}

export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
