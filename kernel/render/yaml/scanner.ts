import { Cursor, isBlank, isBlankOrEnd, isBreak } from './cursor.ts';
import { type Mark, YamlError } from './errors.ts';
import { blockScalar, plainScalar, quotedScalar } from './scalars.ts';
import { type Token, type TokenKind, token } from './tokens.ts';

/** A token that turns out to be a key when a `:` follows. */
interface PossibleKey {
  readonly mark: Mark;
  readonly at: number;
  /** Its number among all tokens: where the key token is put. */
  readonly number: number;
  /** It stands where only a key can: without `:` the document is wrong. */
  readonly required: boolean;
}

/** YAML allows no longer one. */
const LONGEST_KEY = 1024;
const INDICATORS = '-?:,[]{}#&*!|>\'"%@`';

/** Takes a document apart into tokens: what the indentation means is told by block start and end tokens. */
export class Scanner {
  readonly #cursor: Cursor;
  #tokens: Token[] = [];
  #taken = 0;
  #flow = 0;
  #indent = -1;
  readonly #indents: number[] = [];
  #keyAllowed = true;
  /** One for each level of flow. */
  readonly #keys: (PossibleKey | undefined)[] = [undefined];
  #ended = false;

  /** @throws YamlError */
  constructor(text: string) {
    this.#cursor = new Cursor(text);
  }

