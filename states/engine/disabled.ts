import { globMatcher } from '../../kernel/targeting/glob.ts';
import { type Chunk, tagOf } from './chunk.ts';
import type { Results } from './result.ts';

/** What becomes of chunks whose functions (`pkg.installed`) a pattern disables. */
export function disabledResults(chunks: readonly Chunk[], patterns: readonly string[] = []): Results {
  const results: Results = new Map();
  const matchers = patterns.map((pattern) => ({ pattern, matches: globMatcher(pattern) }));
  if (matchers.length === 0) return results;
  for (const chunk of chunks) {
    const fun = `${chunk.state}.${chunk.fun}`;
    const found = matchers.find(({ matches }) => matches(fun));
    if (found === undefined) continue;
    const comment = `The state function "${fun}" is currently disabled by "${found.pattern}", to re-enable, run state.enable ${found.pattern}.`;
    results.set(tagOf(chunk), { changes: {}, result: false, comment, __run_num__: results.size, __sls__: chunk.sls });
  }
  return results;
}
