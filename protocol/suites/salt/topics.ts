import { createHash } from 'node:crypto';
import type { Message } from '../suite.ts';

/** With `zmq_filtering` a minion subscribes to its own topic and to this one. */
export const BROADCAST = 'broadcast';
export const SYNDIC = 'syndic';

const cache = new Map<string, string>();
const CACHED = 20_000;

/** The topic of one minion: the hex SHA1 of its id. */
export function topicOf(id: string): string {
  const known = cache.get(id);
  if (known !== undefined) return known;
  if (cache.size >= CACHED) cache.clear();
  const topic = createHash('sha1').update(id).digest('hex');
  cache.set(id, topic);
  return topic;
}

const BY_ID: readonly unknown[] = ['glob', 'pcre', 'list', undefined, null];

/**
 * The topics under which a publication goes out with `zmq_filtering`: one for each targeted minion where the
 * target names ids, `broadcast` for all other kinds. `orderMasters` adds the syndics'.
 */
export function topicsFor(job: Message, minions: readonly string[], orderMasters = false): readonly string[] {
  if (!BY_ID.includes(job['tgt_type'])) return [BROADCAST];
  const topics = minions.map(topicOf);
  return orderMasters ? [...topics, SYNDIC] : topics;
}
