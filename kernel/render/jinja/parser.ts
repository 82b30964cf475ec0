import type { Body, Expression, FilterCall, Format, Parameter, Statement, Target } from './ast.ts';
import { syntaxError } from './errors.ts';
import { ExpressionParser } from './expressions.ts';
import { type LexerOptions, tokenize } from './lexer.ts';
import { describe } from './tokens.ts';

/** What filters and tests there are. */
export interface Known {
  readonly filter: (name: string) => boolean;
  readonly test: (name: string) => boolean;
}
const DEEPEST = 100;

/** A template as statements. @throws JinjaError */
export function parse(source: string, known: Known, options: LexerOptions = {}): Body {
  return new Parser(new ExpressionParser(tokenize(source, options), known)).template();
}

class Parser {
  readonly #in: ExpressionParser;
  /** The end tags that the statements around wait for, the innermost last. */
  readonly #open: (readonly [string, readonly string[]])[] = [];

  constructor(tokens: ExpressionParser) {
    this.#in = tokens;
  }

  template(): Body {
    const body = this.#body([]);
    if (this.#in.current.kind !== 'end') throw this.#unknown();
    return body;
  }

  /** Statements up to one of the tags `ends`, whose name is left to be read. */
  #body(ends: readonly string[]): Statement[] {
    const body: Statement[] = [];
    const tokens = this.#in;
    while (tokens.current.kind !== 'end') {
      const { kind, text, line } = tokens.current;
      if (kind === 'data') body.push({ type: 'text', text: tokens.next().text, line });
      else if (kind === 'variable begin') {
        tokens.next();
        body.push({ type: 'print', value: tokens.tuple(), line });
        tokens.expect('variable end');
      } else if (kind === 'block begin') {
        if (tokens.peek().kind === 'name' && ends.includes(tokens.peek().text)) {
          tokens.next();
          return body;
        }
        tokens.next();
        body.push(this.#statement());
        tokens.expect('block end');
      } else throw syntaxError(`unexpected '${text}'`, line);
    }
    if (ends.length > 0) throw this.#endMissing();
    return body;
  }

  /** The body of a tag, up to its end tag; the tag's own end is read first. */
  #inside(tag: string, ends: readonly string[], line: number): Statement[] {
    this.#in.skips('operator', ':');
    this.#in.expect('block end');
    if (this.#open.length >= DEEPEST) throw syntaxError('blocks are nested too deeply', line);
    this.#open.push([tag, ends]);
    const body = this.#body(ends);
    this.#open.pop();
    return body;
  }

  /** The body and the one end tag. */
  #enclosed(tag: string, line: number): Statement[] {
    const body = this.#inside(tag, [`end${tag}`], line);
    this.#in.next();
    return body;
  }

