import { mapping, NotYaml, ordinary, scalar, unescaped } from './yaml-line-nodes.ts';
import { BadScalar } from './yaml-scalar-value.ts';

export { NotYaml } from './yaml-line-nodes.ts';

/**
 * Reads one line of YAML 1.1 as PyYAML with libyaml does. Arguments never hold line ends, so this needs
 * no indentation, and no library, which would take longer to load than everything else a tool does.
 * Mappings become `Map`s. @throws NotYaml
 */
export function readYamlLine(text: string): unknown {
  try {
    return new Line(text).document();
  } catch (error) {
    if (error instanceof BadScalar) throw new NotYaml(error.message);
    throw error;
  }
}

/** What libyaml's reader lets through, on a line. */
const READABLE = /^[\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]*$/u;
const CLOSES_FLOW = new Set(',[]{}');
const NEVER_STARTS = new Set(',]}%@`');

class Line {
  readonly #text: string;
  readonly #anchors = new Map<string, unknown>();
  #at = 0;
  /** Depth of brackets. */
  #flow = 0;

  constructor(text: string) {
    this.#text = text.replace(/^\ufeff/, '').replace(/ *\x85 */g, ' ');
    if (!READABLE.test(this.#text)) throw new NotYaml('unprintable character');
  }

  document(): unknown {
    if (/^---(?: |$)/.test(this.#text)) this.#at = 3;
    else if (/^\.\.\.(?: |$)/.test(this.#text)) throw new NotYaml('the document ends before it starts');
    this.#skip();
    const value = this.#done() ? null : this.#block(true);
    this.#skip();
    if (!this.#done()) throw new NotYaml(`more text behind column ${this.#at}`);
    return ordinary(value);
  }

  #peek(offset = 0): string {
    return this.#text[this.#at + offset] ?? '';
  }

  #blankAt(offset: number): boolean {
    const character = this.#peek(offset);
    return character === '' || character === ' ';
  }

  #done(): boolean {
    return this.#at >= this.#text.length;
  }

  /** Blanks and a comment, which must follow a blank. */
  #skip(): void {
    while (this.#peek() === ' ') this.#at++;
    if (this.#peek() === '#' && (this.#at === 0 || this.#peek(-1) === ' ')) this.#at = this.#text.length;
  }

  /** A node outside brackets: an entry, a key with its value, or a value. */
  #block(mayBeKey: boolean): unknown {
    const sign = this.#peek();
    if ('-?:'.includes(sign) && this.#blankAt(1)) {
      if (!mayBeKey) throw new NotYaml(`${sign} is not allowed here`);
      this.#at++;
      this.#skip();
      const inner = this.#done() ? null : this.#block(true);
      if (sign === '-') return [ordinary(inner)];
      return sign === '?' ? mapping([[inner, null]]) : mapping([[null, inner]]);
    }
    const node = this.#node();
    this.#skip();
    if (this.#peek() !== ':' || !this.#blankAt(1)) return node;
    if (!mayBeKey) throw new NotYaml('a mapping is not allowed here');
    this.#at++;
    this.#skip();
    return mapping([[node, this.#done() ? null : this.#block(false)]]);
  }

  #node(): unknown {
    let tag: string | undefined;
    let anchor: string | undefined;
    for (;;) {
      if (this.#peek() === '!' && tag === undefined) tag = this.#word(/!(?:<[^> ]*>|[^ ,[\]{}]*)/y);
      else if (this.#peek() === '&' && anchor === undefined) anchor = this.#word(/&[\w-]+/y).slice(1);
      else break;
      if (!this.#blankAt(0) && !(this.#flow > 0 && CLOSES_FLOW.has(this.#peek()))) throw new NotYaml('a blank was expected');
      this.#skip();
    }
    const value = this.#content(tag, tag !== undefined || anchor !== undefined);
    if (anchor !== undefined) this.#anchors.set(anchor, value);
    return value;
  }

  #word(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) throw new NotYaml(`nothing that can be read at column ${this.#at}`);
    this.#at = pattern.lastIndex;
    return found[0];
  }

  #content(tag: string | undefined, mayBeEmpty: boolean): unknown {
    const sign = this.#peek();
    if (sign === '[') return this.#collection(tag, 'seq', () => this.#sequence());
    if (sign === '{') return this.#collection(tag, 'map', () => this.#mapping());
    if (sign === '"' || sign === "'") return scalar(tag, sign === '"' ? this.#doubleQuoted() : this.#singleQuoted(), true);
    if (sign === '*') return this.#alias(tag);
    if (this.#flow === 0 && (sign === '|' || sign === '>')) {
      this.#word(/[|>](?:[+-]?[1-9]?|[1-9][+-])(?: +#.*| *)$/y);
      return scalar(tag, '', true);
    }
    const ends = this.#done() || (this.#flow > 0 && (sign === ',' || sign === ']' || sign === '}' || sign === ':'));
    if (ends && mayBeEmpty) return scalar(tag, '', false);
    if (ends || NEVER_STARTS.has(sign) || '#&!|>'.includes(sign)) throw new NotYaml(`${sign} cannot start a value`);
    if ('-?:'.includes(sign) && (this.#blankAt(1) || (this.#flow > 0 && sign !== '-'))) throw new NotYaml(`${sign} is not allowed here`);
    return scalar(tag, this.#plain(), false);
  }

  #collection(tag: string | undefined, kind: string, read: () => unknown): unknown {
    if (tag !== undefined && tag !== '!' && tag !== `!!${kind}`) throw new NotYaml(`no value for the tag ${tag}`);
    this.#at++;
    this.#flow++;
    const value = read();
    this.#flow--;
    return value;
  }

  #alias(tag: string | undefined): unknown {
    const name = this.#word(/\*[\w-]+/y).slice(1);
    if (tag !== undefined || !this.#anchors.has(name)) throw new NotYaml(`nothing is called ${name}`);
    return this.#anchors.get(name);
  }

  #plain(): string {
    const start = this.#at;
    for (; !this.#done(); this.#at++) {
      const sign = this.#peek();
      if (this.#flow > 0 && sign === ':' && /[,?[\]{}]/.test(this.#peek(1))) throw new NotYaml('unexpected :');
      if (sign === ':' && this.#blankAt(1)) break;
      if (this.#flow > 0 && CLOSES_FLOW.has(sign)) break;
      if (sign === '#' && this.#peek(-1) === ' ') break;
    }
    return this.#text.slice(start, this.#at).trimEnd();
  }

  #singleQuoted(): string {
    return this.#word(/'(?:[^']|'')*'/y)
      .slice(1, -1)
      .replaceAll("''", "'");
  }

  #doubleQuoted(): string {
    return this.#word(/"(?:[^"\\]|\\.)*"/y)
      .slice(1, -1)
      .replace(/\\(x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|.)/g, (_, sequence: string) => unescaped(sequence));
  }

  #sequence(): unknown[] {
    const items: unknown[] = [];
    for (;;) {
      this.#skip();
      if (this.#close(']')) return items;
      if (items.length > 0) this.#comma(']');
      if (this.#close(']')) return items;
      const [key, value] = this.#pair();
      items.push(value === undefined ? ordinary(key) : mapping([[key, value]]));
    }
  }

  #mapping(): unknown {
    const items: [unknown, unknown][] = [];
    for (;;) {
      this.#skip();
      if (this.#close('}')) return mapping(items);
      if (items.length > 0) this.#comma('}');
      if (this.#close('}')) return mapping(items);
      const [key, value] = this.#pair();
      items.push([key, value ?? null]);
    }
  }

  #close(bracket: string): boolean {
    if (this.#peek() !== bracket) return false;
    this.#at++;
    return true;
  }

  #comma(bracket: string): void {
    if (!this.#close(',')) throw new NotYaml(`, or ${bracket} was expected at column ${this.#at}`);
    this.#skip();
  }

  /** A value, or a key with its value, inside brackets; the value is undefined when there was only one. */
  #pair(): [unknown, unknown] {
    const explicit = this.#peek() === '?' && this.#blankAt(1);
    if (explicit) {
      this.#at++;
      this.#skip();
    }
    const key = this.#node();
    this.#skip();
    if (this.#peek() !== ':') return [key, explicit ? null : undefined];
    this.#at++;
    this.#skip();
    const empty = this.#peek() === ',' || this.#peek() === ']' || this.#peek() === '}';
    return [key, empty ? null : this.#node()];
  }
}
