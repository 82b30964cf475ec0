import type { Returnable } from '../../../modules/define.ts';
import type { Low, StateModule } from '../../define.ts';

const TOGETHER: readonly Returnable[] = ['installed', 'latest', 'removed', 'purged'];

/** What a state is about, as `pkgs` or `sources` takes it: one package is a list of it. */
function listOf(low: Low, key: 'pkgs' | 'sources'): readonly Returnable[] | undefined {
  const list = low[key];
  if (Array.isArray(list)) return list as readonly Returnable[];
  if (key === 'sources' || list !== undefined) return undefined;
  const { name = '', version } = low;
  return [version === undefined || version === null ? name : { [String(name)]: version }];
}
const nameOf = (item: Returnable): string => (typeof item === 'object' && item !== null ? (Object.keys(item)[0] ?? '') : String(item));

/** The packages of all states that do the same to packages from the same place. Those that hold are left alone: not all is to be held. */
export const aggregate: NonNullable<StateModule['aggregate']> = (own, others) => {
  if (!TOGETHER.includes(own['fun'] ?? '')) return { args: {}, from: [] };
  const key = 'sources' in own ? 'sources' : 'pkgs';
  const isAlike = (low: Low): boolean =>
    low['fun'] === own['fun'] && low['fromrepo'] === own['fromrepo'] && !('hold' in low) && (key === 'sources') === 'sources' in low;
  const from = others.filter((low) => isAlike(low) && listOf(low, key) !== undefined);
  if (from.length === 0) return { args: {}, from };
  const byName = new Map<string, Returnable>();
  for (const item of [own, ...from].flatMap((low) => listOf(low, key) ?? [])) {
    const known = byName.get(nameOf(item));
    // A version that one of them asks for counts.
    if (known === undefined || typeof known === 'string') byName.set(nameOf(item), item);
  }
  return { args: { [key]: [...byName.values()] }, from };
};
