/** A version as PEP 440 orders them. */
export interface Version {
  readonly epoch: number;
  readonly release: readonly number[];
  /** Phase and number before the release; of a development release without them, before all others. */
  readonly pre: readonly [string, number] | undefined;
  readonly post: number | undefined;
  readonly dev: number | undefined;
  readonly local: readonly (string | number)[];
}
export interface Specifier {
  readonly operator: string;
  readonly version: string;
}

const VERSION =
  /^\s*v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?\s*$/i;
const PHASES: Readonly<Record<string, string>> = { alpha: 'a', beta: 'b', c: 'rc', pre: 'rc', preview: 'rc' };

/** Undefined for what is no version. */
export function parseVersion(text: string): Version | undefined {
  const found = VERSION.exec(text);
  if (found === null) return undefined;
  const [, epoch, release = '', phase, phaseNumber, implicitPost, post, postNumber, dev, devNumber, local] = found;
  const name = phase?.toLowerCase();
  return {
    epoch: Number(epoch ?? 0),
    release: release.split('.').map(Number),
    pre: name === undefined ? undefined : [PHASES[name] ?? name, Number(phaseNumber)],
    post: implicitPost !== undefined ? Number(implicitPost) : post === undefined ? undefined : Number(postNumber),
    dev: dev === undefined ? undefined : Number(devNumber),
    local:
      local
        ?.toLowerCase()
        .split(/[-_.]/)
        .map((part) => (/^\d+$/.test(part) ? Number(part) : part)) ?? [],
  };
}

export const isPrerelease = ({ pre, dev }: Version): boolean => pre !== undefined || dev !== undefined;

/** Negative when the first comes before the second. */
export function compareVersions(a: Version, b: Version): number {
  return comparePublic(a, b) || compareLocal(a.local, b.local);
}

function comparePublic(a: Version, b: Version): number {
  const [ours, theirs] = [a, b].map(({ epoch, release, pre, post, dev }) => {
    const isOnlyDev = pre === undefined && post === undefined && dev !== undefined;
    const phase = pre === undefined ? (isOnlyDev ? [-1, 0] : [3, 0]) : [['a', 'b', 'rc'].indexOf(pre[0]), pre[1]];
    const padded = Array.from({ length: Math.max(a.release.length, b.release.length) }, (_, index) => release[index] ?? 0);
    return [epoch, ...padded, ...phase, post ?? -1, dev ?? Number.POSITIVE_INFINITY];
  }) as [number[], number[]];
  const at = ours.findIndex((part, index) => part !== theirs[index]);
  return at < 0 ? 0 : (ours[at] ?? 0) < (theirs[at] ?? 0) ? -1 : 1;
}

function compareLocal(a: Version['local'], b: Version['local']): number {
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const [ours, theirs] = [a[at], b[at]];
    if (ours === theirs) continue;
    if (ours === undefined || theirs === undefined) return ours === undefined ? -1 : 1;
    // A number comes after a word.
    if (typeof ours !== typeof theirs) return typeof ours === 'string' ? -1 : 1;
    return ours < theirs ? -1 : 1;
  }
  return 0;
}

/** Whether a version meets all specifiers. One before a release does only if a specifier names such a one. */
export function fulfills(version: string, specifiers: readonly Specifier[]): boolean {
  if (specifiers.length === 0) return true;
  const parsed = parseVersion(version);
  if (parsed === undefined) return false;
  const namesOne = specifiers.some(({ operator, version: wanted }) => {
    const target = ['==', '>=', '<=', '~=', '==='].includes(operator) ? parseVersion(wanted) : undefined;
    return target !== undefined && isPrerelease(target);
  });
  return (namesOne || !isPrerelease(parsed)) && specifiers.every((one) => meets(version, parsed, one));
}

function meets(text: string, version: Version, { operator, version: wanted }: Specifier): boolean {
  if (operator === '===') return text.toLowerCase() === wanted.toLowerCase();
  const base = parseVersion(wanted.replace(/\.\*$/, ''));
  if (base === undefined) return false;
  const startsSo = (release: readonly number[]): boolean =>
    version.epoch === base.epoch && release.every((part, index) => (version.release[index] ?? 0) === part);
  if (wanted.endsWith('.*')) return startsSo(base.release) === (operator === '==');
  const order = comparePublic(version, base);
  const equal = order === 0 && (base.local.length === 0 || compareLocal(version.local, base.local) === 0);
  switch (operator) {
    case '==':
      return equal;
    case '!=':
      return !equal;
    case '<=':
      return order <= 0;
    case '>=':
      return order >= 0;
    case '~=':
      return order >= 0 && startsSo(base.release.slice(0, -1));
    case '<':
      return order < 0 && (isPrerelease(base) || !isPrerelease(version) || !sameRelease(version, base));
    case '>':
      return order > 0 && (base.post !== undefined || version.post === undefined || !sameRelease(version, base));
    default:
      return false;
  }
}

const sameRelease = (a: Version, b: Version): boolean =>
  comparePublic({ ...a, pre: undefined, post: undefined, dev: undefined }, { ...b, pre: undefined, post: undefined, dev: undefined }) === 0;
