/** The fields of `/etc/os-release` or `/etc/lsb-release`. */
export type Fields = ReadonlyMap<string, string>;

type Read = (path: string) => string | undefined;

/** /etc/os-release, else /usr/lib/os-release; undefined on systems older than it. */
export const readOsRelease = (read: Read): Fields | undefined => {
  const content = read('/etc/os-release') ?? read('/usr/lib/os-release');
  return content === undefined ? undefined : parseFields(content);
};

/** /etc/lsb-release as the grains `lsb_distrib_id`, `_release`, `_codename`, `_description`. */
export const readLsbRelease = (read: Read): Record<string, string> => {
  const pattern = /^(DISTRIB_(?:ID|RELEASE|CODENAME|DESCRIPTION))=["']?([\p{L}\p{N}\s._-]+)/u;
  const grains: Record<string, string> = {};
  for (const line of (read('/etc/lsb-release') ?? '').split('\n')) {
    const [, key, value] = pattern.exec(line) ?? [];
    if (key !== undefined && value !== undefined) grains[`lsb_${key.toLowerCase()}`] = value.trimEnd();
  }
  return grains;
};

const parseFields = (content: string): Fields => {
  const fields = new Map([
    ['NAME', 'Linux'],
    ['ID', 'linux'],
    ['PRETTY_NAME', 'Linux'],
  ]);
  for (const line of content.split('\n')) {
    const [, key, quoted = ''] = /^(\w+)=(.*)$/.exec(line.trim()) ?? [];
    if (key !== undefined) fields.set(key, quoted.replace(/^(["'])(.*)\1$/, '$2').replace(/\\([$"'\\`])/g, '$1'));
  }
  return fields;
};

/** The code name that VERSION holds in brackets or after a comma, where VERSION_CODENAME is absent. */
export const codeName = (fields: Fields): string => {
  const explicit = fields.get('VERSION_CODENAME') ?? fields.get('UBUNTU_CODENAME');
  const match = /\((\D+)\)|,\s*(\D+)/.exec(fields.get('VERSION') ?? '');
  return explicit ?? match?.[1] ?? match?.[2] ?? '';
};

/** Files in which distributions wrote their release before os-release, and still write it more exactly. */
const releaseFiles = ['centos-release', 'redhat-release', 'fedora-release', 'oracle-release', 'system-release', 'gentoo-release'];

/** The most exact version that any file of the system gives: the one with the most dots, the first of equals. */
export const bestVersion = (fields: Fields, read: Read): string => {
  const released = releaseFiles.map((file) => /release\s+(\d[\d.+\-a-z]*)/.exec(read(`/etc/${file}`) ?? '')?.[1]);
  const pretty = /\s(\d[\d.+\-a-z]*)/.exec(fields.get('PRETTY_NAME') ?? '')?.[1];
  const likeDebian = `${fields.get('ID')} ${fields.get('ID_LIKE') ?? ''}`.split(' ').includes('debian');
  const debian = likeDebian ? read('/etc/debian_version')?.trim() : undefined;
  const versions = [fields.get('VERSION_ID'), ...released, pretty, debian].filter((version) => version !== undefined && version !== '');
  return versions.reduce<string>((best, version = '') => (best === '' || dots(version) > dots(best) ? version : best), '');
};

const dots = (version: string): number => version.split('.').length;
