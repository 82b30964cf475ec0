import { BadTarget, type TargetSpec } from '../../kernel/targeting/target.ts';
import { isMessage } from '../../protocol/wire/envelope.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { StateStore } from '../state/sqlite.ts';

/** Data that minions publish for one another (Salt's mine), kept per minion in the state store. */
export interface Mine {
  /** Adds to what is kept; `clear` first forgets the rest. */
  put(minion: string, data: Readonly<Record<string, unknown>>, clear: boolean): void;
  delete(minion: string, fun: string): void;
  flush(minion: string): void;
  /** `{function: {minion: value}}`, of what `asker` may read: the master's own id reads what all may, as in Salt. @throws BadTarget */
  get(target: TargetSpec, funs: readonly string[], asker: string): MineAnswers;
}

export type MineAnswers = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** A mine value may carry who may read it: `{__data__, allow_tgt, allow_tgt_type}` (Salt's mine ACL). */
const ACL_MARK = '__saltmine_acl__';

export function createMine(state: StateStore, fleet: Fleet): Mine {
  const dataOf = (minion: string): Record<string, unknown> => {
    const data = state.get('mine', minion);
    return Object.assign(Object.create(null), isMessage(data) ? data : undefined);
  };

  /** A target that cannot be understood reaches nobody: its owner must not spoil the answers of all. */
  const reaches = (target: TargetSpec, asker: string): boolean => {
    try {
      return fleet.match(target).minions.includes(asker);
    } catch (error) {
      if (error instanceof BadTarget) return false;
      throw error;
    }
  };

  const readable = (value: unknown, asker: string): unknown => {
    if (!isMessage(value) || !(ACL_MARK in value)) return value;
    const allowed = value['allow_tgt'];
    if (allowed === undefined || allowed === '') return value['__data__'];
    const kind = typeof value['allow_tgt_type'] === 'string' ? value['allow_tgt_type'] : 'glob';
    return reaches({ kind, expression: allowed as string | string[] }, asker) ? value['__data__'] : undefined;
  };

  return {
    put: (minion, data, clear) => state.set('mine', minion, Object.assign(clear ? Object.create(null) : dataOf(minion), data)),
    delete: (minion, fun) => {
      const data = dataOf(minion);
      delete data[fun];
      state.set('mine', minion, data);
    },
    flush: (minion) => state.delete('mine', minion),
    get: (target, funs, asker) => {
      const answers: Record<string, Record<string, unknown>> = Object.create(null);
      for (const fun of funs) answers[fun] = Object.create(null);
      for (const minion of fleet.match(target).minions) {
        const data = dataOf(minion);
        for (const fun of funs) {
          const value = fun in data ? readable(data[fun], asker) : undefined;
          const row = answers[fun];
          if (value !== undefined && row !== undefined) row[minion] = value;
        }
      }
      return answers;
    },
  };
}
