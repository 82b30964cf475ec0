import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { TemplateFile } from '../../kernel/render/jinja/index.ts';
import type { SlsFile } from '../engine/sls.ts';

/** Directories of each environment; the first that has a file gives it. */
export type PillarRoots = Readonly<Record<string, readonly string[]>>;

/** The pillar files of one compilation: what is listed is listed once. */
export class PillarFiles {
  readonly roots: PillarRoots;
  readonly #available = new Map<string, Promise<readonly string[]>>();

  constructor(roots: PillarRoots) {
    this.roots = roots;
  }

  /** `base` goes first, whether it has a root or not. */
  environments(): readonly string[] {
    return ['base', ...Object.keys(this.roots).filter((env) => env !== 'base')];
  }

  /** Names of all SLS of an environment, with dots, sorted; undefined for an environment nobody knows. */
  async available(env: string): Promise<readonly string[] | undefined> {
    if (!this.environments().includes(env)) return undefined;
    const known = this.#available.get(env) ?? this.#list(env);
    this.#available.set(env, known);
    return await known;
  }

  async #list(env: string): Promise<readonly string[]> {
    const found = new Set<string>();
    for (const root of this.roots[env] ?? []) for await (const path of slsBelow(root, '')) found.add(dotted(path));
    return [...found].sort();
  }

  async find(sls: string, env: string): Promise<SlsFile | undefined> {
    const base = sls.replaceAll('.', '/');
    return (await this.file(`${base}.sls`, env)) ?? (await this.file(`${base}/init.sls`, env));
  }

  async file(name: string, env: string): Promise<SlsFile | undefined> {
    for (const root of this.roots[env] ?? []) {
      const path = join(root, name);
      if (await isFile(path)) return { path, name };
    }
    return undefined;
  }

  /** A file that a template includes. */
  async template(name: string, env: string): Promise<TemplateFile | undefined> {
    const file = await this.file(name, env);
    return file === undefined ? undefined : { text: await readFile(file.path, 'utf8'), path: file.path };
  }
}

/**
 * The environment `__env__` of the option stands for the one that is asked for, unless that has roots of its own; in
 * its paths, too.
 */
export function rootsFor(roots: PillarRoots, env: string): PillarRoots {
  const { __env__: dynamic, ...named } = roots;
  if (dynamic === undefined || env in named) return named;
  return { ...named, [env]: dynamic.map((path) => path.replaceAll('__env__', env)) };
}

const dotted = (path: string): string =>
  path.slice(0, path.endsWith('/init.sls') ? -'/init.sls'.length : -'.sls'.length).replaceAll('/', '.');

async function* slsBelow(root: string, below: string): AsyncGenerator<string> {
  const entries = await readdir(join(root, below), { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    const kind = entry.isSymbolicLink() ? await stat(join(root, path)).catch(() => undefined) : entry;
    if (kind?.isDirectory() === true) yield* slsBelow(root, path);
    else if (kind?.isFile() === true && path.endsWith('.sls')) yield path;
  }
}

/** Absent and unreadable alike: a file that cannot be looked at is not there. */
const isFile = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined))?.isFile() === true;
