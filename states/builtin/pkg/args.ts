import type { ArgsOf } from '../../../modules/define.ts';

export const NAME = { type: 'string', required: true, doc: 'the package' } as const;
export const PKGS = { type: 'any', doc: 'several packages: names, or maps of a name to a version' } as const;
export const VERSION = { type: 'any', doc: 'the version, or a wish such as `>=1.2,<2`; `latest` for the newest' } as const;
export const REFRESH = { type: 'any', doc: 'fetch the package lists first; unless False, the first installation of a run does' } as const;
export const FROM = { type: 'string', doc: 'the repository or release to take packages from' } as const;
export const EPOCH = { type: 'boolean', doc: 'compare versions without their epochs; by default where none is named' } as const;
export const NORMALIZE = { type: 'boolean', default: true, doc: "drop the system's own architecture from names" } as const;
export const SKIP_VERIFY = { type: 'boolean', default: false, doc: 'take packages that are not signed' } as const;
export const MORE = 'options of the package tool, such as `only_upgrade`, `install_recommends`, `env`';

export const INSTALLED = {
  name: NAME,
  version: VERSION,
  refresh: REFRESH,
  fromrepo: FROM,
  skip_verify: SKIP_VERIFY,
  skip_suggestions: { type: 'boolean', default: false, doc: 'do not look for other names of packages that are not known' },
  pkgs: PKGS,
  sources: { type: 'any', doc: 'package files: maps of a name to a path or URL' },
  allow_updates: { type: 'boolean', default: false, doc: 'a newer version than the one named will do' },
  pkg_verify: { type: 'any', doc: 'install again what has files that are not as they were; True or a list of options' },
  normalize: NORMALIZE,
  ignore_epoch: EPOCH,
  reinstall: { type: 'boolean', default: false, doc: 'install again what is there' },
  update_holds: { type: 'boolean', default: false, doc: 'install packages also if they are held' },
  hold: { type: 'boolean', doc: 'keep the packages at their version from then on, or (False) no longer' },
} as const;
export type InstalledArgs = ArgsOf<typeof INSTALLED>;
