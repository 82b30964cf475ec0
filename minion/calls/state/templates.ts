import { readFile } from 'node:fs/promises';
import { SaltFunctions } from '../../../kernel/render/functions.ts';
import { renderJinja, type TemplateFile } from '../../../kernel/render/jinja/index.ts';
import { allowedRenderers, formats, type Renderer, type Renderers } from '../../../kernel/render/pipeline.ts';
import { fromPlain, toPlain } from '../../../kernel/render/python/plain.ts';
import { str } from '../../../kernel/render/python/repr.ts';
import type { Value } from '../../../kernel/render/python/value.ts';
import type { Ctx } from '../../../modules/define.ts';
import { gpgBy, programRenderers } from '../../extensions/rendering.ts';
import { runOf } from '../../extensions/states.ts';
import type { Ports } from '../ports.ts';

/** Programs find these as modules do. */
const SURROUNDINGS: ReadonlySet<string> = new Set(['salt', 'grains', 'pillar', 'opts']);

/** The renderers of this minion; templates see `globals`. */
export function templateRenderers(ports: Ports, ctx: Ctx, env: string, globals: ReadonlyMap<string, Value>): Renderers {
  const load = async (name: string): Promise<TemplateFile | undefined> => {
    const path = await ports.files.cache(`salt://${name}`, env);
    return path === undefined ? undefined : { text: await readFile(path, 'utf8'), path };
  };
  const names = Object.fromEntries([...globals].filter(([name]) => !SURROUNDINGS.has(name)).map(([name, value]) => [name, toPlain(value)]));
  const programs = programRenderers(ports.extensions, names, () => runOf(ctx, ports.loader()));
  const jinja: Renderer = async (input) => await renderJinja(str(input), { globals, load });
  const options = ports.options();
  return allowedRenderers({ ...formats, jinja, ...programs, ...gpgBy(options, ports.paths.confDir) }, options);
}

/** What a template on a minion sees: `salt`, `grains`, `pillar`, `opts` and where it stands. */
export function templateGlobals(ports: Ports, ctx: Ctx, place: Readonly<Record<string, string>>): Map<string, Value> {
  const globals = new Map<string, Value>([
    ['salt', new SaltFunctions(ctx)],
    ['grains', fromPlain(ctx.grains)],
    ['pillar', fromPlain(ctx.pillar)],
    ['opts', fromPlain({ ...ports.options(), test: ctx.testing })],
  ]);
  for (const [name, value] of Object.entries(place)) globals.set(name, value);
  return globals;
}
