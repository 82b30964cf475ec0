import type { Log } from '../../../modules/define.ts';
import { messageOf } from '../../../protocol/errors.ts';
import type { MasterLink } from '../../link/contract.ts';
import { pause } from '../../link/pause.ts';
import { number, type Options } from '../../settings.ts';
import type { BeaconEvent, Beacons } from './beacons.ts';

/** Lets the beacons look each `loop_interval`, as long as there is a master to tell, until `signal`. */
export async function watchBeacons(
  beacons: Beacons,
  masters: () => readonly MasterLink[],
  options: () => Options,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const warn = (error: unknown): void => log.warn(`events of beacons were not sent: ${messageOf(error)}`);
  const tell = async (events: readonly BeaconEvent[]): Promise<void> => {
    await Promise.all(masters().map((link) => link.ask({ cmd: '_minion_event', pretag: null, events }).catch(warn)));
  };
  while (await pause(Math.max(0.1, number(options(), 'loop_interval', 1)) * 1000, signal)) {
    if (masters().length > 0) void beacons.round(tell).catch((error: unknown) => log.error(`the beacons broke: ${messageOf(error)}`));
  }
}
