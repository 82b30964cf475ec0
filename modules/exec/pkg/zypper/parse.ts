import { compareVersions } from '../rpm/versions.ts';
import type { Versions } from '../tool.ts';

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
/** The attributes of one tag of zypper's XML. */
const attributes = (tag: string): Record<string, string> =>
  Object.fromEntries(
    [...tag.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [
      name,
      value.replace(/&(\w+);/g, (whole, entity: string) => ENTITIES[entity] ?? whole),
    ]),
  );
const tags = (output: string, name: string): Record<string, string>[] =>
  [...output.matchAll(new RegExp(`<${name}\\s[^>]*>`, 'g'))].map(([tag]) => attributes(tag));

/** `zypper --xmlout list-updates`: packages with the version on offer; patches are none. */
export const parseUpdates = (output: string): Record<string, string> =>
  Object.fromEntries(
    tags(output, 'update')
      .filter(({ kind }) => kind === 'package')
      .map(({ name = '', edition = '' }) => [name, edition]),
  );

/** `zypper --xmlout search -s`: all versions, newest first. */
export const parseVersions = (output: string): Versions => {
  const found = new Map<string, string[]>();
  for (const { name = '', edition = '' } of tags(output, 'solvable')) {
    const versions = new Set([...(found.get(name) ?? []), edition]);
    found.set(
      name,
      [...versions].sort((one, other) => compareVersions(other, one)),
    );
  }
  return found;
};

/** `zypper info`: the fields of each package, their names in small letters. */
export const parseInfo = (output: string): Record<string, Record<string, string>> => {
  const found: Record<string, Record<string, string>> = {};
  for (const part of output.split(/^Information for package /m).slice(1)) {
    const lines = part.split('\n').map((line) => /^(\w[\w ]*?)\s*:\s*(\S.*?)\s*$/.exec(line));
    const fields = Object.fromEntries(lines.filter((line) => line !== null).map(([, key = '', value = '']) => [key.toLowerCase(), value]));
    if (fields['name'] !== undefined) found[fields['name']] = fields;
  }
  return found;
};

/** `zypper refresh`: True for what was built anew, False for what is up to date. */
export const parseRefresh = (output: string): Record<string, boolean> => {
  const found: Record<string, boolean> = {};
  for (const line of output.split('\n')) {
    const [, key] = /'([^']*)'/.exec(line) ?? [];
    if (key === undefined) continue;
    if (/^\s*Repository .*is up to date/.test(line)) found[key] = false;
    if (/^\s*Building .*done/.test(line)) found[key] = true;
  }
  return found;
};
