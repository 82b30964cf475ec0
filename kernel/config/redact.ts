const STARS = '**********';

/** Names under which people keep what nobody else should read. */
const SECRET_NAME = /passw|passphrase|^pass$|_pass$|secret|token|api[_-]?key|private|credential|authorization|cookie|bindpw/i;

/** Whether what stands under this name is a secret by its name alone. */
export const isSecretName = (name: string): boolean => SECRET_NAME.test(name);

/** Shorter ones would tear holes into innocent words. */
const SHORTEST_SECRET = 4;
const DEEPEST = 8;
const LONGEST_TEXT = 16384;
const WITHIN_TEXT = /\b(\w*(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key)\w*["']?\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s,;&}\]]+)/gi;

/** Removes secrets from what is about to be shown or stored. */
export interface Redactor {
  /** Known secret values, and `password=...` and the like, become stars. */
  text(text: string): string;
  /** A JSON-safe copy: values of secret names become stars, errors plain objects, deep or cyclic parts `...`. */
  value(value: unknown): unknown;
}

/** @param secrets values of secret options; see `Loaded.secrets`. */
export function redactor(secrets: readonly string[] = []): Redactor {
  const known = [...new Set(secrets.filter((secret) => secret.length >= SHORTEST_SECRET))].sort((a, b) => b.length - a.length);
  const text = (given: string): string => {
    const cut = given.length > LONGEST_TEXT ? `${given.slice(0, LONGEST_TEXT)}...` : given;
    return known.reduce((clean, secret) => clean.replaceAll(secret, STARS), cut).replace(WITHIN_TEXT, `$1${STARS}`);
  };
  return { text, value: (value) => cleaned(value, text, 0) };
}

function cleaned(value: unknown, text: (given: string) => string, depth: number): unknown {
  if (typeof value === 'string') return text(value);
  if (typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'function') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEEPEST) return '...';
  if (value instanceof Error) return cleanError(value, text, depth);
  if (ArrayBuffer.isView(value)) return `<${value.byteLength} bytes>`;
  if (Array.isArray(value)) return value.map((item) => cleaned(item, text, depth + 1));
  const copy: Record<string, unknown> = Object.create(null);
  for (const [key, item] of value instanceof Map ? value : Object.entries(value)) {
    copy[String(key)] = isSecretName(String(key)) ? hidden(item) : cleaned(item, text, depth + 1);
  }
  return copy;
}

/** A switch or a count tells nothing; a text or a tree may. */
const hidden = (value: unknown): unknown => (typeof value === 'string' || (typeof value === 'object' && value !== null) ? STARS : value);

function cleanError(error: Error, text: (given: string) => string, depth: number): unknown {
  const { name, message, stack, cause } = error;
  const code = 'code' in error ? { code: error.code } : {};
  return { name, ...code, message: text(message), ...(stack === undefined ? {} : { stack: text(stack) }), ...causeOf(cause, text, depth) };
}

const causeOf = (cause: unknown, text: (given: string) => string, depth: number): object =>
  cause === undefined ? {} : { cause: cleaned(cause, text, depth + 1) };

/** Control characters as `\xNN`, so that untrusted text can neither forge a line nor drive a terminal. */
export const printable = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is escaped
  text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, (c) => ESCAPES[c] ?? `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);

const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\u2028': '\\u2028', '\u2029': '\\u2029' };
