import { type Ctx, call, type Returnable } from '../../define.ts';

const listed = async (ctx: Ctx, fun: 'sys.list_modules' | 'sys.list_functions'): Promise<string[]> => {
  const names = await ctx.call(fun);
  return Array.isArray(names) ? names.map(String) : [];
};

/** What the loader has, and how it can be reached. */
export const loadedCalls = {
  provider: call({
    doc: 'Return the name of the module that serves a virtual name, or an empty text.',
    examples: ["tsalt '*' test.provider service"],
    args: { module: { type: 'string', required: true, doc: 'the virtual name: `pkg`' } },
    changes: false,
    run: async (ctx, { module }) => ((await listed(ctx, 'sys.list_modules')).includes(module) ? module : ''),
  }),
  providers: call({
    doc: 'Return for each serving module the virtual name it serves.',
    examples: ["tsalt '*' test.providers"],
    args: {},
    changes: false,
    run: async (ctx) => Object.fromEntries((await listed(ctx, 'sys.list_modules')).map((name) => [name, name])),
  }),
  attr_call: call({
    doc: 'Return the grains, as grains.items does.',
    examples: ["tsalt '*' test.attr_call"],
    args: {},
    changes: false,
    run: (ctx) => ctx.call('grains.items'),
  }),
  module_report: call({
    doc: 'Return the modules and functions there are, by the ways in which they can be reached.',
    examples: ["tsalt '*' test.module_report"],
    args: {},
    changes: false,
    async run(ctx): Promise<Returnable> {
      const [functions, modules] = await Promise.all([listed(ctx, 'sys.list_functions'), listed(ctx, 'sys.list_modules')]);
      return {
        functions,
        function_attrs: functions,
        function_subs: functions,
        modules,
        module_attrs: modules,
        missing_attrs: [],
        missing_subs: [],
      };
    },
  }),
  deprecation_warning: call({
    doc: 'Answer True, with a warning in the log such as deprecated options cause.',
    examples: ["tsalt '*' test.deprecation_warning"],
    args: {},
    changes: false,
    run(ctx) {
      ctx.log.warn('This is a test of a deprecation warning.');
      return true;
    },
  }),
};
