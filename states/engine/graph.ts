import type { Chunk } from './chunk.ts';
import { tagOf } from './chunk.ts';
import { type Requisite, weightOf } from './keywords.ts';

export interface Node {
  readonly tag: string;
  readonly chunk: Chunk;
  /** Nodes that come later, by the kinds of requisite that say so. */
  readonly out: Map<Node, Set<Requisite>>;
  readonly in: Map<Node, Set<Requisite>>;
  childMin: number | undefined;
}

/** Chunks that are done together. */
export interface Together {
  /** Those that a chunk is done with, itself too. */
  with(chunk: Chunk): readonly Chunk[];
  /** Before a chunk runs: it does what it can of the work of the others that have not run. */
  gather(chunk: Chunk, hasRun: (chunk: Chunk) => boolean): void;
}

const node = (tag: string, chunk: Chunk): Node => ({ tag, chunk, out: new Map(), in: new Map(), childMin: undefined });
const prereqTag = (tag: string): string => `${tag}_|-__prereq_test__`;

/**
 * The chunks of a run and what must come before what. An edge leads from what is required to what requires it.
 * A chunk that a `prereq` names has a second node: its look ahead, in test mode.
 */
export class Graph {
  readonly nodes = new Map<string, Node>();
  /** What is done together: what depends on one of a group depends on all of it. */
  aggregates: Together | undefined;

  add(chunk: Chunk): Node {
    const tag = tagOf(chunk);
    const known = this.nodes.get(tag);
    const added = node(tag, chunk);
    if (known !== undefined) {
      for (const [key, kinds] of known.in) added.in.set(key, kinds);
      for (const [key, kinds] of known.out) added.out.set(key, kinds);
    }
    this.nodes.set(tag, added);
    return added;
  }

  /** `later` has that requisite on `earlier`. */
  require(earlier: Node, later: Node, kind: Requisite): void {
    if (kind === 'prereq') {
      this.#prereq(earlier, later);
      return;
    }
    const ahead = later.chunk.prereq ? this.nodes.get(prereqTag(later.tag)) : undefined;
    if (ahead !== undefined) connect(earlier, ahead, kind);
    connect(earlier, later, kind);
  }

  /** `first` runs only if `second` would change, and before it: so a look at `second` goes before both. */
  #prereq(second: Node, first: Node): void {
    second.chunk.prereq = true;
    first.chunk.prerequiring = true;
    const tag = prereqTag(second.tag);
    let look = this.nodes.get(tag);
    if (look === undefined) {
      look = node(tag, second.chunk);
      this.nodes.set(tag, look);
      for (const [earlier, kinds] of second.in) for (const kind of kinds) if (kind !== 'prereq') connect(earlier, look, kind);
    }
    connect(look, first, 'prereq');
    connect(first, second, 'require');
    const firstLook = this.nodes.get(prereqTag(first.tag));
    if (firstLook !== undefined) connect(look, firstLook, 'prereq');
  }

  /** What a chunk depends on, as it is about to run: its look ahead has dependencies of its own. */
  *dependencies(chunk: Chunk): Generator<readonly [Requisite, Chunk]> {
    const tag = tagOf(chunk);
    const found = this.nodes.get(chunk.prereq ? prereqTag(tag) : tag);
    for (const [earlier, kinds] of found?.in ?? []) {
      for (const one of this.aggregates?.with(earlier.chunk) ?? [earlier.chunk]) for (const kind of kinds) yield [kind, one];
    }
  }
}

function connect(earlier: Node, later: Node, kind: Requisite): void {
  const kinds = earlier.out.get(later) ?? new Set();
  kinds.add(kind);
  earlier.out.set(later, kinds);
  later.in.set(earlier, kinds);
}

/** The nodes of a circle, as edges from what is required to what requires it; empty when there is none. */
export function findCycle(graph: Graph): (readonly [Node, Node, Requisite])[] {
  const done = new Set<Node>();
  for (const start of graph.nodes.values()) {
    const found = circleFrom(start, done);
    if (found !== undefined) return found;
  }
  return [];
}

/** Depth first with a stack of its own: a chain of states may be longer than the call stack. */
function circleFrom(start: Node, done: Set<Node>): (readonly [Node, Node, Requisite])[] | undefined {
  if (done.has(start)) return undefined;
  const path: { readonly node: Node; readonly edges: Iterator<[Node, Set<Requisite>]> }[] = [{ node: start, edges: start.out.entries() }];
  const onPath = new Set([start]);
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const next = top.edges.next();
    if (next.done === true) {
      path.pop();
      onPath.delete(top.node);
      done.add(top.node);
      continue;
    }
    const [target] = next.value;
    if (onPath.has(target)) return circleOf([...path.map((step) => step.node)], target);
    if (done.has(target)) continue;
    onPath.add(target);
    path.push({ node: target, edges: target.out.entries() });
  }
  return undefined;
}

