import type { Returnable } from '../../modules/define.ts';

/** Whether all states of a run went well, as orchestration judges it: what holds no result is looked into (`recurse`). */
export function checkResult(running: Returnable | undefined, recurse = false): boolean {
  const results = entriesOf(running);
  if (results === undefined || results.length === 0) return false;
  return results.every(([id, result]) => {
    if (!(id === '__extend__' ? Array.isArray(result) : entriesOf(result) !== undefined)) return recurse;
    const own = entriesOf(result)?.find(([key]) => key === 'result');
    return own === undefined ? checkResult(result, true) : own[1] !== false;
  });
}

function entriesOf(value: Returnable | undefined): (readonly [string, Returnable])[] | undefined {
  if (value instanceof Map) return [...value].map(([key, item]) => [String(key), item as Returnable]);
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) return undefined;
  return Object.entries(value);
}
