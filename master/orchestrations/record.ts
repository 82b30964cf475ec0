/**
 * `interrupted`: the master ended while it ran, and nobody has gone on with it yet. `resumed`: it runs again, from
 * where it was. `failed`: a chunk failed, or the run itself did, and `reason` says why.
 */
export type RunState = 'running' | 'interrupted' | 'resumed' | 'done' | 'failed';

export const UNENDED: readonly RunState[] = ['running', 'interrupted', 'resumed'];

/** How a run was called, with secrets as stars. */
export interface Asked {
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
}

/** What is needed to go on with a run, and is gone once it has ended: the call as it came, and what was rendered. */
export interface Secrets extends Asked {
  readonly high?: unknown;
}

/** A run as it is kept. What was packed is unchecked. */
export interface Kept {
  readonly jid: string;
  readonly fun: string;
  readonly user: string;
  /** Epoch milliseconds, as all times here. */
  readonly started: number;
  readonly ended: number | null;
  readonly state: RunState;
  readonly reason: string | null;
  readonly asked: unknown;
  readonly secrets: unknown;
  /** When it was gone on with. */
  readonly resumed: unknown;
  /** What the call answered. */
  readonly value: unknown;
}

export type RunRow = Omit<Kept, 'asked' | 'secrets' | 'resumed' | 'value'> & {
  readonly asked: Uint8Array;
  readonly secrets: Uint8Array | null;
  readonly resumed: Uint8Array | null;
  readonly value: Uint8Array | null;
};

export interface ChunkRow {
  readonly n: number;
  readonly tag: string;
  /** Its arguments, with secrets as stars. */
  readonly low: unknown;
  readonly begun: number | null;
  readonly ended: number | null;
  readonly result: unknown;
}
