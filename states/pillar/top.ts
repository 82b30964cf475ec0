import { str } from '../../kernel/render/python/repr.ts';
import { type Data, type Dict, isDict, iterate, PythonError } from '../../kernel/render/python/value.ts';
import { compileTarget, type Nodegroups, type Subject } from '../../kernel/targeting/compile.ts';
import { messageOf } from '../../protocol/errors.ts';
import type { SlsFile } from '../engine/sls.ts';
import type { PillarFiles } from './files.ts';

/** What a target gets: how it is matched, then names of SLS. */
export interface Assignment {
  readonly match: string;
  /** The maps that say how, as written. */
  readonly kinds: readonly Dict[];
  readonly sls: readonly string[];
  readonly order: number;
}

/** Top data by environment and target, in the order in which it counts. */
export interface PillarTop {
  readonly assignments: ReadonlyMap<string, ReadonlyMap<string, Assignment>>;
  /** SLS that may be absent (`ignore_missing: True`), by environment. */
  readonly mayMiss: ReadonlyMap<string, ReadonlySet<string>>;
  readonly errors: readonly string[];
}

export interface TopQuestion {
  readonly files: PillarFiles;
  readonly render: (file: SlsFile, sls: string, env: string) => Promise<Data>;
  /** The name of the top file. */
  readonly file: string;
  readonly environments: readonly string[];
}

/** Reads the top files of the environments and what they include, merged. Errors are in Salt's words. */
export async function readPillarTop(question: TopQuestion): Promise<PillarTop> {
  const { tops, errors } = await topsOf(question);
  try {
    return { ...merged(tops), errors };
  } catch (error) {
    if (!(error instanceof PythonError)) throw error;
    return { assignments: new Map(), mayMiss: new Map(), errors: [...errors, 'Error encountered while rendering pillar top file.'] };
  }
}

async function topsOf({ files, render, file, environments }: TopQuestion): Promise<{ readonly tops: Dict[]; readonly errors: string[] }> {
  const errors: string[] = [];
  const primary = new Map<string, Dict[]>();
  try {
    for (const env of environments) {
      const found = await files.file(file, env);
      if (found !== undefined) primary.set(env, [dictOf(await render(found, '', env))]);
    }
  } catch (error) {
    errors.push(`Rendering Primary Top file failed, render error:\n${messageOf(error)}`);
  }
  for (const [env, tops] of primary) {
    const done = new Set<string>();
    for (const sls of tops.flatMap(takeInclude)) {
      if (done.has(sls)) continue;
      done.add(sls);
      try {
        const found = await files.find(sls, env);
        if (found !== undefined) tops.push(dictOf(await render(found, '', env)));
      } catch (error) {
        errors.push(`Rendering Top file ${sls} failed, render error:\n${messageOf(error)}`);
      }
    }
  }
  return { tops: [...primary.values()].flat(), errors };
}

const dictOf = (data: Data): Dict => (isDict(data) ? (data as Dict) : new Map([['', data]]));

function takeInclude(top: Dict): string[] {
  const include = top.get('include');
  top.delete('include');
  return Array.isArray(include) ? include.map(str) : [];
}

/** Later files replace what earlier ones said of the same target. @throws PythonError where there is nothing to go through */
function merged(tops: readonly Dict[]): Omit<PillarTop, 'errors'> {
  const all = new Map<string, Map<string, Assignment>>();
  const mayMiss = new Map<string, Set<string>>();
  for (const top of tops) {
    for (const [env, targets] of top) {
      if (env === 'include') continue;
      const known = all.get(str(env)) ?? new Map<string, Assignment>();
      for (const target of iterate(targets)) {
        if (!isDict(targets)) throw new PythonError('TypeError', 'targets are no map');
        const { ignores, ...given } = assignment((targets as Dict).get(target as Data) ?? null);
        known.set(str(target), given);
        if (ignores) mayMiss.set(str(env), new Set([...(mayMiss.get(str(env)) ?? []), ...given.sls]));
      }
      if (known.size > 0) all.set(str(env), known);
    }
  }
  const ordered = [...all].map(([env, targets]) => [env, new Map([...targets].sort(([, a], [, b]) => a.order - b.order))] as const);
  return { assignments: new Map(ordered), mayMiss };
}

function assignment(items: Data): Assignment & { readonly ignores: boolean } {
  const sls = new Set<string>();
  let match = 'compound';
  const kinds: Dict[] = [];
  let order = 0;
  let ignores = false;
  for (const item of iterate(items)) {
    if (typeof item === 'string') sls.add(item);
    if (!isDict(item)) continue;
    if (item.has('match')) {
      match = str(item.get('match') ?? null);
      kinds.push(item as Dict);
    }
    if (item.has('order')) order = Math.trunc(Number(str(item.get('order') ?? null))) || 0;
    if (item.get('ignore_missing') === true) ignores = true;
  }
  return { match, kinds, sls: [...sls], order, ignores };
}

/** The SLS that a minion gets, by environment, each once. */
export function pillarMatches(top: PillarTop, subject: Subject, env: string | undefined, nodegroups: Nodegroups): Map<string, string[]> {
  const matches = new Map<string, string[]>();
  for (const [name, targets] of top.assignments) {
    if (env !== undefined && name !== env) continue;
    for (const [target, { match, sls }] of targets) {
      if (!isMeant(target, match, subject, nodegroups)) continue;
      const known = matches.get(name) ?? [];
      matches.set(name, [...known, ...sls.filter((one) => !known.includes(one))]);
    }
  }
  return matches;
}

/** A target that cannot be understood means nobody. */
function isMeant(expression: string, kind: string, subject: Subject, nodegroups: Nodegroups): boolean {
  try {
    return compileTarget({ kind, expression }, nodegroups).matches(subject);
  } catch {
    return false;
  }
}
