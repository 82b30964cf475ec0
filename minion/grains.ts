import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fromPlain, toPlain } from '../kernel/render/python/plain.ts';
import { isDict } from '../kernel/render/python/value.ts';
import { dumpYaml } from '../kernel/render/yaml/dump.ts';
import { loadYaml } from '../kernel/render/yaml/index.ts';
import type { Returnable } from '../modules/define.ts';
import { messageOf, TsaltError } from '../protocol/errors.ts';

export type GrainMap = Readonly<Record<string, Returnable>>;

/** What this minion knows of itself. `items` is replaced, never altered, at a refresh. */
export class Grains {
  readonly #collect: () => Promise<GrainMap>;
  readonly #scoped = new AsyncLocalStorage<GrainMap>();
  #items: GrainMap = Object.create(null);

  constructor(collect: () => Promise<GrainMap>) {
    this.#collect = collect;
  }

  get items(): GrainMap {
    return this.#scoped.getStore() ?? this.#items;
  }

  /** Those of the machine itself, whatever `within` is under way. */
  get own(): GrainMap {
    return this.#items;
  }

  /** Another machine's grains in place of these, for `act` and all that it calls. */
  async within<T>(items: GrainMap, act: () => Promise<T>): Promise<T> {
    return await this.#scoped.run(items, act);
  }

  async refresh(): Promise<void> {
    this.#items = Object.freeze(await this.#collect());
  }
}

/** The grains the administrator set: the YAML file that `grains.setval` writes. */
export class GrainsFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Empty when there is no file. @throws TsaltError `bad-grains-file` */
  async read(): Promise<Record<string, Returnable>> {
    const grains: Record<string, Returnable> = Object.create(null);
    try {
      const value = loadYaml(await readFile(this.path, 'utf8'));
      if (isDict(value)) for (const [key, item] of value) grains[String(toPlain(key))] = toPlain(item) as Returnable;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return grains;
      throw new TsaltError('bad-grains-file', `${this.path} cannot be read: ${messageOf(cause)}`, { cause });
    }
    return grains;
  }

  async write(grains: GrainMap): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true });
    const draft = `${this.path}.${process.pid}.new`;
    await writeFile(draft, `${dumpYaml(fromPlain(grains), false).trimEnd()}\n`, { mode: 0o644 });
    await rename(draft, this.path);
  }
}
