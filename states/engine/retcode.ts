import { str } from '../../kernel/render/python/repr.ts';
import { type Dict, isDict } from '../../kernel/render/python/value.ts';
import { declarations, type High } from './high.ts';
import type { Result, Results } from './result.ts';

/** 0, or 2 when a state failed (Salt's EX_STATE_FAILURE) and nothing that had `onfail_stop: False` made up for it. */
export function retcodeOf(results: Results, high: High = new Map()): 0 | 2 {
  for (const [tag, { result }] of results) if (result === false && !isMadeUp(tag, results, high)) return 2;
  return results.size === 0 ? 2 : 0;
}

function isMadeUp(tag: string, results: Results, high: High): boolean {
  const handlers = handlersOf(tag, high);
  return handlers.length > 0 && handlers.every(([state, id]) => succeeded(state, id, results));
}

/** State modules and ids that act on the failure of a state and say `onfail_stop: False`. */
function handlersOf(tag: string, high: High): (readonly [string, string])[] {
  const [state = '', id = ''] = tag.split('_|-');
  const found: (readonly [string, string])[] = [];
  for (const [own, body] of high) {
    for (const [module, args] of declarations(body)) {
      const dicts = args.filter(isDict) as Dict[];
      const goesOn = dicts.some((arg) => arg.get('onfail_stop') === false);
      const wanted = dicts.flatMap((arg) => arg.get('onfail') ?? []);
      const means = wanted.some((one) => isDict(one) && (one as Dict).get(state) === id);
      if (own !== id && goesOn && means) found.push([module, str(own)]);
    }
  }
  return found;
}

function succeeded(state: string, id: string, results: Results): boolean {
  const outcomes = [...results].filter(([tag]) => tag.startsWith(`${state}_|-${id}_|-`)).map(([, { result }]: [string, Result]) => result);
  return outcomes.includes(true) && !outcomes.includes(false);
}
