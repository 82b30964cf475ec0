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
    const ours = minions.filter((minion) => suiteOf(minion) === 'native');
    if (ours.length > 0) {
      const frame = native.sealPublish(publication);
      for (const topic of nativeTopics(ours.length <= FEW ? ours : undefined)) await socket.publish(frame, topic);
    }
    if (ours.length === minions.length) return;
    const frame = salt.sealPublish(publication);
    if (!filtering) await socket.publish(frame);
    else for (const topic of topicsFor(publication, minions)) await socket.publish(frame, topic);
  };
}
