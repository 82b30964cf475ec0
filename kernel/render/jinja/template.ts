import { fromPlain } from '../python/plain.ts';
import { str } from '../python/repr.ts';
import { Callable, type Data, iterate, PythonError, sequence, Tuple, typeError, type Value } from '../python/value.ts';
import { loadYaml, YamlError } from '../yaml/index.ts';
import type { Body, Expression, FilterCall, Format, Parameter, Statement } from './ast.ts';
import type { Evaluator } from './engine.ts';
import { JinjaError } from './errors.ts';
import { Loop, Module } from './objects.ts';
import { Scope } from './scope.ts';
import { defined, Undefined } from './undefined.ts';

/** Templates by name, parsed. @throws JinjaError */
export type Fetch = (name: string) => Promise<{ readonly body: Body; readonly source: string } | undefined>;

type Signal = 'break' | 'continue' | undefined;
interface Output {
  text: string;
}
/** The blocks of a template and of those it extends, the outermost heir first. */
type Blocks = Map<string, Extract<Statement, { type: 'block' }>[]>;

/** One template being rendered. */
export class Rendering {
  readonly #evaluator: Evaluator;
  readonly #fetch: Fetch;
  readonly #modules: Map<string, Module>;
  readonly #name: string | undefined;
  readonly #blocks: Blocks;
  readonly #root: Scope;
  #parent: string | undefined;

  constructor(
    evaluator: Evaluator,
    fetch: Fetch,
    root: Scope,
    name?: string,
    modules: Map<string, Module> = new Map(),
    blocks: Blocks = new Map(),
  ) {
    this.#evaluator = evaluator;
    this.#fetch = fetch;
    this.#root = root;
    this.#name = name;
    this.#modules = modules;
    this.#blocks = blocks;
  }

