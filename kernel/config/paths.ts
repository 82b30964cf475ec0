import { type Dirent, existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, normalize, resolve } from 'node:path';
import { globMatcher } from '../targeting/glob.ts';

/**
 * A path option below `root_dir`: relative and absolute ones alike are put under it, unless they already are
 * there. This is what Salt does, whose built-in root is `/`.
 */
export function underRoot(rootDir: string, path: string): string {
  const root = resolve(rootDir);
  return path === root || path.startsWith(root === '/' ? '/' : `${root}/`)
    ? normalize(path).replace(/(.)\/$/, '$1')
    : join(root, path).replace(/(.)\/$/, '$1');
}

export const isUri = (path: string): boolean => /^[a-z][a-z0-9+.-]*:/i.test(path);

/** Files an `include` names: relative to the including file, `~` expanded, patterns matched, sorted. */
export function includedFiles(pattern: string, includingFile: string): string[] {
  const expanded = pattern.replace(/^~(?=\/|$)/, homedir());
  return expandPattern(isAbsolute(expanded) ? expanded : join(dirname(includingFile), expanded)).sort();
}

/** Existing paths that match a shell pattern; hidden entries only where the pattern shows the dot. */
export function expandPattern(pattern: string): string[] {
  const [start = '', ...segments] = pattern.split('/');
  return segments.reduce<string[]>((bases, segment) => bases.flatMap((base) => step(base, segment)), [start]).map((path) => path || '/');
}

function step(base: string, segment: string): string[] {
  if (!/[*?[]/.test(segment)) {
    const path = `${base}/${segment}`;
    return existsSync(path) ? [path] : [];
  }
  const matches = globMatcher(segment);
  return entries(`${base}/`)
    .filter((entry) => matches(entry.name) && (segment.startsWith('.') || !entry.name.startsWith('.')))
    .map((entry) => `${base}/${entry.name}`);
}

/** An unreadable or missing directory has no entries to match, as in a shell. */
function entries(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (problem) {
    const { code } = problem as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return [];
    throw problem;
  }
}
