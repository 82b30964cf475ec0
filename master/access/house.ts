import type { Fleet } from '../fleet/fleet.ts';
import type { House } from './person.ts';

/** The house as permissions see it. A target or group that cannot be understood has no minions. */
export function houseOf(fleet: Fleet): House {
  const ids = (kind: string, expression: string): ReadonlySet<string> => {
    try {
      return new Set(fleet.match({ kind, expression }).minions);
    } catch {
      return new Set(); // a permission that cannot be read gives nothing
    }
  };
  return {
    matching: (compound) => ids('compound', compound),
    members: (group) => ids('nodegroup', group),
    changes: () => undefined,
  };
}