  #endMissing(): Error {
    const [tag, ends] = this.#open.at(-1) ?? ['', []];
    const list = ends.map((end) => `'${end}'`).join(' or ');
    return this.#in.fail(
      `Unexpected end of template. Jinja was looking for the following tags: ${list}. The innermost block that needs to be closed is '${tag}'.`,
    );
  }

  #unknown(): Error {
    const { text, line } = this.#in.current;
    const [tag, ends] = this.#open.at(-1) ?? [undefined, []];
    const expected =
      tag === undefined
        ? ''
        : ` Jinja was looking for the following tags: ${ends.map((end) => `'${end}'`).join(' or ')}. The innermost block that needs to be closed is '${tag}'.`;
    if (ends.length > 0 || /^end|^el(?:se|if)$/.test(text)) {
      if (tag === undefined) return syntaxError(`Encountered unknown tag '${text}'.`, line);
      if (/^end|^el(?:se|if)$/.test(text))
        return syntaxError(
          `Encountered unknown tag '${text}'. You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for ${ends.map((end) => `'${end}'`).join(' or ')}. The innermost block that needs to be closed is '${tag}'.`,
          line,
        );
    }
    return syntaxError(`Encountered unknown tag '${text}'.${expected}`, line);
  }

  #statement(): Statement {
    const tokens = this.#in;
    const { kind, text, line } = tokens.current;
    if (kind !== 'name') throw syntaxError('tag name expected', line);
    const parse = Object.hasOwn(this.#tags, text) ? this.#tags[text] : undefined;
    if (parse === undefined) throw this.#unknown();
    tokens.next();
    return parse(line, text);
  }

  readonly #tags: Readonly<Record<string, (line: number, tag: string) => Statement>> = {
    if: (line) => this.#if(line),
    for: (line) => this.#for(line),
    set: (line) => this.#set(line),
    do: (line) => ({ type: 'do', value: this.#in.tuple(), line }),
    print: (line) => ({ type: 'print', value: this.#in.tuple(), line }),
    break: (line) => ({ type: 'break', line }),
    continue: (line) => ({ type: 'continue', line }),
    with: (line) => this.#with(line),
    filter: (line) => ({ type: 'filter', filters: this.#filters(), body: this.#enclosed('filter', line), line }),
    macro: (line) => ({
      type: 'macro',
      name: this.#in.expect('name').text,
      parameters: this.#parameters(),
      body: this.#enclosed('macro', line),
      line,
    }),
    call: (line) => this.#call(line),
    include: (line) => this.#include(line),
    import: (line) => this.#import(line),
    from: (line) => this.#from(line),
    extends: (line) => ({ type: 'extends', template: this.#in.expression(), line }),
    block: (line) => this.#block(line),
    autoescape: (line) => {
      this.#in.expression();
      return { type: 'group', body: this.#enclosed('autoescape', line), line };
    },
    profile: (line) => this.#profile(line),
    load_yaml: (line, tag) => this.#load(line, tag),
    load_json: (line, tag) => this.#load(line, tag),
    load_text: (line, tag) => this.#load(line, tag),
    import_yaml: (line, tag) => this.#importData(line, tag),
    import_json: (line, tag) => this.#importData(line, tag),
    import_text: (line, tag) => this.#importData(line, tag),
  };

  #if(line: number): Statement {
    const cases: (readonly [Expression, Body])[] = [];
    let otherwise: Body = [];
    let condition = this.#in.tuple(false);
    for (;;) {
      const body = this.#inside('if', ['elif', 'else', 'endif'], line);
      cases.push([condition, body]);
      const { text } = this.#in.next();
      if (text === 'elif') condition = this.#in.tuple(false);
      else {
        if (text === 'else') otherwise = this.#otherwise('if', line);
        return { type: 'if', cases, otherwise, line };
      }
    }
  }

  #otherwise(tag: string, line: number): Body {
    const body = this.#inside(tag, [`end${tag}`], line);
    this.#in.next();
    return body;
  }

  #for(line: number): Statement {
    const target = this.#in.target();
    this.#in.expect('name', 'in');
    const over = this.#overTuple();
    const condition = this.#in.isName('if') && this.#in.next() !== undefined ? this.#in.expression() : undefined;
    const recursive = this.#in.isName('recursive') && this.#in.next() !== undefined;
    const body = this.#inside('for', ['endfor', 'else'], line);
    const otherwise = this.#in.next().text === 'else' ? this.#otherwise('for', line) : [];
    return { type: 'for', target, over, condition, recursive, body, otherwise, line };
  }

  #overTuple(): Expression {
    const { line } = this.#in.current;
    const items = [this.#in.plain()];
    while (this.#in.skips('operator', ',')) items.push(this.#in.plain());
    const [only] = items;
    return items.length === 1 && only !== undefined ? only : { type: 'tuple', items, line };
  }

  #set(line: number): Statement {
    const target = this.#in.target(true);
    if (this.#in.skips('operator', '=')) return { type: 'set', target, value: this.#in.tuple(), line };
    const filters: FilterCall[] = [];
    while (this.#in.skips('operator', '|')) filters.push(this.#in.filterCall());
    return { type: 'set block', target, filters, body: this.#enclosed('set', line), line };
  }

  #with(line: number): Statement {
    const values: (readonly [Target, Expression])[] = [];
    while (!this.#in.is('block end')) {
      if (values.length > 0) this.#in.expect('operator', ',');
      const target = this.#withTarget();
      this.#in.expect('operator', '=');
      values.push([target, this.#in.expression()]);
    }
    return { type: 'with', values, body: this.#enclosed('with', line), line };
  }

  #withTarget(): Target {
    const { text, line } = this.#in.expect('name');
    return { type: 'name', name: text, line };
  }

  #filters(): FilterCall[] {
    const filters = [this.#in.filterCall()];
    while (this.#in.skips('operator', '|')) filters.push(this.#in.filterCall());
    return filters;
  }

  #parameters(): Parameter[] {
    this.#in.expect('operator', '(');
    const parameters: Parameter[] = [];
    while (!this.#in.isOperator(')')) {
      if (parameters.length > 0) this.#in.expect('operator', ',');
      if (this.#in.isOperator(')')) break;
      const name = this.#in.expect('name').text;
      const fallback = this.#in.skips('operator', '=') ? this.#in.expression() : undefined;
      if (fallback === undefined && parameters.some((one) => one.fallback !== undefined))
        throw this.#in.fail('non-default argument follows default argument');
      parameters.push({ name, fallback });
    }
    this.#in.expect('operator', ')');
    return parameters;
  }

  #call(line: number): Statement {
    const parameters = this.#in.isOperator('(') ? this.#parameters() : [];
    const value = this.#in.expression();
    if (value.type !== 'call') throw syntaxError('expected call', line);
    return { type: 'call', parameters, value, body: this.#enclosed('call', line), line };
  }

  /** `with context` or `without context`, if it stands here. */
  #context(usually: boolean): boolean {
    if (!this.#in.isName('with', 'without') || this.#in.peek().text !== 'context') return usually;
    const withContext = this.#in.next().text === 'with';
    this.#in.next();
    return withContext;
  }

  #include(line: number): Statement {
    const template = this.#in.expression();
    const ignoreMissing = this.#in.isName('ignore') && this.#in.peek().text === 'missing';
    if (ignoreMissing) {
      this.#in.next();
      this.#in.next();
    }
    return { type: 'include', template, ignoreMissing, withContext: this.#context(true), line };
  }

  #import(line: number): Statement {
    const template = this.#in.expression();
    this.#in.expect('name', 'as');
    const as = this.#in.expect('name').text;
    return { type: 'import', template, as, withContext: this.#context(false), line };
  }

  #from(line: number): Statement {
    const template = this.#in.expression();
    this.#in.expect('name', 'import');
    const names: (readonly [string, string])[] = [];
    while (!this.#in.is('block end')) {
      if (this.#in.isName('with', 'without') && this.#in.peek().text === 'context') break;
      if (names.length > 0) this.#in.expect('operator', ',');
      if (this.#in.is('block end')) break;
      const name = this.#in.expect('name').text;
      if (name.startsWith('_')) throw syntaxError('names starting with an underline can not be imported', line);
      names.push([name, this.#in.isName('as') && this.#in.next() !== undefined ? this.#in.expect('name').text : name]);
    }
    return { type: 'from', template, names, withContext: this.#context(false), line };
  }

  #block(line: number): Statement {
    const name = this.#in.expect('name').text;
    const scoped = this.#in.isName('scoped') && this.#in.next() !== undefined;
    const required = this.#in.isName('required') && this.#in.next() !== undefined;
    const body = this.#enclosed('block', line);
    if (this.#in.isName(name)) this.#in.next();
    return { type: 'block', name, required, scoped, body, line };
  }

  #profile(line: number): Statement {
    this.#in.expect('name', 'as');
    this.#in.expression();
    return { type: 'group', body: this.#enclosed('profile', line), line };
  }

  #load(line: number, tag: string): Statement {
    this.#in.expect('name', 'as');
    const target = this.#in.target();
    const body = this.#inside(tag, ['endload'], line);
    this.#in.next();
    return { type: 'load', format: tag.slice('load_'.length) as Format, target, body, line };
  }

  #importData(line: number, tag: string): Statement {
    const template = this.#in.expression();
    const as = this.#in.isName('as') && this.#in.next() !== undefined ? this.#in.expect('name').text : '';
    if (as === '') throw syntaxError(`expected token 'as', got '${describe(this.#in.current)}'`, line);
    this.#context(false);
    return { type: 'import data', format: tag.slice('import_'.length) as Format, template, as, line };
  }
}
