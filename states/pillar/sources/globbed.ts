import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { globMatcher } from '../../../kernel/targeting/glob.ts';

/** Paths below a directory that a pattern means, sorted, in the way of Python's `glob`: no hidden ones unless the dot is named. */
export async function globbed(directory: string, pattern: string): Promise<readonly string[]> {
  let places = [pattern.startsWith('/') ? '/' : directory];
  for (const part of pattern.split('/').filter((one) => one !== '')) {
    const next = /[*?[]/.test(part) ? places.map((place) => matching(place, part)) : places.map(async (place) => [join(place, part)]);
    places = (await Promise.all(next)).flat();
  }
  const there = await Promise.all(
    places.map((place) =>
      stat(place).then(
        () => true,
        () => false,
      ),
    ),
  );
  return places.filter((_, at) => there[at] === true).sort();
}

async function matching(place: string, part: string): Promise<string[]> {
  const fits = globMatcher(part);
  const names = await readdir(place).catch(() => []);
  return names.filter((name) => fits(name) && (part.startsWith('.') || !name.startsWith('.'))).map((name) => join(place, name));
}
