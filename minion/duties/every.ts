import type { Log } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import { pause } from '../link/pause.ts';

/** Does something each `everyMs` until `signal`; never when it is 0. A failure is logged and the next time comes all the same. */
export async function every(everyMs: number, what: string, act: () => Promise<unknown>, log: Log, signal: AbortSignal): Promise<void> {
  while (everyMs > 0 && (await pause(everyMs, signal))) {
    await act().catch((error: unknown) => log.warn(`${what}: ${messageOf(error)}`));
  }
}
