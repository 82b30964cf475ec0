/** Puts an event on the master's bus. */
export type Emit = (tag: string, data: Readonly<Record<string, unknown>>) => void;

/** Why an accepted key no longer holds: who has sessions with this minion must end them and rotate. */
export type Loss = 'deleted' | 'rejected' | 'replaced';
