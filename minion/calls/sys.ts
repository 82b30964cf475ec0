import { randomUUID } from 'node:crypto';
import { globMatcher } from '../../kernel/targeting/glob.ts';
import { call, execModule, type Returnable } from '../../modules/define.ts';
import { customStates } from '../extensions/states.ts';
import type { Ports } from './ports.ts';
import { templateRenderers } from './state/templates.ts';
import { returners, states } from './sys/kinds.ts';
import { functionsOf, listingCalls, modulesOf } from './sys/listing.ts';

const PATTERNS = 'modules, functions, or globs of functions';

/** What this minion can do, in words. */
export default function sys(ports: Ports) {
  const loader = ports.loader;
  const custom = async () => await customStates(ports.extensions, loader(), randomUUID());

  return execModule({
    name: 'sys',
    doc: 'What this minion can do: its modules, functions, arguments and their documentation.',
    calls: {
      doc: call({
        doc: 'The documentation of functions.',
        examples: ["tsalt '*' sys.doc", "tsalt '*' sys.doc test.ping", "tsalt '*' sys.doc 'cmd.*'"],
        args: {},
        rest: PATTERNS,
        changes: false,
        async run(ctx) {
          if (ctx.rest.length === 0) return await loader().docs();
          const found: Record<string, string> = {};
          for (const pattern of ctx.rest) Object.assign(found, await loader().docs(String(pattern)));
          return found;
        },
      }),
      argspec: call({
        doc: 'The arguments of functions, with their defaults.',
        examples: ["tsalt '*' sys.argspec cmd.run", "tsalt '*' sys.argspec 'test.*'"],
        args: { module: { type: 'string', default: '', doc: 'a module, a function or a glob of functions' } },
        changes: false,
        run: async (_ctx, { module }) => (await loader().argspec(module)) as unknown as Returnable,
      }),
      list_functions: call({
        doc: 'The names of functions, sorted.',
        examples: ["tsalt '*' sys.list_functions", "tsalt '*' sys.list_functions 'cmd.*'"],
        args: {},
        rest: PATTERNS,
        extra: 'whatever else was given; it is not looked at',
        changes: false,
        run: async (ctx) => functionsOf(await loader().functions(), ctx.rest),
      }),
      list_modules: call({
        doc: 'The names of modules, sorted.',
        examples: ["tsalt '*' sys.list_modules", "tsalt '*' sys.list_modules 's*'"],
        args: {},
        rest: 'modules, or globs of functions',
        changes: false,
        run: async (ctx) => (ctx.rest.length === 0 ? [...(await loader().modules())] : modulesOf(await loader().functions(), ctx.rest)),
      }),
      reload_modules: call({
        doc: 'Look for modules anew.',
        examples: ["tsalt '*' sys.reload_modules"],
        args: {
          initial_load: { type: 'boolean', default: false, doc: 'accepted for compatibility' },
          context: { type: 'any', doc: 'accepted for compatibility' },
        },
        changes: false,
        async run() {
          await loader().refresh();
          return null;
        },
      }),
      ...listingCalls(states(custom)),
      ...listingCalls(returners),
      list_renderers: call({
        doc: 'The names of renderers, sorted.',
        examples: ["tsalt '*' sys.list_renderers", "tsalt '*' sys.list_renderers 'j*'"],
        args: {},
        rest: 'names or globs',
        changes: false,
        run(ctx) {
          const names = Object.keys(templateRenderers(ports, ctx, 'base', new Map())).sort();
          const fits = ctx.rest.map((pattern) => globMatcher(String(pattern)));
          return names.filter((name) => fits.length === 0 || fits.some((fit) => fit(name)));
        },
      }),
    },
  });
}