  async render(body: Body): Promise<string> {
    collectBlocks(body, this.#blocks);
    const out: Output = { text: '' };
    await this.#run(body, this.#root, out);
    if (this.#parent === undefined) return out.text;
    const parent = await this.#fetched(this.#parent);
    const inner = new Rendering(this.#evaluator, this.#fetch, this.#root, this.#parent, this.#modules, this.#blocks);
    return await this.#evaluator.tools.budget.within(() => inner.render(parent.body));
  }

  async #fetched(name: string): Promise<{ readonly body: Body; readonly source: string }> {
    const found = await this.#fetch(name);
    if (found === undefined) throw new PythonError('TemplateNotFound', name);
    return found;
  }

  async #run(body: Body, scope: Scope, out: Output): Promise<Signal> {
    for (const statement of body) {
      try {
        const signal = await this.#one(statement, scope, out);
        if (signal !== undefined) return signal;
      } catch (error) {
        throw located(error, statement.line, this.#name);
      }
    }
    return undefined;
  }

  #write(out: Output, text: string): void {
    this.#evaluator.tools.budget.output(text.length);
    out.text += text;
  }

  async #one(statement: Statement, scope: Scope, out: Output): Promise<Signal> {
    const evaluator = this.#evaluator;
    switch (statement.type) {
      case 'text':
        if (this.#parent === undefined) this.#write(out, statement.text);
        return undefined;
      case 'print':
        if (this.#parent === undefined) this.#write(out, str(defined(await evaluator.value(statement.value, scope))));
        return undefined;
      case 'do':
        await evaluator.value(statement.value, scope);
        return undefined;
      case 'break':
      case 'continue':
        return statement.type;
      case 'if':
        for (const [condition, body] of statement.cases)
          if (await evaluator.isTrue(condition, scope)) return await this.#run(body, scope, out);
        return await this.#run(statement.otherwise, scope, out);
      case 'group':
        return await this.#run(statement.body, scope, out);
      case 'for':
        await this.#for(statement, await evaluator.value(statement.over, scope), scope, out, 0);
        return undefined;
      default:
        await this.#other(statement, scope, out);
        return undefined;
    }
  }

  async #other(statement: Statement, scope: Scope, out: Output): Promise<void> {
    const evaluator = this.#evaluator;
    switch (statement.type) {
      case 'set':
        evaluator.assign(statement.target, await evaluator.value(statement.value, scope), scope);
        return;
      case 'set block':
        evaluator.assign(
          statement.target,
          await this.#filtered(await this.#captured(statement.body, new Scope(scope)), statement.filters, scope),
          scope,
        );
        return;
      case 'with':
        await this.#run(statement.body, await this.#withScope(statement, scope), out);
        return;
      case 'filter':
        this.#write(out, str(await this.#filtered(await this.#captured(statement.body, new Scope(scope)), statement.filters, scope)));
        return;
      case 'macro':
        scope.set(statement.name, this.#macro(statement.name, statement.parameters, statement.body, scope));
        return;
      case 'call':
        await this.#call(statement, scope, out);
        return;
      case 'load':
        evaluator.assign(
          statement.target,
          parseData(statement.format, await this.#captured(statement.body, new Scope(scope)), statement.line),
          scope,
        );
        return;
      default:
        await this.#outward(statement, scope, out);
    }
  }

  /** Statements that reach other templates. */
  async #outward(statement: Statement, scope: Scope, out: Output): Promise<void> {
    const evaluator = this.#evaluator;
    switch (statement.type) {
      case 'include':
        this.#write(out, await this.#include(statement, scope));
        return;
      case 'import':
        scope.set(
          statement.as,
          await this.#module(await this.#nameOf(statement.template, scope), statement.withContext ? scope : undefined),
        );
        return;
      case 'from': {
        const name = await this.#nameOf(statement.template, scope);
        const module = await this.#module(name, statement.withContext ? scope : undefined);
        for (const [from, as] of statement.names) {
          scope.set(
            as,
            module.attribute(from) ??
              new Undefined(`the template '${name}' (imported on line ${statement.line}) does not export the requested name '${from}'`),
          );
        }
        return;
      }
      case 'import data': {
        const name = await this.#nameOf(statement.template, scope);
        const text = await new Rendering(evaluator, this.#fetch, new Scope(), name, this.#modules).render((await this.#fetched(name)).body);
        scope.set(statement.as, parseData(statement.format, text, statement.line));
        return;
      }
      case 'extends':
        if (this.#parent !== undefined) throw new JinjaError('error', 'extended multiple times');
        this.#parent = await this.#nameOf(statement.template, scope);
        return;
      case 'block':
        if (this.#parent === undefined) await this.#block(statement.name, 0, statement.scoped ? scope : this.#root, out);
        return;
      default:
        throw new JinjaError('error', `'${statement.type}' is not known`);
    }
  }

  async #captured(body: Body, scope: Scope): Promise<string> {
    const out: Output = { text: '' };
    await this.#run(body, scope, out);
    return out.text;
  }

  async #filtered(value: Value, filters: readonly FilterCall[], scope: Scope): Promise<Value> {
    let made = value;
    for (const { name, args } of filters) {
      const bound = await this.#evaluator.arguments(args, scope);
      made = await this.#evaluator.tools.filter(name, made, bound.args, bound.kwargs);
    }
    return made;
  }

  async #withScope({ values }: Extract<Statement, { type: 'with' }>, scope: Scope): Promise<Scope> {
    const inner = new Scope(scope);
    for (const [target, value] of values) this.#evaluator.assign(target, await this.#evaluator.value(value, scope), inner);
    return inner;
  }

  async #for(statement: Extract<Statement, { type: 'for' }>, over: Value, scope: Scope, out: Output, depth: number): Promise<void> {
    const evaluator = this.#evaluator;
    const items = await this.#chosen(statement, [...iterate(defined(over))], scope);
    const again = async (inner: Value): Promise<Value> => {
      const part: Output = { text: '' };
      await evaluator.tools.budget.within(() => this.#for(statement, inner, scope, part, depth + 1));
      return part.text;
    };
    const loop = new Loop(items, depth, statement.recursive ? again : undefined);
    for (const [at, item] of items.entries()) {
      evaluator.tools.budget.step();
      loop.at = at;
      const inner = new Scope(scope);
      inner.set('loop', loop);
      evaluator.assign(statement.target, item, inner);
      if ((await this.#run(statement.body, inner, out)) === 'break') break;
    }
    if (items.length === 0) await this.#run(statement.otherwise, new Scope(scope), out);
  }

  async #chosen({ condition, target }: Extract<Statement, { type: 'for' }>, items: Value[], scope: Scope): Promise<Value[]> {
    if (condition === undefined) return items;
    const chosen: Value[] = [];
    for (const item of items) {
      const inner = new Scope(scope);
      this.#evaluator.assign(target, item, inner);
      if (await this.#evaluator.isTrue(condition, inner)) chosen.push(item);
    }
    return chosen;
  }

  #macro(name: string, parameters: readonly Parameter[], body: Body, scope: Scope): Callable {
    const macro = new Callable(name, async (args, kwargs) => {
      const inner = new Scope(scope);
      await this.#bind(name, parameters, args, kwargs, inner, body);
      return await this.#evaluator.tools.budget.within(() => this.#captured(body, inner));
    });
    return macro;
  }

  async #bind(
    name: string,
    parameters: readonly Parameter[],
    args: readonly Value[],
    kwargs: ReadonlyMap<string, Value>,
    inner: Scope,
    body: Body,
  ): Promise<void> {
    const left = new Map(kwargs);
    for (const [index, parameter] of parameters.entries()) {
      const given = index < args.length ? args[index] : left.get(parameter.name);
      if (args[index] !== undefined && left.has(parameter.name))
        throw typeError(`macro '${name}' got multiple values for argument '${parameter.name}'`);
      left.delete(parameter.name);
      const fallback = parameter.fallback === undefined ? new Undefined(`parameter '${parameter.name}' was not provided`) : undefined;
      inner.set(
        parameter.name,
        given !== undefined
          ? given
          : fallback !== undefined
            ? fallback
            : await this.#evaluator.value(parameter.fallback as Expression, inner),
      );
    }
    const caller = left.get('caller');
    left.delete('caller');
    inner.set('caller', caller ?? new Undefined('No caller defined'));
    const uses = namesIn(body);
    if (left.size > 0 && !uses.has('kwargs')) throw typeError(`macro '${name}' takes no keyword argument '${[...left.keys()][0]}'`);
    if (args.length > parameters.length && !uses.has('varargs'))
      throw typeError(`macro '${name}' takes not more than ${parameters.length} argument(s)`);
    inner.set('varargs', new Tuple(args.slice(parameters.length)));
    inner.set('kwargs', new Map<Value, Value>(left));
  }

  async #call(statement: Extract<Statement, { type: 'call' }>, scope: Scope, out: Output): Promise<void> {
    const call = statement.value as Extract<Expression, { type: 'call' }>;
    const { args, kwargs } = await this.#evaluator.arguments(call.args, scope);
    const caller = this.#macro('caller', statement.parameters, statement.body, scope);
    const callee = await this.#evaluator.value(call.of, scope);
    this.#write(out, str(await this.#evaluator.call(callee, { args, kwargs: new Map([...kwargs, ['caller', caller]]) })));
  }

  async #nameOf(template: Expression, scope: Scope): Promise<string> {
    const value = defined(await this.#evaluator.value(template, scope));
    const names = sequence(value)?.map(str) ?? [str(value)];
    for (const name of names) if (names.length === 1 || (await this.#fetch(name)) !== undefined) return name;
    throw new PythonError('TemplatesNotFound', `none of the templates given were found: ${names.join(', ')}`);
  }

  async #include({ template, ignoreMissing, withContext }: Extract<Statement, { type: 'include' }>, scope: Scope): Promise<string> {
    const value = defined(await this.#evaluator.value(template, scope));
    const names = sequence(value)?.map(str) ?? [str(value)];
    for (const name of names) {
      const found = await this.#fetch(name);
      if (found === undefined) continue;
      const inner = new Rendering(this.#evaluator, this.#fetch, new Scope(withContext ? scope : undefined), name, this.#modules);
      return await this.#evaluator.tools.budget.within(() => inner.render(found.body));
    }
    if (ignoreMissing) return '';
    throw new PythonError(
      'TemplateNotFound',
      names.length === 1 ? (names[0] ?? '') : `none of the templates given were found: ${names.join(', ')}`,
    );
  }

  /** An imported template. Without context it is rendered once, whoever imports it. */
  async #module(name: string, context: Scope | undefined): Promise<Module> {
    const known = context === undefined ? this.#modules.get(name) : undefined;
    if (known !== undefined) return known;
    const { body } = await this.#fetched(name);
    const scope = new Scope(context);
    const text = await this.#evaluator.tools.budget.within(() =>
      new Rendering(this.#evaluator, this.#fetch, scope, name, this.#modules).render(body),
    );
    const module = new Module(scope.own, text);
    if (context === undefined) this.#modules.set(name, module);
    return module;
  }

  async #block(name: string, level: number, scope: Scope, out: Output): Promise<void> {
    const block = this.#blocks.get(name)?.[level];
    if (block === undefined) throw new JinjaError('undefined', `there is no parent block called '${name}'.`);
    const inner = new Scope(scope);
    inner.set(
      'super',
      new Callable('super', async () => {
        const part: Output = { text: '' };
        await this.#block(name, level + 1, scope, part);
        return part.text;
      }),
    );
    await this.#run(block.body, inner, out);
  }
}

/** Fills in where an error happened, unless an inner template has. */
function located(error: unknown, line: number, template: string | undefined): unknown {
  if (error instanceof JinjaError) {
    error.spot ??= { line, template };
    return error;
  }
  if (error instanceof PythonError) {
    const made = new JinjaError('error', error.message, { line, template });
    made.cause = error;
    return made;
  }
  return error instanceof Error ? Object.assign(new JinjaError('error', error.message, { line, template }), { cause: error }) : error;
}

function collectBlocks(body: Body, blocks: Blocks): void {
  for (const statement of body) {
    if (statement.type === 'block') {
      blocks.set(statement.name, [...(blocks.get(statement.name) ?? []), statement]);
      collectBlocks(statement.body, blocks);
    } else if (statement.type === 'if') for (const [, inner] of statement.cases) collectBlocks(inner, blocks);
    else if ('body' in statement && statement.type !== 'macro') collectBlocks(statement.body, blocks);
  }
}

const known = new WeakMap<Body, ReadonlySet<string>>();

/** Names that a macro's body mentions: only one that mentions `kwargs` or `varargs` takes further arguments. */
function namesIn(body: Body): ReadonlySet<string> {
  const cached = known.get(body);
  if (cached !== undefined) return cached;
  const names = new Set<string>();
  JSON.stringify(body, (key, value) => {
    if (key === 'name' && (value === 'kwargs' || value === 'varargs' || value === 'caller')) names.add(value);
    return typeof value === 'bigint' || value instanceof Map ? undefined : value;
  });
  known.set(body, names);
  return names;
}

function parseData(format: Format, text: string, line: number): Data {
  if (format === 'text') return text;
  try {
    return format === 'yaml' ? loadYaml(text) : fromPlain(JSON.parse(text));
  } catch (error) {
    if (error instanceof YamlError)
      throw new JinjaError('syntax', `Encountered error loading yaml: ${error.message}`, {
        line: error.mark?.line ?? line,
        template: undefined,
      });
    throw new JinjaError('syntax', `Unable to load json from ${text}`, { line, template: undefined });
  }
}
