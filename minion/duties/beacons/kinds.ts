import type { Callable, LoadedModule, Others, RefusedModule, Run } from '../../../kernel/loader/callable.ts';
import type { Beacon, BeaconConfig, BeaconCtx, BeaconEvents, Returnable } from '../../../modules/define.ts';
import { isMap } from '../../listen/publication.ts';
import { beaconSources } from './builtins.ts';

/** A kind of beacon, whatever language it is written in. `name` is that of the entry. */
export interface Kind {
  /** What is wrong with a configuration, in its own words. */
  validate(written: Returnable, ctx: BeaconCtx): Promise<string | undefined>;
  open(name: string, config: BeaconConfig, ctx: BeaconCtx): Promise<Looking>;
}
export interface Looking {
  collect(): Promise<BeaconEvents>;
  /** Absent when nothing is held. */
  readonly close?: () => Promise<void>;
}

/** Synchronised beacons: modules with a function `beacon`, and perhaps `validate` and `close`. */
export type CustomBeacons = () => Promise<readonly (LoadedModule | RefusedModule)[]>;

/** The kinds there are; synchronised ones go before the built-in ones of the same name. */
export class Kinds {
  readonly #custom: CustomBeacons;
  readonly #others: Others;
  readonly #ctx: BeaconCtx;

  constructor(custom: CustomBeacons, others: Others, ctx: BeaconCtx) {
    this.#custom = custom;
    this.#others = others;
    this.#ctx = ctx;
  }

  /** Names of those that serve here, sorted. */
  async names(): Promise<string[]> {
    const custom = (await this.#custom()).filter((module) => 'functions' in module && module.functions.has('beacon'));
    const own = await Promise.all(
      Object.keys(beaconSources).map(async (name) => ((await this.#builtin(name)) === undefined ? [] : [name])),
    );
    return [...new Set([...custom.map(({ name }) => name), ...own.flat()])].sort();
  }

  async find(kind: string): Promise<Kind | undefined> {
    const custom = (await this.#custom()).find((module) => module.name === kind);
    if (custom !== undefined && 'functions' in custom) return this.#foreign(custom.functions);
    const builtin = await this.#builtin(kind);
    return builtin === undefined ? undefined : nativeKind(builtin);
  }

  async #builtin(kind: string): Promise<Beacon | undefined> {
    if (!Object.hasOwn(beaconSources, kind)) return undefined;
    const found = (await beaconSources[kind]?.())?.default;
    return found?.serves === undefined || found.serves(this.#ctx.host) === true ? found : undefined;
  }

  #foreign(functions: ReadonlyMap<string, Callable>): Kind | undefined {
    const look = functions.get('beacon');
    if (look === undefined) return undefined;
    const run = (signal: AbortSignal, fun: string): Run => ({
      job: { fun, signal },
      status: { retcode: 0 },
      testing: false,
      others: this.#others,
    });
    const ask = (callable: Callable, fun: string, config: Returnable, signal: AbortSignal) =>
      callable.call({ positional: [config], keywords: new Map() }, run(signal, fun));
    return {
      validate: async (written, ctx) => {
        const validate = functions.get('validate');
        if (validate === undefined) return Array.isArray(written) ? undefined : 'Configuration for beacon must be a list.';
        const answer = await ask(validate, 'validate', written, ctx.signal);
        const [valid, comment] = Array.isArray(answer) ? answer : [answer, ''];
        return valid === true ? undefined : String(comment);
      },
      open: async (name, config, ctx) => {
        const full = [...config, { _beacon_name: name }];
        const close = functions.get('close');
        return {
          collect: async () => {
            const answer = await ask(look, 'beacon', full, ctx.signal);
            return Array.isArray(answer) ? (answer.filter(isMap) as BeaconEvents) : [];
          },
          ...(close === undefined ? {} : { close: async () => void (await ask(close, 'close', full, new AbortController().signal)) }),
        };
      },
    };
  }
}

const nativeKind = (beacon: Beacon): Kind => ({
  validate: async (written, ctx) => await beacon.validate(written, ctx),
  open: async (_name, config, ctx) => {
    const probe = await beacon.open(config, ctx);
    return {
      collect: async () => await probe.collect(),
      ...(probe.close === undefined ? {} : { close: async () => await probe.close?.() }),
    };
  },
});
