import type { Versions } from '../tool.ts';

/** `bash-completion-2.11-r4`: the version begins at the last hyphen but one, after which a digit stands. */
export const nameAndVersion = (text: string): { readonly name: string; readonly version: string } | undefined => {
  const [, name, version] = /^(.+)-(\d[^-]*-r\d+)$/.exec(text.trim()) ?? [];
  return name === undefined || version === undefined ? undefined : { name, version };
};

/** `apk info -v`: a name and version on each line. */
export const parseInstalled = (output: string): Versions => {
  const found = output.split('\n').map((line) => nameAndVersion(line));
  const versions = new Map<string, string[]>();
  for (const one of found) if (one !== undefined) versions.set(one.name, [...(versions.get(one.name) ?? []), one.version]);
  return versions;
};

/** `apk policy`: versions by name, newest first; what is only installed, no repository offers. */
export const parsePolicy = (output: string): Versions => {
  const found = new Map<string, string[]>();
  let [name, version] = ['', ''];
  for (const line of output.split('\n')) {
    const [, header] = /^(\S+) policy:/.exec(line) ?? [];
    const [, offered] = /^ {2}(\S.*):$/.exec(line) ?? [];
    if (header !== undefined) name = header;
    else if (offered !== undefined) version = offered;
    else if (/^ {4}(?!lib\/apk\/db\/installed)\S/.test(line)) {
      const versions = found.get(name) ?? [];
      if (!versions.includes(version)) found.set(name, [version, ...versions]);
    }
  }
  return found;
};

/** `apk upgrade -s`: `(1/2) Upgrading musl (1.2.4-r2 -> 1.2.4-r3)`. */
export const parseUpgrades = (output: string): Record<string, string> =>
  Object.fromEntries([...output.matchAll(/Upgrading (\S+) \(\S+ -> (\S+)\)/g)].map(([, name = '', version = '']) => [name, version]));

/** `apk info -L`: `musl-1.2.4-r2 contains:` and paths without their first slash. */
export const parseFiles = (output: string): Record<string, string[]> => {
  const found: Record<string, string[]> = {};
  let name = '';
  for (const line of output.split('\n')) {
    const [, header] = /^(\S+) contains:$/.exec(line) ?? [];
    if (header !== undefined) {
      name = nameAndVersion(header)?.name ?? header;
      found[name] = [];
    } else if (line.trim() !== '') found[name]?.push(`/${line.trim()}`);
  }
  return found;
};

const NAMES: Readonly<Record<string, string>> = { description: 'summary', webpage: 'url', license: 'license', 'installed size': 'size' };
/** `apk info -a`: `musl-1.2.4-r2 description:` and the text below, under the names Salt uses on all systems. */
export const parseInfo = (output: string): Record<string, Record<string, string>> => {
  const found: Record<string, Record<string, string>> = {};
  for (const [, label = '', field = '', value = ''] of output.matchAll(/^(\S+-r\d+) ([a-z ]+):\n((?:.+\n?)*)/gm)) {
    const named = nameAndVersion(label);
    const key = NAMES[field];
    if (named === undefined || key === undefined) continue;
    found[named.name] = { ...(found[named.name] ?? { version: named.version }), [key]: value.trim() };
  }
  return found;
};
