import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface ConsoleFile {
  readonly body: Buffer;
  /** The same, compressed when the bundle was built. */
  readonly gzipped: Buffer | undefined;
  readonly type: string;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The page of the app; every address of the console that names no file gets it. */
export const PAGE = 'index.html';

/** Beside the source, and beside the bundles of the programs. */
const PLACES = ['../../../dist/console', '../console', './console'];

/**
 * The files of the app, in memory: only they can be asked for, whatever a path says. None when the bundle was not built.
 */
export function consoleFiles(): ReadonlyMap<string, ConsoleFile> {
  const folder = PLACES.map((place) => fileURLToPath(new URL(place, import.meta.url))).find((place) => existsSync(join(place, PAGE)));
  if (folder === undefined) return new Map();
  const names = readdirSync(folder).filter((name) => TYPES[extname(name)] !== undefined);
  return new Map(
    names.map((name) => {
      const path = join(folder, name);
      const gzipped = existsSync(`${path}.gz`) ? readFileSync(`${path}.gz`) : undefined;
      return [name, { body: readFileSync(path), gzipped, type: TYPES[extname(name)] ?? '' }];
    }),
  );
}
