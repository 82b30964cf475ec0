import type { Returnable } from '../../define.ts';

const text = (doc: string) => ({ type: 'string', doc }) as const;
const flag = (doc: string) => ({ type: 'boolean', default: false, doc }) as const;
const any = (doc: string) => ({ type: 'any', doc }) as const;

export const BIN_ENV = { bin_env: text('a virtual environment, or the path of a python or pip; python3 on the PATH by default') } as const;
export const USER = { user: text('the user to run pip as') } as const;
export const CWD = { cwd: text('the directory to run pip in') } as const;
export const ENV_VARS = { env_vars: any('a map of variables for its environment') } as const;
export const USE_VT = { use_vt: flag('give it a terminal') } as const;
export const SALTENV = { saltenv: { type: 'string', default: 'base', doc: 'the environment of salt:// files' } } as const;
export const REQUIREMENTS = { requirements: any('files of requirements: a list, or with commas between') } as const;
export const LINE = {
  log: text('the file pip keeps a log in'),
  proxy: any('`user:password@host:port`; false: not that of the minion either'),
  timeout: any('seconds until a connection is given up'),
} as const;
export const EXTRA_ARGS = { extra_args: any('further arguments of pip: texts, or maps of one option and its value') } as const;
export const INDEXES = { index_url: text('the package index'), extra_index_url: text('a further package index') } as const;
export const PKGS = { pkgs: any('packages: a list, or with commas between') } as const;

/** What may be told of an installation. */
export const INSTALL = {
  ...PKGS,
  ...REQUIREMENTS,
  ...BIN_ENV,
  use_wheel: flag('prefer wheels; pip 1.4 to 9.0.3'),
  no_use_wheel: flag('no wheels; pip 1.4 to 9.0.3'),
  ...LINE,
  editable: any('what is installed in place: a list, or with commas between'),
  find_links: any('URLs or directories where packages are looked for'),
  ...INDEXES,
  no_index: flag('ask no index'),
  mirrors: any('mirrors of the index; before pip 7'),
  build: text('the directory to unpack in'),
  target: text('the directory to install into'),
  download: text('download into this directory, do not install'),
  download_cache: text('the directory of the cache, by its former name'),
  source: text('the directory of editable checkouts'),
  upgrade: flag('take the newest version'),
  force_reinstall: flag('install again what is there'),
  ignore_installed: flag('do not look at what is installed'),
  exists_action: text('when a path exists: s(witch), i(gnore), w(ipe), b(ackup)'),
  no_deps: flag('without what the packages depend on'),
  no_install: flag('unpack only'),
  no_download: flag('install what was downloaded'),
  global_options: any('options of setup.py'),
  install_options: any('options of `setup.py install`'),
  ...USER,
  ...CWD,
  pre_releases: flag('versions before a release are taken too'),
  cert: text('a file of certificates of authorities'),
  allow_all_external: flag('packages that are not on the index; before pip 10'),
  allow_external: any('names of such packages'),
  allow_unverified: any('names of packages that cannot be verified'),
  process_dependency_links: flag('follow links to what packages depend on'),
  ...SALTENV,
  ...ENV_VARS,
  ...USE_VT,
  trusted_host: text('a host that needs no valid certificate'),
  no_cache_dir: flag('without a cache'),
  ...EXTRA_ARGS,
  cache_dir: text('the directory of the cache'),
  no_binary: any('names that are not to be taken as wheels, `:all:` or `:none:`'),
  disable_version_check: flag('pip does not look for a newer pip'),
} as const;

/** The items of a list, or of a text with commas between. */
export const listOf = (value: Returnable | undefined): string[] => {
  if (Array.isArray(value)) return value.map(String);
  if (value == null || value === false || value === '') return [];
  return String(value)
    .split(',')
    .map((item) => item.trim());
};
