import type { Operator } from '../python/arithmetic.ts';
import { float, int } from '../python/value.ts';
import type { Argument, Comparison, Expression, Target } from './ast.ts';
import { syntaxError } from './errors.ts';
import { describe, type Token, type TokenKind } from './tokens.ts';

const COMPARISONS = new Set(['==', '!=', '<', '<=', '>', '>=']);
const DEEPEST = 200;

/** Tokens one after another, and the expressions they make: Jinja's grammar from `if` down to a literal. */
export class ExpressionParser {
  readonly #tokens: readonly Token[];
  /** Tells of filters and tests that there are none of: they are errors before anything runs. */
  readonly #known: { readonly filter: (name: string) => boolean; readonly test: (name: string) => boolean };
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], known: { readonly filter: (name: string) => boolean; readonly test: (name: string) => boolean }) {
    this.#tokens = tokens;
    this.#known = known;
  }

  get current(): Token {
    return this.#sound(this.#at) ?? { kind: 'end', text: '', line: 1 };
  }

  peek(ahead = 1): Token {
    return this.#sound(this.#at + ahead) ?? { kind: 'end', text: '', line: this.current.line };
  }

  #sound(at: number): Token | undefined {
    const token = this.#tokens[at];
    if (token?.error !== undefined) throw token.error;
    return token;
  }

  next(): Token {
    const token = this.current;
    this.#at++;
    return token;
  }

  is(kind: TokenKind, text?: string): boolean {
    return this.current.kind === kind && (text === undefined || this.current.text === text);
  }

  isOperator(text: string): boolean {
    return this.is('operator', text);
  }

  isName(...names: readonly string[]): boolean {
    return this.current.kind === 'name' && names.includes(this.current.text);
  }

  skips(kind: TokenKind, text?: string): boolean {
    if (!this.is(kind, text)) return false;
    this.#at++;
    return true;
  }

  expect(kind: TokenKind, text?: string): Token {
    if (this.is(kind, text)) return this.next();
    const wanted = text ?? describe({ kind, text: kind, line: 0 });
    if (this.current.kind === 'end') throw syntaxError(`unexpected end of template, expected '${wanted}'.`, this.current.line);
    throw syntaxError(`expected token '${wanted}', got '${describe(this.current)}'`, this.current.line);
  }

  fail(message: string, line = this.current.line): Error {
    return syntaxError(message, line);
  }

  /** With commas it is a tuple. */
  tuple(withConditions = true): Expression {
    const { line } = this.current;
    const items: Expression[] = [];
    let isTuple = false;
    for (;;) {
      if (items.length > 0 && !this.skips('operator', ',')) break;
      if (items.length > 0) isTuple = true;
      if (this.#endsTuple()) break;
      items.push(withConditions ? this.expression() : this.#or());
    }
    const [only] = items;
    if (!isTuple && only !== undefined) return only;
    if (items.length === 0) throw this.fail(`Expected an expression, got '${describe(this.current)}'`);
    return { type: 'tuple', items, line };
  }

  #endsTuple(): boolean {
    return (
      this.is('block end') ||
      this.is('variable end') ||
      this.isOperator(')') ||
      (this.isName('in', 'recursive', 'if', 'with', 'without', 'ignore') && this.peek(-1).text === ',')
    );
  }

  expression(): Expression {
    if (++this.#depth > DEEPEST) throw this.fail('the expression is nested too deeply');
    let value = this.#or();
    while (this.isName('if')) {
      const { line } = this.next();
      const condition = this.#or();
      const otherwise = this.isName('else') && this.next() ? this.expression() : undefined;
      value = { type: 'if', condition, value, otherwise, line };
    }
    this.#depth--;
    return value;
  }

  /** Without a condition at its end: what a `for` goes over. */
  plain(): Expression {
    return this.#or();
  }

  #or(): Expression {
    let left = this.#and();
    while (this.isName('or')) left = { line: this.next().line, type: 'or', left, right: this.#and() };
    return left;
  }

  #and(): Expression {
    let left = this.#not();
    while (this.isName('and')) left = { line: this.next().line, type: 'and', left, right: this.#not() };
    return left;
  }

  #not(): Expression {
    if (!this.isName('not')) return this.#compare();
    const { line } = this.next();
    return { type: 'not', of: this.#not(), line };
  }

  #compare(): Expression {
    const { line } = this.current;
    const first = this.#sum();
    const rest: (readonly [Comparison, Expression])[] = [];
    for (;;) {
      if (this.is('operator') && COMPARISONS.has(this.current.text)) rest.push([this.next().text as Comparison, this.#sum()]);
      else if (this.isName('in')) {
        this.next();
        rest.push(['in', this.#sum()]);
      } else if (this.isName('not') && this.peek().kind === 'name' && this.peek().text === 'in') {
        this.next();
        this.next();
        rest.push(['not in', this.#sum()]);
      } else break;
    }
    return rest.length === 0 ? first : { type: 'compare', first, rest, line };
  }

  #sum(): Expression {
    return this.#binary(['+', '-'], () => this.#concat());
  }

  #concat(): Expression {
    const { line } = this.current;
    const items = [this.#product()];
    while (this.skips('operator', '~')) items.push(this.#product());
    const [only] = items;
    return items.length === 1 && only !== undefined ? only : { type: 'concat', items, line };
  }

  #product(): Expression {
    return this.#binary(['*', '/', '//', '%'], () => this.#unary());
  }

  #binary(operators: readonly string[], operand: () => Expression): Expression {
    let left = operand();
    while (this.is('operator') && operators.includes(this.current.text)) {
      const { text, line } = this.next();
      left = { type: 'arithmetic', operator: text as Operator, left, right: operand(), line };
    }
    return left;
  }

  #unary(filtered = true): Expression {
    const { line } = this.current;
    if (++this.#depth > DEEPEST) throw this.fail('the expression is nested too deeply');
    let value: Expression;
    if (this.skips('operator', '-')) value = { type: 'minus', of: this.#unary(false), line };
    else if (this.skips('operator', '+')) value = { type: 'plus', of: this.#unary(false), line };
    else value = this.#primary();
    value = this.#postfix(value);
    this.#depth--;
    return filtered ? this.#filtered(value) : value;
  }

  #primary(): Expression {
    const token = this.next();
    const { line } = token;
    switch (token.kind) {
      case 'name':
        return named(token);
      case 'string':
        return { type: 'constant', value: this.#strings(token.text), line };
      case 'integer':
        return { type: 'constant', value: int(BigInt(/^0\d/.test(token.text) ? token.text.replace(/^0+(?=\d)/, '') : token.text)), line };
      case 'float':
        return { type: 'constant', value: float(Number(token.text)), line };
      default:
        return this.#bracketed(token);
    }
  }

  /** Strings side by side are one. */
  #strings(first: string): string {
    let text = first;
    while (this.is('string')) text += this.next().text;
    return text;
  }

  #bracketed(token: Token): Expression {
    const { line, text } = token;
    if (token.kind !== 'operator' || !'([{'.includes(text)) {
      if (token.kind === 'operator') throw syntaxError(`unexpected '${text}'`, line);
      throw syntaxError(token.kind === 'end' ? 'unexpected end of template' : `Expected an expression, got '${describe(token)}'`, line);
    }
    if (text === '(') {
      if (this.skips('operator', ')')) return { type: 'tuple', items: [], line };
      const inner = this.tuple();
      this.expect('operator', ')');
      return inner;
    }
    return text === '[' ? this.#list(line) : this.#dict(line);
  }

  #list(line: number): Expression {
    const items: Expression[] = [];
    while (!this.isOperator(']')) {
      if (items.length > 0) this.expect('operator', ',');
      if (this.isOperator(']')) break;
      items.push(this.expression());
    }
    this.expect('operator', ']');
    return { type: 'list', items, line };
  }

  #dict(line: number): Expression {
    const pairs: (readonly [Expression, Expression])[] = [];
    while (!this.isOperator('}')) {
      if (pairs.length > 0) this.expect('operator', ',');
      if (this.isOperator('}')) break;
      const key = this.expression();
      this.expect('operator', ':');
      pairs.push([key, this.expression()]);
    }
    this.expect('operator', '}');
    return { type: 'dict', pairs, line };
  }

  /** `.name`, `[key]`, `(arguments)`; `**` binds closer than a filter, but less than these. */
  #postfix(start: Expression): Expression {
    let value = start;
    for (;;) {
      const { line } = this.current;
      if (this.skips('operator', '.')) value = this.#member(value, line);
      else if (this.skips('operator', '[')) value = this.#subscript(value, line);
      else if (this.isOperator('(')) value = { type: 'call', of: value, args: this.arguments(), line };
      else if (this.skips('operator', '**')) value = { type: 'arithmetic', operator: '**', left: value, right: this.#unary(false), line };
      else return value;
    }
  }

  #member(of: Expression, line: number): Expression {
    if (this.is('name')) return { type: 'attribute', of, name: this.next().text, line };
    const index = this.expect('integer');
    return { type: 'item', of, key: { type: 'constant', value: Number(index.text), line }, line };
  }

  #subscript(of: Expression, line: number): Expression {
    const bounds: (Expression | undefined)[] = [];
    let isSlice = false;
    let value: Expression | undefined;
    while (!this.isOperator(']')) {
      if (this.skips('operator', ':')) {
        isSlice = true;
        bounds.push(value);
        value = undefined;
      } else value = this.tuple();
    }
    this.expect('operator', ']');
    if (!isSlice) {
      if (value === undefined) throw this.fail("Expected an expression, got ']'", line);
      return { type: 'item', of, key: value, line };
    }
    bounds.push(value);
    return { type: 'slice', of, bounds: [bounds[0], bounds[1], bounds[2]], line };
  }

  arguments(): Argument[] {
    this.expect('operator', '(');
    const args: Argument[] = [];
    while (!this.isOperator(')')) {
      if (args.length > 0) this.expect('operator', ',');
      if (this.isOperator(')')) break;
      args.push(this.#argument(args));
    }
    this.expect('operator', ')');
    return args;
  }

  #argument(before: readonly Argument[]): Argument {
    if (this.skips('operator', '*')) return { spread: '*', value: this.expression() };
    if (this.skips('operator', '**')) return { spread: '**', value: this.expression() };
    if (this.is('name') && this.peek().kind === 'operator' && this.peek().text === '=') {
      const name = this.next().text;
      this.next();
      return { name, value: this.expression() };
    }
    if (before.some(({ name, spread }) => name !== undefined || spread === '**'))
      throw this.fail('invalid syntax for function call expression');
    return { value: this.expression() };
  }

  #filtered(start: Expression): Expression {
    let value = start;
    for (;;) {
      if (this.isOperator('|')) {
        this.next();
        const { name, args, line } = this.filterCall();
        value = { type: 'filter', name, of: value, args, line };
      } else if (this.isName('is')) value = this.#test(value);
      else if (this.isOperator('(')) value = { type: 'call', of: value, args: this.arguments(), line: this.current.line };
      else return value;
    }
  }

  /** A filter's name, which may have dots, and its arguments. */
  filterCall(): { readonly name: string; readonly args: readonly Argument[]; readonly line: number } {
    const { text, line } = this.expect('name');
    let name = text;
    while (this.skips('operator', '.')) name += `.${this.expect('name').text}`;
    if (!this.#known.filter(name)) throw syntaxError(`No filter named '${name}'.`, line);
    return { name, args: this.isOperator('(') ? this.arguments() : [], line };
  }

  #test(of: Expression): Expression {
    const { line } = this.next();
    const negated = this.isName('not') && this.next() !== undefined;
    let name = this.expect('name').text;
    while (this.skips('operator', '.')) name += `.${this.expect('name').text}`;
    if (!this.#known.test(name)) throw syntaxError(`No test named '${name}'.`, line);
    const test: Expression = { type: 'test', name, of, args: this.#testArguments(), line };
    return negated ? { type: 'not', of: test, line } : test;
  }

  #testArguments(): readonly Argument[] {
    if (this.isOperator('(')) return this.arguments();
    const starts = ['name', 'string', 'integer', 'float'].includes(this.current.kind) || this.isOperator('[') || this.isOperator('{');
    if (!starts || this.isName('else', 'or', 'and', 'is', 'if', 'in', 'not')) return [];
    return [{ value: this.#postfix(this.#primary()) }];
  }

  /** What is assigned to: a name, a member of a namespace, or several in brackets or with commas. */
  target(withMembers = false): Target {
    const { line } = this.current;
    const targets = [this.#oneTarget(withMembers)];
    let several = false;
    while (this.skips('operator', ',')) {
      several = true;
      if (this.isOperator('=') || this.isName('in') || this.is('block end')) break;
      targets.push(this.#oneTarget(withMembers));
    }
    const [only] = targets;
    return !several && only !== undefined ? only : { type: 'several', targets, line };
  }

  #oneTarget(withMembers: boolean): Target {
    const { line } = this.current;
    if (this.skips('operator', '(') || this.skips('operator', '[')) {
      const inner = this.target(withMembers);
      if (!this.skips('operator', ')')) this.expect('operator', ']');
      return inner;
    }
    const name = this.expect('name').text;
    if (['true', 'false', 'none', 'True', 'False', 'None'].includes(name)) throw this.fail(`can't assign to '${name}'`, line);
    if (withMembers && this.skips('operator', '.')) return { type: 'member', of: name, name: this.expect('name').text, line };
    return { type: 'name', name, line };
  }
}

const CONSTANTS: Readonly<Record<string, boolean | null>> = { true: true, True: true, false: false, False: false, none: null, None: null };

function named({ text, line }: Token): Expression {
  const constant = Object.hasOwn(CONSTANTS, text) ? CONSTANTS[text] : undefined;
  return constant === undefined ? { type: 'name', name: text, line } : { type: 'constant', value: constant, line };
}
