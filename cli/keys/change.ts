import type { Parsed } from '../options/parse.ts';
import { at, entriesOf, truthy } from '../output/values.ts';
import type { Printer } from '../printer.ts';
import type { ToolIo } from '../tool.ts';
import type { Keys } from './door.ts';
import { proceeds } from './question.ts';

export type Change = 'accept' | 'reject' | 'delete';

/** Which states besides pending a change applies to. */
interface Include {
  readonly accepted: boolean;
  readonly rejected: boolean;
  readonly denied: boolean;
}

/** Shows the keys a pattern matches, asks, changes them, and names each. */
export async function change(kind: Change, match: string, parsed: Parsed, keys: Keys, printer: Printer, io: ToolIo): Promise<void> {
  const include = includeOf(kind, parsed);
  const chosen = chosenFrom(kind, await keys.wheel('key.glob_match', { match }), include);
  if (chosen.size === 0) {
    printer.say(`The key glob '${match}' does not match any ${statesOf(include)} keys.`);
    return;
  }
  printer.say(`The following keys are going to be ${past(kind)}:`);
  await printer.show(chosen, 'key');
  if (!parsed.flag('yes') && !(await proceeds(io, kind !== 'delete'))) return;
  await keys.wheel(`key.${kind}_dict`, {
    match: Object.assign(Object.create(null), Object.fromEntries(chosen)),
    ...kwargsOf(kind, include),
  });
  for (const minion of [...chosen.values()].flat()) printer.say(`Key for minion ${minion} ${past(kind)}.`);
}

const past = (kind: Change): string => `${kind.replace(/e$/, '')}ed`;

function includeOf(kind: Change, parsed: Parsed): Include {
  const all = parsed.flag('include_all');
  return {
    accepted: kind !== 'accept' && ((all && kind === 'reject') || parsed.flag('include_accepted')),
    rejected: kind !== 'reject' && ((all && kind === 'accept') || parsed.flag('include_rejected')),
    denied: parsed.flag('include_denied'),
  };
}

/** All matches are deleted; accepted and rejected are the pending ones, and those asked for. */
function chosenFrom(kind: Change, matches: unknown, include: Include): Map<string, string[]> {
  const wanted: Readonly<Record<string, boolean>> = {
    minions_pre: true,
    minions: include.accepted,
    minions_rejected: include.rejected,
    minions_denied: include.denied,
  };
  const states =
    kind === 'delete' ? entriesOf(matches).map(([state]) => String(state)) : Object.keys(wanted).filter((state) => wanted[state]);
  const chosen = states.map((state): [string, string[]] => [state, idsOf(at(matches, state))]);
  return new Map(chosen.filter(([, ids]) => truthy(ids)));
}

const idsOf = (ids: unknown): string[] => (Array.isArray(ids) ? ids.map(String) : []);

function statesOf(include: Include): string {
  const states = ['unaccepted', ...(['accepted', 'rejected', 'denied'] as const).filter((state) => include[state])];
  const last = states.pop();
  return states.length === 0 ? String(last) : `${states.join(', ')} or ${last}`;
}

const kwargsOf = (kind: Change, include: Include): Record<string, boolean> => ({
  ...(kind === 'reject' ? { include_accepted: include.accepted } : {}),
  ...(kind === 'accept' ? { include_rejected: include.rejected } : {}),
  ...(kind === 'delete' ? {} : { include_denied: include.denied }),
});
