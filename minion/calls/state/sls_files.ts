import { readFile } from 'node:fs/promises';
import type { Data } from '../../../kernel/render/python/value.ts';
import type { SlsFile, SlsSource } from '../../../states/engine/index.ts';
import type { FileCache } from '../../files/cache.ts';

export type RenderSls = (text: string, file: SlsFile, sls: string, env: string) => Promise<Data>;

/** SLS files by way of the file client. What it lists is asked for once in a run. */
export class SlsFiles implements SlsSource {
  readonly #files: FileCache;
  readonly #render: RenderSls;
  #environments: Promise<readonly string[]> | undefined;
  readonly #available = new Map<string, Promise<readonly string[]>>();

  constructor(files: FileCache, render: RenderSls) {
    this.#files = files;
    this.#render = render;
  }

  environments(): Promise<readonly string[]> {
    this.#environments ??= this.#files.source.envs();
    return this.#environments;
  }

  available(env: string): Promise<readonly string[]> {
    const known = this.#available.get(env);
    if (known !== undefined) return known;
    const listed = this.#files.source.list('files', env, '').then((paths) => paths.flatMap(nameOf));
    this.#available.set(env, listed);
    return listed;
  }

  async find(sls: string, env: string): Promise<SlsFile | undefined> {
    const base = sls.replaceAll('.', '/');
    if (base.startsWith('/') || base === '') return undefined;
    for (const name of [`${base}.sls`, `${base}/init.sls`]) {
      const path = await this.#files.cache(`salt://${name}`, env);
      if (path !== undefined) return { path, name };
    }
    return undefined;
  }

  async render(file: SlsFile, sls: string, env: string): Promise<Data> {
    return await this.#render(await readFile(file.path, 'utf8'), file, sls, env);
  }
}

function nameOf(path: string): string[] {
  if (path.endsWith('/init.sls')) return [path.slice(0, -'/init.sls'.length).replaceAll('/', '.')];
  return path.endsWith('.sls') ? [path.slice(0, -'.sls'.length).replaceAll('/', '.')] : [];
}
