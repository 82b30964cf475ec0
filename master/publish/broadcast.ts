import { nativeTopics } from '../../protocol/suites/native/publication.ts';
import { topicsFor } from '../../protocol/suites/salt/topics.ts';
import type { MasterSuite, SuiteName } from '../../protocol/suites/suite.ts';
import type { Publisher as PublishSocket } from '../../protocol/transports/transport.ts';
import type { Broadcast } from './publisher.ts';

export interface BroadcastParts {
  readonly socket: PublishSocket;
  readonly salt: MasterSuite;
  readonly native: MasterSuite;
  /** Which suite the accepted key of a minion belongs to. */
  readonly suiteOf: (minion: string) => SuiteName | undefined;
  /** Salt's `zmq_filtering`. */
  readonly filtering: boolean;
}

/** Beyond this many minions one frame for all costs less than one for each. */
const FEW = 32;

/** Seals a publication once for each suite in use among the minions meant, and sends it. */
export function createBroadcast({ socket, salt, native, suiteOf, filtering }: BroadcastParts): Broadcast {
  return async (publication, minions) => {
    // Frames are numbered, and minions refuse a number below the last: all are handed over before anything is awaited.
    const sent: Promise<void>[] = [];
    const ours = minions.filter((minion) => suiteOf(minion) === 'native');
    if (ours.length > 0) {
      const frame = native.sealPublish(publication);
      sent.push(...nativeTopics(ours.length <= FEW ? ours : undefined).map((topic) => socket.publish(frame, topic)));
    }
    if (ours.length < minions.length) {
      const frame = salt.sealPublish(publication);
      const topics = filtering ? topicsFor(publication, minions) : [undefined];
      sent.push(...topics.map((topic) => socket.publish(frame, topic)));
    }
    await Promise.all(sent);
  };
}
