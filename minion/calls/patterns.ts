import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { globMatcher } from '../../kernel/targeting/glob.ts';
import { regexMatcher } from '../../kernel/targeting/regex.ts';
import type { Log } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';

/** Whether `path` fits `include` and not `exclude`: globs, or `E@` and a regular expression found anywhere. */
export function fits(path: string, include: string | undefined, exclude: string | undefined, log: Log): boolean {
  const matches = (pattern: string): boolean => {
    try {
      return pattern.startsWith('E@') ? regexMatcher(`.*(?:${pattern.slice(2)})`)(path) : globMatcher(pattern)(path);
    } catch (error) {
      log.warn(`the pattern ${pattern} is left out: ${messageOf(error)}`);
      return false;
    }
  };
  if (include !== undefined && include !== '' && !matches(include)) return false;
  return exclude === undefined || exclude === '' || !matches(exclude);
}

/** All files below a directory, with their whole paths. */
export async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