  peek(): Token {
    while (this.#needsMore()) this.#fetch();
    return this.#tokens[0] ?? token('stream end', this.#cursor.mark());
  }

  next(): Token {
    const first = this.peek();
    if (this.#tokens.shift() !== undefined) this.#taken++;
    return first;
  }

  #needsMore(): boolean {
    if (this.#ended) return false;
    if (this.#tokens.length === 0) return true;
    this.#dropStaleKeys();
    return this.#keys.some((key) => key?.number === this.#taken);
  }

  #fetch(): void {
    const cursor = this.#cursor;
    this.#skipToNext();
    this.#dropStaleKeys();
    this.#unroll(cursor.column);
    const character = cursor.peek();
    if (character === '') this.#end();
    else if (character === '%' && cursor.column === 0) this.#directive();
    else if (cursor.atDocumentMark()) this.#documentMark();
    else if (character === '[' || character === '{') this.#flowStart(character);
    else if (character === ']' || character === '}') this.#flowEnd(character);
    else if (character === ',') this.#indicator(',', true);
    else if (character === '-' && isBlankOrEnd(cursor.peek(1))) this.#blockEntry();
    else if (character === '?' && (this.#flow > 0 || isBlankOrEnd(cursor.peek(1)))) this.#explicitKey();
    else if (character === ':' && (this.#flow > 0 || isBlankOrEnd(cursor.peek(1)))) this.#value();
    else if (character === '*') this.#name('alias');
    else if (character === '&') this.#name('anchor');
    else if (character === '!') this.#tag();
    else if ((character === '|' || character === '>') && this.#flow === 0) this.#block();
    else if (character === "'" || character === '"') this.#quoted();
    else if (this.#startsPlain(character)) this.#plain();
    else
      throw new YamlError(
        'ScannerError',
        'found character that cannot start any token',
        cursor.mark(),
        'while scanning for the next token',
        cursor.mark(),
      );
  }

  #startsPlain(character: string): boolean {
    if (!isBlankOrEnd(character) && !INDICATORS.includes(character)) return true;
    const next = this.#cursor.peek(1);
    if (character === '-') return !isBlank(next) && !isBlankOrEnd(next);
    return this.#flow === 0 && (character === '?' || character === ':') && !isBlankOrEnd(next);
  }

  #skipToNext(): void {
    const cursor = this.#cursor;
    for (;;) {
      while (cursor.peek() === ' ' || (cursor.peek() === '\t' && (this.#flow > 0 || !this.#keyAllowed))) cursor.skip();
      if (cursor.peek() === '#') cursor.take((character) => !isBreak(character));
      if (!isBreak(cursor.peek())) return;
      cursor.breakLine();
      if (this.#flow === 0) this.#keyAllowed = true;
    }
  }

  #push(kind: TokenKind, mark: Mark, text = '', plain = false): void {
    this.#tokens.push(token(kind, mark, text, plain));
  }

  #dropStaleKeys(): void {
    for (const [level, key] of this.#keys.entries()) {
      if (key === undefined) continue;
      if (key.mark.line === this.#cursor.line && this.#cursor.at - key.at <= LONGEST_KEY) continue;
      this.#forget(level);
    }
  }

  #forget(level: number): void {
    const key = this.#keys[level];
    if (key?.required)
      throw new YamlError('ScannerError', "could not find expected ':'", this.#cursor.mark(), 'while scanning a simple key', key.mark);
    this.#keys[level] = undefined;
  }

  #saveKey(): void {
    if (!this.#keyAllowed) return;
    this.#forget(this.#flow);
    this.#keys[this.#flow] = {
      mark: this.#cursor.mark(),
      at: this.#cursor.at,
      number: this.#taken + this.#tokens.length,
      required: this.#flow === 0 && this.#indent === this.#cursor.column,
    };
  }

  /** Opens a block at `column`, before the token of that `number` or at the end. */
  #roll(column: number, kind: TokenKind, mark: Mark, number?: number): void {
    if (this.#flow > 0 || this.#indent >= column) return;
    this.#indents.push(this.#indent);
    this.#indent = column;
    const at = number === undefined ? this.#tokens.length : number - this.#taken;
    this.#tokens.splice(at, 0, token(kind, mark));
  }

  #unroll(column: number): void {
    if (this.#flow > 0) return;
    while (this.#indent > column) {
      this.#push('block end', this.#cursor.mark());
      this.#indent = this.#indents.pop() ?? -1;
    }
  }

  #end(): void {
    this.#unroll(-1);
    this.#forget(this.#flow);
    this.#keyAllowed = false;
    const { line, column } = this.#cursor.mark();
    // As libyaml has it: the end stands on a line of its own.
    this.#push('stream end', column === 0 ? { line, column } : { line: line + 1, column: 0 });
    this.#ended = true;
  }

  #directive(): void {
    this.#unroll(-1);
    this.#forget(this.#flow);
    this.#keyAllowed = false;
    const mark = this.#cursor.mark();
    this.#push('directive', mark, this.#cursor.take((character) => !isBreak(character)).slice(1));
  }

  #documentMark(): void {
    this.#unroll(-1);
    this.#forget(this.#flow);
    this.#keyAllowed = false;
    const kind = this.#cursor.peek() === '-' ? 'document start' : 'document end';
    this.#push(kind, this.#cursor.mark());
    this.#cursor.skip(3);
  }

  #flowStart(character: '[' | '{'): void {
    this.#saveKey();
    this.#flow++;
    this.#keys[this.#flow] = undefined;
    this.#indicator(character, true, false);
  }

  #flowEnd(character: ']' | '}'): void {
    this.#forget(this.#flow);
    if (this.#flow > 0) {
      this.#keys.length = this.#flow;
      this.#flow--;
    }
    this.#indicator(character, false, false);
  }

  #indicator(kind: TokenKind, keyAllowed: boolean, forget = true): void {
    if (forget) this.#forget(this.#flow);
    this.#keyAllowed = keyAllowed;
    this.#push(kind, this.#cursor.mark());
    this.#cursor.skip();
  }

  #refuse(problem: string): YamlError {
    return new YamlError('ScannerError', problem, this.#cursor.mark());
  }

  #blockEntry(): void {
    if (this.#flow === 0) {
      if (!this.#keyAllowed) throw this.#refuse('block sequence entries are not allowed in this context');
      this.#roll(this.#cursor.column, 'block sequence start', this.#cursor.mark());
    }
    this.#indicator('-', true);
  }

  #explicitKey(): void {
    if (this.#flow === 0) {
      if (!this.#keyAllowed) throw this.#refuse('mapping keys are not allowed in this context');
      this.#roll(this.#cursor.column, 'block mapping start', this.#cursor.mark());
    }
    this.#indicator('key', this.#flow === 0);
  }

  #value(): void {
    const key = this.#keys[this.#flow];
    if (key !== undefined) {
      this.#tokens.splice(key.number - this.#taken, 0, token('key', key.mark));
      this.#roll(key.mark.column, 'block mapping start', key.mark, key.number);
      this.#keys[this.#flow] = undefined;
      this.#indicator('value', false, false);
      return;
    }
    if (this.#flow === 0) {
      if (!this.#keyAllowed) throw this.#refuse('mapping values are not allowed in this context');
      this.#roll(this.#cursor.column, 'block mapping start', this.#cursor.mark());
    }
    this.#indicator('value', this.#flow === 0, false);
  }

  #name(kind: 'alias' | 'anchor'): void {
    this.#saveKey();
    this.#keyAllowed = false;
    const cursor = this.#cursor;
    const mark = cursor.mark();
    cursor.skip();
    const name = cursor.take((character) => /[\w-]/.test(character));
    const after = cursor.peek();
    if (name === '' || !(isBlankOrEnd(after) || '?:,]}%@`'.includes(after))) {
      const what = kind === 'alias' ? 'while scanning an alias' : 'while scanning an anchor';
      throw new YamlError('ScannerError', 'did not find expected alphabetic or numeric character', cursor.mark(), what, mark);
    }
    this.#push(kind, mark, name);
  }

  #tag(): void {
    this.#saveKey();
    this.#keyAllowed = false;
    const cursor = this.#cursor;
    const mark = cursor.mark();
    const flow = this.#flow > 0;
    const text =
      cursor.peek(1) === '<'
        ? cursor.take((character) => !isBlankOrEnd(character))
        : cursor.take((character) => !isBlankOrEnd(character) && !(flow && ',[]{}'.includes(character)));
    this.#push('tag', mark, text);
  }

  #block(): void {
    this.#forget(this.#flow);
    this.#keyAllowed = true;
    const mark = this.#cursor.mark();
    this.#push('scalar', mark, blockScalar(this.#cursor, this.#indent));
  }

  #quoted(): void {
    this.#saveKey();
    this.#keyAllowed = false;
    const mark = this.#cursor.mark();
    this.#push('scalar', mark, quotedScalar(this.#cursor));
  }

  #plain(): void {
    this.#saveKey();
    this.#keyAllowed = false;
    const mark = this.#cursor.mark();
    const { text, folded } = plainScalar(this.#cursor, this.#indent + 1, this.#flow > 0);
    if (folded) this.#keyAllowed = true;
    this.#push('scalar', mark, text, true);
  }
}
