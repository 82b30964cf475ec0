import { RenderError } from '../../kernel/render/errors.ts';
import { repr, str } from '../../kernel/render/python/repr.ts';
import { type Data, type Dict, isDict, typeName } from '../../kernel/render/python/value.ts';
import { compileTarget, type Nodegroups, type Subject } from '../../kernel/targeting/compile.ts';
import { globMatcher } from '../../kernel/targeting/glob.ts';
import type { SlsSource } from './sls.ts';

/** Top data: by environment, by target, what it gets. */
export type Top = Map<string, Map<string, Data>>;

export interface TopOptions {
  /** `top_file_merging_strategy`. */
  readonly strategy: string;
  /** Only that environment, if the minion or the caller named one. */
  readonly saltenv: string | undefined;
  readonly defaultTop: string;
  readonly envOrder: readonly string[];
  /** `state_top`, as the name of an SLS. */
  readonly file: string;
}

/**
 * The top files of all environments with what they include, merged by the strategy. A file that cannot be rendered goes
 * to `unreadable`, and then there is no top data.
 * @throws RenderError when the files have no form that could be merged
 */
export async function readTop(source: SlsSource, options: TopOptions, unreadable: (error: RenderError) => void): Promise<Top> {
  const all = options.saltenv === undefined ? await environments(source, options.envOrder) : [options.saltenv];
  const tops = new Map<string, Dict[]>();
  try {
    for (const env of all) tops.set(env, await topsOf(source, options.file, env));
  } catch (error) {
    if (!(error instanceof RenderError)) throw error;
    unreadable(error);
    return new Map();
  }
  return mergeTops(tops, options);
}

async function environments(source: SlsSource, first: readonly string[]): Promise<readonly string[]> {
  const all = await source.environments();
  const named = first.filter((env) => all.includes(env));
  return named.length > 0 ? named : ['base', ...all.filter((env) => env !== 'base')].filter((env) => all.includes(env));
}

async function topsOf(source: SlsSource, file: string, env: string): Promise<Dict[]> {
  const found: Dict[] = [];
  const done = new Set<string>();
  const queue = [file];
  for (let sls = queue.shift(); sls !== undefined; sls = queue.shift()) {
    if (done.has(sls)) continue;
    done.add(sls);
    const at = await source.find(sls, env);
    const data = at === undefined ? null : await source.render(at, sls, env);
    if (!isDict(data)) continue;
    const top = data as Dict;
    const include = top.get('include');
    top.delete('include');
    found.push(top);
    for (const pattern of Array.isArray(include) ? include : []) {
      const matches = globMatcher(str(pattern));
      queue.push(...(await source.available(env)).filter(matches));
    }
  }
  return found;
}

function mergeTops(tops: ReadonlyMap<string, readonly Dict[]>, { strategy, defaultTop }: TopOptions): Top {
  const merged: Top = new Map();
  if (strategy === 'merge_all') {
    for (const files of tops.values()) for (const file of files) for (const [env, targets] of file) takeAll(merged, str(env), targets);
    return merged;
  }
  if (strategy === 'same') {
    for (const [env, files] of tops)
      for (const file of files.length > 0 ? files : (tops.get(defaultTop) ?? [])) take(merged, env, file.get(env));
    return merged;
  }
  for (const file of tops.get('base') ?? []) for (const [env, targets] of file) take(merged, str(env), targets);
  for (const [env, files] of tops) if (env !== 'base' && !merged.has(env)) for (const file of files) take(merged, env, file.get(env));
  return merged;
}

function take(top: Top, env: string, targets: Data | undefined): void {
  if (targets === undefined) return;
  const known = top.get(env) ?? new Map<string, Data>();
  top.set(env, known);
  for (const [target, items] of targetsOf(targets)) known.set(str(target), items);
}

/** `merge_all`: of one target in several files the SLS come together, each once; the last way to match counts. */
function takeAll(top: Top, env: string, targets: Data): void {
  const known = top.get(env) ?? new Map<string, Data>();
  top.set(env, known);
  for (const [target, items] of targetsOf(targets)) {
    const before = known.get(str(target));
    known.set(str(target), Array.isArray(before) && Array.isArray(items) ? united(before, items) : items);
  }
}

function united(before: readonly Data[], added: readonly Data[]): Data[] {
  const kind = added.findLast(isDict) ?? before.findLast(isDict);
  const names = new Set([...before, ...added].filter((item) => typeof item === 'string'));
  return [...(kind === undefined ? [] : [kind as Data]), ...names];
}

/** @throws RenderError for what holds no targets */
function targetsOf(targets: Data): Iterable<readonly [Data, Data]> {
  if (isDict(targets)) return targets as Dict;
  if (targets === '' || (Array.isArray(targets) && targets.length === 0)) return [];
  throw new RenderError('Unable to render top file. No targets found.');
}

/** What is wrong with the form of top data, in Salt's words. */
export function verifyTop(top: Top): string[] {
  const errors: string[] = [];
  for (const [env, targets] of top) {
    if (env === '') errors.push('Empty saltenv statement in top file');
    for (const [target, items] of targets) {
      if (!Array.isArray(items)) {
        errors.push(
          `Malformed topfile: state declarations for matcher ${repr(target)} in saltenv ${repr(env)} are not formed as a list (got ${typeName(items)})`,
        );
      } else if (items.includes('')) errors.push(`Environment ${env} contains an empty sls index`);
    }
  }
  return errors;
}

/** The SLS that a minion gets, by environment, each once. Targets are compound expressions unless `match` says otherwise. */
export function topMatches(top: Top, subject: Subject, saltenv: string | undefined, nodegroups: Nodegroups = {}): Map<string, string[]> {
  const matches = new Map<string, string[]>();
  const give = (env: string, sls: string): void => {
    const known = matches.get(env) ?? [];
    known.push(sls);
    matches.set(env, known);
  };
  for (const [env, targets] of top) {
    if (saltenv !== undefined && env !== saltenv) continue;
    for (const [target, items] of targets) assign(target, items, env, subject, nodegroups, give);
  }
  return matches;
}

function assign(
  target: string,
  items: Data,
  env: string,
  subject: Subject,
  nodegroups: Nodegroups,
  give: (env: string, sls: string) => void,
): void {
  const list = typeof items === 'string' ? [items] : Array.isArray(items) ? items : [];
  const kind = list.filter(isDict).find((item) => (item as Dict).has('match')) as Dict | undefined;
  if (!isMeant(target, str(kind?.get('match') ?? 'compound'), subject, nodegroups)) return;
  for (const item of list) {
    if (typeof item === 'string') give(env, item);
    if (!isDict(item) || (item as Dict).has('match')) continue;
    for (const [key, value] of item as Dict) {
      if (key === 'subfilter' && isDict(value))
        for (const [inner, others] of value as Dict) assign(str(inner), others, env, subject, nodegroups, give);
      else if (typeof value === 'string') give(str(key), value);
    }
  }
}

/** A target that cannot be understood means nobody. */
function isMeant(expression: string, kind: string, subject: Subject, nodegroups: Nodegroups): boolean {
  try {
    return compileTarget({ kind, expression }, nodegroups).matches(subject);
  } catch {
    return false;
  }
}
