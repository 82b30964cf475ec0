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
  /** An external source to be asked besides: its name and arguments. */
  readonly ext?: Readonly<Record<string, unknown>>;
}

/** This minion's pillar. `items` is replaced, never altered, at a refresh. */
export class Pillar {
  readonly #compile: (request: PillarRequest) => Promise<PillarMap>;
  readonly #request: () => PillarRequest;
  readonly #scoped = new AsyncLocalStorage<{ items: PillarMap }>();
  #items: PillarMap = Object.create(null);

  constructor(compile: (request: PillarRequest) => Promise<PillarMap>, request: () => PillarRequest) {
    this.#compile = compile;
    this.#request = request;
  }

  get items(): PillarMap {
    return this.#scoped.getStore()?.items ?? this.#items;
  }

  /** Another pillar in place of this one, for `act` and all that it calls (`state.apply pillar={...}`). */
  async within<T>(items: PillarMap, act: () => Promise<T>): Promise<T> {
    return await this.#scoped.run({ items }, act);
  }

  /** Puts another pillar in place of that of the `within` which is under way. */
  replace(items: PillarMap): void {
    const scope = this.#scoped.getStore();
    if (scope !== undefined) scope.items = items;
  }

  /** @throws when the master cannot be asked; the pillar stays as it was. */
  async refresh(): Promise<void> {
    this.#items = Object.freeze(byName(await this.#compile(this.#request())));
  }

  /** A pillar made now, not kept. */
  async fresh(change: Partial<PillarRequest> = {}): Promise<PillarMap> {
    return byName(await this.#compile({ ...this.#request(), ...change }));
  }
}

/** Maps with keys that an object would not keep in their order arrive as a `Map`; a pillar is looked into by names. */
function byName(pillar: PillarMap | ReadonlyMap<unknown, Returnable>): PillarMap {
  if (!(pillar instanceof Map)) return pillar as PillarMap;
  const made: Record<string, Returnable> = Object.create(null);
  for (const [key, value] of pillar) made[String(key)] = value;
  return made;
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
      ...(request.ext === undefined ? {} : { ext: request.ext }),
      ver: '2',
    },
    { private: true },
  );
  if (!isMap(answer)) throw new TsaltError('bad-pillar', `the master ${link.master} answered something that is no pillar`);
  return answer as PillarMap;
}
