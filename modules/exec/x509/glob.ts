import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The files that a path with `*`, `?` and `[a-z]` in its parts names. */
export function filesNamed(glob: string): string[] {
  const parts = glob.split('/').filter((part) => part !== '');
  let found = [glob.startsWith('/') ? '/' : ''];
  for (const part of parts) found = found.flatMap((folder) => (/[*?[]/.test(part) ? matching(folder, part) : [join(folder, part)]));
  return found.filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
}

function matching(folder: string, part: string): string[] {
  const source = part
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
    .replaceAll('[!', '[^');
  const pattern = new RegExp(`^${source}$`, 's');
  if (!statSync(folder || '.', { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(folder || '.')
    .filter((name) => pattern.test(name) && (part.startsWith('.') || !name.startsWith('.')))
    .map((name) => join(folder, name));
}
