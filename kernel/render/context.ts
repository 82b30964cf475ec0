/** The variables that tell a template where it stands: `sls`, `slspath`, `tplfile`, `tpldir` and their kin. */
export interface PlaceNames {
  readonly sls: string;
  readonly slspath: string;
  readonly sls_path: string;
  readonly slsdotpath: string;
  readonly slscolonpath: string;
  readonly tplpath: string;
  readonly tplfile: string;
  readonly tpldir: string;
  readonly tpldot: string;
}

/**
 * @param sls its name with dots
 * @param file the file relative to its root: `nginx/init.sls`
 * @param path the file on this machine
 */
export function placeNames(sls: string, file: string, path: string): PlaceNames {
  const dir = file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '';
  const base = sls.replaceAll('.', '/');
  const slspath = file.endsWith('/init.sls') ? base : base.includes('/') ? base.slice(0, base.lastIndexOf('/')) : '';
  return {
    sls,
    slspath,
    sls_path: slspath.replaceAll('/', '_'),
    slsdotpath: slspath.replaceAll('/', '.'),
    slscolonpath: slspath.replaceAll('/', ':'),
    tplpath: path,
    tplfile: file,
    tpldir: dir === '' ? '.' : dir,
    tpldot: dir.replaceAll('/', '.'),
  };
}
