import { dirname, join, normalize, posix } from 'node:path';
import type { Returnable } from '../../../modules/define.ts';
import { textOf } from '../../../modules/exec/file/words.ts';
import type { StateCtx } from '../../define.ts';
import { included } from './walk.ts';

/** What `file.recurse` brings about: files with their sources, directories, links with their targets, and what stays of it. */
export interface Recursed {
  readonly files: ReadonlyMap<string, string>;
  readonly directories: ReadonlySet<string>;
  readonly links: ReadonlyMap<string, string>;
  readonly keep: ReadonlySet<string>;
}

type Args = Readonly<Record<string, Returnable | undefined>>;

/** Splits `salt://path?saltenv=env`. */
function parsed(url: string, env: string): { readonly path: string; readonly saltenv: string } {
  const [path = '', query = ''] = url.replace(/^salt:\/\//, '').split('?');
  return { path: path.replace(/^\|/, ''), saltenv: /(?:^|&)saltenv=([^&]+)/.exec(query)?.[1] ?? env };
}

/** What is below the sources of a `file.recurse`, or why there is none of them. */
export async function recursed(ctx: StateCtx, name: string, args: Args): Promise<Recursed | string> {
  const sources = [args['source'] ?? []].flat().map((one) => textOf(one as Returnable).replace(/\/+$/, ''));
  const odd = sources.find((source) => !source.startsWith('salt://'));
  if (odd !== undefined) return `Invalid source '${odd}' (must be a salt:// URI)`;
  const there: string[] = [];
  for (const source of sources) {
    const { path, saltenv } = parsed(source, ctx.saltenv);
    const directories = (await ctx.call('cp.list_master_dirs', [], { saltenv })) as readonly string[];
    if (directories.includes(path)) there.push(source);
  }
  if (there.length === 0) return 'none of the specified sources were found';
  const found = new Finding(name, args);
  for (const source of args['merge'] === true ? there : there.slice(0, 1)) {
    const { path, saltenv } = parsed(source, ctx.saltenv);
    await found.add(ctx, `${path}/`, saltenv);
  }
  return found;
}

class Finding implements Recursed {
  readonly files = new Map<string, string>();
  readonly directories = new Set<string>();
  readonly links = new Map<string, string>();
  readonly keep = new Set<string>();
  readonly #above = new Set<string>();
  readonly #ignored = new Set<string>();
  readonly #name: string;
  readonly #args: Args;

  constructor(name: string, args: Args) {
    this.#name = name;
    this.#args = args;
  }

  async add(ctx: StateCtx, root: string, saltenv: string): Promise<void> {
    let names = (await ctx.call('cp.list_master', [saltenv, root])) as readonly string[];
    if (this.#args['keep_symlinks'] === true) names = await this.#links(ctx, root, saltenv, names);
    for (const name of names) {
      const dest = this.#place(name, root);
      if (dest === undefined || this.#occupied(dest)) continue;
      this.keep.add(dest);
      this.directories.add(dirname(dest));
      for (let place = dirname(dest); !this.#above.has(place); place = dirname(place)) this.#above.add(place);
      this.files.set(dest, `salt://${name}${saltenv === 'base' ? '' : `?saltenv=${saltenv}`}`);
    }
    if (this.#args['include_empty'] !== true) return;
    for (const name of (await ctx.call('cp.list_master_dirs', [saltenv, root])) as readonly string[]) {
      const dest = this.#place(name, root);
      if (dest === undefined || this.#ignored.has(dest) || this.#occupied(dest)) continue;
      this.directories.add(dest);
      this.#above.add(dest);
      this.keep.add(dest);
    }
  }

  /** Notes the links of a source; gives the names that are none of them, nor reached through one. */
  async #links(ctx: StateCtx, root: string, saltenv: string, names: readonly string[]): Promise<string[]> {
    const links = (await ctx.call('cp.list_master_symlinks', [saltenv, root])) as Readonly<Record<string, string>>;
    let rest = [...names];
    for (const [link, target] of Object.entries(links)) {
      const through = rest.some((name) => name.startsWith(`${link}/`));
      rest = rest.filter((name) => name !== link && !name.startsWith(`${link}/`));
      const dest = this.#place(link, root);
      if (dest === undefined || this.#occupied(dest)) continue;
      const leads = normalize(join(dirname(dest), target));
      if (through && this.files.has(leads)) this.#ignored.add(dest);
      else if (through || !this.directories.has(leads)) {
        this.links.set(dest, target);
        this.keep.add(dest);
      }
    }
    return rest;
  }

  /** Where a file of the master goes, if it is meant at all. */
  #place(name: string, root: string): string | undefined {
    if (name.trim() === '') return undefined;
    const path = posix.relative(root, name);
    if (path === '..' || path.startsWith('../')) return undefined;
    const { maxdepth, include_pat, exclude_pat } = this.#args as Record<string, Returnable | undefined>;
    if (typeof maxdepth === 'number' && path.split('/').length > maxdepth + 1) return undefined;
    return included(path, include_pat, exclude_pat) ? join(this.#name, path) : undefined;
  }

  #occupied(dest: string): boolean {
    if (this.#above.has(dest)) return true;
    for (let place = dest; place !== dirname(place); place = dirname(place))
      if (this.files.has(place) || this.links.has(place)) return true;
    return false;
  }
}
