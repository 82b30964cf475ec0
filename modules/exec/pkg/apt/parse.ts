import type { Versions } from '../tool.ts';

/** What apt-get update did with each source, from its `Get:`, `Hit:`, `Ign:` and `Err:` lines: True, None, False, False. */
export const parseUpdate = (output: string): Record<string, boolean | null> => {
  const sources: Record<string, boolean | null> = {};
  for (const line of output.split('\n')) {
    const [, what, source = ''] = /^(Get|Hit|Ign|Err)\S*\s+(.*)$/.exec(line.trim()) ?? [];
    if (what === undefined) continue;
    const name = source.split(/\s+/).join(' ');
    if (what === 'Get') sources[name.replace(/ \[.+B\]$/, '')] = true;
    else sources[name] = what === 'Hit' ? null : false;
  }
  return sources;
};

/** The candidates that `apt-cache policy` names; empty for a package it knows but does not offer. */
export const parsePolicy = (output: string): ReadonlyMap<string, string> => {
  const candidates = new Map<string, string>();
  let name = '';
  for (const line of output.split('\n')) {
    if (/^\S.*:$/.test(line)) name = line.slice(0, -1);
    const [, candidate] = /^\s+Candidate: (\S+)/.exec(line) ?? [];
    if (candidate !== undefined) candidates.set(name, candidate === '(none)' ? '' : candidate);
  }
  return candidates;
};

/** Versions by package from `apt-cache show` or `dump`. */
export const parseOffers = (output: string): Versions => {
  const offers = new Map<string, string[]>();
  let name = '';
  for (const line of output.split('\n')) {
    const [, field, value = ''] = /^\s*(Package|Version):\s*(\S+)/.exec(line) ?? [];
    if (field === 'Package') name = value;
    if (field === 'Version') offers.set(name, [...(offers.get(name) ?? []), value]);
  }
  return offers;
};

/** What `apt-get --just-print` would configure: `Conf bash (5.2.15-2+b13 Debian:12.11/stable [amd64])`. */
export const parseUpgrades = (output: string): Record<string, string> =>
  Object.fromEntries([...output.matchAll(/^Conf (\S+) \((\S+)/gm)].map(([, name = '', version = '']) => [name, version]));

/** The indented names after `The following packages will be REMOVED:`. */
export const parseRemovable = (output: string): string[] => {
  const [, names = ''] = /The following packages will be REMOVED:\n((?: .*\n?)*)/.exec(output) ?? [];
  return names
    .split(/\s+/)
    .filter((name) => name !== '')
    .sort();
};

/** Package names by state, from lines such as `bash	install`. */
export const parseSelections = (output: string): Record<string, string[]> => {
  const states: Record<string, string[]> = {};
  for (const line of output.split('\n')) {
    const [name, state] = line.trim().split(/\s+/);
    if (!name || !state) continue;
    states[state] = [...(states[state] ?? []), name];
  }
  return states;
};

/**
 * `apt-cache show`: the fields of each version by package. Salt reads every line with a colon as a field, also in a
 * description, and so do we.
 */
export const parseShow = (output: string, only: readonly string[]): Record<string, Record<string, Record<string, string>>> => {
  const found: Record<string, Record<string, Record<string, string>>> = {};
  for (const paragraph of output.split(/\n\s*\n/)) {
    const fields: Record<string, string> = {};
    for (const line of paragraph.split('\n')) {
      const at = line.indexOf(':');
      if (at < 0) continue;
      const key = line.slice(0, at).trim();
      if (['package', 'version', ...only].includes(key.toLowerCase()) || only.length === 0) fields[key] = line.slice(at + 1).trim();
    }
    const { Package: name, Version: version, ...rest } = fields;
    if (name === undefined || version === undefined) continue;
    const versions = found[name] ?? {};
    found[name] = { ...versions, [version]: { ...versions[version], ...rest } };
  }
  return found;
};
