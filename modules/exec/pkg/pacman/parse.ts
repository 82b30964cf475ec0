import type { Versions } from '../tool.ts';

const lines = (output: string): string[] => output.split('\n').filter((line) => line.trim() !== '');

/** `name version` on each line; what pacman says of its downloads is no package. */
export const parsePairs = (output: string): Map<string, string> =>
  new Map(
    lines(output)
      .map((line) => line.trim().split(/\s+/))
      .filter(([name, version, more]) => name !== undefined && version !== undefined && more === undefined && name !== 'downloading')
      .map(([name = '', version = '']) => [name, version]),
  );

/** `pacman -Sl`: repository, name, version, and perhaps `[installed]`. */
export const parseRepoPackages = (output: string): Versions => {
  const found = new Map<string, string[]>();
  for (const line of lines(output)) {
    const [, name, version] = line.trim().split(/\s+/);
    if (name !== undefined && version !== undefined) found.set(name, [...(found.get(name) ?? []), version]);
  }
  return found;
};

/** `group package` on each line. */
export const parseGroups = (output: string): Map<string, string[]> => {
  const groups = new Map<string, string[]>();
  for (const line of lines(output)) {
    const [group = '', name] = line.split(/\s+/);
    if (name !== undefined) groups.set(group, [...(groups.get(group) ?? []), name]);
  }
  return groups;
};

/** `pacman -Ql`: `package path` on each line. */
export const parseFiles = (output: string): Record<string, string[]> => {
  const found: Record<string, string[]> = {};
  for (const line of lines(output)) {
    const at = line.indexOf(' ');
    const name = line.slice(0, at);
    if (at > 0 && name !== 'error:') found[name] = [...(found[name] ?? []), line.slice(at + 1)];
  }
  return found;
};

/** `pacman -Sy`: True for a database that was fetched, False for one that is up to date. */
export const parseRefresh = (output: string): Record<string, boolean> => {
  const found: Record<string, boolean> = {};
  for (const line of lines(output).filter((each) => !each.trim().startsWith('::'))) {
    const [first = '', second = ''] = line.trim().split(/\s+/);
    if (line.includes('is up to date')) found[first] = false;
    else if (line.includes('downloading')) found[(first === 'downloading' ? second : first).split('.')[0] ?? ''] = true;
  }
  return found;
};

const NAMES: Readonly<Record<string, string>> = {
  Version: 'version',
  Description: 'summary',
  Architecture: 'arch',
  URL: 'url',
  Licenses: 'license',
  Groups: 'group',
  Packager: 'packager',
  'Build Date': 'build_date',
  'Install Date': 'install_date',
  'Installed Size': 'size',
};
/** `pacman -Qi`: fields by package, under the names Salt uses on all systems. */
export const parseInfo = (output: string): Record<string, Record<string, string>> => {
  const found: Record<string, Record<string, string>> = {};
  for (const paragraph of output.split(/\n\s*\n/)) {
    const pairs = [...paragraph.matchAll(/^(\w[\w ]*?)\s+: (.*)$/gm)].map(([, key = '', value = '']) => [key, value] as const);
    const name = pairs.find(([key]) => key === 'Name')?.[1];
    if (name === undefined) continue;
    const known = pairs.filter(([key, value]) => NAMES[key] !== undefined && value !== 'None');
    found[name] = Object.fromEntries(known.map(([key, value]) => [NAMES[key] ?? key, value]));
  }
  return found;
};
