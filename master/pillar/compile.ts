import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { placeNames } from '../../kernel/render/context.ts';
import { renderJinja } from '../../kernel/render/jinja/index.ts';
import { formats, renderPipeline } from '../../kernel/render/pipeline.ts';
import { fromPlain, toPlain } from '../../kernel/render/python/plain.ts';
import { str } from '../../kernel/render/python/repr.ts';
import { type Data, type Dict, isDict, type Value } from '../../kernel/render/python/value.ts';
import type { Log } from '../../modules/define.ts';
import { messageOf } from '../../protocol/errors.ts';
import type { SlsFile, SlsSource } from '../../states/engine/sls.ts';
import { readTop, topMatches } from '../../states/engine/top.ts';
import { nodegroupsOf } from '../fleet/nodegroups.ts';
import type { MasterConfig } from '../options.ts';
import type { CompilePillar, PillarRequest } from '../rpc/commands/agent.ts';

type Tree = Readonly<Record<string, unknown>>;

/**
 * Pillar of SLS files under `pillar_roots`, rendered as states are: top.sls says who gets what, includes come first,
 * later files win. Grains reach a template as values only. A minion hears that rendering failed, not how.
 */
export function createPillar(config: MasterConfig, log: Log): CompilePillar {
  if ('ext_pillar' in config && Array.isArray(config['ext_pillar']) && config['ext_pillar'].length > 0)
    log.warn('ext_pillar is set, but external pillar is not provided yet: it is left out');
  return async (request) => {
    const compiler = new PillarCompiler(config, request);
    const pillar = await compiler.compile();
    for (const error of compiler.errors) log.error(`pillar of ${request.id}: ${error}`);
    const errors = compiler.errors.length === 0 ? {} : { _errors: compiler.hidden };
    return { ...(toPlain(merge(pillar, fromPlain(request.override) as Dict)) as Tree), ...errors };
  };
}

class PillarCompiler implements SlsSource {
  readonly errors: string[] = [];
  readonly hidden: string[] = [];
  readonly #config: MasterConfig;
  readonly #request: PillarRequest;
  readonly #done = new Set<string>();
  readonly #globals: ReadonlyMap<string, Value>;

  constructor(config: MasterConfig, request: PillarRequest) {
    this.#config = config;
    this.#request = request;
    this.#globals = new Map<string, Value>([
      ['grains', fromPlain(request.grains)],
      ['opts', fromPlain({ id: request.id })],
      ['minion_id', request.id],
      ['pillar', fromPlain(request.override)],
    ]);
  }

  async environments(): Promise<readonly string[]> {
    return Object.keys(this.#config.pillar_roots);
  }

  async available(): Promise<readonly string[]> {
    return [];
  }

  async find(sls: string, env: string): Promise<SlsFile | undefined> {
    const base = sls.replaceAll('.', '/');
    for (const root of this.#config.pillar_roots[env] ?? []) {
      for (const name of [`${base}.sls`, `${base}/init.sls`])
        if ((await textOf(join(root, name))) !== undefined) return { path: join(root, name), name };
    }
    return undefined;
  }

  async render(file: SlsFile, sls: string, env: string): Promise<Data> {
    const globals = new Map(this.#globals);
    for (const [name, value] of Object.entries({ ...placeNames(sls, file.name, file.path), saltenv: env, env })) globals.set(name, value);
    const load = async (name: string): Promise<string | undefined> => {
      for (const root of this.#config.pillar_roots[env] ?? []) {
        const text = await textOf(join(root, name));
        if (text !== undefined) return text;
      }
      return undefined;
    };
    return await renderPipeline((await textOf(file.path)) ?? '', 'jinja|yaml', {
      ...formats,
      jinja: async (input) => await renderJinja(str(input), { globals, load }),
    });
  }

  async compile(): Promise<Dict> {
    const { id, grains, pillarenv } = this.#request;
    let pillar: Dict = new Map();
    try {
      const options = { strategy: 'merge', saltenv: pillarenv, defaultTop: 'base', envOrder: [], file: 'top' };
      const top = await readTop(this, options);
      const matches = topMatches(top, { id, grains, pillar: {} }, pillarenv, nodegroupsOf(this.#config.nodegroups));
      for (const [env, names] of matches) for (const name of names) pillar = merge(pillar, await this.#sls(name, env));
    } catch (error) {
      this.errors.push(`Rendering Primary Top file failed, render error:\n${messageOf(error)}`);
      this.hidden.push('Rendering Primary Top file failed, render error:\nSee the master log for details.');
    }
    return pillar;
  }

  async #sls(sls: string, env: string): Promise<Dict> {
    if (this.#done.has(`${env}:${sls}`)) return new Map();
    this.#done.add(`${env}:${sls}`);
    try {
      const file = await this.find(sls, env);
      if (file === undefined) return this.#fail(`Specified SLS '${sls}' in environment '${env}' is not available on the salt master`);
      const data = await this.render(file, sls, env);
      if (!isDict(data)) return this.#fail(`SLS '${sls}' does not render to a dictionary`);
      return await this.#included(data as Dict, env);
    } catch (error) {
      this.errors.push(`Rendering SLS '${sls}' failed, render error:\n${messageOf(error)}`);
      this.hidden.push(`Rendering SLS '${sls}' failed. Please see master log for details.`);
      return new Map();
    }
  }

  #fail(message: string): Dict {
    this.errors.push(message);
    this.hidden.push(message);
    return new Map();
  }

  /** What a file includes lies below it; an include may name a `key` to put it under. */
  async #included(data: Dict, env: string): Promise<Dict> {
    const include = data.get('include');
    data.delete('include');
    let pillar: Dict = new Map();
    for (const one of Array.isArray(include) ? include : []) {
      const [name, options] = isDict(one) ? ([...(one as Dict)][0] ?? ['', null]) : [one, null];
      const below = await this.#sls(str(name), env);
      const key = isDict(options) ? (options as Dict).get('key') : undefined;
      pillar = merge(pillar, typeof key === 'string' ? nested(key.split(':'), below) : below);
    }
    return merge(pillar, data);
  }
}

const nested = (keys: readonly string[], below: Dict): Dict =>
  keys.reduceRight<Dict>((inner, key) => new Map<Data, Data>([[key, inner]]), below);

/** Maps are joined, all else is replaced (`pillar_source_merging_strategy: smart` of YAML files). */
function merge(base: Dict, over: Dict): Dict {
  const merged: Dict = new Map(base);
  for (const [key, value] of over) {
    const below = merged.get(key);
    merged.set(key, below !== undefined && isDict(below) && isDict(value) ? merge(below as Dict, value as Dict) : value);
  }
  return merged;
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
