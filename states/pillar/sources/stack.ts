import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { SaltFunctions } from '../../../kernel/render/functions.ts';
import { renderJinja } from '../../../kernel/render/jinja/index.ts';
import { equal, lookup } from '../../../kernel/render/python/compare.ts';
import { fromPlain } from '../../../kernel/render/python/plain.ts';
import { str } from '../../../kernel/render/python/repr.ts';
import { Callable, type Data, type Dict, isDict, PythonError, type Value } from '../../../kernel/render/python/value.ts';
import { loadYaml } from '../../../kernel/render/yaml/index.ts';
import { messageOf } from '../../../protocol/errors.ts';
import { globbed } from './globbed.ts';
import type { Given, Source, SourceParts } from './source.ts';
import { stacked } from './stacked.ts';

/** `stack` (PillarStack): YAML files that configuration files list, each a template that sees what was stacked before. */
export const stack: Source = {
  args: [],
  rest: true,
  extra: true,
  async run(parts, given) {
    let pile: Dict = new Map();
    for (const file of configurations(parts, given)) {
      if ((await stat(file).catch(() => undefined))?.isFile() !== true) {
        parts.log.info(`Ignoring pillar stack cfg "${file}": file does not exist`);
      } else pile = await new Configuration(parts, file).onto(pile);
    }
    return pile;
  },
};

/** Files named outright, then those for values of pillar, grains or options: `grains:os: {Debian: file}`. */
function configurations(parts: SourceParts, { named, rest }: Given): readonly string[] {
  const env = parts.pillarenv ?? (parts.request.saltenv || 'base');
  const found = rest.map(str);
  for (const [path, choices] of named) {
    const [where = '', ...keys] = path.split(':');
    const tree = treeOf(parts, where);
    if (tree === undefined)
      throw new PythonError('Exception', `Unknown traverse option "${where}", should be one of dict_keys(['pillar', 'grains', 'opts'])`);
    if (!isDict(choices)) throw new PythonError('TypeError', `the choices of ${path} are no map`);
    const chosen = [...(choices as Dict)].find(([value]) =>
      equal(value === '__env__' ? env : value, valueAt(tree, keys.join(':')) ?? null),
    )?.[1];
    const files = chosen === undefined ? [] : Array.isArray(chosen) ? chosen : [chosen];
    found.push(...files.map((file) => str(file).replaceAll('__env__', env)));
  }
  return found;
}

function treeOf(parts: SourceParts, where: string): Data | undefined {
  if (where === 'pillar') return parts.pillar;
  if (where === 'grains') return fromPlain(parts.request.grains);
  return where === 'opts' ? fromPlain(parts.options) : undefined;
}

/** `traverse` of Salt: maps by key, lists by the first map with the key, else by number. */
function valueAt(tree: Value, path: string, delimiter = ':'): Value | undefined {
  let here: Value | undefined = tree;
  for (const step of path.split(delimiter)) {
    if (Array.isArray(here)) {
      const inner: Value | undefined = here.find((item) => isDict(item) && item.has(step));
      here = isDict(inner) ? inner.get(step) : /^-?\d+$/.test(step) ? here.at(Number(step)) : undefined;
    } else here = isDict(here) ? (lookup(here, step) ?? (/^-?\d+$/.test(step) ? lookup(here, Number(step)) : undefined)) : undefined;
    if (here === undefined) return undefined;
  }
  return here;
}

class Configuration {
  readonly #parts: SourceParts;
  readonly #file: string;
  readonly #directory: string;

  constructor(parts: SourceParts, file: string) {
    this.#parts = parts;
    this.#file = file;
    this.#directory = dirname(file);
  }

  async onto(pile: Dict): Promise<Dict> {
    let stack = pile;
    for (const item of listed(await this.#render(basename(this.#file), stack))) {
      if (item.trim() === '') continue;
      const paths = await globbed(this.#directory, item);
      if (paths.length === 0)
        this.#parts.log.info(`Ignoring pillar stack template "${item}": can't find from root dir "${this.#directory}"`);
      for (const path of paths) {
        const data = await this.#layer(path, stack);
        if (isDict(data)) stack = stacked(stack, data as Dict);
      }
    }
    return stack;
  }

  async #layer(path: string, stack: Dict): Promise<Data> {
    let text: string;
    try {
      text = await this.#render(relative(this.#directory, path), stack, path);
    } catch (error) {
      throw new PythonError('Exception', `Stack pillar template render error in ${path}:\n"${messageOf(error)}"`);
    }
    try {
      return loadYaml(text);
    } catch (error) {
      throw new PythonError('Exception', `Stack pillar yaml parsing error in ${path}:\n${messageOf(error)}\n${text}`);
    }
  }

  async #render(name: string, stack: Dict, path?: string): Promise<string> {
    const text = await readFile(join(this.#directory, name), 'utf8');
    return await renderJinja(text, { globals: this.#globals(stack, path), load: (wanted) => this.#text(wanted), lenient: true });
  }

  async #text(name: string): Promise<string | undefined> {
    return await readFile(join(this.#directory, name), 'utf8').catch(() => undefined);
  }

  #globals(stack: Dict, path: string | undefined): Map<string, Value> {
    const { request, options, pillar, pillarenv, functions } = this.#parts;
    return new Map<string, Value>([
      ['__opts__', fromPlain(options)],
      ['__salt__', new SaltFunctions(functions)],
      ['__grains__', fromPlain(request.grains)],
      [
        '__stack__',
        new Map<Value, Value>([
          ['traverse', traverse],
          ['cfg_path', this.#file],
        ]),
      ],
      ['minion_id', request.id],
      ['pillar', pillar],
      ['pillarenv', pillarenv ?? null],
      ['stack', stack],
      ...(path === undefined ? [] : [['ymlpath', path] as const]),
    ]);
  }
}

const traverse = new Callable('traverse_dict_and_list', ([data = null, key = null, fallback = null, delimiter = ':'], kwargs) => {
  const found = valueAt(data, str(key), str(kwargs.get('delimiter') ?? delimiter));
  return found ?? kwargs.get('default') ?? fallback;
});

/** The lines of a configuration, or the items of the YAML list it is. */
function listed(text: string): readonly string[] {
  try {
    const data = loadYaml(text);
    if (Array.isArray(data)) return data.map(str);
  } catch {
    // Not every list of globs is YAML: they are lines then.
  }
  return text.split('\n');
}
