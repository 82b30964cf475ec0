import { repr, str } from '../../kernel/render/python/repr.ts';
import { type Data, type Dict, isDict } from '../../kernel/render/python/value.ts';
import { globMatcher } from '../../kernel/targeting/glob.ts';
import { type Aggregate, Aggregates } from './aggregate.ts';
import type { Chunk } from './chunk.ts';
import { findCycle, Graph, type Node, sorted } from './graph.ts';
import { firstKey } from './high.ts';
import type { Requisite } from './keywords.ts';
import type { Results } from './result.ts';

/** Those that make edges, in the order in which errors are reported. */
const LINKS: readonly Requisite[] = [
  'require',
  'require_any',
  'watch',
  'watch_any',
  'prereq',
  'onfail',
  'onfail_any',
  'onfail_all',
  'onchanges',
  'onchanges_any',
];

/** What requisites may name: chunks by module and id or name, and by SLS. */
class Index {
  readonly #byName = new Map<string, Map<string, Set<Node>>>();
  readonly #bySls = new Map<string, Set<Node>>();

  add(node: Node): void {
    const { state, id, name, sls, args } = node.chunk;
    for (const key of [state, 'id']) for (const value of [name, id]) this.#enter(key, value, node);
    const from = args.get('__sls_included_from__');
    for (const one of [sls, ...(Array.isArray(from) ? from : [])]) {
      if (typeof one === 'string') this.#bySls.set(one, (this.#bySls.get(one) ?? new Set()).add(node));
    }
  }

  #enter(key: string, value: string, node: Node): void {
    const names = this.#byName.get(key) ?? new Map<string, Set<Node>>();
    this.#byName.set(key, names);
    names.set(value, (names.get(value) ?? new Set()).add(node));
  }

  /** undefined when there is no such thing; a pattern for SLS may match nothing. */
  find(key: string, value: string): ReadonlySet<Node> | undefined {
    const names = key === 'sls' ? this.#bySls : this.#byName.get(key);
    if (!/[*?[\]]/.test(value)) return names?.get(value);
    const matches = globMatcher(value);
    const found = new Set<Node>();
    for (const [name, nodes] of names ?? []) if (matches(name)) for (const node of nodes) found.add(node);
    return found.size > 0 || key === 'sls' ? found : undefined;
  }
}

export interface Ordered {
  readonly chunks: readonly Chunk[];
  readonly graph: Graph;
  /** Of chunks that must not run. */
  readonly disabled?: Results;
}
export interface OrderOptions {
  /** Whether a state module has a `watch` function: without one `watch` means `require`. */
  readonly watches: (state: string) => Promise<boolean>;
  /** `disabled_requisites`. */
  readonly disabled: readonly string[];
  /** How a state module takes several of its states into one, if it can. */
  readonly aggregate?: (state: string) => Promise<Aggregate | undefined>;
  /** `state_aggregate`. */
  readonly aggregated?: Data;
}

/** Chunks in the order in which they run, or what is wrong with their requisites, in Salt's words. */
export async function order(
  chunks: readonly Chunk[],
  { watches, disabled, aggregate, aggregated = false }: OrderOptions,
): Promise<Ordered | { readonly errors: string[] }> {
  const graph = new Graph();
  const index = new Index();
  for (const chunk of chunks) index.add(graph.add(chunk));
  const errors: string[] = [];
  let cap = 1;
  for (const chunk of chunks) {
    if (chunk.args.has('watch') || chunk.args.has('watch_any')) if (!(await watches(chunk.state))) watchAsRequire(chunk);
    const error = link(chunk, graph, index, disabled);
    if (error !== undefined) errors.push(error);
    else if (typeof chunk.order === 'number' && Number.isInteger(chunk.order) && chunk.order > 0 && chunk.order > cap - 1)
      cap = chunk.order + 100;
  }
  const nodes = sorted(graph, cap);
  if (nodes === undefined) errors.push(`Recursive requisites were found: ${cycleText(graph)}`);
  if (errors.length > 0 || nodes === undefined) return { errors };
  if (aggregate !== undefined) graph.aggregates = await Aggregates.of(nodes, aggregated, aggregate);
  return { chunks: nodes.map(({ chunk }) => chunk), graph };
}

function watchAsRequire({ args }: Chunk): void {
  for (const [from, to] of [
    ['watch', 'require'],
    ['watch_any', 'require_any'],
  ] as const) {
    const watched = args.get(from);
    if (!Array.isArray(watched)) continue;
    const required = args.get(to);
    args.delete(from);
    args.set(to, [...(Array.isArray(required) ? required : []), ...watched]);
  }
}

function link(chunk: Chunk, graph: Graph, index: Index, disabled: readonly string[]): string | undefined {
  const nodes = [...(index.find(chunk.state, chunk.id) ?? [])].filter((one) => one.chunk === chunk);
  const [self] = nodes;
  if (self === undefined) return undefined;
  for (const kind of LINKS) {
    const wanted = chunk.args.get(kind);
    if (!Array.isArray(wanted) || disabled.includes(kind)) continue;
    for (const one of wanted) {
      const error = linkOne(self, kind, one, graph, index);
      if (error !== undefined) return error;
    }
  }
  return undefined;
}

function linkOne(self: Node, kind: Requisite, wanted: Data, graph: Graph, index: Index): string | undefined {
  const where = `in state [${self.chunk.name}] in SLS [${self.chunk.sls ?? 'None'}]`;
  const [key, value] = isDict(wanted)
    ? [str(firstKey(wanted as Dict)).split('.')[0] ?? '', (wanted as Dict).get(firstKey(wanted as Dict)) ?? null]
    : ['id', wanted];
  if (value === null) return undefined;
  if (typeof value !== 'string') return `Requisite [${kind}: ${key}] ${where} must have a string as the value`;
  const found = index.find(key, value);
  if (found === undefined) return `Referenced state does not exist for requisite [${kind}: (${key}: ${value})] ${where}`;
  for (const earlier of found) graph.require(earlier, self, kind);
  return undefined;
}

function cycleText(graph: Graph): string {
  return findCycle(graph)
    .map(([earlier, later, kind]) => `(${named(later)}, '${shownKind(kind, later)}', ${named(earlier)})`)
    .join(', ');
}

/** The `require` that a `prereq` makes is shown as what the user wrote. */
const shownKind = (kind: Requisite, later: Node): Requisite => (kind === 'require' && !later.chunk.args.has('require') ? 'prereq' : kind);

function named({ chunk: { sls, id, name } }: Node): string {
  const shown = new Map<Data, Data>([
    ['SLS', sls],
    ['ID', id],
  ]);
  if (id !== name) shown.set('NAME', name);
  return repr(shown);
}
