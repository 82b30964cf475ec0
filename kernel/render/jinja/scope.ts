import type { Value } from '../python/value.ts';

/** Names of a template, a loop, a macro: looked up outwards, set here. */
export class Scope {
  readonly #names = new Map<string, Value>();
  readonly parent: Scope | undefined;

  constructor(parent?: Scope) {
    this.parent = parent;
  }

  get(name: string): Value | undefined {
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.parent) {
      const value = scope.#names.get(name);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  set(name: string, value: Value): void {
    this.#names.set(name, value);
  }

  /** What was set right here: what a module exports. */
  get own(): ReadonlyMap<string, Value> {
    return this.#names;
  }
}
