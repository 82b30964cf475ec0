import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { str } from '../../../kernel/render/python/repr.ts';
import { type Data, type Dict, isTrue } from '../../../kernel/render/python/value.ts';
import { globMatcher } from '../../../kernel/targeting/glob.ts';
import { messageOf } from '../../../protocol/errors.ts';
import { recurse } from '../merge.ts';
import { pillarOptions } from '../options.ts';
import { renderText } from '../text.ts';
import { memberships } from './nodegroups.ts';
import type { Given, Source, SourceParts } from './source.ts';

/** `file_tree`: the files below `hosts/<id>` and `nodegroups/<group>`, each a value under its name. */
export const fileTree: Source = {
  args: ['root_dir', 'follow_dir_links', 'debug', 'keep_newline', 'render_default', 'renderer_blacklist', 'renderer_whitelist', 'template'],
  async run(parts, given) {
    const keep = given.named.get('keep_newline') ?? false;
    let pillar: Dict = new Map();
    for (const root of rootsOf(parts, given)) {
      if ((await stat(root).catch(() => undefined))?.isDirectory() !== true) {
        parts.log.error(`file_tree: root_dir ${root} does not exist or is not a directory`);
      } else if (typeof keep !== 'boolean' && !Array.isArray(keep)) {
        parts.log.error(`file_tree: keep_newline must be True, False or a list of globs; ${root} is left out`);
      } else pillar = recurse(pillar, await ofMinion(new Tree(parts, given), root), false);
    }
    return pillar;
  },
};

/** A relative root lies below the pillar roots of the environment, each of them. */
function rootsOf({ options, pillarenv, log }: SourceParts, { named }: Given): readonly string[] {
  const root = named.get('root_dir') ?? null;
  if (!isTrue(root)) {
    log.error('file_tree: no root_dir specified');
    return [];
  }
  if (isAbsolute(str(root))) return [str(root)];
  const roots = pillarenv === undefined ? undefined : pillarOptions(options).roots[pillarenv];
  if (roots === undefined)
    log.error(`file_tree: root_dir is relative, but there is no pillarenv with pillar_roots (${pillarenv ?? 'not set'})`);
  return (roots ?? []).map((directory) => join(directory, str(root)));
}

async function ofMinion(tree: Tree, root: string): Promise<Dict> {
  const { parts } = tree;
  let pillar: Dict = new Map();
  const mine = new Set(memberships(parts));
  for (const { name } of await entriesOf(join(root, 'nodegroups'), () => undefined)) {
    if (mine.has(name)) pillar = recurse(pillar, await tree.read(join(root, 'nodegroups', name)), false);
  }
  const host = join(root, 'hosts', parts.request.id);
  const found = await stat(host).catch(() => undefined);
  if (found === undefined) return pillar;
  if (found.isDirectory()) return recurse(pillar, await tree.read(host), false);
  parts.log.error(`file_tree: ${host} exists, but is not a directory`);
  return pillar;
}

class Tree {
  readonly parts: SourceParts;
  readonly #followLinks: boolean;
  readonly #keepNewline: Data;
  readonly #template: boolean;
  readonly #renderer: string;

  constructor(parts: SourceParts, { named }: Given) {
    this.parts = parts;
    this.#followLinks = isTrue(named.get('follow_dir_links') ?? false);
    this.#keepNewline = named.get('keep_newline') ?? false;
    this.#template = named.get('template') === true;
    this.#renderer = str(named.get('render_default') ?? 'yaml|jinja');
  }

  /** A directory as a map; files first look where directories of the same name would have stood, as in Salt. */
  async read(directory: string, below = '.'): Promise<Dict> {
    const node: Dict = new Map();
    const entries = await entriesOf(directory, (why) => this.parts.log.error(`${directory}: ${why}`));
    const kinds = await Promise.all(entries.map((entry) => kindOf(directory, entry)));
    for (const [at, { name }] of entries.entries()) {
      if (kinds[at]?.isDirectory !== true) continue;
      const follows = kinds[at]?.isLink !== true || this.#followLinks;
      node.set(name, follows ? await this.read(join(directory, name), below === '.' ? name : `${below}/${name}`) : new Map());
    }
    for (const [at, { name }] of entries.entries()) {
      if (kinds[at]?.isDirectory === true) continue;
      const value = kinds[at]?.isFile === true ? await this.#file(join(directory, name), below, name) : undefined;
      if (value === undefined) this.parts.log.error(`file_tree: ${join(directory, name)}: not a regular file, or not to be read`);
      else node.set(name, value);
    }
    return node;
  }

  async #file(path: string, below: string, name: string): Promise<Data | undefined> {
    const bytes = await readFile(path).catch(() => undefined);
    if (bytes === undefined) return undefined;
    const ends = bytes.at(-1) === 0x0a && !this.#keeps(below, name);
    const content = ends ? bytes.subarray(0, -1) : bytes;
    if (!this.#template) return new Uint8Array(content);
    return await renderText(content.toString(), this.#renderer, this.parts);
  }

  /** Patterns are of paths below the directory of the minion or the group; files directly in it are `./name`. */
  #keeps(below: string, name: string): boolean {
    if (!Array.isArray(this.#keepNewline)) return this.#keepNewline === true;
    return this.#keepNewline.some((pattern) => globMatcher(str(pattern))(`${below}/${name}`));
  }
}

async function entriesOf(directory: string, failed: (why: string) => void): Promise<readonly Dirent[]> {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (error) {
    failed(messageOf(error));
    return [];
  }
}

interface Kind {
  readonly isDirectory: boolean;
  readonly isFile: boolean;
  readonly isLink: boolean;
}

async function kindOf(directory: string, entry: Dirent): Promise<Kind> {
  const isLink = entry.isSymbolicLink();
  const found = isLink ? await stat(join(directory, entry.name)).catch(() => undefined) : entry;
  return { isDirectory: found?.isDirectory() === true, isFile: found?.isFile() === true, isLink };
}
