import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parse, stringify } from 'yaml';
import type { Returnable } from '../modules/define.ts';
import { messageOf, TsaltError } from '../protocol/errors.ts';

export type GrainMap = Readonly<Record<string, Returnable>>;

/** What this minion knows of itself. `items` is replaced, never altered, at a refresh. */
export class Grains {
  readonly #collect: () => Promise<GrainMap>;
  #items: GrainMap = Object.create(null);

  constructor(collect: () => Promise<GrainMap>) {
    this.#collect = collect;
  }

  get items(): GrainMap {
    return this.#items;
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
      const value: unknown = parse(await readFile(this.path, 'utf8'), { version: '1.1', logLevel: 'silent' });
      if (typeof value === 'object' && value !== null) Object.assign(grains, value);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return grains;
      throw new TsaltError('bad-grains-file', `${this.path} cannot be read: ${messageOf(cause)}`, { cause });
    }
    return grains;
  }

  async write(grains: GrainMap): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true });
    const draft = `${this.path}.${process.pid}.new`;
    await writeFile(draft, stringify(grains), { mode: 0o644 });
    await rename(draft, this.path);
  }
}
