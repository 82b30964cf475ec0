import { JinjaError, syntaxError } from './errors.ts';
import type { Token, TokenKind } from './tokens.ts';

/** Options of an environment, as `jinja_env` and `jinja_sls_env` name them. */
export interface LexerOptions {
  readonly trimBlocks?: boolean;
  readonly lstripBlocks?: boolean;
  readonly lineStatementPrefix?: string;
  readonly lineCommentPrefix?: string;
}

const OPEN = /\{[{%#]/g;
const OPERATORS = /^(?:\/\/|\*\*|==|!=|>=|<=|[-+/*%~[\](){}<>=.:|,;])/;
const NAME = /^[\p{L}_][\p{L}\p{N}\p{M}_]*/u;
const FLOAT = /^(?:\d[\d_]*\.\d[\d_]*(?:[eE][-+]?\d+)?|\d[\d_]*[eE][-+]?\d+)/;
const INTEGER = /^(?:0[bB][01_]+|0[oO][0-7_]+|0[xX][\da-fA-F_]+|\d[\d_]*)/;
const STRING = /^(?:'([^'\\]*(?:\\.[^'\\]*)*)'|"([^"\\]*(?:\\.[^"\\]*)*)")/s;
const CLOSING: Readonly<Record<string, string>> = { '{': '}', '[': ']', '(': ')' };

/** Takes a template apart. One line end at its end is dropped, all line ends are `\n`. @throws JinjaError */
export function tokenize(source: string, options: LexerOptions = {}): Token[] {
  return new Lexer(source.replace(/\r\n|\r/g, '\n').replace(/\n$/, ''), options).run();
}

class Lexer {
  readonly #text: string;
  readonly #options: LexerOptions;
  readonly #tokens: Token[] = [];
  #at = 0;
  #line = 1;
  /** Blanks at the front of the data to come go away, because a tag ended with `-%}`. */
  #strip = false;

  constructor(text: string, options: LexerOptions) {
    this.#text = text;
    this.#options = options;
  }

  run(): Token[] {
    try {
      while (this.#at < this.#text.length) this.#root();
    } catch (error) {
      if (!(error instanceof JinjaError)) throw error;
      this.#tokens.push({ kind: 'end', text: '', line: this.#line, error });
      return this.#tokens;
    }
    // As in Jinja, the end stands in the line of what was last.
    this.#push('end', '', this.#tokens.at(-1)?.line ?? 1);
    return this.#tokens;
  }

  #push(kind: TokenKind, text: string, line = this.#line): void {
    this.#tokens.push({ kind, text, line });
  }

  /** Moves on, counting lines. */
  #advance(to: number): string {
    const passed = this.#text.slice(this.#at, to);
    for (const character of passed) if (character === '\n') this.#line++;
    this.#at = to;
    return passed;
  }

  #root(): void {
    const tag = this.#nextTag();
    const line = this.#nextLineTag(tag?.index ?? this.#text.length);
    if (line !== undefined) {
      this.#lineTag(line);
      return;
    }
    if (tag === undefined) {
      this.#data(this.#text.length, '', false);
      return;
    }
    const sign = this.#text[tag.index + 2] ?? '';
    const isBlock = tag.kind !== '{{';
    this.#data(tag.index, sign, isBlock);
    if (tag.kind === '{#') this.#comment();
    else this.#tag(tag.kind, sign);
  }

  #nextTag(): { readonly kind: string; readonly index: number } | undefined {
    OPEN.lastIndex = this.#at;
    const found = OPEN.exec(this.#text);
    return found === null ? undefined : { kind: found[0], index: found.index };
  }

  /** Text up to `end`, its blanks cut where the tag there wants it. */
  #data(end: number, sign: string, isBlock: boolean): void {
    const start = this.#line;
    const raw = this.#advance(end);
    let text = raw;
    let line = start;
    if (this.#strip) {
      const kept = text.trimStart();
      line += text.slice(0, text.length - kept.length).split('\n').length - 1;
      text = kept;
      this.#strip = false;
    }
    if (sign === '-') text = text.trimEnd();
    else if (sign !== '+' && isBlock && this.#options.lstripBlocks === true) text = withoutIndent(text, this.#text, end);
    if (text !== '') this.#push('data', text, line);
  }

  #comment(): void {
    const start = this.#line;
    const end = this.#text.indexOf('#}', this.#at + 2);
    if (end < 0) throw syntaxError('Missing end of comment tag', start);
    const sign = this.#text[end - 1] ?? '';
    this.#advance(end + 2);
    this.#afterTag(sign, true);
  }

  #afterTag(sign: string, isBlock: boolean): void {
    if (sign === '-') this.#strip = true;
    else if (isBlock && sign !== '+' && this.#options.trimBlocks === true && this.#text[this.#at] === '\n') this.#advance(this.#at + 1);
  }

  #tag(kind: string, sign: string): void {
    const raw = kind === '{%' ? /^\{%[-+]?\s*raw\s*([-+]?)%\}/.exec(this.#text.slice(this.#at, this.#at + 200)) : null;
    if (raw !== null) {
      this.#raw(raw[0].length, raw[1] ?? '');
      return;
    }
    const block = kind === '{%';
    this.#push(block ? 'block begin' : 'variable begin', kind);
    this.#advance(this.#at + 2 + (sign === '-' || sign === '+' ? 1 : 0));
    const end = this.#expression(block ? '%}' : '}}');
    this.#push(block ? 'block end' : 'variable end', end.text, end.line);
    this.#afterTag(end.sign, block);
  }

  #raw(length: number, sign: string): void {
    this.#advance(this.#at + length);
    this.#afterTag(sign, true);
    const rest = this.#text.slice(this.#at);
    const end = /\{%([-+]?)\s*endraw\s*([-+]?)%\}/.exec(rest);
    if (end === null) throw syntaxError('Missing end of raw directive', this.#line);
    this.#data(this.#at + end.index, end[1] ?? '', true);
    this.#advance(this.#at + end[0].length);
    this.#afterTag(end[2] ?? '', true);
  }

  /** Tokens up to `close`, which does not count within brackets. */
  #expression(close: string): { readonly text: string; readonly line: number; readonly sign: string } {
    const brackets: string[] = [];
    for (;;) {
      this.#advance(this.#at + (/^\s*/.exec(this.#text.slice(this.#at))?.[0].length ?? 0));
      const [first = '', second = '', third = ''] = this.#text.slice(this.#at, this.#at + 3);
      if (first === '') throw syntaxError(`unexpected end of template, expected '${close}'`, this.#line);
      const signed = (first === '-' || (first === '+' && close === '%}')) && second + third === close;
      if (brackets.length === 0 && (signed || first + second === close)) {
        const line = this.#line;
        this.#advance(this.#at + (signed ? 3 : 2));
        return { text: close, line, sign: signed ? first : '' };
      }
      this.#one(brackets);
    }
  }

  #one(brackets: string[]): void {
    const rest = this.#text.slice(this.#at);
    const number = FLOAT.exec(rest) ?? INTEGER.exec(rest);
    if (number !== null) {
      this.#take(FLOAT.test(rest) ? 'float' : 'integer', number[0]);
      return;
    }
    const name = NAME.exec(rest);
    if (name !== null) {
      this.#take('name', name[0]);
      return;
    }
    const string = STRING.exec(rest);
    if (string !== null) {
      this.#push('string', unescaped(string[1] ?? string[2] ?? '', this.#line));
      this.#advance(this.#at + string[0].length);
      return;
    }
    const operator = OPERATORS.exec(rest)?.[0];
    if (operator === undefined) throw syntaxError(`unexpected char '${rest[0]}' at ${this.#at}`, this.#line);
    this.#balance(operator, brackets);
    this.#take('operator', operator);
  }

  #balance(operator: string, brackets: string[]): void {
    const closes = CLOSING[operator];
    if (closes !== undefined) brackets.push(closes);
    else if (Object.values(CLOSING).includes(operator)) {
      const expected = brackets.pop();
      if (expected === undefined) throw syntaxError(`unexpected '${operator}'`, this.#line);
      if (expected !== operator) throw syntaxError(`unexpected '${operator}', expected '${expected}'`, this.#line);
    }
  }

  #take(kind: TokenKind, text: string): void {
    this.#push(kind, kind === 'integer' || kind === 'float' ? text.replaceAll('_', '') : text);
    this.#advance(this.#at + text.length);
  }

  /** A line that begins with the prefix of statements, or a comment to the end of its line, before `limit`. */
  #nextLineTag(limit: number): { readonly index: number; readonly end: number; readonly statement: boolean } | undefined {
    const { lineStatementPrefix, lineCommentPrefix } = this.#options;
    const patterns = [
      lineStatementPrefix === undefined ? undefined : ([`(?<=^|\\n)[ \\t\\v]*${quoted(lineStatementPrefix)}`, true] as const),
      lineCommentPrefix === undefined
        ? undefined
        : ([`(?:(?<=^|\\n)[ \\t\\v]*|(?<=\\S)[^\\S\\r\\n]*)${quoted(lineCommentPrefix)}`, false] as const),
    ].filter((one) => one !== undefined);
    const found = patterns.flatMap(([pattern, statement]) => {
      const search = new RegExp(pattern, 'g');
      search.lastIndex = this.#at;
      const match = search.exec(this.#text);
      return match === null || match.index >= limit ? [] : [{ index: match.index, end: match.index + match[0].length, statement }];
    });
    return found.sort((a, b) => a.index - b.index || b.end - a.end)[0];
  }

  #lineTag({ index, end, statement }: { readonly index: number; readonly end: number; readonly statement: boolean }): void {
    this.#data(index, '', false);
    this.#advance(end);
    const newline = this.#text.indexOf('\n', this.#at);
    const stop = newline < 0 ? this.#text.length : newline;
    if (!statement) {
      this.#advance(stop);
      return;
    }
    this.#push('block begin', '');
    const brackets: string[] = [];
    for (;;) {
      this.#advance(this.#at + (/^[^\S\n]*/.exec(this.#text.slice(this.#at))?.[0].length ?? 0));
      const here = this.#text[this.#at];
      if (here === undefined || (here === '\n' && brackets.length === 0)) break;
      if (here === '\n') this.#advance(this.#at + 1);
      else this.#one(brackets);
    }
    const last = this.#tokens.at(-1);
    if (last?.text === ':' && last.kind === 'operator') this.#tokens.pop();
    this.#push('block end', '');
    if (this.#text[this.#at] === '\n') this.#advance(this.#at + 1);
  }
}

const quoted = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|-]/g, '\\$&');

/** Blanks before a block tag go away if nothing else stands before it on its line. */
function withoutIndent(text: string, source: string, end: number): string {
  const lineStart = source.lastIndexOf('\n', end - 1) + 1;
  if (source.slice(lineStart, end).trim() !== '') return text;
  return text.slice(0, Math.max(text.length - (end - lineStart), 0));
}

const SIMPLE: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  v: '\v',
  a: '\x07',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '\n': '',
};

/** Escapes as in a Python string; unknown ones stay as they are. @throws JinjaError */
function unescaped(text: string, line: number): string {
  return text.replace(/\\(x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{1,3}|[\s\S])/g, (all, code: string) => {
    const form = TRUNCATED[code];
    if (form !== undefined) throw syntaxError(`truncated ${form} escape`, line);
    if (/^[xuU]/.test(code)) return character(Number.parseInt(code.slice(1), 16), line);
    if (/^[0-7]/.test(code)) return String.fromCodePoint(Number.parseInt(code, 8));
    return SIMPLE[code] ?? all;
  });
}
const TRUNCATED: Readonly<Record<string, string>> = { x: '\\xXX', u: '\\uXXXX', U: '\\UXXXXXXXX' };

function character(code: number, line: number): string {
  if (code > 0x10ffff) throw syntaxError('illegal Unicode character', line);
  return String.fromCodePoint(code);
}
