import { isRemembered, type Remembered, type SlotMemory } from '../../kernel/schedule/slots.ts';
import type { Log } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import type { StateStore } from '../state/sqlite.ts';

const BANK = 'schedule';

/** The last slots in the master's database, written at once: they survive the death of the process at any moment. */
export const slotsIn = (state: StateStore, log: Log): SlotMemory => {
  /** A disk that is full costs what a restart would know, not the run. */
  const write = (change: () => void): void => {
    change();
    try {
      state.flush();
    } catch (error) {
      log.error(`the times of scheduled jobs are not remembered yet: ${messageOf(error)}`);
    }
  };
  return {
    get: (name) => {
      const found = state.get(BANK, name);
      return isRemembered(found) ? found : undefined;
    },
    set: (name, slot: Remembered) => write(() => state.set(BANK, name, slot)),
    delete: (name) => write(() => void state.delete(BANK, name)),
  };
};
