import { fromPlain, toPlain } from '../../kernel/render/python/plain.ts';
import type { Dict } from '../../kernel/render/python/value.ts';
import { SALT_VERSION } from '../../kernel/version.ts';
import type { Returnable } from '../../modules/define.ts';
import type { FunctionsView, PillarMap, PillarParts, PillarRequest } from './contract.ts';
import { PillarFiles, rootsFor } from './files.ts';
import { type Merge, merger } from './merge.ts';
import { type PillarOptions, pillarOptions } from './options.ts';
import { Templates } from './render.ts';
import { renderMatches } from './sls.ts';
import { withExternal } from './sources/index.ts';
import type { SourceParts } from './sources/source.ts';
import { type PillarTop, pillarMatches, readPillarTop } from './top.ts';

/**
 * Pillar of SLS files under `pillar_roots`: top.sls says who gets what, includes come before the including file, later
 * files win. External sources (`ext_pillar`) come after them, or before. What failed is told by the key `_errors`; with `pillar_safe_render_error` without the reason, which the log gets.
 */
export async function compilePillar(parts: PillarParts, request: PillarRequest): Promise<PillarMap> {
  return toPlain(await new Compilation(parts, request).run(true)) as PillarMap;
}

/** Top data as it is shown: by environment and target the kind of target, if one was named, and names of SLS. */
export interface ShownTop {
  readonly top: Readonly<Record<string, Readonly<Record<string, readonly Returnable[]>>>>;
  readonly errors: readonly string[];
}

/** The top files of pillar, for whomever it is. */
export async function compileTop(parts: PillarParts, request: PillarRequest): Promise<ShownTop> {
  const { assignments, errors } = await new Compilation(parts, request).top();
  const shown = [...assignments].map(([env, targets]) => {
    const lists = [...targets].map(([target, { kinds, sls }]) => [target, [...kinds.map((kind) => toPlain(kind) as Returnable), ...sls]]);
    return [env, Object.fromEntries(lists)];
  });
  return { top: Object.fromEntries(shown), errors };
}

class Compilation {
  readonly #parts: PillarParts;
  readonly #request: PillarRequest;
  readonly #options: PillarOptions;
  readonly #env: string | undefined;
  readonly #files: PillarFiles;
  readonly #merge: Merge;
  readonly #override: Dict;
  readonly #pillar: Dict;
  readonly #templates: Templates;

  constructor(parts: PillarParts, request: PillarRequest) {
    this.#parts = parts;
    this.#request = request;
    this.#options = pillarOptions(parts.options);
    const { pillarenv, pillarenvFromSaltenv, strategy, mergeLists, renderer } = this.#options;
    this.#env = request.pillarenv ?? (pillarenvFromSaltenv ? request.saltenv : undefined) ?? pillarenv;
    this.#files = new PillarFiles(rootsFor(this.#options.roots, this.#env ?? request.saltenv ?? 'base'));
    this.#merge = merger(strategy, mergeLists, renderer);
    this.#override = fromPlain(request.override) as Dict;
    this.#pillar = fromPlain(parts.before ?? {}) as Dict;
    this.#templates = new Templates({
      request,
      pillarenv: this.#env,
      files: this.#files,
      renderer,
      pillar: this.#pillar,
      options: parts.options,
      functions: parts.functions,
      renderers: parts.renderers,
    });
  }

  async top() {
    return await readPillarTop({
      files: this.#files,
      render: (file, sls, env) => this.#templates.render(file, sls, env),
      file: this.#options.top,
      environments: this.#environments(),
    });
  }

  #environments(): readonly string[] {
    if (this.#env !== undefined) return this.#env in this.#files.roots ? [this.#env] : [];
    const all = this.#files.environments();
    if (this.#options.strategy !== 'none') return all;
    const only = this.#request.saltenv ?? 'base';
    return all.includes(only) ? [only] : [];
  }

  /** @param external whether external sources are asked, too */
  async run(external: boolean): Promise<Dict> {
    const top = await this.top();
    const errors: string[] = [];
    if (external && this.#options.extFirst) await this.#external(this.#override, errors);
    const rendered = await this.#rendered(top, errors);
    this.#take(external && this.#options.extFirst ? this.#merge(this.#pillar, rendered) : rendered);
    if (external && !this.#options.extFirst) await this.#external(this.#pillar, errors);
    return this.#ended([...errors, ...top.errors]);
  }

  /** What the files of pillar_roots give this minion. */
  async #rendered(top: PillarTop, errors: string[]): Promise<Dict> {
    const { id, grains } = this.#request;
    const { envOrder, nodegroups, includesOverride, safeErrors } = this.#options;
    const subject = { id, grains: grains as Record<string, unknown>, pillar: toPlain(this.#pillar) as Record<string, unknown> };
    const matches = pillarMatches(top, subject, this.#env, nodegroups);
    const parts = {
      files: this.#files,
      render: this.#templates.render.bind(this.#templates),
      merge: this.#merge,
      includesOverride,
      safeErrors,
      mayMiss: top.mayMiss,
      failed: (message: string): void => this.#parts.log.error(`pillar of ${id}: ${message}`),
    };
    const rendered = await renderMatches(parts, matches, envOrder, this.#override);
    errors.push(...rendered.errors);
    return rendered.pillar;
  }

  async #external(pillar: Dict, errors: string[]): Promise<void> {
    const begun = this.#override.size > 0 ? this.#merge(pillar, this.#override) : pillar;
    const sources = { sources: this.#sources(), excluded: this.#options.extExcluded, merge: this.#merge };
    this.#take(await withExternal(begun, { ...sources, parts: (known) => this.#sourceParts(known) }, errors));
  }

  /** Those of the option, and what the minion asks for, if it may. */
  #sources(): unknown {
    const { ext, extOnDemand } = this.#options;
    const asked = this.#request.ext;
    if (asked === undefined || !Array.isArray(ext)) return ext;
    const barred = Object.keys(asked).filter((name) => !extOnDemand.includes(name));
    if (barred.length === 0) return [...(ext as readonly unknown[]), asked];
    this.#parts.log.error(`${this.#request.id} asked for ext_pillar ${barred.join(', ')}, which on_demand_ext_pillar does not allow`);
    return ext;
  }

  #sourceParts(pillar: Dict): SourceParts {
    const { options, functions, log, git } = this.#parts;
    const { id, grains } = this.#request;
    const view = { id, grains: grains as FunctionsView['grains'], pillar: () => toPlain(pillar) as PillarMap };
    return {
      request: this.#request,
      options: { ...options, saltenv: this.#request.saltenv ?? null, pillarenv: this.#env ?? null },
      pillarenv: this.#env,
      pillar: fromPlain(toPlain(pillar)) as Dict,
      functions: functions(view),
      log,
      git,
      compile: async (roots, saltenv) => {
        const parts = { options: { ...options, pillar_roots: roots }, functions, log };
        return await new Compilation(parts, { id, grains, saltenv, pillarenv: this.#env, override: {} }).run(false);
      },
    };
  }

  #take(pillar: Dict): void {
    for (const [key, value] of pillar) this.#pillar.set(key, value);
  }

  #ended(errors: readonly string[]): Dict {
    if (this.#options.withOptions) this.#pillar.set('master', fromPlain({ ...this.#parts.options, saltversion: SALT_VERSION }));
    if (errors.length > 0) this.#pillar.set('_errors', [...errors]);
    return this.#override.size > 0 ? this.#merge(this.#pillar, this.#override) : this.#pillar;
  }
}
