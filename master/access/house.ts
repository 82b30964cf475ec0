import type { Changes } from '../../kernel/loader/changes.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { House } from './person.ts';
import { forReaders, ofTheMasterForReaders } from './reading.ts';

export interface HouseParts {
  readonly fleet: Fleet;
  readonly runners: Changes;
  readonly wheels: Changes;
  readonly barred?: House['barred'];
}

/** The house as permissions see it. A target or group that cannot be understood has no minions. */
export function houseOf({ fleet, runners, wheels, barred = () => undefined }: HouseParts): House {
  const ids = (kind: string, expression: string): ReadonlySet<string> => {
    try {
      return new Set(fleet.match({ kind, expression }).minions);
    } catch {
      return new Set(); // a permission that cannot be read gives nothing
    }
  };
  const changes: House['changes'] = (form, fun) => (form === 'runner' ? runners(fun) : wheels(fun));
  return {
    matching: (compound) => ids('compound', compound),
    members: (group) => ids('nodegroup', group),
    changes,
    barred,
    reads: (form, fun) => (form === 'minion' ? forReaders(fun) : changes(form, fun) === false && ofTheMasterForReaders(fun)),
  };
}

/** The same house, each question about minions answered once: for one call. */
export function remembering(house: House): House {
  const once = (ask: (text: string) => ReadonlySet<string>) => {
    const known = new Map<string, ReadonlySet<string>>();
    return (text: string): ReadonlySet<string> => {
      const found = known.get(text) ?? ask(text);
      known.set(text, found);
      return found;
    };
  };
  return { ...house, matching: once(house.matching), members: once(house.members) };
}
