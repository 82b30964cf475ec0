import { AsyncLocalStorage } from 'node:async_hooks';
import type { Returnable } from '../modules/define.ts';
import { TsaltError } from '../protocol/errors.ts';
import type { MasterLink } from './link/contract.ts';
import { isMap } from './listen/publication.ts';

export type PillarMap = Readonly<Record<string, Returnable>>;

/** For whom and for where a pillar is made. */
export interface PillarRequest {
  readonly grains: Readonly<Record<string, unknown>>;
  readonly saltenv: string;
  readonly pillarenv: string;
  /** Values given on the command line, merged over the rest by the master. */
  readonly override?: Readonly<Record<string, unknown>>;
}

/** This minion's pillar. `items` is replaced, never altered, at a refresh. */
export class Pillar {
  readonly #compile: (request: PillarRequest) => Promise<PillarMap>;
  readonly #request: () => PillarRequest;
  readonly #scoped = new AsyncLocalStorage<PillarMap>();
  #items: PillarMap = Object.create(null);

  constructor(compile: (request: PillarRequest) => Promise<PillarMap>, request: () => PillarRequest) {
    this.#compile = compile;
    this.#request = request;
  }

  get items(): PillarMap {
    return this.#scoped.getStore() ?? this.#items;
  }

  /** Another pillar in place of this one, for `act` and all that it calls (`state.apply pillar={...}`). */
  async within<T>(items: PillarMap, act: () => Promise<T>): Promise<T> {
    return await this.#scoped.run(items, act);
  }

  /** @throws when the master cannot be asked; the pillar stays as it was. */
  async refresh(): Promise<void> {
    this.#items = Object.freeze(await this.#compile(this.#request()));
  }

  /** A pillar made now, not kept. */
  async fresh(change: Partial<PillarRequest> = {}): Promise<PillarMap> {
    return await this.#compile({ ...this.#request(), ...change });
  }
}

/** Asks the master for a pillar (wire-protocol facts, `_pillar`). @throws TsaltError `bad-pillar` */
export async function askPillar(link: MasterLink, request: PillarRequest): Promise<PillarMap> {
  const answer = await link.ask(
    {
      cmd: '_pillar',
      grains: request.grains,
      saltenv: request.saltenv === '' ? null : request.saltenv,
      pillarenv: request.pillarenv === '' ? null : request.pillarenv,
      pillar_override: request.override ?? {},
      extra_minion_data: {},
      ver: '2',
    },
    { private: true },
  );
  if (!isMap(answer)) throw new TsaltError('bad-pillar', `the master ${link.master} answered something that is no pillar`);
  return answer as PillarMap;
}
