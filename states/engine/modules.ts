import type { Host } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import type { AnyState, StateModule } from '../define.ts';

/** Where a state module comes from; it is imported when one of its states is first used. */
export interface StateSource {
  readonly name: string;
  readonly load: () => Promise<{ readonly default: StateModule }>;
}

export interface FoundState {
  readonly module: StateModule;
  readonly definition: AnyState;
}

/** The state modules of this machine. Several sources of one name: the first that serves is taken. */
export class StateModules {
  readonly #sources: readonly StateSource[];
  readonly #host: Host;
  readonly #found = new Map<string, Promise<StateModule | string>>();

  constructor(sources: readonly StateSource[], host: Host) {
    this.#sources = sources;
    this.#host = host;
  }

  async find(state: string, fun: string): Promise<FoundState | undefined> {
    const module = await this.module(state);
    if (module === undefined || !Object.hasOwn(module.states, fun)) return undefined;
    const definition = module.states[fun];
    return definition === undefined ? undefined : { module, definition };
  }

  async module(state: string): Promise<StateModule | undefined> {
    const found = await this.#look(state);
    return typeof found === 'string' ? undefined : found;
  }

  async watches(state: string): Promise<boolean> {
    return (await this.module(state))?.watch !== undefined;
  }

  async aggregate(state: string): Promise<StateModule['aggregate']> {
    return (await this.module(state))?.aggregate;
  }

  /** Salt's reason for a state that is not there. */
  async whyMissing(state: string, fun: string): Promise<string> {
    const found = await this.#look(state);
    if (typeof found === 'string' && found !== '') return `'${state}' __virtual__ returned False: ${found}`;
    return `'${state}.${fun}' is not available.`;
  }

  #look(state: string): Promise<StateModule | string> {
    const known = this.#found.get(state);
    if (known !== undefined) return known;
    const search = this.#read(state);
    this.#found.set(state, search);
    return search;
  }

  async #read(state: string): Promise<StateModule | string> {
    let reason = '';
    for (const source of this.#sources.filter(({ name }) => name === state)) {
      try {
        const module = (await source.load()).default;
        const serves = module.serves?.(this.#host) ?? true;
        if (serves === true) return module;
        reason = serves;
      } catch (error) {
        reason = `it cannot be loaded: ${messageOf(error)}`;
      }
    }
    return reason;
  }
}
