import { compileTarget } from '../../kernel/targeting/compile.ts';
import type { CompiledTarget, Nodegroups } from '../../kernel/targeting/target.ts';
import type { Groups } from '../groups/groups.ts';
import type { Fleet } from './fleet.ts';

/** Which groups each minion is in, found once for each change of the groups or of what is known of the minion. */
export class Memberships {
  readonly #fleet: Fleet;
  readonly #groups: Groups;
  readonly #known = new Map<string, readonly string[]>();
  #from: Nodegroups | undefined;
  #compiled: readonly (readonly [string, CompiledTarget])[] = [];

  constructor(fleet: Fleet, groups: Groups) {
    this.#fleet = fleet;
    this.#groups = groups;
  }

  of(id: string): readonly string[] {
    const nodegroups = this.#groups.nodegroups();
    if (this.#from !== nodegroups) this.#compile(nodegroups);
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const found = this.#compiled.filter(([, target]) => target.matches(this.#subject(id, target))).map(([name]) => name);
    this.#known.set(id, found);
    return found;
  }

  /** Its grains or pillar are others now, or it is gone. */
  forget(id: string): void {
    this.#known.delete(id);
  }

  #subject(id: string, { needs }: CompiledTarget) {
    return { id, grains: needs.has('grains') ? this.#fleet.grains(id) : {}, pillar: needs.has('pillar') ? this.#fleet.pillar(id) : {} };
  }

  #compile(nodegroups: Nodegroups): void {
    this.#from = nodegroups;
    this.#known.clear();
    this.#compiled = Object.keys(nodegroups)
      .sort()
      .flatMap((name) => {
        const target = understood(name, nodegroups);
        return target === undefined ? [] : [[name, target] as const];
      });
  }
}

/** A group of the configuration that cannot be understood has no members; `groups.list` tells what is wrong with it. */
function understood(name: string, nodegroups: Nodegroups): CompiledTarget | undefined {
  try {
    return compileTarget({ kind: 'nodegroup', expression: name }, nodegroups);
  } catch {
    return undefined;
  }
}
