import { globMatcher } from '../../kernel/targeting/glob.ts';
import { call, execModule, type Returnable } from '../../modules/define.ts';
import type { Ports } from './ports.ts';

const PATTERNS = 'modules, functions, or globs of functions';

/** What this minion can do, in words. */
export default function sys(ports: Ports) {
  const loader = ports.loader;
  /** A name without dot or star means a module. */
  const functions = async (patterns: readonly Returnable[]): Promise<string[]> => {
    const all = await loader().functions();
    if (patterns.length === 0) return [...all];
    const matchers = patterns.map(String).map((pattern) => globMatcher(/[*.]/.test(pattern) ? pattern : `${pattern}.*`));
    return all.filter((fun) => matchers.some((matches) => matches(fun)));
  };

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
        run: (ctx) => functions(ctx.rest),
      }),
      list_modules: call({
        doc: 'The names of modules, sorted.',
        examples: ["tsalt '*' sys.list_modules", "tsalt '*' sys.list_modules 's*'"],
        args: {},
        rest: 'modules, or globs of functions',
        changes: false,
        async run(ctx) {
          const modules = await loader().modules();
          if (ctx.rest.length === 0) return [...modules];
          return [...new Set((await functions(ctx.rest)).map((fun) => fun.split('.')[0] ?? fun))].sort();
        },
      }),
      reload_modules: call({
        doc: 'Look for modules anew.',
        examples: ["tsalt '*' sys.reload_modules"],
        args: {},
        changes: false,
        async run() {
          await loader().refresh();
          return true;
        },
      }),
    },
  });
}
