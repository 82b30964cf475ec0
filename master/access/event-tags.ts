import { tagMatcher } from '../../kernel/events/bus.ts';

/** Globs of the option `minion_event_tags`, read at each event, so that a reload takes effect. */
export type EventTagRules = () => readonly string[];

/** What the master itself says: no minion may fire it, whatever the option allows. */
const OWNED = [
  /^salt\/job\/[^/]+\/(?:publish|new|return|ret|error)(?:\/|$)/,
  /^salt\/(?:key|auth|presence|cluster|run|wheel|cloud|stats|netapi|batch)(?:\/|$)/,
  /^tsalt\//,
  /^(?:key|salt|new_job|salt\/?)$/,
  /^\d{20}/,
];

/** Tags under which a minion speaks of itself; the group is its id. */
const NAMED = [
  /^salt\/(?:minion|beacon|engines)\/([^/]+)(?:\/|$)/,
  /^salt\/job\/[^/]+\/(?:prog|start)\/([^/]+)(?:\/|$)/,
  /^salt\/state_result\/[^/]+\/(?:sub\/)?([^/]+)(?:\/|$)/,
  /^(?:minion|resource)\/refresh\/([^/]+)$/,
];

/**
 * Whether a minion may fire this tag on the master's bus. Tags of the master are never its own; a tag that names a
 * minion must name the sender; what else begins with `salt/` needs an entry in `minion_event_tags` that begins so,
 * and every other tag an entry that fits it (by default `*`: `event.send` works as in Salt).
 */
export function mayFire(rules: EventTagRules, minion: string, tag: string): boolean {
  if (OWNED.some((pattern) => pattern.test(tag))) return false;
  for (const pattern of NAMED) {
    const named = pattern.exec(tag);
    if (named !== null) return named[1] === minion;
  }
  const inside = tag.startsWith('salt/') || tag.startsWith('minion/refresh') || tag.startsWith('resource/refresh');
  return rules().some((glob) => (!inside || /^(?:salt|minion|resource)\//.test(glob)) && tagMatcher(glob)(tag));
}
