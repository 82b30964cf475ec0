import type { Chunk } from './chunk.ts';
import type { Requisite } from './keywords.ts';
import type { Result } from './result.ts';

/** What the requisites of a chunk say about it. */
export type Status = 'unmet' | 'fail' | 'skip_req' | 'skip_watch' | 'met' | 'pre' | 'onfail' | 'onchanges' | 'change';
type Sign = 'unmet' | 'skip_req' | 'onfail' | 'onchanges' | 'onchangesmet' | 'fail' | 'change' | 'premet' | 'pre' | 'met';

/** Weighs the results of all requisites, as Salt 3008 does. `resultOf` of a chunk that has not run is undefined. */
export function statusOf(
  requisites: ReadonlyMap<Requisite, readonly Chunk[]>,
  resultOf: (kind: Requisite, chunk: Chunk) => Result | undefined,
): Status {
  const all = new Set<Sign>();
  for (const [kind, chunks] of requisites) {
    const signs = new Set<Sign>();
    for (const chunk of chunks) for (const sign of signsOf(kind, resultOf(kind, chunk))) signs.add(sign);
    for (const sign of lenient(kind, signs)) all.add(sign);
  }
  return verdict(all);
}

function signsOf(kind: Requisite, result: Result | undefined): Sign[] {
  if (result === undefined) return ['unmet'];
  const base = kind.replace(/_(?:any|all)$/, '');
  const changed = Object.keys(result.changes).length > 0;
  const skipped: Sign[] = result['skip_req'] === true ? ['skip_req'] : [];
  if (base === 'onfail' && result.result === true) return [...skipped, 'onfail'];
  if (base === 'onchanges') return [...skipped, result.result === false || !changed ? 'onchanges' : 'onchangesmet'];
  if (base !== 'onfail' && result.result === false) return [...skipped, 'fail'];
  if (base === 'watch' && changed) return [...skipped, 'change'];
  if (base === 'prereq') return [...skipped, result.result === null ? 'premet' : 'pre'];
  return result['__state_ran__'] === false ? skipped : [...skipped, 'met'];
}

/** One is enough for the `_any` kinds and for `onfail`; `onfail_all` wants all. */
function lenient(kind: Requisite, signs: Set<Sign>): Set<Sign> {
  if (kind.endsWith('_any') || kind === 'onfail') {
    if (signs.has('met') || signs.has('change')) signs.delete('fail');
    if (signs.has('onchangesmet')) {
      signs.delete('onchanges');
      signs.delete('fail');
    }
    if (signs.has('met')) signs.delete('onfail');
  }
  if (kind.endsWith('_all') && signs.has('onfail')) signs.delete('met');
  return signs;
}

function verdict(signs: ReadonlySet<Sign>): Status {
  if (signs.has('unmet')) return 'unmet';
  if (signs.has('fail')) return 'fail';
  if (signs.has('skip_req') && (signs.has('onchangesmet') || signs.has('premet'))) return 'skip_req';
  if (signs.has('skip_req') && signs.has('change')) return 'skip_watch';
  if (signs.has('pre')) return signs.has('premet') ? 'met' : 'pre';
  if (signs.has('onfail') && !signs.has('onchangesmet')) return 'onfail';
  if (signs.has('onchanges') && !signs.has('onchangesmet')) return 'onchanges';
  if (signs.has('change')) return 'change';
  return signs.has('onfail') ? 'onfail' : 'met';
}
