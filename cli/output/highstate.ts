import { palette } from './colors.ts';
import { compressIds } from './highstate-compress.ts';
import { Host } from './highstate-host.ts';
import type { OutputOptions, Outputter } from './outputter.ts';
import { at, entriesOf, has, isMapping, kindOf, toMap, Unprintable } from './values.ts';

/** The results of state runs: one block for each state and a summary for each minion. */
export const highstate: Outputter = (data, options) => highstateText(data, options, 1);

/**
 * Also called for the changes of an orchestration step, which hold the results of other minions.
 * @throws Unprintable when `data` does not hold state results
 */
export function highstateText(data: unknown, options: OutputOptions, level: number): string {
  const results = unwrapped(data);
  if (typeof results === 'string') return results;
  if (results === null) return 'None';
  if (!isMapping(results)) throw new Unprintable('not a mapping of minions to state results');
  const minions = options.state?.compressIds === true ? compressIds(toMap(results)) : toMap(results);
  if (isOrchestration(minions)) minions.delete('retcode');
  const inner = (changes: unknown, depth: number): string => highstateText(changes, options, depth);
  const setting = { options, colors: palette(options.color ?? false), level, inner };
  return [...minions].map(([host, states]) => new Host(host, states, setting).text()).join('\n');
}

/** Runners and `jobs.lookup_jid` put the results into envelopes. */
function unwrapped(data: unknown): unknown {
  let results = data;
  if (has(results, 'return')) results = at(results, 'return');
  if (has(results, 'data')) results = at(results, 'data');
  const entries = entriesOf(results);
  const only = entries.length === 1 ? entries[0]?.[1] : undefined;
  if (has(only, 'jid') && has(only, 'fun')) {
    const inner = at(only, 'return');
    if (inner !== undefined && !isMapping(inner)) throw new Unprintable('the envelope holds no results');
    if (has(inner, 'data')) results = at(inner, 'data');
  }
  if (kindOf(results) === 'int' || kindOf(results) === 'bool') throw new Unprintable('a number is no state result');
  return results;
}

function isOrchestration(minions: ReadonlyMap<unknown, unknown>): boolean {
  const names = [...minions.keys()];
  if (!names.every((name) => typeof name === 'string')) throw new Unprintable('a minion id is not a text');
  return minions.has('retcode') && names.filter((name) => String(name).endsWith('_master')).length === 1;
}
