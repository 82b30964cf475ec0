import { type GrainHost, grainSource, type Returnable } from '../define.ts';
import { osFamily, osName } from './os_names.ts';
import { bestVersion, codeName, type Fields, readLsbRelease, readOsRelease } from './os_release.ts';

export const os = grainSource({
  name: 'os',
  doc: 'os, os_family, osfullname, osrelease, oscodename, osfinger, osmajorrelease, osrelease_info, osarch, lsb_distrib_*: the distribution.',
  builds: true,
  async collect(host) {
    const grains = distribution(host.read);
    return { ...grains, osarch: await architecture(host, String(grains['os_family'])) };
  },
});

/** The distribution's grains, from its files alone. */
export const distribution = (read: Read): Record<string, Returnable> => {
  const fields = readOsRelease(read) ?? new Map<string, string>();
  const lsb = withoutVague(lsbGrains(readLsbRelease(read), fields, read));
  const osfullname = fullName(fields, lsb);
  const os = isSuse(fields) ? 'SUSE' : osName(osfullname, fields.get('ID'));
  const osrelease = (lsb['lsb_distrib_release'] ?? bestVersion(fields, read)).trim();
  const oscodename = codeNameOf(lsb['lsb_distrib_codename'] ?? '', fields);
  const named = { ...lsb, os, os_family: osFamily(os), osfullname, osrelease, oscodename, ...suseMicro(fields) };
  return { ...named, ...numbers(os, named.osfullname, named.osrelease) };
};

type Read = (path: string) => string | undefined;

/** CentOS 7 and 8 leave the minor release out of os-release, so that Salt drops it and looks further. */
const withoutVague = (lsb: Record<string, string>): Record<string, string> => {
  const { lsb_distrib_release: _, ...others } = lsb;
  return /CentOS Linux [78]/.test(lsb['lsb_distrib_codename'] ?? '') ? others : lsb;
};

/** Without an /etc/lsb-release, Salt makes its grains of os-release. */
const lsbGrains = (lsb: Record<string, string>, fields: Fields, read: Read): Record<string, string> => {
  if (lsb['lsb_distrib_id'] !== undefined) return lsb;
  if (fields.size === 0) return { ...lsb, ...centosGrains(read('/etc/centos-release')) };
  const made: Record<string, string> = { ...lsb, lsb_distrib_id: (fields.get('NAME') ?? '').trim() };
  const release = suseVersion(fields) ?? fields.get('VERSION_ID');
  if (release !== undefined) made['lsb_distrib_release'] = release;
  made['lsb_distrib_codename'] = bracketed(fields.get('VERSION_CODENAME') ?? fields.get('PRETTY_NAME') ?? '', fields);
  return made;
};

/** CentOS 6 and older, which had no os-release. */
const centosGrains = (content: string | undefined): Record<string, string> => {
  if (content === undefined) return {};
  const release = /\d+\.\d+/.exec(content)?.[0];
  const codename = /\(([^)]*)\)/.exec(content)?.[1];
  return {
    lsb_distrib_id: 'CentOS',
    ...(release === undefined ? {} : { lsb_distrib_release: release }),
    ...(codename === undefined ? {} : { lsb_distrib_codename: codename }),
  };
};

/** These have no VERSION_CODENAME: their code name stands in brackets in PRETTY_NAME. */
const bracketed = (codename: string, fields: Fields): string => {
  const os = osName(fields.get('NAME') ?? '', fields.get('ID'));
  const inner = /\(([^)]*)/.exec(codename)?.[1];
  if (inner === undefined) return codename;
  if (os === 'AstraLinuxSE') return inner.split(/\s+/)[0]?.toLowerCase() ?? codename;
  return os === 'Rocky' || os.startsWith('AlmaLinux') ? inner : codename;
};

const fullName = (fields: Fields, lsb: Record<string, string>): string => {
  if (lsb['lsb_distrib_description']?.toLowerCase().startsWith('antergos')) return 'Antergos Linux';
  const name = fields.get('NAME') ?? lsb['lsb_distrib_id'] ?? 'Linux';
  if (isSuse(fields)) {
    if (name === 'openSUSE Leap') return 'Leap';
    if (fields.get('VERSION') === 'Tumbleweed') return 'Tumbleweed';
  }
  return name.trim();
};

const codeNameOf = (lsb: string, fields: Fields): string => {
  const codename = lsb.trim() || codeName(fields);
  return codename.includes('Red Hat') ? codeName(fields) : codename;
};

const isSuse = (fields: Fields): boolean => /^cpe:[^:]*:(\w:)?(open)?suse:/i.test(fields.get('CPE_NAME') ?? '');

/** openSUSE's CPE name is more exact than its VERSION_ID. */
const suseVersion = (fields: Fields): string | undefined => /^cpe:\/o:opensuse:[^:]*:([^:]+)/.exec(fields.get('CPE_NAME') ?? '')?.[1];

/** SUSE Linux Micro 6 calls itself SLES 16; Salt tells it apart by what it says of its support. */
const suseMicro = (fields: Fields): { oscodename: string; osrelease: string; osfullname?: string } | undefined => {
  const product = fields.get('SUSE_SUPPORT_PRODUCT');
  const osrelease = fields.get('SUSE_SUPPORT_PRODUCT_VERSION') ?? '';
  if (product === undefined) return undefined;
  const oscodename = fields.get('SUSE_PRETTY_NAME') ?? `${product} ${osrelease}`;
  return { oscodename, osrelease, ...(product === 'SUSE Linux Micro' ? { osfullname: 'SL-Micro' } : {}) };
};

/** Those that are fingered by their short name, and those whose finger has the whole release. */
const fingeredByOs = ['Debian', 'Raspbian', 'AlmaLinux'];
const fingeredByRelease = ['Ubuntu', 'Pop', 'NixOS'];

const numbers = (os: string, fullName: string, osrelease: string): Record<string, Returnable> => {
  if (osrelease === '') return {};
  const info = osrelease.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  const [major = ''] = info;
  const name = fingeredByOs.includes(os) ? os : fullName;
  return {
    osrelease_info: info,
    ...(typeof major === 'number' ? { osmajorrelease: major } : {}),
    osfinger: `${name}-${fingeredByRelease.includes(os) ? osrelease : major}`,
  };
};

/** What packages are built for, as the package tool names it. */
const architecture = async (host: GrainHost, family: string): Promise<Returnable> => {
  const machine = host.grains['cpuarch'] ?? '';
  if (family === 'Debian') return (await host.run(['dpkg', '--print-architecture'])) ?? machine;
  if (family === 'RedHat' || family === 'Suse') return (await host.run(['rpm', '--eval', '%{_host_cpu}'])) ?? machine;
  return machine;
};
