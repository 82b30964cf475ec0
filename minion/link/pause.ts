import { setTimeout as sleep } from 'node:timers/promises';

/** Waits, but not beyond the end of `signal`; says whether the time passed whole. */
export async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  try {
    await sleep(ms, undefined, { signal, ref: true });
    return true;
  } catch {
    return false; // only the signal rejects it
  }
}

/** A time between `from` and `to`, so that many minions do not act in the same moment (P7). */
export const jitter = (from: number, to: number): number => from + Math.random() * Math.max(0, to - from);
