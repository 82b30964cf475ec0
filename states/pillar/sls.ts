import { str } from '../../kernel/render/python/repr.ts';
import { type Data, type Dict, isDict, isTrue } from '../../kernel/render/python/value.ts';
import { globMatcher } from '../../kernel/targeting/glob.ts';
import { messageOf } from '../../protocol/errors.ts';
import type { SlsFile } from '../engine/sls.ts';
import type { PillarFiles } from './files.ts';
import type { Merge } from './merge.ts';

/** Variables that an including file sets for the included. */
export type Defaults = Dict;

export interface SlsParts {
  readonly files: PillarFiles;
  readonly render: (file: SlsFile, sls: string, env: string, defaults: Defaults) => Promise<Data>;
  readonly merge: Merge;
  readonly includesOverride: boolean;
  readonly safeErrors: boolean;
  readonly mayMiss: ReadonlyMap<string, ReadonlySet<string>>;
  /** Tells the log of the daemon why a file failed; minions may not hear it. */
  readonly failed: (message: string) => void;
}

interface Rendered {
  /** Null if there is nothing, or nothing that can be used. */
  readonly data: Data;
  readonly errors: readonly string[];
}

/** Renders the SLS of a minion in turn and merges them over `pillar`. */
export async function renderMatches(
  parts: SlsParts,
  matches: ReadonlyMap<string, readonly string[]>,
  order: readonly string[],
  pillar: Dict,
): Promise<{ readonly pillar: Dict; readonly errors: readonly string[] }> {
  const errors: string[] = [];
  let merged = pillar;
  const first = order.filter((env) => matches.has(env));
  for (const env of new Set([...first, ...matches.keys()])) {
    const one = new Environment(parts, env);
    for (const sls of await one.expand(matches.get(env) ?? [], errors)) {
      const rendered = await one.render(sls, new Map());
      errors.push(...rendered.errors);
      if (isDict(rendered.data)) merged = parts.merge(merged, rendered.data as Dict);
    }
  }
  return { pillar: merged, errors };
}

/** Pillar SLS of one environment; what one has rendered stands for the including files that follow. */
class Environment {
  readonly #parts: SlsParts;
  readonly #env: string;
  /** Without what they include. */
  readonly #own = new Map<string, Data>();

  constructor(parts: SlsParts, env: string) {
    this.#parts = parts;
    this.#env = env;
  }

  /** The SLS that patterns mean; a name itself if it means none. */
  async expand(patterns: readonly string[], errors: string[]): Promise<readonly string[]> {
    const available = await this.#parts.files.available(this.#env);
    return patterns.flatMap((pattern) => {
      if (available === undefined) errors.push(this.#unknown());
      const found = available?.filter(globMatcher(pattern)) ?? [];
      return found.length > 0 ? found : [pattern];
    });
  }

  async render(sls: string, defaults: Defaults): Promise<Rendered> {
    const file = await this.#parts.files.find(sls, this.#env);
    if (file === undefined) return { data: null, errors: this.#missing(sls) };
    const errors: string[] = [];
    const data = await this.#content(file, sls, defaults, errors);
    this.#own.set(sls, data);
    if (!isTrue(data)) return { data, errors };
    if (!isDict(data)) return { data: null, errors: [...errors, `SLS '${sls}' does not render to a dictionary`] };
    const own = data as Dict;
    if (!own.has('include')) return { data: own, errors };
    const include = own.get('include');
    if (!Array.isArray(include)) {
      return { data: own, errors: [...errors, `Include Declaration in SLS '${sls}' is not formed as a list`] };
    }
    own.delete('include');
    return { data: await this.#included(own, include, { sls, file, defaults, errors }), errors };
  }

  async #content(file: SlsFile, sls: string, defaults: Defaults, errors: string[]): Promise<Data> {
    try {
      return await this.#parts.render(file, sls, this.#env, defaults);
    } catch (error) {
      this.#parts.failed(`SLS '${sls}' (${file.path}) of environment '${this.#env}' could not be rendered: ${firstLine(messageOf(error))}`);
      errors.push(
        this.#parts.safeErrors
          ? `Rendering SLS '${sls}' failed. Please see master log for details.`
          : `Rendering SLS '${sls}' failed, render error:\n${messageOf(error)}`,
      );
      return null;
    }
  }

  async #included(own: Dict, include: readonly Data[], place: Place): Promise<Dict> {
    const { merge, includesOverride } = this.#parts;
    let below: Dict | undefined;
    let top = own;
    let { defaults } = place;
    let failed: readonly string[] = [];
    for (const item of include) {
      const wanted = isDict(item) ? [...(item as Dict)][0] : undefined;
      const options = isDict(wanted?.[1]) ? (wanted[1] as Dict) : undefined;
      // As in Salt, variables hold on to the includes that follow without naming their own.
      if (wanted !== undefined) defaults = dictOr(options?.get('defaults'));
      for (const sls of await this.#resolve(str(wanted?.[0] ?? item), place)) {
        let data = this.#own.get(sls);
        if (data === undefined) ({ data, errors: failed } = await this.render(sls, defaults));
        if (isDict(data) && data.size > 0) {
          const under = nested(options?.get('key'), data as Dict);
          if (includesOverride) top = merge(top, under);
          else below = below === undefined ? under : merge(below, under);
        }
        place.errors.push(...failed);
      }
    }
    return below === undefined ? top : merge(below, top);
  }

  /**
   * The SLS that an include means, in Salt's way: first as it stands, then counted from the package of the including
   * file, so that a name that is found in both ways counts twice.
   */
  async #resolve(name: string, { sls, file, errors }: Place): Promise<readonly string[]> {
    const available = await this.#parts.files.available(this.#env);
    if (available === undefined) errors.push(this.#unknown());
    const absolute = available?.filter(globMatcher(name.replace(/^\.+/, '').replaceAll('/', '.'))) ?? [];
    const place = file.name.endsWith('/init.sls') ? sls.split('.') : sls.split('.').slice(0, -1);
    const full = name.startsWith('.') ? [...place, name.slice(1)].join('.') : name;
    const found = [...absolute, ...(available?.filter(globMatcher(full)) ?? [])];
    return found.length > 0 ? found : [full];
  }

  #missing(sls: string): readonly string[] {
    const { mayMiss, files } = this.#parts;
    if (mayMiss.get(this.#env)?.has(sls) === true || (files.roots[this.#env] ?? []).length === 0) return [];
    return [`Specified SLS '${sls}' in environment '${this.#env}' is not available on the salt master`];
  }

  #unknown = (): string => `No matching pillar environment for environment '${this.#env}' found`;
}

interface Place {
  readonly sls: string;
  readonly file: SlsFile;
  readonly defaults: Defaults;
  readonly errors: string[];
}

const dictOr = (value: Data | undefined): Dict => (isDict(value) ? (value as Dict) : new Map());

/** Below `a:b` of a key, if there is one. */
const nested = (key: Data | undefined, below: Dict): Dict =>
  typeof key !== 'string' || key === ''
    ? below
    : key.split(':').reduceRight<Dict>((inner, part) => new Map<Data, Data>([[part, inner]]), below);

/** What follows quotes the file, and a secret may stand there. */
export const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';
