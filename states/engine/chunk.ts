import { equal } from '../../kernel/render/python/compare.ts';
import { fromPlain } from '../../kernel/render/python/plain.ts';
import { str } from '../../kernel/render/python/repr.ts';
import { type Data, type Dict, isDict } from '../../kernel/render/python/value.ts';
import { declarations, type High } from './high.ts';

/** Low data: one call of one state function. `args` holds all that `state.show_lowstate` shows, in its order. */
export interface Chunk {
  readonly state: string;
  readonly fun: string;
  readonly id: string;
  readonly name: string;
  readonly sls: string | null;
  readonly env: string;
  readonly args: Map<string, Data>;
  /** Where it stands in the order asked for; settled when the graph is sorted. */
  order: Data | undefined;
  nameOrder: number;
  /** The run looks first, in test mode, whether it would change. */
  prereq: boolean;
  /** It has such a requisite on another chunk. */
  prerequiring?: boolean;
}

/** The key of a chunk's result. */
export const tagOf = ({ state, id, name, fun }: Pick<Chunk, 'state' | 'id' | 'name' | 'fun'>): string =>
  `${state}_|-${id}_|-${name}_|-${fun}`;

/** Verified high data as low chunks, one for each state, function and name. */
export function compileChunks(high: High): Chunk[] {
  const chunks: Chunk[] = [];
  for (const [id, body] of high) {
    if (typeof id !== 'string' || id.startsWith('__') || !isDict(body)) continue;
    for (const [state, run] of declarations(body)) chunks.push(...chunksOf(id, state, run, body as Dict));
  }
  return chunks;
}

function chunksOf(id: string, state: string, run: readonly Data[], body: Dict): Chunk[] {
  const args = new Map<string, Data>([
    ['state', state],
    ['name', id],
  ]);
  for (const note of ['__sls__', '__env__', '__sls_included_from__']) if (body.has(note)) args.set(note, body.get(note) ?? null);
  args.set('__id__', id);
  const names: Data[] = [];
  let fun: string | undefined;
  for (const arg of run) {
    if (typeof arg === 'string') fun ??= arg;
    if (!isDict(arg)) continue;
    for (const [key, value] of arg as Dict) {
      if (key === 'names') addNames(names, value);
      else if (key === 'name' && typeof value !== 'string') args.set('name', id);
      else if (key !== 'state') args.set(str(key), value);
    }
  }
  if (fun === undefined) return [];
  if (names.length === 0) return [finish(args, fun, 0)];
  return names.map((name, index) => finish(named(args, name), fun, index + 1));
}

/** Each once. */
function addNames(names: Data[], added: Data): void {
  for (const name of Array.isArray(added) ? added : []) if (!names.some((known) => equal(known, name))) names.push(name);
}

/** `names` may bring arguments of its own for each name. */
function named(args: ReadonlyMap<string, Data>, name: Data): Map<string, Data> {
  const own = new Map([...args].map(([key, value]): [string, Data] => [key, fromPlain(value)]));
  if (!isDict(name)) return own.set('name', name);
  const [text, overrides] = [...(name as Dict)][0] ?? [null, null];
  own.set('name', text);
  for (const override of Array.isArray(overrides) ? overrides : [overrides]) {
    if (isDict(override)) for (const [key, value] of override as Dict) own.set(str(key), value);
  }
  return own;
}

function finish(args: Map<string, Data>, fun: string, nameOrder: number): Chunk {
  if (nameOrder > 0) args.set('name_order', nameOrder);
  args.set('fun', fun);
  return chunkOf(args, nameOrder);
}

/** A chunk of its arguments. */
export function chunkOf(args: Map<string, Data>, nameOrder = 0): Chunk {
  return {
    state: str(args.get('state') ?? ''),
    fun: str(args.get('fun') ?? ''),
    id: str(args.get('__id__') ?? ''),
    name: str(args.get('name') ?? ''),
    sls: args.has('__sls__') ? str(args.get('__sls__') ?? null) : null,
    env: str(args.get('__env__') ?? 'base'),
    args,
    order: args.get('order'),
    nameOrder,
    prereq: false,
  };
}
