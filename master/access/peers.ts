import { RE2JS } from 're2js';
import { isMessage } from '../../protocol/wire/envelope.ts';

/** `peer` and `peer_run`: what minions may publish or run on the master. Regular expressions, matched whole. */
export type PeerRules = Readonly<Record<string, unknown>>;

/** Whether `minion` may use `fun`, by rules `{minion-regex: [function-regex, ...]}`; without rules nobody may. */
export function peerMay(rules: PeerRules, minion: string, fun: string): boolean {
  return Object.entries(rules).some(([pattern, funs]) => matches(pattern, minion) && names(funs).some((name) => matches(name, fun)));
}

/** Salt also takes maps of arguments and targets here; those narrower forms are not granted. */
function names(funs: unknown): readonly string[] {
  if (isMessage(funs)) return [];
  return Array.isArray(funs) ? funs.filter((name): name is string => typeof name === 'string') : [];
}

/** Linear time, whatever the pattern: these run at a minion's bidding. */
function matches(pattern: string, text: string): boolean {
  return RE2JS.compile(pattern).matches(text);
}