function circleOf(path: readonly Node[], target: Node): (readonly [Node, Node, Requisite])[] {
  const circle = [...path.slice(path.indexOf(target)), target];
  return circle.slice(1).flatMap((later, index) => {
    const earlier = circle[index];
    const kind = earlier?.out.get(later)?.values().next().value;
    return earlier === undefined || kind === undefined ? [] : [[earlier, later, kind] as const];
  });
}

/**
 * The nodes in an order that every edge agrees with; among those that are free the lowest order first, then by
 * name. A node takes the order of what strongly depends on it, if that is lower. undefined when there is a circle.
 */
export function sorted(graph: Graph, cap: number): Node[] | undefined {
  const waiting = new Map<Node, number>();
  const heap = new Heap();
  for (const one of graph.nodes.values()) {
    const count = [...one.in.values()].reduce((sum, kinds) => sum + kinds.size, 0);
    waiting.set(one, count);
    if (count === 0) heap.push(keyOf(one, cap));
  }
  const order: Node[] = [];
  for (let key = heap.pop(); key !== undefined; key = heap.pop()) {
    order.push(key.node);
    for (const [later, kinds] of key.node.out) {
      const left = (waiting.get(later) ?? 0) - kinds.size;
      waiting.set(later, left);
      if (left === 0) heap.push(keyOf(later, cap));
    }
  }
  return order.length === graph.nodes.size ? order : undefined;
}

interface Key {
  readonly node: Node;
  readonly pulled: number;
  readonly own: number;
  readonly label: string;
}

function keyOf(one: Node, cap: number): Key {
  const own = settle(one.chunk, cap);
  let pulled = own;
  if (one.childMin === undefined) {
    one.childMin = childMin(one, cap);
    pulled = Math.min(own, one.childMin);
  }
  return { node: one, pulled, own, label: `${one.chunk.state}${one.chunk.name}${one.chunk.fun}` };
}

/** Python's heap compares tuples: the order, then the label, then the tag. */
function before(a: Key, b: Key): boolean {
  if (a.pulled !== b.pulled) return a.pulled < b.pulled;
  if (a.own !== b.own) return a.own < b.own;
  return a.label === b.label ? a.node.tag < b.node.tag : a.label < b.label;
}

/** Makes a number of `first`, `last`, a negative one or none, once. */
function settle(chunk: Chunk, cap: number): number {
  let order = basic(chunk.order, cap);
  if (chunk.nameOrder > 0) {
    order += chunk.nameOrder / 10000;
    chunk.nameOrder = 0;
    chunk.args.delete('name_order');
  }
  if (order < 0) order += cap + 1000000;
  chunk.order = order;
  chunk.args.set('order', order);
  return order;
}

function basic(order: Chunk['order'], cap: number): number {
  if (typeof order === 'number') return order;
  return order === 'last' ? cap + 1000000 : order === 'first' ? 0 : cap;
}

function childMin(one: Node, cap: number): number {
  let strongest = Number.NEGATIVE_INFINITY;
  let lowest = Number.POSITIVE_INFINITY;
  for (const [child, kinds] of one.out) {
    for (const kind of kinds) {
      if (strongest > weightOf(kind)) continue;
      strongest = weightOf(kind);
      lowest = Math.min(lowest, basic(child.chunk.order, cap));
    }
  }
  return lowest;
}

class Heap {
  readonly #keys: Key[] = [];

  push(key: Key): void {
    const keys = this.#keys;
    let at = keys.push(key) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(key, keys[parent] as Key)) break;
      keys[at] = keys[parent] as Key;
      at = parent;
    }
    keys[at] = key;
  }

  pop(): Key | undefined {
    const keys = this.#keys;
    const first = keys[0];
    const last = keys.pop();
    if (first === undefined || last === undefined || keys.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child + 1 < keys.length && before(keys[child + 1] as Key, keys[child] as Key)) child++;
      if (child >= keys.length || !before(keys[child] as Key, last)) break;
      keys[at] = keys[child] as Key;
      at = child;
    }
    keys[at] = last;
    return first;
  }
}
