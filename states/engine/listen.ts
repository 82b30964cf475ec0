import { str } from '../../kernel/render/python/repr.ts';
import { type Data, type Dict, isDict } from '../../kernel/render/python/value.ts';
import { type Chunk, chunkOf, tagOf } from './chunk.ts';
import { REQUISITE_KEYWORDS } from './keywords.ts';
import type { Result, Results, RunNumber } from './result.ts';

/** Who listens, and to whom. */
interface Listener {
  readonly state: string;
  readonly name: string;
  readonly to: readonly Data[];
}

/** Names that mean nothing, by the tags of their results. */
type Missing = ReadonlyMap<string, readonly [string, string]>;

/** The chunks that listen to something that has changed, each once, and names that mean nothing. */
export function listening(chunks: readonly Chunk[], results: Results): { readonly chunks: Chunk[]; readonly missing: Missing } {
  const triggered = new Map<string, Chunk>();
  const missing = new Map<string, readonly [string, string]>();
  for (const listener of listeners(chunks)) {
    for (const target of listener.to.flatMap((one) => targetsOf(one, chunks))) {
      const meant = named(chunks, target);
      if (meant.length === 0) missing.set(labelOf(target), target);
      if (!meant.some((chunk) => Object.keys(results.get(tagOf(chunk))?.changes ?? {}).length > 0)) continue;
      const own = named(chunks, [listener.state, listener.name]);
      if (own.length === 0) missing.set(labelOf([listener.state, listener.name]), [listener.state, listener.name]);
      for (const chunk of own) triggered.set(tagOf(chunk), asListener(chunk));
    }
  }
  return { chunks: [...triggered.values()], missing };
}

/** Names that mean nothing are results that failed. */
export const missingResults = (missing: Missing, numbers: RunNumber): Results =>
  new Map([...missing].map(([tag, target]) => [tag, absent(target, numbers)]));

function listeners(chunks: readonly Chunk[]): Listener[] {
  return chunks.flatMap((chunk) => {
    const [to, by] = [chunk.args.get('listen'), chunk.args.get('listen_in')];
    const own: Listener[] = Array.isArray(to) ? [{ state: chunk.state, name: chunk.id, to }] : [];
    const self: Dict = new Map([[chunk.state, chunk.id]]);
    const others = (Array.isArray(by) ? by : []).filter(isDict).flatMap((one) => [...(one as Dict)]);
    return [...own, ...others.map(([state, name]): Listener => ({ state: str(state), name: str(name), to: [self] }))];
  });
}

function targetsOf(one: Data, chunks: readonly Chunk[]): (readonly [string, string])[] {
  if (isDict(one)) return [...(one as Dict)].map(([state, name]) => [str(state), str(name)] as const);
  const found = chunks.findLast(({ id, name }) => id === one || name === one);
  return found === undefined ? [] : [[found.state, found.id]];
}

const named = (chunks: readonly Chunk[], [state, name]: readonly [string, string]): Chunk[] =>
  chunks.filter((chunk) => chunk.state === state && (chunk.id === name || chunk.name === name));

function asListener(chunk: Chunk): Chunk {
  const args = new Map([...chunk.args].filter(([key]) => !REQUISITE_KEYWORDS.has(key)));
  args.set('sfun', chunk.fun);
  args.set('fun', 'mod_watch');
  args.set('__id__', `listener_${chunk.id}`);
  return chunkOf(args);
}

const labelOf = ([state, name]: readonly [string, string]): string => `Listen_Error_|-listen_${name}_|-listen_${state}_|-Listen_Error`;

function absent([state, name]: readonly [string, string], numbers: RunNumber): Result {
  const comment = `Referenced state ${state}: ${name} does not exist`;
  return { comment, name: `listen_${state}:${name}`, result: false, changes: {}, __run_num__: numbers.next() };
}
