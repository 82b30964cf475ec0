import type { Log } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import type { Message } from '../../protocol/suites/suite.ts';
import type { MasterLink } from '../link/contract.ts';

/** Fires an event on a master's bus. */
export async function fireEvent(link: MasterLink, tag: string, data: unknown, more: Message = {}): Promise<void> {
  await link.ask({ cmd: '_minion_event', tag, data, pretag: null, ...more });
}

/** What the start says of itself. */
export interface Announcement {
  readonly id: string;
  /** Sent along when `start_event_grains` names some. */
  readonly grains: Message;
  /** The old `minion_start` event, too (`enable_legacy_startup_events`). */
  readonly legacy: boolean;
}

/** Tells a master that this minion has started, in the order Salt's does (wire-protocol facts, liveness). */
export async function announce(link: MasterLink, { id, grains, legacy }: Announcement, log: Log): Promise<void> {
  const text = `Minion ${id} started at ${ctime(new Date())}`;
  const more: Message = Object.keys(grains).length === 0 ? {} : { grains };
  try {
    if (legacy) await fireEvent(link, 'minion_start', text, more);
    if (link.suite === 'salt') await link.ask({ cmd: '_register_resources', resources: {}, resource_grains: {} });
    await fireEvent(link, `salt/minion/${id}/start`, text, more);
  } catch (error) {
    log.warn(`the master ${link.master} could not be told of the start: ${messageOf(error)}`);
  }
}

/** A time as C's `ctime` writes it: `Tue Nov 24 01:02:03 2026`. */
export function ctime(date: Date): string {
  const [day, month] = [date.toDateString().slice(0, 3), date.toDateString().slice(4, 7)];
  return `${day} ${month} ${String(date.getDate()).padStart(2)} ${date.toTimeString().slice(0, 8)} ${date.getFullYear()}`;
}
