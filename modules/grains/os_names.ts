/**
 * What Salt calls a distribution (`os`), by the first ten letters of its full name without blanks, in lower case.
 * One that is not here keeps its full name.
 */
const shortNames: Readonly<Record<string, string>> = {
  alibabaclo: 'Alinux',
  almalinux: 'AlmaLinux',
  almalinuxk: 'AlmaLinux',
  alt: 'ALT',
  amazonami: 'Amazon',
  antergos: 'Antergos',
  arch: 'Arch',
  archarm: 'Arch ARM',
  chapeau: 'Chapeau',
  cloudlinux: 'CloudLinux',
  cloudserve: 'CloudLinux',
  debian: 'Debian',
  enterprise: 'OEL',
  fedoraremi: 'Fedora',
  gentoobase: 'Gentoo',
  korora: 'Korora',
  linuxmint: 'Mint',
  manjaro: 'Manjaro',
  manjarolin: 'Manjaro',
  mendel: 'Mendel',
  neon: 'KDE neon',
  nilrt: 'NILinuxRT',
  oracleserv: 'OEL',
  photon: 'VMware Photon OS',
  pidora: 'Fedora',
  poky: 'Poky',
  pop: 'Pop',
  raspbian: 'Raspbian',
  redhatente: 'RedHat',
  rocky: 'Rocky',
  scientific: 'ScientificLinux',
  sles: 'SUSE',
  slesexpand: 'RES',
  synology: 'Synology',
  univention: 'Univention',
  virtuozzo: 'Virtuozzo',
  void: 'Void',
};

/** Names that must be told by the distribution's id as well. */
const byIdAndName: Readonly<Record<string, string>> = {
  'astra/Astra Linux (Orel)': 'AstraLinuxCE',
  'astra/Astra Linux (Smolensk)': 'AstraLinuxSE',
  'pop/Pop!_OS': 'Pop',
};

/** The members of each family; a distribution that is in none is a family of its own. */
const families: Readonly<Record<string, readonly string[]>> = {
  Arch: ['Antergos', 'Arch ARM', 'EndeavourOS', 'Manjaro', 'Manjaro ARM'],
  Bluewhite: ['Bluewhite64'],
  Debian: [
    ...['AstraLinuxCE', 'AstraLinuxSE', 'Cumulus', 'Deepin', 'Devuan', 'GCEL', 'IDMS', 'KDE neon', 'Kali', 'Linaro', 'Mendel', 'Mint'],
    ...[
      'OSMC',
      'Parrot OS',
      'Pop',
      'Raspbian',
      'Trisquel',
      'TurnKey',
      'Ubuntu',
      'Univention',
      'antiX',
      'elementary',
      'elementary OS',
      'neon',
    ],
  ],
  Gentoo: ['Funtoo'],
  Mandriva: ['Mandrake'],
  RedHat: [
    ...['ALT', 'Alinux', 'AlmaLinux', 'AlmaLinux Kitten', 'AlterOS', 'Amazon', 'CentOS', 'CentOS Stream', 'Chapeau', 'CloudLinux'],
    ...['FedBerry', 'Fedora', 'GoOSe', 'Korora', 'OEL', 'OVS', 'RED OS', 'RES', 'Rocky', 'Sangoma', 'Scientific', 'ScientificLinux'],
    ...['VMware Photon OS', 'Virtuozzo', 'XCP', 'XCP-ng', 'XenServer', 'openEuler'],
  ],
  Slackware: ['Slamd64'],
  Suse: [
    ...['SLED', 'SLES', 'SLES_SAP', 'SUSE', 'SUSE  Enterprise Server', 'SUSE Enterprise Server', 'alfaLinux', 'alfaLinux Rise'],
    ...['openSUSE', 'openSUSE Leap', 'openSUSE Tumbleweed'],
  ],
  VMware: ['VMwareESX'],
};

/** The `os` grain for a distribution's full name and os-release id. */
export const osName = (fullName: string, id: string | undefined): string => {
  const exact = id === undefined ? undefined : byIdAndName[`${id}/${fullName}`];
  if (exact !== undefined) return exact;
  const name = fullName.replace(/\W(?:gnu\/)?linux/gi, '').trim();
  const short = name.replaceAll(' ', '').toLowerCase().slice(0, 10);
  return Object.hasOwn(shortNames, short) ? (shortNames[short] ?? name) : name;
};

/** The `os_family` grain for an `os` grain. */
export const osFamily = (os: string): string => Object.entries(families).find(([, members]) => members.includes(os))?.[0] ?? os;
