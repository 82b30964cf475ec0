import { type Mark, YamlError } from './errors.ts';
import { Scanner } from './scanner.ts';
import type { Token, TokenKind } from './tokens.ts';

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly text: string;
  /** Without quotes and without a tag. */
  readonly plain: boolean;
  readonly tag: string | undefined;
  readonly mark: Mark;
}
export interface SequenceNode {
  readonly kind: 'sequence';
  readonly items: Node[];
  readonly tag: string | undefined;
  readonly mark: Mark;
}
export interface MappingNode {
  readonly kind: 'mapping';
  readonly pairs: (readonly [Node, Node])[];
  readonly tag: string | undefined;
  readonly mark: Mark;
}
export type Node = ScalarNode | SequenceNode | MappingNode;

interface Properties {
  readonly anchor: string | undefined;
  readonly tag: string | undefined;
  readonly mark: Mark;
}

const DEEPEST = 300;

/** The one document of a text as nodes; undefined when there is none. @throws YamlError */
export function parseDocument(text: string): Node | undefined {
  return new Parser(text).document();
}

class Parser {
  readonly #scanner: Scanner;
  readonly #anchors = new Map<string, Node>();
  #handles = new Map<string, string>();
  #depth = 0;

  constructor(text: string) {
    this.#scanner = new Scanner(text);
  }

  document(): Node | undefined {
    this.#skip('document end');
    if (this.#is('stream end')) return undefined;
    if (this.#is('directive') || this.#is('document start')) this.#prologue();
    const start = this.#scanner.peek().mark;
    const root = this.#is('document start') || this.#is('document end') || this.#is('stream end') ? empty(start) : this.#node(true, false);
    this.#skip('document end');
    if (this.#is('stream end')) return root;
    this.#prologue();
    throw new YamlError(
      'ComposerError',
      'but found another document',
      this.#scanner.peek().mark,
      'expected a single document in the stream',
      start,
    );
  }

  /** Directives and `---`. */
  #prologue(): void {
    this.#handles = new Map([
      ['!', '!'],
      ['!!', 'tag:yaml.org,2002:'],
    ]);
    while (this.#is('directive')) {
      const [name, handle, prefix] = this.#scanner.next().text.split(/[ \t]+/);
      if (name === 'TAG' && handle !== undefined && prefix !== undefined) this.#handles.set(handle, prefix);
    }
    const token = this.#scanner.peek();
    if (token.kind !== 'document start') throw new YamlError('ParserError', 'did not find expected <document start>', token.mark);
    this.#scanner.next();
  }

  #is(...kinds: readonly TokenKind[]): boolean {
    return kinds.includes(this.#scanner.peek().kind);
  }

  #skip(kind: TokenKind): void {
    while (this.#is(kind)) this.#scanner.next();
  }

  /** Passes a token of that kind, if it is next. */
  #passes(kind: TokenKind): boolean {
    if (!this.#is(kind)) return false;
    this.#scanner.next();
    return true;
  }

  #node(block: boolean, indentless: boolean): Node {
    const first = this.#scanner.peek();
    if (first.kind === 'alias') return this.#alias(this.#scanner.next());
    if (++this.#depth > DEEPEST) throw new YamlError('ParserError', `nested more than ${DEEPEST} levels deep`, first.mark);
    const node = this.#content(block, indentless, this.#properties(first.mark));
    this.#depth--;
    return node;
  }

