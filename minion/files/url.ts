import { BadFileName } from '../errors.ts';

/** Where a file is to come from. */
export type Place =
  | { readonly kind: 'salt'; readonly path: string; readonly env: string }
  | { readonly kind: 'web'; readonly url: URL }
  | { readonly kind: 'local'; readonly path: string };

/**
 * Reads `salt://path`, `salt://path?saltenv=dev`, `salt://|path?with=odd&marks`, `http(s)://`, `file://`
 * and plain absolute paths. @throws BadFileName
 */
export function placeOf(text: string, env: string): Place {
  if (text.startsWith('salt://')) return saltPlace(text.slice('salt://'.length), env);
  if (text.startsWith('file://')) return { kind: 'local', path: decodeURIComponent(text.slice('file://'.length)) };
  if (/^https?:\/\//i.test(text) && URL.canParse(text)) return { kind: 'web', url: new URL(text) };
  if (text.startsWith('/')) return { kind: 'local', path: text };
  throw new BadFileName(text, 'is not a file this client can fetch; use salt://, http://, https://, file:// or an absolute path');
}

/** A path inside a file root: relative, with `/`, without steps out of it. @throws BadFileName */
export function safePath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..') || path.includes('\0')) throw new BadFileName(path, 'leads out of the file root');
  return parts.join('/');
}

/** A name of an environment that can be a directory; that of a branch may have slashes. @throws BadFileName */
export function safeEnv(env: string): string {
  if (!/^[^\\\0]{1,200}$/.test(env) || env.split('/').some((part) => part === '' || part === '.' || part === '..'))
    throw new BadFileName(env, 'is not a usable saltenv');
  return env;
}

function saltPlace(rest: string, env: string): Place {
  if (rest.startsWith('|')) return { kind: 'salt', path: safePath(rest.slice(1)), env: safeEnv(env) };
  const [path = '', query] = rest.split('?', 2);
  const asked = query === undefined ? null : new URLSearchParams(query).get('saltenv');
  return { kind: 'salt', path: safePath(path), env: safeEnv(asked ?? env) };
}
