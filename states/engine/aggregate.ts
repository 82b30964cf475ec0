import { fromPlain, toPlain } from '../../kernel/render/python/plain.ts';
import type { Data } from '../../kernel/render/python/value.ts';
import type { Low, StateModule } from '../define.ts';
import { type Chunk, tagOf } from './chunk.ts';
import type { Node, Together } from './graph.ts';

/** How a state module takes several of its states into one, if it can. */
export type Aggregate = NonNullable<StateModule['aggregate']>;
type Group = Node[];

/** A group beyond this is no quicker, and may be too long for a command line. */
const LARGEST = 500;

/** Whether a state's user wants it taken together with others: `aggregate`, or the option `state_aggregate`. */
function isWanted({ args, state }: Chunk, option: Data): boolean {
  const wanted = args.has('aggregate') ? (args.get('aggregate') ?? null) : option;
  if (wanted === true) return true;
  return Array.isArray(wanted) ? wanted.includes(state) : wanted instanceof Map && wanted.has(state);
}

/** The states of a run that are done together with others of their module, since none of a group needs another to have run. */
export class Aggregates implements Together {
  readonly #groups = new Map<Chunk, Group>();
  readonly #ways = new Map<string, Aggregate>();
  readonly #taken = new Set<Chunk>();

  /** `nodes` in the order in which they run. */
  static async of(nodes: readonly Node[], option: Data, wayOf: (state: string) => Promise<Aggregate | undefined>): Promise<Aggregates> {
    const made = new Aggregates();
    const open = new Map<string, Group[]>();
    for (const node of nodes) {
      const { state } = node.chunk;
      // A look ahead, for `prereq`, is at one state alone.
      if (!isWanted(node.chunk, option) || node.tag !== tagOf(node.chunk)) continue;
      const way = made.#ways.get(state) ?? (await wayOf(state));
      if (way === undefined) continue;
      made.#ways.set(state, way);
      const groups = open.get(state) ?? [];
      open.set(state, groups);
      made.#join(node, groups);
    }
    return made;
  }

  #join(node: Node, groups: Group[]): void {
    const known = groups.find((one) => one.length < LARGEST && !this.#reaches(one, node));
    const group = known ?? [];
    if (known === undefined) groups.push(group);
    group.push(node);
    this.#groups.set(node.chunk, group);
  }

  /** Whether a node must come after one of a group. What needs one of a group needs all of it. */
  #reaches(group: Group, target: Node): boolean {
    const seen = new Set<Node>(group);
    for (const node of seen) {
      for (const later of node.out.keys()) {
        if (later === target) return true;
        for (const member of this.#groups.get(later.chunk) ?? [later]) seen.add(member);
      }
    }
    return false;
  }

  with(chunk: Chunk): readonly Chunk[] {
    return this.#groups.get(chunk)?.map((node) => node.chunk) ?? [chunk];
  }

  /** Nothing is taken twice. */
  gather(chunk: Chunk, hasRun: (chunk: Chunk) => boolean): void {
    const group = this.with(chunk);
    const way = this.#ways.get(chunk.state);
    if (group.length < 2 || way === undefined || this.#taken.has(chunk)) return;
    this.#taken.add(chunk);
    const others = new Map(group.filter((one) => !this.#taken.has(one) && !hasRun(one)).map((one) => [plain(one), one]));
    const { args, from } = way(plain(chunk), [...others.keys()]);
    for (const [name, value] of Object.entries(args)) chunk.args.set(name, fromPlain(value));
    for (const low of from) {
      const other = others.get(low);
      if (other !== undefined) this.#taken.add(other);
    }
  }
}

const plain = ({ args }: Chunk): Low => toPlain(args) as Low;