  #alias(token: Token): Node {
    const node = this.#anchors.get(token.text);
    if (node === undefined) throw new YamlError('ComposerError', 'found undefined alias', token.mark);
    return node;
  }

  #properties(mark: Mark): Properties {
    let anchor: string | undefined;
    let tag: string | undefined;
    for (;;) {
      if (anchor === undefined && this.#is('anchor')) anchor = this.#scanner.next().text;
      else if (tag === undefined && this.#is('tag')) tag = this.#resolveTag(this.#scanner.next(), mark);
      else return { anchor, tag, mark };
    }
  }

  #resolveTag({ text, mark }: Token, start: Mark): string {
    if (text.startsWith('!<')) return text.slice(2, -1);
    if (text === '!') return '!';
    const [, handle = '!', suffix = ''] = /^(!\w*!|!)(.*)$/.exec(text) ?? [];
    const prefix = this.#handles.get(handle) ?? (handle === '!' ? '!' : handle === '!!' ? 'tag:yaml.org,2002:' : undefined);
    if (prefix === undefined) throw new YamlError('ParserError', 'found undefined tag handle', mark, 'while parsing a node', start);
    return prefix + decodeURIComponent(suffix.replace(/%(?![0-9a-f]{2})/gi, '%25'));
  }

  #content(block: boolean, indentless: boolean, properties: Properties): Node {
    const token = this.#scanner.peek();
    if (indentless && token.kind === '-') return this.#sequence(properties, (items) => this.#indentless(items));
    if (token.kind === 'scalar') return this.#scalar(properties);
    if (token.kind === '[') return this.#sequence(properties, (items) => this.#flowSequence(items));
    if (token.kind === '{') return this.#mapping(properties, (pairs) => this.#flowMapping(pairs));
    if (block && token.kind === 'block sequence start') return this.#sequence(properties, (items) => this.#blockSequence(items));
    if (block && token.kind === 'block mapping start') return this.#mapping(properties, (pairs) => this.#blockMapping(pairs));
    if (properties.anchor !== undefined || properties.tag !== undefined) {
      return this.#known(properties, { ...empty(properties.mark), tag: properties.tag, plain: properties.tag === undefined });
    }
    const what = block ? 'while parsing a block node' : 'while parsing a flow node';
    throw new YamlError('ParserError', 'did not find expected node content', token.mark, what, properties.mark);
  }

  #known<N extends Node>(properties: Properties, node: N): N {
    if (properties.anchor !== undefined) this.#anchors.set(properties.anchor, node);
    return node;
  }

  #scalar(properties: Properties): Node {
    const { text, plain } = this.#scanner.next();
    return this.#known(properties, {
      kind: 'scalar',
      text,
      plain: plain && properties.tag === undefined,
      tag: properties.tag,
      mark: properties.mark,
    });
  }

  #sequence(properties: Properties, fill: (items: Node[]) => void): Node {
    const node: SequenceNode = this.#known(properties, { kind: 'sequence', items: [], tag: properties.tag, mark: properties.mark });
    fill(node.items);
    return node;
  }

  #mapping(properties: Properties, fill: (pairs: MappingNode['pairs']) => void): Node {
    const node: MappingNode = this.#known(properties, { kind: 'mapping', pairs: [], tag: properties.tag, mark: properties.mark });
    fill(node.pairs);
    return node;
  }

  /** A node, or an empty one if one of these is next. */
  #unless(ends: readonly TokenKind[], block: boolean, indentless: boolean): Node {
    return this.#is(...ends) ? empty(this.#scanner.peek().mark) : this.#node(block, indentless);
  }

  #blockSequence(items: Node[]): void {
    const start = this.#scanner.next().mark;
    while (this.#passes('-')) items.push(this.#unless(['-', 'block end'], true, false));
    if (!this.#passes('block end'))
      throw this.#unexpected("did not find expected '-' indicator", 'while parsing a block collection', start);
  }

  #indentless(items: Node[]): void {
    while (this.#passes('-')) items.push(this.#unless(['-', 'key', 'value', 'block end'], true, false));
  }

  #blockMapping(pairs: MappingNode['pairs']): void {
    const start = this.#scanner.next().mark;
    while (this.#passes('key')) {
      const key = this.#unless(['key', 'value', 'block end'], true, true);
      const value = this.#passes('value') ? this.#unless(['key', 'value', 'block end'], true, true) : empty(this.#scanner.peek().mark);
      pairs.push([key, value]);
    }
    if (!this.#passes('block end')) throw this.#unexpected('did not find expected key', 'while parsing a block mapping', start);
  }

  #flowSequence(items: Node[]): void {
    const start = this.#scanner.next().mark;
    for (let first = true; !this.#is(']'); first = false) {
      if (!first && !this.#passes(',')) throw this.#unexpected("did not find expected ',' or ']'", 'while parsing a flow sequence', start);
      if (this.#is('key')) items.push(this.#pair());
      else if (!this.#is(']')) items.push(this.#node(false, false));
    }
    this.#scanner.next();
  }

  /** `[a: b]` is a list of one map. Behind a `?` without a key, libyaml loses one token: `[?]` is refused, `[?]]` is not. */
  #pair(): Node {
    const { mark } = this.#scanner.next();
    const keyless = this.#is('value', ',', ']');
    const key = keyless ? empty(this.#scanner.next().mark) : this.#node(false, false);
    const value = this.#passes('value') ? this.#unless([',', ']'], false, false) : empty(mark);
    return { kind: 'mapping', pairs: [[key, value]], tag: undefined, mark };
  }

  #flowMapping(pairs: MappingNode['pairs']): void {
    const start = this.#scanner.next().mark;
    for (let first = true; !this.#is('}'); first = false) {
      if (!first && !this.#passes(',')) throw this.#unexpected("did not find expected ',' or '}'", 'while parsing a flow mapping', start);
      if (this.#is('}')) break;
      const keyed = this.#passes('key');
      const key = keyed ? this.#unless(['value', ',', '}'], false, false) : this.#node(false, false);
      const value = keyed && this.#passes('value') ? this.#unless([',', '}'], false, false) : empty(key.mark);
      pairs.push([key, value]);
    }
    this.#scanner.next();
  }

  #unexpected(problem: string, context: string, start: Mark): YamlError {
    return new YamlError('ParserError', problem, this.#scanner.peek().mark, context, start);
  }
}

const empty = (mark: Mark): ScalarNode => ({ kind: 'scalar', text: '', plain: true, tag: undefined, mark });
