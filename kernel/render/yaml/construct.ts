import { hasKey } from '../python/compare.ts';
import { repr, str } from '../python/repr.ts';
import { type Data, type Dict, isDict, Tuple } from '../python/value.ts';
import { YamlError } from './errors.ts';
import type { MappingNode, Node, ScalarNode } from './nodes.ts';
import { boolOf, floatOf, intOf, PREFIX, typeOf } from './scalar_values.ts';

const MAPPING = 'while constructing a mapping';

/** The values of a document's nodes. An alias is the very object of its anchor, as in PyYAML. @throws YamlError */
export function construct(root: Node): Data {
  return new Constructor().value(root);
}

class Constructor {
  readonly #made = new Map<Node, Data>();
  readonly #merged = new Set<MappingNode>();

  value(node: Node): Data {
    const made = this.#made.get(node);
    if (made !== undefined) return made;
    if (node.kind === 'scalar') return scalar(node, tagOf(node));
    return node.kind === 'sequence' ? this.#sequence(node) : this.#mapping(node);
  }

  #sequence(node: Extract<Node, { kind: 'sequence' }>): Data {
    const tag = tagOf(node);
    if (tag === 'omap' || tag === 'pairs') return node.items.map((item) => this.#pairOf(item));
    if (tag !== 'seq') throw wrongKind(node, tag);
    const list: Data[] = [];
    this.#made.set(node, list);
    for (const item of node.items) list.push(this.value(item));
    return list;
  }

  #pairOf(item: Node): Data {
    const pair = item.kind === 'mapping' ? item.pairs[0] : undefined;
    if (pair === undefined)
      throw new YamlError(
        'ConstructorError',
        `expected a mapping of length 1, but found ${item.kind}`,
        item.mark,
        'while constructing pairs',
        item.mark,
      );
    return new Tuple([this.value(pair[0]), this.value(pair[1])]);
  }

  #mapping(node: MappingNode): Data {
    const tag = tagOf(node);
    if (tag !== 'map' && tag !== 'set') throw wrongKind(node, tag);
    const dict: Dict = new Map();
    this.#made.set(node, dict);
    this.#merge(node);
    for (const [keyNode, valueNode] of node.pairs) {
      const key = this.#key(keyNode);
      if (Array.isArray(key) || isDict(key))
        throw new YamlError('ConstructorError', `found unacceptable key ${shown(keyNode)}`, keyNode.mark, MAPPING, node.mark);
      const value = this.value(valueNode);
      if (hasKey(dict, key))
        throw new YamlError('ConstructorError', `found conflicting ID '${str(key)}'`, keyNode.mark, MAPPING, node.mark);
      dict.set(key, value);
    }
    return tag === 'set' ? [...dict.keys()] : dict;
  }

  /** A key `=` is a text, elsewhere it has a meaning that nobody gives. */
  #key(node: Node): Data {
    return node.kind === 'scalar' && tagOf(node) === 'value' ? node.text : this.value(node);
  }

  /** Puts what `<<` names into the pairs. What a list of maps repeats stays double, which is an error later. */
  #merge(node: MappingNode): void {
    if (this.#merged.has(node)) return;
    this.#merged.add(node);
    const added: MappingNode['pairs'] = [];
    const own = node.pairs.filter(([key, value]) => {
      if (!(key.kind === 'scalar' && tagOf(key) === 'merge')) return true;
      added.push(...this.#mergeable(node, value));
      return false;
    });
    if (own.length === node.pairs.length) return;
    const known = new Set(own.map(([key]) => (key.kind === 'scalar' ? key.text : key)));
    const rest = added.filter(([key]) => !known.has(key.kind === 'scalar' ? key.text : key));
    node.pairs.splice(0, node.pairs.length, ...rest, ...own);
  }

  #mergeable(node: MappingNode, value: Node): MappingNode['pairs'] {
    if (value.kind === 'mapping') {
      this.#merge(value);
      return value.pairs;
    }
    if (value.kind === 'scalar') {
      throw new YamlError(
        'ConstructorError',
        'expected a mapping or list of mappings for merging, but found scalar',
        value.mark,
        MAPPING,
        node.mark,
      );
    }
    return value.items.toReversed().flatMap((item) => {
      if (item.kind !== 'mapping')
        throw new YamlError('ConstructorError', `expected a mapping for merging, but found ${item.kind}`, item.mark, MAPPING, node.mark);
      this.#merge(item);
      return item.pairs;
    });
  }
}

/** The short name of a node's tag, or the whole tag if it is none of YAML's own. */
function tagOf(node: Node): string {
  if (node.tag !== undefined && node.tag !== '!') return node.tag.startsWith(PREFIX) ? node.tag.slice(PREFIX.length) : node.tag;
  if (node.kind === 'scalar') return node.plain && node.tag === undefined ? typeOf(node.text) : 'str';
  return node.kind === 'sequence' ? 'seq' : 'map';
}

function scalar(node: ScalarNode, tag: string): Data {
  switch (tag) {
    case 'str':
    case 'timestamp':
    case 'merge':
      if (tag === 'merge') throw unknownTag(node);
      return node.text;
    case 'null':
      return null;
    case 'bool':
      return checked(node, boolOf(node.text));
    case 'int':
      return checked(node, intOf(node.text));
    case 'float':
      return checked(node, floatOf(node.text));
    case 'binary':
      return new Uint8Array(Buffer.from(node.text, 'base64'));
    default:
      throw wrongKind(node, tag);
  }
}

function checked(node: ScalarNode, value: Data | undefined): Data {
  if (value !== undefined) return value;
  throw new YamlError('ConstructorError', `the value ${repr(node.text)} does not fit its tag`, node.mark);
}

const KINDS: Readonly<Record<string, string>> = { seq: 'sequence', map: 'mapping', set: 'mapping', omap: 'sequence', pairs: 'sequence' };
const SCALARS = new Set(['str', 'null', 'bool', 'int', 'float', 'binary', 'timestamp']);

function wrongKind(node: Node, tag: string): YamlError {
  const wanted = KINDS[tag] ?? (SCALARS.has(tag) ? 'scalar' : undefined);
  return wanted === undefined
    ? unknownTag(node)
    : new YamlError('ConstructorError', `expected a ${wanted} node, but found ${node.kind}`, node.mark);
}

function unknownTag(node: Node): YamlError {
  const tag = node.tag ?? `${PREFIX}${tagOf(node)}`;
  return new YamlError('ConstructorError', `could not determine a constructor for the tag '${tag}'`, node.mark);
}

const shown = (node: Node): string => (node.kind === 'scalar' ? node.text : `a ${node.kind}`);
