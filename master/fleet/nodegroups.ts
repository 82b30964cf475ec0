import type { Nodegroups } from '../../kernel/targeting/target.ts';

/** The option `nodegroups` as targeting takes it: texts or lists of texts by name; other values are left out. */
export function nodegroupsOf(option: unknown): Nodegroups {
  const groups: Record<string, string | readonly string[]> = Object.create(null);
  if (typeof option !== 'object' || option === null) return groups;
  for (const [name, group] of Object.entries(option)) {
    if (typeof group === 'string') groups[name] = group;
    else if (Array.isArray(group)) groups[name] = group.map(String);
  }
  return groups;
}
