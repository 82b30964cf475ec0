import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { globMatcher } from '../../kernel/targeting/glob.ts';

/** Files of a path with globs in any of its parts, sorted; no hidden files unless the glob names the dot. */
export async function filesOf(pattern: string): Promise<string[]> {
  let places = [pattern.startsWith('/') ? '/' : '.'];
  for (const part of pattern.split('/').filter((one) => one !== '')) {
    if (!/[*?[]/.test(part)) places = places.map((place) => join(place, part));
    else places = (await Promise.all(places.map((place) => matching(place, part)))).flat();
  }
  const there = await Promise.all(places.map(isFile));
  return places.filter((_, index) => there[index]);
}

async function matching(place: string, part: string): Promise<string[]> {
  const names = await readdir(place).catch(() => []);
  const fits = globMatcher(part);
  return names
    .filter((name) => fits(name) && (part.startsWith('.') || !name.startsWith('.')))
    .sort()
    .map((name) => join(place, name));
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
