import { fromPlain } from '../../../kernel/render/python/plain.ts';
import type { Dict } from '../../../kernel/render/python/value.ts';
import { type Data, isDict, isTrue } from '../../../kernel/render/python/value.ts';
import { messageOf } from '../../../protocol/errors.ts';
import type { Merge } from '../merge.ts';
import { commandJson, commandYaml } from './command.ts';
import { fileTree } from './file_tree.ts';
import { git } from './git/index.ts';
import { httpJson, httpYaml } from './http.ts';
import { nodegroups } from './nodegroups.ts';
import { bindSource, type Source, type SourceParts } from './source.ts';
import { stack } from './stack.ts';

/** External sources of pillar by the name that `ext_pillar` gives them. */
const SOURCES: ReadonlyMap<string, Source> = new Map([
  ['cmd_json', commandJson],
  ['cmd_yaml', commandYaml],
  ['file_tree', fileTree],
  ['git', git],
  ['http_json', httpJson],
  ['http_yaml', httpYaml],
  ['nodegroups', nodegroups],
  ['stack', stack],
]);

export interface External {
  /** The option `ext_pillar`. */
  readonly sources: unknown;
  /** Names that are passed over (`exclude_ext_pillar`). */
  readonly excluded: readonly string[];
  readonly merge: Merge;
  /** What a source may look at, with the pillar as it stands when its turn comes. */
  parts(pillar: Dict): SourceParts;
}

/** Merges the external sources over a pillar, one after the other. What fails is told in Salt's words, and the others go on. */
export async function withExternal(pillar: Dict, external: External, errors: string[]): Promise<Dict> {
  const sources = fromPlain(external.sources);
  if (!Array.isArray(sources)) {
    errors.push('The "ext_pillar" option is malformed');
    return pillar;
  }
  let merged = pillar;
  for (const entry of sources) {
    if (!isDict(entry)) {
      errors.push('The "ext_pillar" option is malformed');
      return new Map();
    }
    const [first] = entry.keys();
    if (external.excluded.includes(String(first))) continue;
    let found: Data = null;
    for (const [name, value] of entry as Dict) found = (await one(String(name), value, external.parts(merged), errors)) ?? found;
    if (isDict(found)) merged = external.merge(merged, found as Dict);
    else if (isTrue(found)) errors.push(`Failed to load ext_pillar ${String(first)}: it gave no dictionary`);
  }
  return merged;
}

/** Undefined where there is no such source, or it failed. */
async function one(name: string, value: Data, parts: SourceParts, errors: string[]): Promise<Data | undefined> {
  const source = SOURCES.get(name);
  if (source === undefined) {
    parts.log.error(`ext_pillar interface named ${name} is unavailable; there are ${[...SOURCES.keys()].join(', ')}`);
    return undefined;
  }
  try {
    return await source.run(parts, bindSource(source, value));
  } catch (error) {
    errors.push(`Failed to load ext_pillar ${name}: ${messageOf(error)}`);
    parts.log.error(`ext_pillar ${name} failed for ${parts.request.id}`);
    return undefined;
  }
}
