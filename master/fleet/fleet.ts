import { compileTarget } from '../../kernel/targeting/compile.ts';
import type { CompiledTarget, Nodegroups, Subject, TargetSpec } from '../../kernel/targeting/target.ts';
import type { StateStore } from '../state/sqlite.ts';
import type { Presence } from './presence.ts';

/** Accepted minions, and what the master knows of each: enough to say whom a target means. */
export interface Fleet {
  readonly presence: Presence;
  /** Accepted ids, sorted. */
  ids(): readonly string[];
  /** @throws BadTarget */
  match(target: TargetSpec): Matched;
  /** Grains or pillar as last seen (Salt's minion data cache). */
  grains(id: string): Readonly<Record<string, unknown>>;
  pillar(id: string): Readonly<Record<string, unknown>>;
  learn(id: string, data: { readonly grains?: unknown; readonly pillar?: unknown }): void;
  forget(id: string): void;
}

export interface Matched {
  readonly minions: readonly string[];
  /** Named by a list target, but no key of theirs is accepted. */
  readonly missing: readonly string[];
  /** The target as minions can read it: node groups resolved. */
  readonly wire: CompiledTarget['wire'];
}

export interface FleetParts {
  readonly acceptedIds: () => readonly string[];
  readonly state: StateStore;
  readonly presence: Presence;
  /** Read at each match, so that a reload takes effect. */
  readonly nodegroups: () => Nodegroups;
  /** Salt's `minion_data_cache`. */
  readonly cacheData: boolean;
}

export function createFleet(parts: FleetParts): Fleet {
  const read = (bank: 'grains' | 'pillar', id: string): Readonly<Record<string, unknown>> => asMap(parts.state.get(bank, id));
  return {
    presence: parts.presence,
    ids: parts.acceptedIds,
    match: (target) => {
      const compiled = compileTarget(target, parts.nodegroups());
      const ids = parts.acceptedIds();
      const { needs } = compiled;
      const subject = (id: string): Subject => ({
        id,
        grains: needs.has('grains') ? read('grains', id) : NOTHING,
        pillar: needs.has('pillar') ? read('pillar', id) : NOTHING,
      });
      const minions = ids.filter((id) => compiled.matches(subject(id)));
      const listed = compiled.listed ?? [];
      const accepted = listed.length === 0 ? undefined : new Set(ids);
      const missing = [...new Set(listed)].filter((id) => !accepted?.has(id)).sort();
      return { minions, missing, wire: compiled.wire };
    },
    grains: (id) => read('grains', id),
    pillar: (id) => read('pillar', id),
    learn: (id, data) => {
      if (!parts.cacheData) return;
      if (data.grains !== undefined) parts.state.set('grains', id, data.grains);
      if (data.pillar !== undefined) parts.state.set('pillar', id, data.pillar);
    },
    forget: (id) => {
      for (const bank of ['grains', 'pillar', 'mine']) parts.state.delete(bank, id);
      parts.presence.forget(id);
    },
  };
}

const NOTHING: Readonly<Record<string, unknown>> = Object.freeze(Object.create(null));

const asMap = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : NOTHING;
