import { readFile } from 'node:fs/promises';
import { renderJinja } from '../../../kernel/render/jinja/index.ts';
import { formats, type Renderers } from '../../../kernel/render/pipeline.ts';
import { fromPlain, toPlain } from '../../../kernel/render/python/plain.ts';
import { str } from '../../../kernel/render/python/repr.ts';
import { Callable, type Data, Opaque, type Value } from '../../../kernel/render/python/value.ts';
import type { Ctx, Returnable } from '../../../modules/define.ts';
import type { Ports } from '../ports.ts';

/** The renderers of this minion; templates see `globals`. */
export function templateRenderers(ports: Ports, env: string, globals: ReadonlyMap<string, Value>): Renderers {
  const load = async (name: string): Promise<string | undefined> => {
    const path = await ports.files.cache(`salt://${name}`, env);
    return path === undefined ? undefined : await readFile(path, 'utf8');
  };
  return { ...formats, jinja: async (input) => await renderJinja(str(input), { globals, load }) };
}

/** What a template on a minion sees: `salt`, `grains`, `pillar`, `opts` and where it stands. */
export function templateGlobals(ports: Ports, ctx: Ctx, place: Readonly<Record<string, string>>): Map<string, Value> {
  const globals = new Map<string, Value>([
    ['salt', new SaltFunctions(ctx)],
    ['grains', fromPlain(ctx.grains)],
    ['pillar', fromPlain(ctx.pillar)],
    ['opts', fromPlain(ports.options())],
  ]);
  for (const [name, value] of Object.entries(place)) globals.set(name, value);
  return globals;
}

/** What these answer is masked for people, not for templates. */
const UNMASKED: ReadonlySet<string> = new Set(['pillar.get', 'pillar.item', 'pillar.items']);

/** `salt['module.function']` and `salt.module.function`: the functions of this minion, called as from a command line. */
class SaltFunctions extends Opaque {
  readonly typeName: string = 'salt.utils.templates.AliasedLoader';
  readonly #ctx: Ctx;
  readonly #prefix: string;

  constructor(ctx: Ctx, prefix = '') {
    super();
    this.#ctx = ctx;
    this.#prefix = prefix;
  }

  override async attribute(name: string): Promise<Value | undefined> {
    if (this.#prefix !== '') return await this.item(name);
    return (await moduleExists(this.#ctx, name)) ? new SaltFunctions(this.#ctx, `${name}.`) : undefined;
  }

  override async item(key: Value): Promise<Value | undefined> {
    const name = `${this.#prefix}${str(key)}`;
    if (!(await this.#ctx.has(name))) return undefined;
    return new Callable(name, async (args, kwargs) => await this.#call(name, args, kwargs));
  }

  async #call(name: string, args: readonly Value[], kwargs: ReadonlyMap<string, Value>): Promise<Data> {
    const named: Record<string, Returnable> = Object.create(null);
    for (const [key, value] of kwargs) named[key] = toPlain(value) as Returnable;
    const real = name === 'cmd.run' ? { python_shell: true, ...named } : UNMASKED.has(name) ? { unmask: true, ...named } : named;
    return fromPlain(
      await this.#ctx.call(
        name,
        args.map((value) => toPlain(value) as Returnable),
        real,
      ),
    );
  }
}

/** A module is there if `sys.list_functions` knows functions of it. */
async function moduleExists(ctx: Ctx, name: string): Promise<boolean> {
  try {
    const functions = await ctx.call('sys.list_functions', [name]);
    return Array.isArray(functions) && functions.length > 0;
  } catch {
    return false;
  }
}
