import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { compileTarget } from '../../kernel/targeting/compile.ts';
import type { Log } from '../../modules/define.ts';
import { messageOf, TsaltError } from '../../protocol/errors.ts';
import { nodegroupsOf } from '../fleet/nodegroups.ts';
import type { MasterConfig } from '../options.ts';
import type { CompilePillar, PillarRequest } from '../rpc/commands/agent.ts';

type Tree = Readonly<Record<string, unknown>>;

/** Pillar of plain YAML files under `pillar_roots`: top.sls says who gets what, later files win. */
export function createPillar(config: MasterConfig, log: Log): CompilePillar {
  return async (request) => {
    const errors: string[] = [];
    const saltenv = request.pillarenv ?? 'base';
    let pillar: Tree = {};
    for (const root of config.pillar_roots[saltenv] ?? []) {
      const top = await readTree(join(root, 'top.sls'), errors);
      for (const name of slsOf(top?.[saltenv], request, config)) pillar = merge(pillar, (await findSls(name, root, errors)) ?? {});
    }
    for (const error of errors) log.error(`pillar of ${request.id}: ${error}`);
    const hidden = errors.map(() => 'Rendering SLS failed, render error hidden: ask the operator of the master');
    return { ...merge(pillar, request.override), ...(errors.length === 0 ? {} : { _errors: hidden }) };
  };
}

function slsOf(environment: unknown, request: PillarRequest, config: MasterConfig): string[] {
  const names: string[] = [];
  for (const [expression, items] of Object.entries(isTree(environment) ? environment : {})) {
    const list = Array.isArray(items) ? items : [];
    const kind = list.filter(isTree).find((item) => typeof item['match'] === 'string')?.['match'];
    const target = compileTarget({ kind: typeof kind === 'string' ? kind : 'compound', expression }, nodegroupsOf(config.nodegroups));
    if (!target.matches({ id: request.id, grains: request.grains, pillar: {} })) continue;
    for (const item of list) if (typeof item === 'string' && !names.includes(item)) names.push(item);
  }
  return names;
}

async function findSls(name: string, root: string, errors: string[]): Promise<Tree | undefined> {
  const path = name.replaceAll('.', '/');
  for (const file of [`${path}.sls`, `${path}/init.sls`]) {
    const tree = await readTree(join(root, file), errors);
    if (tree !== undefined) return tree;
  }
  errors.push(`Specified SLS '${name}' in environment 'base' is not available on the salt master`);
  return undefined;
}

async function readTree(file: string, errors: string[]): Promise<Tree | undefined> {
  try {
    const text = await readFile(file, 'utf8');
    if (/\{[{%]/.test(text)) throw new TsaltError('not-rendered', `${file} is a template, which pillar files may not be yet`);
    const tree: unknown = parse(text, { version: '1.1' });
    return isTree(tree) ? tree : {};
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') errors.push(messageOf(error));
    return undefined;
  }
}

function merge(base: Tree, over: Tree): Tree {
  const merged: Record<string, unknown> = Object.assign(Object.create(null), base);
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isTree(below) && isTree(value) ? merge(below, value) : value;
  }
  return merged;
}

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);
