import type { Nodegroups } from '../../kernel/targeting/target.ts';

/** Options of a daemon, as read: Salt's names and units. */
export type Options = Readonly<Record<string, unknown>>;

/** What the compiler asks of them. */
export interface PillarOptions {
  readonly roots: Readonly<Record<string, readonly string[]>>;
  /** The name of the top file, relative to a root. */
  readonly top: string;
  readonly renderer: string;
  readonly strategy: string;
  readonly mergeLists: boolean;
  readonly includesOverride: boolean;
  /** Whether minions hear only that rendering failed, not how. */
  readonly safeErrors: boolean;
  readonly envOrder: readonly string[];
  readonly nodegroups: Nodegroups;
  readonly pillarenv: string | undefined;
  readonly pillarenvFromSaltenv: boolean;
  /** `ext_pillar` as written: its form is judged where it is run. */
  readonly ext: unknown;
  readonly extFirst: boolean;
  readonly extExcluded: readonly string[];
  /** Sources that a minion may ask for by `pillar.ext`. */
  readonly extOnDemand: readonly string[];
  /** Puts the options of the daemon below the key `master`. */
  readonly withOptions: boolean;
}

/** @param raw options whose types were checked when they were read; a foreign one counts as absent. */
export function pillarOptions(raw: Options): PillarOptions {
  return {
    roots: rootsOf(raw['pillar_roots']),
    top: text(raw['state_top'], 'top.sls')
      .replace(/^salt:\/\//, '')
      .replace(/^\/+/, ''),
    renderer: text(raw['renderer'], 'jinja|yaml'),
    strategy: text(raw['pillar_source_merging_strategy'], 'smart'),
    mergeLists: raw['pillar_merge_lists'] === true,
    includesOverride: raw['pillar_includes_override_sls'] === true,
    safeErrors: raw['pillar_safe_render_error'] !== false,
    envOrder: texts(raw['env_order']),
    nodegroups: nodegroupsOf(raw['nodegroups']),
    pillarenv: text(raw['pillarenv'], '') || undefined,
    pillarenvFromSaltenv: raw['pillarenv_from_saltenv'] === true,
    ext: raw['ext_pillar'] ?? [],
    extFirst: raw['ext_pillar_first'] === true,
    extExcluded: texts(raw['exclude_ext_pillar']),
    extOnDemand: raw['on_demand_ext_pillar'] === undefined ? ['libvirt', 'virtkey'] : texts(raw['on_demand_ext_pillar']),
    withOptions: raw['pillar_opts'] === true,
  };
}

/** The option `nodegroups` as targeting takes it: texts or lists of texts by name; other values are left out. */
export function nodegroupsOf(option: unknown): Nodegroups {
  const groups: Record<string, string | readonly string[]> = Object.create(null);
  for (const [name, group] of entries(option)) {
    if (typeof group === 'string') groups[name] = group;
    else if (Array.isArray(group)) groups[name] = group.map(String);
  }
  return groups;
}

function rootsOf(option: unknown): Readonly<Record<string, readonly string[]>> {
  const roots: Record<string, readonly string[]> = Object.create(null);
  for (const [env, paths] of entries(option)) roots[env] = texts(paths);
  return roots;
}

const entries = (value: unknown): readonly [string, unknown][] =>
  typeof value === 'object' && value !== null ? Object.entries(value) : [];
const text = (value: unknown, fallback: string): string => (typeof value === 'string' && value !== '' ? value : fallback);
const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : typeof value === 'string' ? [value] : []);
